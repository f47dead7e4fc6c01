"""How long the treasurer takes to decide, on a full ledger: the goal is 50 microseconds.

A store's worth of fills (10,000 in 1,000 markets), four baskets in flight and as many clusters as
events. `decide` is the whole decision, approved or declined, with the money set aside and given
back; `cut` has to plan the basket again at the size a cap allows, and most of it is that sweep.
`counted again` is what the exposure alone costs when it is summed anew from every market, as it
was before sums were kept. Run: python benchmarks/ledger.py
"""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from itertools import count

import attrs

from arb.detect.basket import Lane, Leg, Template
from arb.detect.firewall import FirewallLimits
from arb.detect.history import NOTHING_LEARNT
from arb.detect.opportunity import Criteria, Opportunity, OpportunityId, find, resize
from arb.detect.sweep import SweepLimits
from arb.market.book import BookView
from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Action,
    Claim,
    EventId,
    KalshiRef,
    Market,
    MarketId,
    Outcome,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import Approved, Balance, BasketId, Declined, Fill, FillId, FillStatus
from arb.risk.bans import BanRule, Bans, Offence
from arb.risk.budget import LossBudget, LossLimits
from arb.risk.chances import Chances, Priors
from arb.risk.drift import Drift
from arb.risk.ledger import Ledger, Stake
from arb.risk.limits import Caps
from arb.risk.obstacles import Obstacles, Pauses
from arb.risk.sizing import SizingLimits
from arb.risk.treasury import Treasury, Wisdom

GOAL_US = 50
MARKETS = 1_000
FILLS = 10_000
DECISIONS = 2_000
ROUNDS = 5
SECOND = 10**9
NOW = Ns(1_760_000_000 * SECOND)
RICH = Usd(10_000_000 * MICRO)
CRITERIA = Criteria(
    FirewallLimits(30 * SECOND, 10 * SECOND, 60 * SECOND, 200_000), SweepLimits(), 10 * SECOND
)
OPEN = Caps(
    basket_usd=RICH,
    market_usd=RICH,
    event_usd=RICH,
    venue_usd=RICH,
    total_usd=RICH,
    market_contracts=10_000_000,
    open_baskets=100,
    cash_reserve_usd=Usd(0),
    cluster_usd=RICH,
    open_positions=10_000,
    break_even=Px(950_000),
)
SIZING = SizingLimits(250_000, 50_000, 50_000, 40_000, 0, RICH, {str(Lane.CROSS_VENUE): MICRO})


def market(number: int) -> Market:
    kalshi = number % 2 == 1
    venue = Venue.KALSHI if kalshi else Venue.POLYMARKET
    ref = KalshiRef(f"k{number}", 0)
    other = PolymarketRef(f"0x{number}", "1", "2", neg_risk=False, protocol="v2")
    return Market(
        id=MarketId(f"{venue}:{number}"),
        venue=venue,
        event=EventId(f"{venue}:{number // 4}"),
        title=str(number),
        label="",
        ref=ref if kalshi else other,
        grid=PriceGrid.of_tick(10_000),
        lot=Qty(10_000),
        min_qty=Qty(10_000),
        min_take_usd=Usd(0),
        fees=KalshiFees(70_000, 0) if kalshi else PolymarketFees(40_000),
        closes_ns=Ns(NOW + 24 * 3600 * SECOND),
    )


def book(listed: Market, bid: int, ask: int) -> BookView:
    size = Qty(30 * MICRO)
    return BookView(
        market=listed,
        bids=((Px(bid), size),),
        asks=((Px(ask), size),),
        live=True,
        agrees=True,
        epoch=0,
        seen_ns=NOW,
        heard_ns=NOW,
    )


def opportunity(poly: Market, kalshi: Market) -> Opportunity:
    """YES at 0.45 here and NO at 0.48 there."""
    legs = (Leg(poly.id, Outcome.YES), Leg(kalshi.id, Outcome.NO))
    states = {str(end): {poly.id: end, kalshi.id: end} for end in (True, False)}
    template = Template.prove(
        Lane.CROSS_VENUE, "twins", legs, states, [Claim(holds=True, source="a pair")]
    )
    views = (book(poly, 440_000, 450_000), book(kalshi, 520_000, 530_000))
    found = find(template, views, NOW, CRITERIA)
    if not isinstance(found, Opportunity):
        raise SystemExit(f"no opportunity: {found}")
    return found


def full_ledger(markets: Sequence[Market]) -> Ledger:
    ledger = Ledger()
    ledger.open([Balance(venue, 0, RICH) for venue in Venue])
    ledger.exposure.correlate({listed.event: listed.event for listed in markets})
    for number in range(FILLS):
        listed = markets[number % MARKETS]
        fill = Fill(
            id=FillId(str(number)),
            venue=listed.venue,
            market=listed.id,
            key=None,
            venue_order_id="",
            outcome=Outcome.YES,
            action=Action.SELL if number // MARKETS % 3 == 2 else Action.BUY,
            px=Px(400_000),
            qty=Qty(MICRO),
            fee=Usd(100),
            at_ns=Ns(NOW - (FILLS - number) * SECOND),
            status=FillStatus.FIRM,
        )
        ledger.book(fill, Stake.of(listed), BasketId(f"old{number // 2}"))
    return ledger


def treasury(ledger: Ledger, caps: Caps) -> Treasury:
    numbers = count()
    rules = {offence: BanRule(3, 60 * SECOND, 600 * SECOND) for offence in Offence}
    return Treasury(
        ledger=ledger,
        caps=caps,
        resize=lambda found, most: resize(found, most, CRITERIA),
        new_id=lambda: f"b{next(numbers)}",
        now_ns=lambda: NOW,
        ttl_ns=2 * SECOND,
        wisdom=Wisdom(Chances(NOTHING_LEARNT, Priors(260_000, 10_000)), SIZING),
        budget=LossBudget(LossLimits(Usd(5 * MICRO), RICH, RICH), ledger.results),
        obstacles=Obstacles(Bans(rules), Pauses(30 * SECOND, 5, 600 * SECOND)),
        drift=Drift(Usd(10_000)),
    )


def best_us(step: Callable[[int], object], after: Callable[[], None] | None = None) -> float:
    """The median of single calls, the best of several rounds; `after` is not counted."""
    medians = []
    for number in range(ROUNDS):
        took = []
        for decision in range(DECISIONS):
            started = time.perf_counter_ns()
            step(number * DECISIONS + decision)
            took.append(time.perf_counter_ns() - started)
            if after is not None:
                after()
        medians.append(statistics.median(took) / 1_000)
    return min(medians)


def decisions(caps: Caps, markets: Sequence[Market]) -> float:
    """Decide; the money is given back so that the next decision finds the same ledger."""
    counter = treasury(full_ledger(markets), caps)
    for number in range(4):
        counter.decide(opportunity(markets[100 + 2 * number], markets[101 + 2 * number]))
    found = opportunity(markets[0], markets[1])
    wanted = [
        attrs.evolve(found, id=OpportunityId(str(number))) for number in range(ROUNDS * DECISIONS)
    ]
    verdicts: list[Approved | Declined] = []

    def give_back() -> None:
        verdict = verdicts.pop()
        if not isinstance(verdict, Approved):
            raise SystemExit(f"declined: {verdict.reason}")
        counter.withdraw(verdict)

    return best_us(lambda number: verdicts.append(counter.decide(wanted[number])), give_back)


def declines(markets: Sequence[Market]) -> float:
    """The usual answer: something stands in the way."""
    counter = treasury(full_ledger(markets), OPEN)
    found = opportunity(markets[0], markets[1])
    counter.bar_market(markets[1].id, "for the benchmark")

    def step(_: int) -> None:
        if isinstance(counter.decide(found), Approved):
            raise SystemExit("approved in a barred market")

    return best_us(step)


def bookings(markets: Sequence[Market]) -> float:
    """One more fill of a market that has ten."""
    ledger = full_ledger(markets)
    listed, number = markets[0], count(FILLS)
    stake = Stake.of(listed)
    first = Fill(
        id=FillId(""),
        venue=listed.venue,
        market=listed.id,
        key=None,
        venue_order_id="",
        outcome=Outcome.YES,
        action=Action.BUY,
        px=Px(400_000),
        qty=Qty(MICRO),
        fee=Usd(100),
        at_ns=NOW,
        status=FillStatus.FIRM,
    )

    def step(at: int) -> None:
        fill = attrs.evolve(first, id=FillId(str(next(number))), at_ns=Ns(NOW + at))
        ledger.book(fill, stake, BasketId("b"))

    return best_us(step)


def counted_again(markets: Sequence[Market]) -> float:
    """Every market's exposure, summed by event: what a decision cost before sums were kept."""
    ledger = full_ledger(markets)

    def step(_: int) -> None:
        sums: dict[EventId, int] = {}
        for name, usd in ledger.paid().items():
            event = ledger.stakes()[name].event
            sums[event] = sums.get(event, 0) + usd

    return best_us(step)


def main() -> None:
    """Print every figure with its goal."""
    markets = [market(number) for number in range(MARKETS)]
    tight = attrs.evolve(OPEN, basket_usd=Usd(10 * MICRO))
    print(f"ledger of {FILLS} fills in {MARKETS} markets; load {os.getloadavg()[0]:.1f}")
    print(f"decide, approved   {decisions(OPEN, markets):8.1f} us  (goal {GOAL_US})")
    print(f"decide, declined   {declines(markets):8.1f} us  (goal {GOAL_US})")
    print(f"decide, cut        {decisions(tight, markets):8.1f} us  (with another sweep)")
    print(f"book a fill        {bookings(markets):8.1f} us")
    print(f"counted again      {counted_again(markets):8.1f} us  (exposure by event alone)")


if __name__ == "__main__":
    main()
