"""What of a payout comes at once, and what waits: merging, netting, converting, holding."""

from collections.abc import Callable

import attrs
import hypothesis.strategies as st
import pytest
from hypothesis import given

from arb.detect.basket import Lane, Leg, Plan, Template
from arb.detect.lanes.binary import binary
from arb.detect.lanes.conversion import How, convert, index_set, returns_of
from arb.detect.lanes.multi_outcome import multi_outcome
from arb.market.instruments import (
    Claim,
    Event,
    EventId,
    Market,
    MarketId,
    NegRisk,
    Outcome,
    Venue,
)
from arb.market.units import MICRO, Qty, Usd

MakeMarket = Callable[..., Market]
HOLDS = Claim(holds=True, source="the venue says so")
UNKNOWN = Claim(holds=False, source="nobody says so")


def group(count: int, **changes: object) -> NegRisk:
    indexes = tuple((MarketId(f"polymarket:m{at}"), at) for at in range(count))
    plain = NegRisk("0x" + "00" * 32, indexes, prepared=count, fee_bips=0, augmented=False)
    return attrs.evolve(plain, **changes)  # type: ignore[arg-type]  # each test's own field


def nos(*numbers: int) -> list[Leg]:
    return [Leg(MarketId(f"polymarket:m{at}"), Outcome.NO) for at in numbers]


def plan(template: Template, size: int) -> Plan:
    payout = Usd(template.payout * size // MICRO)
    return Plan(template, Qty(size), (), Usd(0), Usd(0), payout, Usd(0))


def test_three_of_five_give_two_dollars_and_two_yeses() -> None:
    """The protocol's own example: 100 NO of q0, q1 and q2 of five questions are 200 dollars and
    100 YES of q3 and q4."""
    made = convert(nos(0, 1, 2), Qty(100 * MICRO), group(5))
    assert made is not None
    assert (made.how, made.at_once, made.fee) == (How.CONVERT, 200 * MICRO, 0)
    assert [leg.market for leg in made.left] == ["polymarket:m3", "polymarket:m4"]
    assert {leg.outcome for leg in made.left} == {Outcome.YES}
    assert (made.left_qty, made.unlisted) == (100 * MICRO, 0)
    assert index_set(nos(0, 1, 2), group(5)) == 0b00111


def test_the_full_set_leaves_nothing() -> None:
    """NO of all five are four dollars at once, and that is all."""
    made = convert(nos(0, 1, 2, 3, 4), Qty(MICRO), group(5))
    assert made is not None
    assert (made.at_once, made.left, made.unlisted) == (4 * MICRO, (), 0)


def test_the_fee_is_taken_from_dollars_and_contracts() -> None:
    """At 50 bips a hundred NOs of three questions are 199 dollars and 99.5 of each YES."""
    made = convert(nos(0, 1, 2), Qty(100 * MICRO), group(5, fee_bips=50))
    assert made is not None
    assert (made.at_once, made.fee) == (199 * MICRO, MICRO)
    assert made.left_qty == 99_500_000


def test_questions_nobody_lists_are_counted() -> None:
    """Prepared but unlisted questions give YES as well: worth something only at resolution."""
    made = convert(nos(0, 1), Qty(MICRO), group(3, prepared=5))
    assert made is not None
    assert made.unlisted == 2


@pytest.mark.parametrize("changes", [{"fee_bips": None}, {"prepared": None}, {"augmented": True}])
def test_what_is_not_known_gives_nothing_at_once(changes: dict[str, object]) -> None:
    """Without the fee or the number of questions nothing is counted on before resolution."""
    assert convert(nos(0, 1, 2), Qty(MICRO), group(5, **changes)) is None


def test_only_noes_of_one_group_convert() -> None:
    """A YES among them, or a market of elsewhere, and nothing converts."""
    yes = Leg(MarketId("polymarket:m1"), Outcome.YES)
    abroad = Leg(MarketId("kalshi:K1"), Outcome.NO)
    assert convert([*nos(0), yes], Qty(MICRO), group(5)) is None
    assert convert([*nos(0), abroad], Qty(MICRO), group(5)) is None


@given(
    count=st.integers(2, 8),
    given_up=st.integers(2, 8),
    size=st.integers(1, 10**12),
    bips=st.integers(0, 10_000),
)
def test_conversion_never_gives_more_than_holding(
    count: int, given_up: int, size: int, bips: int
) -> None:
    """In every world with at most one winner, dollars now and YESes later are worth no more than
    the NOs were, and without a fee exactly as much where one question wins."""
    given_up = min(given_up, count)
    legs = nos(*range(given_up))
    made = convert(legs, Qty(size), group(count, fee_bips=bips))
    assert made is not None
    for winner in [None, *range(count)]:
        held = sum(leg.market != f"polymarket:m{winner}" for leg in legs) * size
        later = sum(leg.market == f"polymarket:m{winner}" for leg in made.left) * made.left_qty
        assert made.at_once + later <= held
        if not bips and winner is not None:
            assert made.at_once + later == held
    assert made.at_once + made.fee == (given_up - 1) * size


@pytest.mark.parametrize(("venue", "how"), [(Venue.POLYMARKET, How.MERGE), (Venue.KALSHI, How.NET)])
def test_yes_and_no_of_one_market_are_a_dollar_at_once(
    venue: Venue, how: How, make_market: MakeMarket
) -> None:
    """Polymarket merges them, Kalshi nets them."""
    market = make_market("m0", venue=venue)
    (template,) = binary([market]).baskets
    assert isinstance(template, Template)
    made = returns_of(plan(template, 3 * MICRO), {market.id: market})
    assert (made.how, made.at_once, made.at_resolution) == (how, 3 * MICRO, 0)
    assert plan(template, 3 * MICRO).at_once == 3 * MICRO


def every_no(
    make_market: MakeMarket, neg_risk: NegRisk | None
) -> tuple[Template, dict[MarketId, Market]]:
    markets = {m.id: m for m in (make_market(f"m{at}") for at in range(4))}
    event = Event(
        EventId("polymarket:e"),
        Venue.POLYMARKET,
        "E",
        tuple(markets),
        HOLDS,
        UNKNOWN,
        neg_risk,
    )
    (basket,) = multi_outcome([event], markets).baskets
    assert not isinstance(basket, Template)
    return basket.prove(tuple(nos(0, 1, 2))), markets


def test_a_template_says_what_comes_at_once(make_market: MakeMarket) -> None:
    """NO of three: two dollars a set at resolution, of which conversion gives the fee's rest now."""
    template, markets = every_no(make_market, group(4, fee_bips=100))
    assert (template.lane, template.payout, template.at_once) == (
        Lane.ALL_NO,
        2 * MICRO,
        1_980_000,
    )
    made = returns_of(plan(template, 5 * MICRO), markets, group(4, fee_bips=100))
    assert made.at_once == plan(template, 5 * MICRO).at_once == 9_900_000


def test_without_a_group_all_of_it_waits(make_market: MakeMarket) -> None:
    """Nothing known of conversion: everything is held until the markets resolve."""
    template, markets = every_no(make_market, None)
    made = returns_of(plan(template, 5 * MICRO), markets)
    assert template.at_once == 0
    assert (made.how, made.at_once, made.at_resolution) == (How.HOLD, 0, 10 * MICRO)
    assert made.left == template.legs
