"""The ledger over random histories: reports late, twice, in any order, or never told."""

from collections.abc import Sequence
from random import Random

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd, ceil_div, cost
from arb.messages import (
    BasketId,
    Fill,
    FillId,
    FillStatus,
    NewOrder,
    OrderId,
    Settlement,
    SettlementId,
)
from arb.risk.basis import DAY_NS
from arb.risk.exposure import TOTAL
from arb.risk.ledger import Ledger, Stake, pool_of
from arb.risk.reservations import worst_of
from tests.fakes.markets import EPOCH_NS, make_fill, make_market, make_order
from tests.fakes.treasury import rich_ledger

CASH = 1_000 * MICRO
MARKETS = (
    make_market("k1", event="ke"),
    make_market("k2", event="ke"),
    make_market("p1", Venue.POLYMARKET, event="pe"),
    make_market("p2", Venue.POLYMARKET),
)
CLUSTERS = {MARKETS[0].event: "one", MARKETS[2].event: "one"}


@attrs.frozen
class Sent:
    order: NewOrder


@attrs.frozen
class Ended:
    order: OrderId
    filled: Qty


@attrs.frozen
class Told:
    order: NewOrder
    fill: Fill


Report = Sent | Ended | Told


@st.composite
def lives(draw: st.DrawFn, number: int) -> list[Report]:
    """Everything there is to tell of one order: that it left, its fills and statuses, its end."""
    market = draw(st.sampled_from(MARKETS))
    order = make_order(
        market,
        f"o{number}",
        basket=f"b{number % 3}",
        outcome=draw(st.sampled_from(Outcome)),
        action=draw(st.sampled_from(Action)),
        qty=draw(st.integers(1, 20)) * MICRO,
        limit=draw(st.integers(1, 99)) * 10_000,
    )
    parts = draw(st.lists(st.integers(1, order.qty), max_size=3))
    told: list[Report] = [Sent(order)]
    filled = 0
    for part, qty in enumerate(parts):
        if filled + qty > order.qty:
            break
        filled += qty
        fill = _fill(draw, order, f"{number}-{part}", qty)
        statuses = draw(st.lists(st.sampled_from(FillStatus), min_size=1, max_size=3))
        told += [Told(order, attrs.evolve(fill, status=status)) for status in statuses]
    if draw(st.booleans()):
        told.append(Ended(order.id, Qty(filled)))
    return told


def _fill(draw: st.DrawFn, order: NewOrder, name: str, qty: int) -> Fill:
    worst = order.limit if order.action is Action.BUY else MICRO - order.limit
    better = draw(st.integers(1, worst))
    fill = make_fill(
        order.market,
        name,
        outcome=order.outcome,
        action=order.action,
        px=better if order.action is Action.BUY else MICRO - better,
        qty=qty,
        fee=draw(st.integers(0, 1_000)),
    )
    return attrs.evolve(fill, at_ns=Ns(EPOCH_NS + draw(st.integers(0, 3)) * DAY_NS // 2))


@st.composite
def histories(draw: st.DrawFn) -> list[Report]:
    """Several orders, told in an order of its own, some of it twice."""
    told = [report for number in range(draw(st.integers(1, 6))) for report in draw(lives(number))]
    again = draw(st.lists(st.sampled_from(told), max_size=4))
    return draw(st.permutations([*told, *again]))


def after(history: Sequence[Report]) -> Ledger:
    ledger = rich_ledger(CASH)
    ledger.exposure.correlate(CLUSTERS)
    for report in history:
        take(ledger, report)
    return ledger


def take(ledger: Ledger, report: Report) -> None:
    match report:
        case Sent():
            ledger.sent(report.order)
        case Ended():
            ledger.ended(report.order, report.filled)
        case Told():
            stake = Stake.of(report.order.market)
            news = ledger.book(report.fill, stake, report.order.basket)
            ledger.filled(report.order, report.fill, news=news)


def books(ledger: Ledger) -> object:
    """All that anybody may ask."""
    positions = {market: (held.yes, held.no) for market, held in ledger.positions().items()}
    days = [ledger.realised_on(EPOCH_NS + day * DAY_NS) for day in range(3)]
    exposed = [
        ledger.exposure.of(group)
        for market in MARKETS
        for group in ledger.exposure.groups(Stake.of(market))
    ]
    pending = [(held.yes, held.no) for held in (ledger.pending(market.id) for market in MARKETS)]
    baskets = [ledger.results.of(BasketId(f"b{number}")) for number in range(3)]
    held = {pool_of(market): ledger.reserved(pool_of(market)) for market in MARKETS}
    return ledger.cash, ledger.fees, positions, days, exposed, pending, baskets, held


@settings(max_examples=50)
@given(histories(), st.randoms(use_true_random=False))
def test_any_order_of_reports_makes_the_same_ledger(history: list[Report], rng: Random) -> None:
    """Cash, contracts, holds, exposure and profit do not depend on the order of reports."""
    shuffled = list(history)
    rng.shuffle(shuffled)
    assert books(after(history)) == books(after(shuffled))


@settings(max_examples=50)
@given(histories())
def test_nothing_is_reserved_that_is_not_open_and_nothing_open_that_is_not(
    history: list[Report],
) -> None:
    """What is held is, order by order, what may still be taken of it at its worst."""
    ledger = after(history)
    for pool in {pool_of(market) for market in MARKETS}:
        expected = sum(
            _open_worst(order, history) for order in _sent(history) if pool_of(order.market) == pool
        )
        assert ledger.reserved(pool) == expected
    wholly = [order for order in _sent(history) if not _open(order, history)]
    assert not {order.id for order in wholly} & {
        order.id for order in ledger.reservations.unclear() if _ended(order, history) is not None
    }


def _sent(history: Sequence[Report]) -> list[NewOrder]:
    return list(
        {report.order.id: report.order for report in history if isinstance(report, Sent)}.values()
    )


def _ended(order: NewOrder, history: Sequence[Report]) -> int | None:
    ends = [one.filled for one in history if isinstance(one, Ended) and one.order == order.id]
    return max(ends, default=None)


def _open(order: NewOrder, history: Sequence[Report]) -> int:
    fills: dict[FillId, int] = {
        one.fill.id: one.fill.qty
        for one in history
        if isinstance(one, Told) and one.order.id == order.id
    }
    end = _ended(order, history)
    return max(0, (order.qty if end is None else end) - sum(fills.values()))


def _open_worst(order: NewOrder, history: Sequence[Report]) -> int:
    if order.action is Action.SELL:
        return 0
    return ceil_div(worst_of(order) * _open(order, history), order.qty)


@settings(max_examples=50)
@given(histories(), st.sampled_from(MARKETS), st.integers(0, 20 * MICRO), st.booleans())
def test_running_sums_are_what_counting_again_finds(
    history: list[Report], market: Market, usd: int, settles: bool
) -> None:
    """Exposure of every group is the sum over its markets of what is held and what is promised."""
    ledger = after(history)
    if settles:
        ledger.settle(Settlement(SettlementId("s"), market.venue, 0, market.id, Usd(usd), Ns(9)))
    expected: dict[str, int] = {}
    for one, stake in ((m, Stake.of(m)) for m in MARKETS):
        weight = ledger.paid().get(one.id, 0)
        for group in ledger.exposure.groups(stake):
            expected[group] = expected.get(group, 0) + weight
        assert ledger.exposure.holds(one.id) is bool(weight)
    assert {group: ledger.exposure.of(group) for group in expected} == expected
    assert ledger.exposure.of(TOTAL) == sum(ledger.paid().values())


@settings(max_examples=50)
@given(histories(), st.lists(st.sampled_from(MARKETS), max_size=3), st.integers(0, 9 * MICRO))
def test_realised_profit_and_cost_of_what_is_held_make_up_all_cash(
    history: list[Report], over: list[Market], usd: int
) -> None:
    """Cash gained is realised profit less what the contracts still held cost, to the micro-dollar."""
    ledger = after(history)
    for number, market in enumerate(over):
        name = SettlementId(f"s{number}")
        ledger.settle(Settlement(name, market.venue, 0, market.id, Usd(usd), Ns(EPOCH_NS)))
    gained = sum(ledger.cash.values()) - 2 * CASH
    assert gained == ledger.realised - ledger.basis
    assert ledger.basis >= 0
    for market in over:
        assert ledger.paid_for(market.id) == 0


@settings(max_examples=50)
@given(histories(), st.lists(st.integers(0, 2), max_size=3), st.integers(0, 5 * MICRO))
def test_days_add_up_to_realised_and_unrealised_profit(
    history: list[Report], ends: list[int], sets: int
) -> None:
    """What all days made is realised profit plus unrealised at the worst state, once all ended."""
    ledger = after(history)
    for number in {*ends, 0, 1, 2}:
        ledger.results.plan(BasketId(f"b{number}"), Usd(MICRO))
    for number in (*ends, 0, 1, 2):
        at_ns = Ns(EPOCH_NS + number * DAY_NS)
        ledger.results.end(BasketId(f"b{number}"), Qty(sets), at_ns, unhedged=bool(number))
    made = sum(ledger.results.made_on(EPOCH_NS + day * DAY_NS) for day in range(3))
    assert made == ledger.realised + ledger.unrealised


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 99), st.integers(1, 40)), max_size=12))
@settings(max_examples=60)
def test_cash_never_goes_below_what_is_reserved(wanted: list[tuple[int, int, int]]) -> None:
    """Buying only what is free at its worst never makes cash negative, whatever is filled."""
    ledger = rich_ledger(20 * MICRO)
    for number, (place, cents, qty) in enumerate(wanted):
        market = MARKETS[place]
        order = make_order(market, f"o{number}", qty=qty * MICRO, limit=cents * 10_000)
        if worst_of(order) > ledger.free(pool_of(market)):
            continue
        ledger.sent(order)
        fee = worst_of(order) - cost(order.limit, order.qty)
        fill = make_fill(market, f"f{number}", px=order.limit, qty=order.qty, fee=fee)
        if number % 3:
            take(ledger, Told(order, fill))
        if number % 2:
            take(ledger, Ended(order.id, order.qty if number % 3 else Qty(0)))
        assert all(ledger.free(pool_of(market)) >= 0 for market in MARKETS)
        assert all(usd >= 0 for usd in ledger.cash.values())


def test_a_sale_realises_against_the_average_cost() -> None:
    """Ten at 0.40 and ten at 0.60 cost 0.50 on average: selling ten at 0.55 makes half a dollar."""
    ledger, poly = rich_ledger(), MARKETS[3]
    for name, px in (("a", 400_000), ("b", 600_000)):
        ledger.book(make_fill(poly, name, px=px, qty=10 * MICRO), Stake.of(poly))
    sale = make_fill(poly, "c", action=Action.SELL, px=550_000, qty=10 * MICRO)
    ledger.book(attrs.evolve(sale, at_ns=Ns(EPOCH_NS + DAY_NS)), Stake.of(poly))
    assert ledger.realised_on(EPOCH_NS) == 0
    assert ledger.realised_on(EPOCH_NS + DAY_NS) == ledger.realised == 500_000
    assert ledger.paid_for(poly.id) == 5 * MICRO


def test_netting_and_settlement_realise_too() -> None:
    """A pair on a netting venue makes a dollar less both costs; a settled market what it paid."""
    ledger, kalshi, poly = rich_ledger(), MARKETS[0], MARKETS[2]
    ledger.book(make_fill(kalshi, "y", px=400_000, qty=MICRO), Stake.of(kalshi))
    no = make_fill(kalshi, "n", outcome=Outcome.NO, px=500_000, qty=MICRO, fee=20_000)
    ledger.book(no, Stake.of(kalshi))
    assert (ledger.realised, ledger.basis) == (80_000, 0)
    ledger.book(make_fill(poly, "p", px=300_000, qty=MICRO), Stake.of(poly))
    late = Ns(EPOCH_NS + 5 * DAY_NS)
    ledger.settle(Settlement(SettlementId("s"), poly.venue, 0, poly.id, Usd(MICRO), late))
    assert ledger.realised_on(late) == 700_000


def test_what_is_provisional_or_being_sold_cannot_be_sold() -> None:
    """Of ten held, three not settled by the venue and four in an open sale leave three."""
    ledger, poly = rich_ledger(), MARKETS[2]
    ledger.book(make_fill(poly, "a", qty=7 * MICRO), Stake.of(poly))
    late = make_fill(poly, "b", qty=3 * MICRO, status=FillStatus.PROVISIONAL)
    ledger.book(late, Stake.of(poly))
    sale = make_order(poly, "s", action=Action.SELL, qty=4 * MICRO)
    ledger.sent(sale)
    assert ledger.position(poly.id).yes == 10 * MICRO
    assert ledger.pending(poly.id).yes == 3 * MICRO
    assert ledger.sellable(poly.id, Outcome.YES) == 3 * MICRO
    ledger.book(attrs.evolve(late, status=FillStatus.FIRM), Stake.of(poly))
    ledger.ended(sale.id, Qty(0))
    assert ledger.sellable(poly.id, Outcome.YES) == 10 * MICRO


def test_an_order_that_replaces_another_takes_over_its_hold() -> None:
    """The end of the first frees what it did not fill, the second holds its own worst cost."""
    ledger, market = rich_ledger(), MARKETS[0]
    first = make_order(market, "o1", qty=10 * MICRO, limit=400_000)
    second = make_order(market, "o2", qty=6 * MICRO, limit=420_000)
    ledger.reserve(first.basket, market, Usd(9 * MICRO))
    ledger.sent(first)
    assert ledger.reserved(pool_of(market)) == worst_of(first), "the leg's own money is free again"
    ledger.ended(first.id, Qty(4 * MICRO))
    told_later = ceil_div(worst_of(first) * 4, 10)
    ledger.sent(second)
    assert ledger.reserved(pool_of(market)) == told_later + worst_of(second)
    fill = make_fill(market, "f", qty=4 * MICRO, px=400_000)
    take(ledger, Told(first, fill))
    assert ledger.reserved(pool_of(market)) == worst_of(second)


def test_an_order_of_unknown_end_holds_its_money_after_its_basket() -> None:
    """Releasing the basket frees legs alone; the order's end frees the rest."""
    ledger, market = rich_ledger(), MARKETS[0]
    order = make_order(market, "o1", qty=10 * MICRO, limit=400_000)
    ledger.reserve(order.basket, market, Usd(5 * MICRO))
    ledger.reserve(order.basket, MARKETS[2], Usd(5 * MICRO))
    ledger.sent(order)
    ledger.release(order.basket)
    assert ledger.reserved(pool_of(MARKETS[2])) == 0
    assert ledger.reserved(pool_of(market)) == worst_of(order)
    assert ledger.reservations.unclear() == (order,)
    ledger.ended(order.id, Qty(0))
    assert ledger.reserved(pool_of(market)) == 0


def test_events_of_one_cluster_are_one_exposure() -> None:
    """Money in two events that share a question counts together, others by themselves."""
    ledger = after([])
    for market, usd in zip(MARKETS, (1, 2, 4, 8), strict=True):
        ledger.reserve(BasketId("b"), market, Usd(usd))
    one = ledger.exposure.groups(Stake.of(MARKETS[0]))[3]
    alone = ledger.exposure.groups(Stake.of(MARKETS[3]))[3]
    assert (one, ledger.exposure.of(one), ledger.exposure.of(alone)) == ("cluster one", 7, 8)
    assert ledger.exposure.markets == 4
