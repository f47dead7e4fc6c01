"""The ledger: the same fills in any order, once each, and no cash from nowhere."""

import attrs
from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd, cost, proceeds
from arb.messages import Balance, BasketId, Fill, FillStatus, Settlement, SettlementId
from arb.risk.ledger import Holding, Ledger, Stake, pool_of
from tests.fakes.markets import make_fill, make_market

KALSHI = make_market("k")
POLY = make_market("p", Venue.POLYMARKET)
MARKETS = {market.id: market for market in (KALSHI, POLY)}
STAKES = {market.id: Stake.of(market) for market in (KALSHI, POLY)}
LIFE = list(FillStatus)


def ledger_of(fills: list[Fill]) -> Ledger:
    ledger = Ledger()
    ledger.open([Balance(Venue.KALSHI, 0, Usd(MICRO)), Balance(Venue.POLYMARKET, 0, Usd(MICRO))])
    for fill in fills:
        ledger.book(fill, STAKES[fill.market])
    return ledger


def books(ledger: Ledger) -> object:
    positions = {market: (held.yes, held.no) for market, held in ledger.positions().items()}
    paid = {market: usd for market, usd in ledger.paid().items() if usd}
    return ledger.cash, ledger.fees, ledger.released, positions, paid


@st.composite
def one_fill(draw: st.DrawFn, number: int) -> list[Fill]:
    """A fill and every report of it."""
    fill = make_fill(
        draw(st.sampled_from([KALSHI, POLY])),
        f"f{number}",
        outcome=draw(st.sampled_from(Outcome)),
        action=draw(st.sampled_from(Action)),
        px=draw(st.integers(1, MICRO - 1)),
        qty=draw(st.integers(1, 100 * MICRO)),
        fee=draw(st.integers(0, MICRO)),
    )
    told = draw(st.lists(st.sampled_from(LIFE), min_size=1, max_size=4))
    return [attrs.evolve(fill, status=status) for status in told]


@st.composite
def reports(draw: st.DrawFn) -> list[Fill]:
    """Reports of up to six fills, each told several times with several statuses."""
    count = draw(st.integers(1, 6))
    return [report for number in range(count) for report in draw(one_fill(number))]


@given(reports(), st.randoms(use_true_random=False))
def test_the_order_of_reports_does_not_matter(told: list[Fill], rng: object) -> None:
    """The same reports in any order, duplicates and reversals among them, give one ledger."""
    shuffled = list(told)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random
    assert books(ledger_of(told)) == books(ledger_of(shuffled))


@given(reports())
def test_cash_and_what_was_paid_for_contracts_is_conserved(told: list[Fill]) -> None:
    """Cash moved by exactly the flows and fees of fills that count, plus a dollar a pair."""
    ledger = ledger_of(told)
    last = {fill.id: max((f for f in told if f.id == fill.id), key=_age) for fill in told}
    counted = [fill for fill in last.values() if fill.status is not FillStatus.REVERSED]
    moved = sum(ledger.cash.values()) - 2 * MICRO
    assert moved == sum(_flow(fill) - fill.fee for fill in counted) + ledger.released
    assert ledger.fees == sum(fill.fee for fill in counted)
    for market in MARKETS.values():
        held = ledger.position(market.id)
        pairs = ledger.released if market is KALSHI else 0
        assert (held.yes + pairs, held.no + pairs) == _bought(market, counted)


def _age(fill: Fill) -> int:
    return LIFE.index(fill.status)


def _flow(fill: Fill) -> int:
    buys = fill.action is Action.BUY
    return -cost(fill.px, fill.qty) if buys else proceeds(fill.px, fill.qty)


def _bought(market: Market, fills: list[Fill]) -> tuple[int, int]:
    held = Holding()
    for fill in fills:
        if fill.market == market.id:
            held.add(fill.outcome, fill.qty if fill.action is Action.BUY else -fill.qty)
    return held.yes, held.no


@given(reports())
def test_a_reversed_fill_leaves_no_trace(told: list[Fill]) -> None:
    """Once every fill was reversed, cash, fees and positions are as at the start."""
    reversed_too = [*told, *(attrs.evolve(fill, status=FillStatus.REVERSED) for fill in told)]
    ledger = ledger_of(reversed_too)
    assert sum(ledger.cash.values()) == 2 * MICRO
    assert (ledger.fees, ledger.released, ledger.positions()) == (0, 0, {})


def test_a_later_report_corrects_an_earlier_one() -> None:
    """A fee that the firm report states replaces the provisional one, and only its share moves."""
    early = make_fill(POLY, "f", px=400_000, fee=100, status=FillStatus.PROVISIONAL)
    final = attrs.evolve(early, fee=Usd(170), status=FillStatus.FIRM)
    ledger = ledger_of([early])
    assert ledger.book(final, Stake.of(POLY)) is False, "it counted already"
    assert ledger.fees == 170
    assert ledger.book(attrs.evolve(final, status=FillStatus.REVERSED), Stake.of(POLY)) is True
    assert (ledger.fees, ledger.cash[Venue.POLYMARKET, 0]) == (0, MICRO)


@given(
    st.integers(1, MICRO - 1),
    st.integers(1, MICRO - 1),
    st.integers(1, 50 * MICRO),
    st.integers(1, 50 * MICRO),
)
def test_a_pair_is_a_dollar_at_once_where_the_venue_nets(
    yes_px: int, no_px: int, yes: int, no: int
) -> None:
    """YES and NO of one Kalshi market leave one side and a dollar a pair; Polymarket keeps both."""
    for market, pairs in ((KALSHI, min(yes, no)), (POLY, 0)):
        ledger = ledger_of(
            [
                make_fill(market, "y", px=yes_px, qty=yes),
                make_fill(market, "n", outcome=Outcome.NO, px=no_px, qty=no),
            ]
        )
        held = ledger.position(market.id)
        assert (held.yes, held.no) == (yes - pairs, no - pairs)
        spent = cost(Px(yes_px), Qty(yes)) + cost(Px(no_px), Qty(no))
        assert ledger.cash[pool_of(market)] == MICRO - spent + pairs


@given(reports(), st.integers(0, 50 * MICRO), st.integers(1, 3))
def test_a_settled_market_holds_nothing_and_paid_once(
    told: list[Fill], usd: int, times: int
) -> None:
    """Cash rises by what the market paid however often it is told; nothing is held or at risk."""
    before = ledger_of(told)
    ledger = ledger_of(told)
    settlement = Settlement(SettlementId("s"), Venue.POLYMARKET, 0, POLY.id, Usd(usd), at_ns=Ns(1))
    assert [ledger.settle(settlement) for _ in range(times)] == [True] + [False] * (times - 1)
    assert sum(ledger.cash.values()) == sum(before.cash.values()) + usd
    assert ledger.settled == usd
    assert POLY.id not in ledger.positions().keys() | ledger.paid().keys()
    assert ledger.position(KALSHI.id) == before.position(KALSHI.id)


@given(reports())
def test_a_fill_told_after_its_settlement_moves_cash_alone(told: list[Fill]) -> None:
    """Fills before or after the settlement of their market give the same ledger."""
    settlement = Settlement(SettlementId("s"), Venue.KALSHI, 0, KALSHI.id, Usd(7), at_ns=Ns(1))
    late, early = ledger_of(told), ledger_of([])
    late.settle(settlement)
    early.settle(settlement)
    for fill in told:
        early.book(fill, STAKES[fill.market])
    assert books(late) == books(early)


def test_a_shard_pays_for_its_own_markets() -> None:
    """Cash of one Kalshi shard never pays for a market of another."""
    sharded = make_market("s", shard=2)
    ledger = Ledger()
    ledger.open([Balance(Venue.KALSHI, 0, Usd(MICRO)), Balance(Venue.KALSHI, 2, Usd(5 * MICRO))])
    ledger.book(make_fill(sharded, "f", px=500_000, qty=MICRO), Stake.of(sharded))
    assert ledger.cash == {(Venue.KALSHI, 0): MICRO, (Venue.KALSHI, 2): 5 * MICRO - 500_000}


STEPS = st.lists(
    st.tuples(st.sampled_from(["reserve", "use", "release"]), st.integers(0, 3), st.integers(0, 9)),
    max_size=30,
)


@given(STEPS)
def test_reservations_are_what_is_still_open(steps: list[tuple[str, int, int]]) -> None:
    """What is set aside is the sum over open legs, never below 0, and all free after release."""
    ledger, model = ledger_of([]), dict[BasketId, int]()
    for verb, number, usd in steps:
        basket = BasketId(f"b{number}")
        match verb:
            case "reserve":
                ledger.reserve(basket, KALSHI, Usd(usd))
                model[basket] = usd
            case "use":
                ledger.use(basket, KALSHI.id, Usd(usd))
                if basket in model:
                    model[basket] = max(0, model[basket] - usd)
            case _:
                ledger.release(basket)
                model.pop(basket, None)
        assert ledger.reserved(pool_of(KALSHI)) == sum(model.values())
        assert ledger.free(pool_of(KALSHI)) == MICRO - sum(model.values())
        assert ledger.reserved(pool_of(POLY)) == 0
        assert ledger.paid().get(KALSHI.id, 0) == sum(model.values())


def test_a_pool_nobody_opened_has_nothing_to_spend() -> None:
    """Cash that nobody told of is not there."""
    assert Ledger().free((Venue.KALSHI, 7)) == 0
