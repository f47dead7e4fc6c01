"""Sets that pay less than they were sure of: a loss of the day on which that is known."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Leg
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import Balance, BasketId, Fill, Settlement, SettlementId
from arb.risk.basis import DAY_NS
from arb.risk.budget import LossBudget, LossLimits
from arb.risk.ledger import Ledger, Stake
from arb.risk.results import Results
from arb.risk.shortfall import yes_paid
from arb.risk.statement import BasketLine, draw_up
from tests.fakes.markets import EPOCH_NS, make_fill, make_market

POLY, KALSHI = make_market("p", Venue.POLYMARKET), make_market("k")
LEGS = (Leg(POLY.id, Outcome.YES), Leg(KALSHI.id, Outcome.NO))
BASKET = BasketId("b")
TEN = 10 * MICRO
NOW = Ns(EPOCH_NS)
TOMORROW = Ns(EPOCH_NS + DAY_NS)
LIMITS = LossLimits(Usd(5 * MICRO), Usd(20 * MICRO), Usd(25 * MICRO))
FILLS = (
    make_fill(POLY, "f1", px=450_000, qty=3 * TEN),
    make_fill(KALSHI, "f2", outcome=Outcome.NO, px=480_000, qty=3 * TEN),
)


def paid(market: Market, usd: int, at_ns: Ns = TOMORROW) -> Settlement:
    return Settlement(SettlementId(market.id), market.venue, 0, market.id, Usd(usd), at_ns)


def ledger_of(settled: Sequence[Settlement]) -> Ledger:
    """Thirty sets bought for 27.90 dollars, ended today, and what was settled since."""
    ledger = Ledger()
    ledger.open([Balance(venue, 0, Usd(100 * MICRO)) for venue in Venue])
    ledger.results.plan(BASKET, Usd(MICRO), LEGS)
    for fill, market in zip(FILLS, (POLY, KALSHI), strict=True):
        ledger.book(fill, Stake.of(market), BASKET)
    ledger.results.end(BASKET, Qty(3 * TEN), NOW, unhedged=False)
    for settlement in settled:
        ledger.settle(settlement)
    return ledger


def test_a_question_resolved_differently_halts_the_day_and_leaves_no_phantom_profit() -> None:
    """Both legs lose: 30 dollars that were sure are not there, and people are told no such thing."""
    ledger = ledger_of([paid(POLY, 0), paid(KALSHI, 0)])
    assert ledger.results.made_on(NOW) == 2_100_000, "as far as was known then"
    assert ledger.results.made_on(TOMORROW) == -30 * MICRO
    assert ledger.results.lost_on(TOMORROW) == 30 * MICRO
    assert "could pass the cap" in LossBudget(LIMITS, ledger.results).halt(TOMORROW)
    assert ledger.unrealised == 0
    assert ledger.results.made == ledger.realised == -27_900_000


@pytest.mark.parametrize(("yes", "no"), [(30, 0), (0, 30), (15, 15), (30, 30)])
def test_a_question_resolved_alike_is_no_loss(yes: int, no: int) -> None:
    """Either leg wins, both are returned by half, or both win by luck: nothing is missing."""
    ledger = ledger_of([paid(POLY, yes * MICRO), paid(KALSHI, no * MICRO)])
    assert (ledger.results.short, ledger.results.made_on(TOMORROW)) == (0, 0)


def test_one_leg_that_lost_says_nothing_yet() -> None:
    """The other may still pay all of it."""
    assert ledger_of([paid(KALSHI, 0)]).results.short == 0


@given(st.integers(0, 30 * MICRO), st.integers(0, 30 * MICRO))
def test_days_add_up_to_what_the_cash_says(yes: int, no: int) -> None:
    """Once all is settled, what baskets made is the cash gained, less what came beyond a promise."""
    ledger = ledger_of([paid(POLY, yes), paid(KALSHI, no)])
    gained = sum(ledger.cash.values()) - 200 * MICRO
    beyond = max(0, yes + no - 30 * MICRO)
    assert gained - beyond - 1 <= ledger.results.made <= gained - beyond


def test_the_order_of_reports_changes_nothing() -> None:
    """Settlements before fills, as when a store is replayed, or after: the same days."""
    expected = ledger_of([paid(POLY, 0), paid(KALSHI, TEN)]).results
    steps: list[Settlement | Fill] = [paid(POLY, 0), paid(KALSHI, TEN), *FILLS]
    for order in permutations(steps):
        ledger = Ledger()
        for step in order:
            if isinstance(step, Settlement):
                ledger.settle(step)
            else:
                ledger.book(step, Stake.of(POLY if step.market == POLY.id else KALSHI), BASKET)
        ledger.results.plan(BASKET, Usd(MICRO), LEGS)
        ledger.results.end(BASKET, Qty(3 * TEN), NOW, unhedged=False)
        assert ledger.results.days(9) == expected.days(9)
        assert ledger.results.short == expected.short == 20 * MICRO


def test_an_end_or_a_plan_told_again_counts_the_shortfall_once() -> None:
    """A basket opened again keeps what its markets paid."""
    results = Results()
    results.plan(BASKET, Usd(MICRO), LEGS)
    results.end(BASKET, Qty(TEN), NOW, unhedged=False)
    results.resolve(POLY.id, Fraction(0), NOW)
    results.resolve(KALSHI.id, Fraction(1), NOW)
    results.plan(BASKET, Usd(MICRO), LEGS)
    results.end(BASKET, Qty(TEN // 2), NOW, unhedged=False)
    assert (results.short, results.lost_on(NOW)) == (TEN // 2, TEN // 2)
    results.resolve(POLY.id, Fraction(1), NOW)
    assert (results.short, results.lost_on(NOW), results.guaranteed) == (0, 0, TEN // 2)


def test_the_statement_of_a_store_does_not_promise_what_was_not_paid() -> None:
    """Locked profit is the cash that is there."""
    line = BasketLine("completed", Qty(3 * TEN), Qty(3 * TEN), Usd(3 * TEN), BASKET, LEGS)
    stakes = {MarketId(market.id): Stake.of(market) for market in (POLY, KALSHI)}
    opening = [Balance(venue, 0, Usd(100 * MICRO)) for venue in Venue]
    statement = draw_up(opening, FILLS, [paid(POLY, 0), paid(KALSHI, 0)], [line], stakes)
    assert (statement.guaranteed, statement.locked_profit) == (0, -27_900_000)


@given(st.integers(0, TEN), st.integers(0, TEN), st.integers(0, MICRO))
def test_what_a_contract_paid_is_found_from_what_all_of_them_became(
    yes: int, no: int, yes_px: int
) -> None:
    """Up to the micro-dollar that the venue may round, whichever contracts were held."""
    usd = (yes * yes_px + no * (MICRO - yes_px)) // MICRO
    found = yes_paid(yes, no, usd)
    assert (found is None) is (yes == no)
    if found is not None:
        assert abs(found - Fraction(yes_px, MICRO)) <= Fraction(1, abs(yes - no))
