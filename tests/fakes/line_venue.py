"""Market data of a small venue whose frames are lines of words, over a connection in memory.

subscribe m m ...        ours: opens; answered by the test, not by itself
snapshot m m ...         ours: asks for books again
book m bid px qty ask px qty ...
set m bid|ask px qty     a level's new total
add m bid|ask px delta   a level's change
pong, and anything else  no data
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

from arb.market.book import BookView
from arb.market.errors import Refused, Unreachable
from arb.market.instruments import Catalogue, Market, MarketId, Venue
from arb.market.units import Ns, Px, Qty
from arb.messages import BookBroken, BookChange, BookReplaced, LevelAdded, LevelSet
from arb.venues.protocols import Socket
from tests.fakes.bench import waiting


class LineStream:
    """The conversation (`BookStream`)."""

    keepalive_s = 10.0

    def __init__(self, markets: Sequence[Market], *, blind: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        self._markets = markets
        self._replies: list[str] = []
        self._blind = blind  # nothing is told of a book that was asked for until it comes

    def opening(self) -> list[str]:
        return ["subscribe " + " ".join(market.id for market in self._markets)]

    def receive(self, frame: str | bytes, seen_ns: Ns) -> list[BookChange]:
        del seen_ns
        match str(frame).split():
            case ["book", market, *levels]:
                return [_replaced(MarketId(market), levels)]
            case ["set", market, side, px, qty]:
                return [LevelSet(MarketId(market), side == "bid", Px(int(px)), Qty(int(qty)))]
            case ["add", market, side, px, delta]:
                return [LevelAdded(MarketId(market), side == "bid", Px(int(px)), int(delta))]
            case ["stumble"]:
                raise KeyError("our own fault")
        self.counts["skipped"] += 1
        return []

    def resync(self, markets: Sequence[Market]) -> list[BookChange]:
        self._replies.append("snapshot " + " ".join(market.id for market in markets))
        return [BookBroken(market.id, "asked for anew") for market in markets if self._blind]

    def replies(self) -> list[str]:
        taken, self._replies = self._replies, []
        return taken

    def keepalive(self) -> str:
        return "ping"


def _replaced(market: MarketId, levels: list[str]) -> BookReplaced:
    sides: dict[str, list[tuple[Px, Qty]]] = {"bid": [], "ask": []}
    for side, px, qty in zip(levels[::3], levels[1::3], levels[2::3], strict=True):
        sides[side].append((Px(int(px)), Qty(int(qty))))
    return BookReplaced(market, tuple(sides["bid"]), tuple(sides["ask"]))


class LineSocket:
    """One connection, with the venue's end in the test's hands."""

    def __init__(self) -> None:
        self.opened_at = trio.current_time()
        self.heard: list[str] = []
        self._into, self._frames = trio.open_memory_channel[str](1_000)
        self._cut = False

    def say(self, frame: str) -> None:
        """Send a frame to the bot."""
        self._into.send_nowait(frame)

    def cut(self) -> None:
        """Break the connection for both directions at once."""
        self._cut = True
        self._into.close()

    async def send(self, text: str) -> None:
        await trio.lowlevel.checkpoint()
        if self._cut:
            raise Unreachable("socket closed")
        self.heard.append(text)

    async def receive(self) -> str | bytes:
        try:
            return await self._frames.receive()
        except trio.EndOfChannel as error:
            raise Unreachable("socket closed") from error

    async def receive_batch(self) -> list[str | bytes]:
        first = await self.receive()
        return [first, *waiting(self._frames)]


class LineVenue:
    """The market data (`MarketData`)."""

    venue = Venue.KALSHI

    def __init__(self) -> None:
        self.sockets: list[LineSocket] = []
        self.tries: list[float] = []
        self.refuses = ""
        self.down = False
        self.blind = False

    @property
    def socket(self) -> LineSocket:
        """The newest connection."""
        return self.sockets[-1]

    async def discover(self) -> Catalogue:
        await trio.lowlevel.checkpoint()
        return Catalogue(self.venue, (), ())

    async def relist(self) -> Catalogue:
        return await self.discover()

    def shards(self, markets: Sequence[Market]) -> list[tuple[Market, ...]]:
        return [tuple(markets)]

    def book_stream(self, markets: Sequence[Market]) -> LineStream:
        return LineStream(markets, blind=self.blind)

    @asynccontextmanager
    async def connect_books(self) -> AsyncIterator[Socket]:
        self.tries.append(trio.current_time())
        await trio.lowlevel.checkpoint()
        if self.refuses:
            raise Refused(self.refuses)
        if self.down:
            raise Unreachable("no route")
        self.sockets.append(LineSocket())
        yield self.sockets[-1]

    async def book(self, market: Market) -> BookView:
        await trio.lowlevel.checkpoint()
        raise Unreachable(f"{market.id}: no books by REST here")
