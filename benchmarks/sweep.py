"""How long the exact sweep takes: microseconds for baskets of 2, 10 and 30 legs.

Ladders as the gate lets them through: prices around 1/N with a total edge of a few cents, sizes
that differ from level to level. `walk` is the merge of the ladders alone: the least that pure
Python takes for any answer. The peer walks in `Decimal` and prices the size where it ends; how
much less it earns is what the search for the best rounding brings. 15 legs are the most that a
basket may have; 30 are a stress. Run: python benchmarks/sweep.py
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial

from decimal_peer import DecimalSweep

from arb.detect.all_in import all_in
from arb.detect.basket import Lane, Leg, Plan, Proof, Template, TemplateId
from arb.detect.climb import climb
from arb.detect.sweep import Offer, SweepLimits, price, sweep
from arb.market.fees import Fees, KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, KalshiRef, Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Px, Qty, Usd

CASES = 300
ROUNDS = 5
GOALS = {2: 3, 10: 10, 30: 40}
"""Microseconds, by legs."""
LIMITS = SweepLimits(min_profit_usd=Usd(10_000))
LEAST_EDGE = Decimal(LIMITS.least_edge) / MICRO
Case = tuple[Template, list[Offer]]
KINDS: dict[str, tuple[Fees, int, int, int]] = {
    "polymarket": (PolymarketFees(40_000), MICRO, 5 * MICRO, MICRO),
    "kalshi": (KalshiFees(70_000, 0), 10_000, 10_000, 0),
}


def market(name: str, kind: str) -> Market:
    fees, lot, least, notional = KINDS[kind]
    return Market(
        id=MarketId(name),
        venue=Venue.KALSHI,
        event=EventId("event"),
        title=name,
        label="",
        ref=KalshiRef(name, 0),
        grid=PriceGrid.of_tick(1_000),
        lot=Qty(lot),
        min_qty=Qty(least),
        min_take_usd=Usd(notional),
        fees=fees,
        closes_ns=None,
    )


def ladder(dice: random.Random, best: int) -> tuple[tuple[Px, Qty], ...]:
    levels = []
    px = best
    for _ in range(12):
        levels.append((Px(px), Qty(dice.randrange(20, 400) * MICRO)))
        px += 1_000 * dice.randrange(1, 6)
    return tuple(levels)


def case(dice: random.Random, legs: int, kinds: tuple[str, ...]) -> Case:
    """A full NO set: pays N - 1, offered at about 1 to 4 cents below that, fees included."""
    offers = []
    pays = (legs - 1) * MICRO
    edge = dice.randrange(5_000, 30_000)
    for at in range(legs):
        made = market(f"m{at}", kinds[at % len(kinds)])
        fair = pays // legs
        fee = made.fees.least_taker_fee_pico(Px(fair)) // MICRO
        best = (fair - fee - edge // legs) // 1_000 * 1_000
        offers.append(Offer(made, ladder(dice, best)))
    held = tuple(Leg(offer.market.id, Outcome.NO) for offer in offers)
    return Template(TemplateId("t"), Lane.ALL_NO, "t", held, Usd(pays), Proof((), ())), offers


def measure(legs: int, kinds: tuple[str, ...]) -> str:
    dice = random.Random(legs)
    cases = [case(dice, legs, kinds) for _ in range(CASES)]
    peers = [DecimalSweep(*one) for one in cases]
    ours, walk, theirs = [], [], []
    for _ in range(ROUNDS):
        for (template, offers), peer in zip(cases, peers, strict=True):
            ours.append(microseconds(partial(sweep, template, offers, LIMITS)))
            walk.append(walk_time(template, offers))
            theirs.append(microseconds(partial(peer.run, LEAST_EDGE)))
    ours.sort()
    p50 = statistics.median(ours)
    goal = f"<= {GOALS[legs]}" if legs in GOALS else ""
    return (
        f"{legs:>4} {'+'.join(kinds):<18} {p50:8.1f} {ours[len(ours) * 99 // 100]:8.1f}"
        f" {goal:>6} {statistics.median(walk):8.1f} {statistics.median(theirs):8.1f}"
        f" {statistics.median(theirs) / p50:6.1f}  {better(cases, peers)}"
    )


def microseconds(work: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - start) / 1_000


def walk_time(template: Template, offers: Sequence[Offer]) -> float:
    ladders = [offer.ladder for offer in offers]
    tables = [all_in(offer.market.fees) for offer in offers]
    return microseconds(lambda: climb(template.payout, ladders, tables, LIMITS.least_edge))


def better(cases: Sequence[Case], peers: Sequence[DecimalSweep]) -> str:
    """How often the exact size earns more than the size at which the peer's walk ends."""
    more = 0
    for (template, offers), peer in zip(cases, peers, strict=True):
        plan = sweep(template, offers, LIMITS)
        size = int(peer.run(LEAST_EDGE)[0] * MICRO)
        there = price(template, offers, Qty(size))
        assert isinstance(plan, Plan)
        assert there is not None
        assert plan.profit >= there.profit
        more += plan.profit > there.profit
    return f"{more}/{len(cases)}"


def main() -> None:
    print("legs venues               p50 us   p99 us   goal     walk  Decimal  ratio  earns more")
    for legs in (2, 10, 15, 30):
        for kinds in (("polymarket",), ("kalshi",), ("polymarket", "kalshi")):
            print(measure(legs, kinds))


if __name__ == "__main__":
    main()
