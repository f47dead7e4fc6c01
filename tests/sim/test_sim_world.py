"""The simulated world on virtual time: reproducible, honest, and full of passing arbitrages."""

import itertools
import random
from collections.abc import Callable
from typing import Any

import attrs
import trio
import trio.testing

from arb.market.instruments import MarketId, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.sim.catalogue import Catalogue, Mix, draw
from arb.sim.engine import Match, SimOrder
from arb.sim.flow import MAKER, NOISE
from arb.sim.world import BOT, World

START_NS = 1_790_000_000 * 10**9


@attrs.define
class Log:
    """Everything that the engines tell, in order."""

    lines: list[tuple[Any, ...]] = attrs.field(factory=list)

    def book_changed(  # noqa: PLR0913, PLR0917 - the engine's listener has this many
        self,
        market: MarketId,
        is_bid: bool,
        px: int,
        total: Qty,
        delta: int,
        order: SimOrder | None,
    ) -> None:
        self.lines.append(("book", market, is_bid, px, total, delta, order.id if order else ""))

    def matched(self, match: Match) -> None:
        self.lines.append(("match", match.market, match.px, match.qty, match.at_ns))

    def order_changed(self, order: SimOrder) -> None:
        self.lines.append(("order", order.id, order.filled, order.end_reason))

    def resolved(self, market: MarketId, yes_pays: bool) -> None:
        self.lines.append(("resolved", market, yes_pays))


def live(seed: int, seconds: float, look: Callable[[World], None] | None = None) -> Log:
    """Let a world live on virtual time; `look` is called every half second."""
    log = Log()

    async def main() -> None:
        world = World.build(
            seed,
            now_ns=lambda: Ns(START_NS + round(trio.current_time() * 1e9)),
            speed_ppm=MICRO,
            polymarket_cash=Usd(1_000 * MICRO),
            kalshi_cash=Usd(1_000 * MICRO),
        )
        for exchange in world.exchanges.values():
            exchange.listeners.append(log)
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                await nursery.start(world.run)
                while True:
                    await trio.sleep(0.5)
                    if look is not None:
                        look(world)

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return log


def test_one_seed_is_one_history_and_another_seed_another() -> None:
    """The same seed gives the same matches and book changes, to the last one."""
    assert live(5, 60).lines == live(5, 60).lines
    assert live(5, 60).lines != live(6, 60).lines


def test_the_books_are_busy_and_never_crossed() -> None:
    """Tens of changes a second, trades among them, and no bid at or above an ask."""
    crossed: list[MarketId] = []

    def look(world: World) -> None:
        for exchange in world.exchanges.values():
            for market in markets(world.catalogue):
                if exchange.nets is market.startswith("kalshi:"):
                    bids, asks = exchange.levels(market)
                    if bids and asks and bids[0][0] >= asks[0][0]:
                        crossed.append(market)

    log = live(7, 60, look)
    assert crossed == []
    assert sum(line[0] == "book" for line in log.lines) > 60 * 20
    assert sum(line[0] == "match" for line in log.lines) > 20


def markets(catalogue: Catalogue) -> list[MarketId]:
    return [
        market
        for question in catalogue.questions
        for market in itertools.chain(question.polymarket, question.kalshi)
    ]


def test_money_is_conserved_among_the_accounts() -> None:
    """What nobody paid in fees is still there: cash plus a dollar a pair, venue by venue."""
    totals: list[int] = []

    def look(world: World) -> None:
        for exchange in world.exchanges.values():
            accounts = (BOT, MAKER, NOISE)
            cash = sum(sum(exchange.cash(account).values()) for account in accounts)
            fees = sum(exchange.fees_paid(account) for account in accounts)
            held: dict[MarketId, list[int]] = {}
            for account in accounts:
                for market, (yes, no) in exchange.positions(account).items():
                    both = held.setdefault(market, [0, 0])
                    both[0] += yes
                    both[1] += no
            assert all(yes == no for yes, no in held.values())
            totals.append(cash + fees + sum(yes for yes, _ in held.values()))

    live(9, 20, look)
    assert len(set(totals[0::2])) == 1
    assert len(set(totals[1::2])) == 1


def test_the_flow_is_never_refused_and_leaves_nothing_behind() -> None:
    """A world may live for days: its own traders keep what rests and forget the rest."""
    refused: list[int] = []
    kept: list[int] = []

    def look(world: World) -> None:
        refused.append(world.flow.refused.total())
        for exchange in world.exchanges.values():
            for account in (MAKER, NOISE):
                orders = list(exchange.orders_of(account))
                assert all(order.open for order in orders)
                assert exchange.matches_of(account) == []
                kept.append(len(orders))

    live(11, 60, look)
    assert refused[-1] == 0
    assert 0 < max(kept) <= 2 * min(count for count in kept if count)


def test_traps_are_listed_and_compile_to_nothing() -> None:
    """False twins are not verified, open-ended Polymarket events are not complete."""
    catalogue = draw(random.Random(3), Ns(START_NS), Mix())
    assert sum(not twins.same for twins in catalogue.twins) == Mix().false_twins
    augmented = [event for event in catalogue.polymarket if event.neg_risk_augmented]
    assert len(augmented) == Mix().polymarket_open_ended
    assert all(any(market.placeholder for market in event.markets) for event in augmented)
    assert all(any(market.other for market in event.markets) for event in augmented)


def test_arbitrages_appear_and_vanish() -> None:
    """Within ten minutes YES of a complete event costs less than a dollar now and then, not always."""
    cheap: list[bool] = []

    def look(world: World) -> None:
        exchange = world.exchanges[Venue.POLYMARKET]
        complete = [q for q in world.catalogue.questions if q.subject.complete and q.polymarket]
        asks = [[exchange.levels(m)[1] for m in q.polymarket] for q in complete]
        sums = [sum(side[0][0] for side in sides) for sides in asks if all(sides)]
        cheap.append(any(total < 960_000 for total in sums))

    live(7, 600, look)
    assert 0 < sum(cheap) < len(cheap) / 2
    assert sum(now and not before for before, now in itertools.pairwise(cheap)) >= 3
