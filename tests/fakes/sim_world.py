"""A simulated world that lives on virtual time."""

from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import trio
import trio.testing

from arb.market.instruments import MarketId
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.sim.engine import Match, SimOrder
from arb.sim.world import World

START_NS = 1_790_000_000 * 10**9
CASH = Usd(1_000 * MICRO)
_BUILD: Callable[..., World] = World.build


def now_ns() -> Ns:
    """Trio's clock, as a venue's."""
    return Ns(START_NS + round(trio.current_time() * 1e9))


def build(seed: int, **options: object) -> World:
    """A world with usual cash."""
    plain = {"speed_ppm": MICRO, "polymarket_cash": CASH, "kalshi_cash": CASH}
    made: World = _BUILD(seed, now_ns=now_ns, **plain | options)
    return made


def live(
    seed: int, seconds: float, body: Callable[[World], Awaitable[None]], **options: object
) -> None:
    """Let a world live for so many virtual seconds, with `body` beside it."""

    async def main() -> None:
        world = build(seed, **options)
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                await nursery.start(world.run)
                await body(world)
                await trio.sleep_forever()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def watch(
    seed: int,
    seconds: float,
    look: Callable[[World], None],
    every_s: float = 0.5,
    **options: object,
) -> None:
    """Let a world live and look at it now and then."""

    async def body(world: World) -> None:
        while True:
            await trio.sleep(every_s)
            look(world)

    live(seed, seconds, body, **options)


@attrs.define
class Log:
    """Everything that an engine tells, in order."""

    lines: list[tuple[Any, ...]] = attrs.field(factory=list)

    def book_changed(  # noqa: PLR0913, PLR0917 - the engine's listener has this many
        self,
        market: MarketId,
        is_bid: bool,
        px: Px,
        total: Qty,
        delta: int,
        order: SimOrder | None,
    ) -> None:
        """A level changed."""
        self.lines.append(("book", market, is_bid, px, total, delta, order.id if order else ""))

    def matched(self, match: Match) -> None:
        """Two orders met."""
        self.lines.append(("match", match.market, match.px, match.qty, match.at_ns))

    def order_changed(self, order: SimOrder) -> None:
        """An order is not what it was."""
        self.lines.append(("order", order.id, order.filled, order.end_reason))

    def resolved(self, market: MarketId, payout: Px) -> None:
        """A market paid out."""
        self.lines.append(("resolved", market, payout))

    def reversed(self, match: Match) -> None:
        """A match was taken back."""
        self.lines.append(("reversed", match.id))

    def halted(self, market: MarketId, is_halted: bool) -> None:
        """A market was halted or resumed."""
        self.lines.append(("halted", market, is_halted))

    def sets_changed(self, account: str, market: MarketId, delta: int) -> None:
        """Somebody split or merged."""
        self.lines.append(("sets", account, market, delta))
