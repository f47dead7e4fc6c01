"""How long the exact sweep takes: microseconds for baskets of 2, 10 and 30 legs.

Ladders as the gate lets them through: prices around 1/N with a total edge of a few cents, sizes
that differ from level to level. Run: python benchmarks/sweep.py
"""

import random
import statistics
import time

from arb.detect.basket import Lane, Leg, Plan, Proof, Template, TemplateId
from arb.detect.sweep import Offer, SweepLimits, sweep
from arb.market.fees import Fees, KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import EventId, KalshiRef, Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Px, Qty, Usd

CASES = 400
ROUNDS = 7
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


def case(dice: random.Random, legs: int, kinds: tuple[str, ...]) -> tuple[Template, list[Offer]]:
    """A full NO set: pays N - 1, offered at about 1 to 4 cents below that, fees included."""
    offers = []
    pays = (legs - 1) * MICRO
    edge = dice.randrange(5_000, 30_000)
    for at in range(legs):
        made = market(f"m{at}", kinds[at % len(kinds)])
        fair = pays // legs
        fee = made.fees.least_taker_fee(Px(fair))
        best = (fair - fee - edge // legs) // 1_000 * 1_000
        offers.append(Offer(made, ladder(dice, best)))
    held = tuple(Leg(offer.market.id, Outcome.NO) for offer in offers)
    return Template(TemplateId("t"), Lane.ALL_NO, "t", held, Usd(pays), Proof((), ())), offers


def measure(legs: int, kinds: tuple[str, ...]) -> str:
    dice = random.Random(legs)
    cases = [case(dice, legs, kinds) for _ in range(CASES)]
    limits = SweepLimits(min_profit_usd=Usd(10_000))
    found = [plan for plan in (sweep(*one, limits) for one in cases) if isinstance(plan, Plan)]
    levels = 0
    for template, offers in cases:
        plan = sweep(template, offers, limits)
        if isinstance(plan, Plan):
            levels += sum(
                sum(px <= leg.limit for px, _ in offer.ladder)
                for leg, offer in zip(plan.legs, offers, strict=True)
            )
    times: list[float] = []
    for _ in range(ROUNDS):
        for one in cases:
            start = time.perf_counter_ns()
            sweep(*one, limits)
            times.append((time.perf_counter_ns() - start) / 1_000)
    times.sort()
    return (
        f"{legs:>4} {'+'.join(kinds):<20} {statistics.median(times):8.1f}"
        f" {times[len(times) * 99 // 100]:8.1f} {statistics.fmean(times):8.1f}"
        f" {len(found):>6}/{CASES} {levels / max(1, len(found)):8.1f}"
    )


def main() -> None:
    print("legs venues                    p50 us   p99 us  mean us  plans      levels")
    for legs in (2, 3, 10, 30):
        for kinds in (("polymarket",), ("kalshi",), ("polymarket", "kalshi")):
            print(measure(legs, kinds))


if __name__ == "__main__":
    main()
