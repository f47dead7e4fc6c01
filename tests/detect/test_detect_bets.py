"""Bets: what is bought of an estimate, what it is expected to bring, and what it never is."""

from collections.abc import Callable

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.detect.basket import Leg, Plan, Template
from arb.detect.bet import Bet, BetLane, Estimate
from arb.detect.reasons import Objection, Reason
from arb.detect.stake import StakeLimits, blend, cut, stake
from arb.market.book import Book, BookView
from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.instruments import Market, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, Usd

from .conftest import book, market

MakeMarket = Callable[..., Market]
MakeBook = Callable[..., Book]

NOW = Ns(1_000 * 10**9)
LIMITS = StakeLimits(min_edge_ppm=30_000, max_cost_usd=Usd(100 * MICRO), bucket_ns=60 * 10**9)


def estimate(
    of: BookView, chance: int, confidence: int, outcome: Outcome = Outcome.YES
) -> Estimate:
    return Estimate(BetLane.LATENCY, Leg(of.market.id, outcome), chance, confidence, ())


@pytest.fixture
def view(make_market: MakeMarket, make_book: MakeBook) -> BookView:
    """YES is bid at .50 and .49 and offered at .52, .54 and .60."""
    made = make_book(
        make_market("m"), {500_000: 9, 490_000: 5}, {520_000: 10, 540_000: 20, 600_000: 30}
    )
    return made.view(NOW)


def test_a_bet_is_neither_a_plan_nor_a_template() -> None:
    """No type of a guaranteed basket is a type of a bet, and no field is shared by accident."""
    assert not issubclass(Bet, Plan | Template)
    names = {field.name for field in attrs.fields(Bet)}
    assert not names & {"payout", "profit", "template", "proof", "legs"}


def test_every_level_worth_it_is_bought(view: BookView) -> None:
    """At a fair value of .60 and 3 % wanted, .52 and .54 are bought and .60 is left."""
    bet = stake(estimate(view, 600_000, MICRO), view, NOW, LIMITS)
    assert isinstance(bet, Bet)
    assert bet.fills == ((520_000, 10 * MICRO), (540_000, 20 * MICRO))
    assert (bet.limit, bet.size, bet.fees) == (540_000, 30 * MICRO, 0)
    assert bet.cost == bet.at_risk == 16 * MICRO
    assert bet.expected == 2 * MICRO


def test_no_is_bought_from_the_bids(view: BookView) -> None:
    """A market priced too high is bet against by buying the other side, at its own prices."""
    bet = stake(estimate(view, 600_000, MICRO, Outcome.NO), view, NOW, LIMITS)
    assert isinstance(bet, Bet)
    assert bet.fills == ((500_000, 9 * MICRO), (510_000, 5 * MICRO))


def test_the_market_is_believed_as_far_as_the_lane_is_not(view: BookView) -> None:
    """No confidence is the market's own price, full confidence the lane's, half is between."""
    assert [blend(estimate(view, 710_000, part), view) for part in (0, 500_000, MICRO)] == [
        510_000,
        610_000,
        710_000,
    ]


def test_without_confidence_there_is_never_a_bet(view: BookView) -> None:
    """Who believes the middle of the book can only pay the spread."""
    found = stake(estimate(view, MICRO, 0), view, NOW, LIMITS)
    assert isinstance(found, Objection)
    assert found.reason is Reason.NO_EDGE


def test_the_most_that_may_be_spent_holds_with_fees(view: BookView) -> None:
    """Cost and fees stay below the cap, and one lot more would not."""
    dear = attrs.evolve(view, market=attrs.evolve(view.market, fees=PolymarketFees(70_000)))
    limits = attrs.evolve(LIMITS, max_cost_usd=Usd(6 * MICRO))
    bet = stake(estimate(dear, 700_000, MICRO), dear, NOW, limits)
    assert isinstance(bet, Bet)
    assert bet.size == 11 * MICRO
    assert bet.at_risk == 5_740_000 + 174_720 + 17_390
    assert bet.at_risk + 540_000 > 6 * MICRO


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"bids": ()}, Reason.EMPTY_SIDE),
        ({"asks": ((Px(515_000), Qty(9 * MICRO)),)}, Reason.NO_EDGE),
        ({"asks": ((Px(520_000), Qty(9_000)),)}, Reason.TOO_SHALLOW),
    ],
)
def test_what_cannot_be_bought_is_no_bet(
    changed: dict[str, object], reason: Reason, view: BookView
) -> None:
    """One side missing, prices off the grid, less than the smallest order: each has its reason."""
    changed_view = attrs.evolve(view, **changed)  # type: ignore[arg-type]  # fields by name
    found = stake(estimate(changed_view, 900_000, MICRO), changed_view, NOW, LIMITS)
    assert isinstance(found, Objection)
    assert found.reason is reason


def test_a_view_of_another_market_is_a_fault(view: BookView, make_market: MakeMarket) -> None:
    """Mixing up markets is a bug and raises."""
    other = attrs.evolve(view, market=make_market("other"))
    with pytest.raises(ValueError, match="a view of"):
        stake(estimate(view, MICRO, MICRO), other, NOW, LIMITS)


@pytest.mark.parametrize("share", [-1, MICRO + 1])
def test_an_estimate_has_shares(share: int, view: BookView) -> None:
    """A chance or a confidence outside 0 to 1 cannot be made."""
    with pytest.raises(ValueError, match="between"):
        estimate(view, share, 0)
    with pytest.raises(ValueError, match="between"):
        estimate(view, 0, share)


def test_the_same_bet_in_the_same_span_has_one_name(view: BookView) -> None:
    """Within the bucket a bet keeps its id whatever its size, afterwards it has another."""
    bets = [
        stake(estimate(view, chance, MICRO), view, Ns(at), LIMITS)
        for chance, at in ((600_000, NOW), (900_000, NOW + 10**9), (600_000, NOW + 60 * 10**9))
    ]
    ids = [bet.id for bet in bets if isinstance(bet, Bet)]
    assert ids[0] == ids[1] != ids[2]


@given(
    asks=st.dictionaries(st.integers(1, 98), st.integers(1, 40), min_size=1, max_size=6),
    chance=st.integers(0, MICRO),
    confidence=st.integers(0, MICRO),
    most=st.integers(1, 20),
    kalshi=st.booleans(),
    outcome=st.sampled_from(Outcome),
)
def test_every_bet_is_executable_and_worth_it(  # noqa: PLR0913, PLR0917 - each is drawn
    asks: dict[int, int], chance: int, confidence: int, most: int, kalshi: bool, outcome: Outcome
) -> None:
    """On grid, whole lots, within the cap, above the minimums, each level worth its price."""
    fees = KalshiFees(70_000, 17_500) if kalshi else PolymarketFees(70_000)
    of = market("m", fees=fees, min_take_usd=MICRO, min_qty=5 * MICRO)
    low = min(asks)
    made = book(
        of,
        {low * 5_000 // 10_000 * 10_000: 7} if low > 1 else {},
        {p * 10_000: q for p, q in asks.items()},
    )
    shown = made.view(NOW)
    limits = attrs.evolve(LIMITS, max_cost_usd=Usd(most * MICRO))
    bet = stake(estimate(shown, chance, confidence, outcome), shown, NOW, limits)
    if not isinstance(bet, Bet):
        return
    assert bet.size % of.lot == 0
    assert bet.size >= of.min_qty
    assert bet.cost >= of.min_take_usd
    assert bet.at_risk <= limits.max_cost_usd
    assert bet.size == sum(qty for _, qty in bet.fills)
    assert all(of.grid.holds(px) for px, _ in bet.fills)
    assert bet.expected == bet.fair_ppm * bet.size // MICRO - bet.at_risk
    assert bet.expected * MICRO >= limits.min_edge_ppm * bet.at_risk
    half = cut(bet, attrs.evolve(limits, max_cost_usd=Usd(bet.at_risk // 2)))
    if isinstance(half, Bet):
        assert half.at_risk * 2 <= bet.at_risk
        assert (half.id, half.seen_ns) == (bet.id, bet.seen_ns)
