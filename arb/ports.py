"""Ends of channels with a rule: what happens when the other side is slow."""

from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

import attrs
import trio

from arb.market.book import BookView
from arb.market.instruments import Market, MarketId, Venue
from arb.messages import Approved, BasketId, BooksSeen, Called, DeskEvent, FeedSeen, Level

T = TypeVar("T")


@attrs.frozen
class Lossy(Generic[T]):
    """A channel that drops its oldest item rather than make the sender wait.

    `behind` is a clone of the receiving end, used to take the oldest out.
    """

    outbox: trio.MemorySendChannel[T]
    behind: trio.MemoryReceiveChannel[T]

    def send(self, item: T) -> T | None:
        """Send without waiting; returns what was dropped to make room, if anything was."""
        dropped = None
        while True:
            try:
                self.outbox.send_nowait(item)
            except trio.WouldBlock:
                dropped = self.behind.receive_nowait()
            else:
                return dropped


Vital = FeedSeen | BooksSeen | Called | Approved
"""What the gates of trading look at."""


@attrs.frozen
class Forked(Lossy[DeskEvent]):
    """A desk port that copies what the gates of trading look at."""

    also: Lossy[Vital]

    def send(self, item: DeskEvent) -> DeskEvent | None:
        """Send without waiting, to both."""
        if isinstance(item, FeedSeen | BooksSeen | Approved):
            self.also.send(item)
        return Lossy.send(self, item)


DeskPort = Lossy[DeskEvent]
"""Where copies of messages go for people to look at: a slow viewer delays nothing."""


Shown = dict[MarketId, BookView]
"""Books of one moment; one that nobody keeps is missing."""


@attrs.frozen
class BookQuestion:
    """Asks the book cache for its books of this moment; `answer` is called once."""

    markets: tuple[MarketId, ...]
    answer: Callable[[Shown], None]


@attrs.frozen
class BookPort:
    """The book cache as those see it who are about to buy."""

    outbox: trio.MemorySendChannel[BookQuestion]
    answer_s: float
    """A cache that takes longer is not believed: its books are as old as that."""

    async def ask(self, markets: Sequence[Market]) -> Shown:
        """Return the books of one moment, or none of them where the cache does not answer."""
        answered, answer = trio.open_memory_channel[Shown](1)
        wanted = tuple(market.id for market in markets)
        with trio.move_on_after(self.answer_s):
            await self.outbox.send(BookQuestion(wanted, answered.send_nowait))
            return await answer.receive()
        return {}


@attrs.frozen
class FlowQuestion:
    """Asks what a basket's fills came to, once all were told; `answer` is called once."""

    basket: BasketId
    answer: Callable[[int], None]


@attrs.frozen
class FlowPort:
    """The order tracker as those see it who want to know what a basket cost."""

    outbox: trio.MemorySendChannel[FlowQuestion]
    answer_s: float
    """Fills that take longer are not waited for."""

    async def ask(self, basket: BasketId) -> int | None:
        """Received less paid and fees, micro-dollars; None where not every fill is told in time."""
        answered, answer = trio.open_memory_channel[int](1)
        with trio.move_on_after(self.answer_s):
            await self.outbox.send(FlowQuestion(basket, answered.send_nowait))
            return await answer.receive()
        return None


@attrs.frozen
class HoldingsQuestion:
    """Asks the treasurer for contracts that nothing is about to happen to; answered once."""

    answer: Callable[[dict[MarketId, tuple[int, int]]], None]


@attrs.frozen
class HoldingsPort:
    """The treasurer as those see him who turn contracts into cash."""

    outbox: trio.MemorySendChannel[HoldingsQuestion]

    async def ask(self) -> dict[MarketId, tuple[int, int]]:
        """YES and NO by market, in micro-contracts: ours, firm, and in no basket in flight."""
        answered, answer = trio.open_memory_channel[dict[MarketId, tuple[int, int]]](1)
        self.outbox.send_nowait(HoldingsQuestion(answered.send_nowait))
        return await answer.receive()


class Stops(Protocol):
    """Tells how far trading is stopped."""

    def __call__(self, *venues: Venue) -> Level:
        """Of everything, or of what needs all of these venues."""
        ...


def running(*_: Venue) -> Level:
    """Nothing is stopped, anywhere."""
    return Level.RUNNING


class InThread(Protocol):
    """Runs a blocking call elsewhere; under virtual time it runs it in place."""

    async def __call__(self, call: Callable[[], None], /) -> None:
        """Run `call` and return when it is done."""
        ...
