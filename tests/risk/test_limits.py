"""Hard caps: the size that fits every one of them, counting what is promised already."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Px, Qty, Usd, cost
from arb.messages import Approved, Balance
from arb.risk.ledger import Ledger, Stake, pool_of
from arb.risk.limits import Caps, affordable, rooms, set_aside, worst_cost
from tests.fakes.markets import LOT, approve, make_fill, make_market

POLY = make_market("p", Venue.POLYMARKET, event="pe")
KALSHI = make_market("k", event="ke")
SHARDED = make_market("s", event="ke", shard=2)
RICH = Usd(100_000 * MICRO)
OPEN = Caps(
    basket_usd=RICH,
    market_usd=RICH,
    event_usd=RICH,
    venue_usd=RICH,
    total_usd=RICH,
    market_contracts=100_000,
    open_baskets=4,
    cash_reserve_usd=Usd(0),
    cluster_usd=RICH,
    open_positions=100,
    break_even=Px(950_000),
)
TEN = 10 * MICRO
WANTED = [(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)]
CROSS = approve(WANTED, TEN)


def ledger(poly: int = RICH, kalshi: int = RICH) -> Ledger:
    made = Ledger()
    made.open([Balance(Venue.POLYMARKET, 0, Usd(poly)), Balance(Venue.KALSHI, 0, Usd(kalshi))])
    return made


def fits(approved: Approved, money: Ledger, caps: Caps) -> tuple[int, str]:
    found = rooms(approved.plan, approved.markets, money, caps)
    return affordable(approved.plan, found, Qty(LOT))


def worst(approved: Approved) -> list[int]:
    legs = zip(approved.plan.legs, approved.markets, strict=True)
    return [worst_cost(leg, market) for leg, market in legs]


def test_without_a_bound_the_plan_stays() -> None:
    """Enough of everything leaves the size alone, and nothing bounds it."""
    assert fits(CROSS, ledger(), OPEN) == (TEN, "")


@pytest.mark.parametrize(
    ("caps", "room"),
    [
        ({"basket_usd": Usd(5 * MICRO)}, "basket"),
        ({"market_usd": Usd(3 * MICRO)}, "market kalshi:k"),
        ({"event_usd": Usd(3 * MICRO)}, "event kalshi:ke"),
        ({"venue_usd": Usd(3 * MICRO)}, "venue kalshi"),
        ({"cluster_usd": Usd(3 * MICRO)}, "cluster kalshi:ke"),
        ({"total_usd": Usd(5 * MICRO)}, "total exposure"),
        ({"market_contracts": Usd(4)}, "contracts of polymarket:p"),
        ({"cash_reserve_usd": Usd(RICH - 2 * MICRO)}, "cash on kalshi pool 0"),
    ],
)
def test_every_cap_bounds_the_size_and_is_named(caps: dict[str, Usd], room: str) -> None:
    """Each cap alone cuts the plan to a size that keeps it, and says which it was."""
    size, bound = fits(CROSS, ledger(), attrs.evolve(OPEN, **caps))  # type: ignore[arg-type]  # by name
    assert bound == room
    assert 0 < size < TEN
    assert size % LOT == 0


def test_a_basket_is_capped_at_what_its_orders_may_cost() -> None:
    """Most of it is to be had cheaper than at the limits, but by then that may be gone."""
    legs = tuple(attrs.evolve(leg, cost=Usd(leg.cost * 9 // 10)) for leg in CROSS.plan.legs)
    cost_usd = Usd(sum(leg.cost for leg in legs))
    cheaper = attrs.evolve(CROSS, plan=attrs.evolve(CROSS.plan, legs=legs, cost=cost_usd))
    most = Usd(9 * MICRO)
    assert cost_usd + CROSS.plan.fees < most < sum(worst(cheaper))
    size, bound = fits(cheaper, ledger(), attrs.evolve(OPEN, basket_usd=most))
    assert bound == "basket"
    assert sum(worst(approve(WANTED, size))) <= most < sum(worst(approve(WANTED, size + 10 * LOT)))


@given(st.integers(0, 12 * MICRO), st.integers(0, 12 * MICRO), st.integers(1, 2_000))
def test_no_pool_pays_more_than_it_has(poly: int, kalshi: int, lots: int) -> None:
    """At the size allowed, the worst cost of each leg fits its own pool, the reserve left out."""
    caps = attrs.evolve(OPEN, cash_reserve_usd=Usd(MICRO))
    money = ledger(poly, kalshi)
    size, _ = fits(approve(WANTED, lots * LOT), money, caps)
    if size:
        for part, market in zip(worst(approve(WANTED, size)), (POLY, KALSHI), strict=True):
            step = market.fees.spent_step  # fees of a smaller size may round less favourably
            assert part <= money.free(pool_of(market)) - MICRO + step


def test_a_pool_on_another_shard_does_not_help() -> None:
    """Money of shard 0 does not pay for a market of shard 2."""
    approved = approve([(POLY, Outcome.YES, 450_000), (SHARDED, Outcome.NO, 500_000)], TEN)
    assert fits(approved, ledger(), OPEN) == (0, "cash on kalshi pool 2")


@pytest.mark.parametrize(("cap", "most"), [("event_usd", 6), ("venue_usd", 6), ("total_usd", 12)])
def test_what_is_set_aside_counts_before_anything_is_filled(cap: str, most: int) -> None:
    """A basket in flight, not filled yet, takes its share of event, venue and total."""
    other = make_market("k2", event="ke")
    far = make_market("p2", Venue.POLYMARKET, event="pe")
    flying = approve([(far, Outcome.YES, 450_000), (other, Outcome.NO, 500_000)], TEN, name="b0")
    money = ledger()
    caps = attrs.evolve(OPEN, **{cap: Usd(most * MICRO)})  # type: ignore[arg-type]  # by name
    before, _ = fits(CROSS, money, caps)
    set_aside(money, flying)
    after, bound = fits(CROSS, money, caps)
    assert before == TEN
    assert after < TEN
    assert bound.startswith(cap.split("_", maxsplit=1)[0])


def test_contracts_held_count_against_their_cap() -> None:
    """Seven held of at most ten leave room for three."""
    money = ledger()
    money.book(make_fill(POLY, "f", qty=7 * MICRO), Stake.of(POLY))
    size, bound = fits(CROSS, money, attrs.evolve(OPEN, market_contracts=10))
    assert (size, bound) == (3 * MICRO, "contracts of polymarket:p")


def test_an_overdrawn_cap_leaves_nothing() -> None:
    """Where more is held than a cap allows now, nothing more is bought."""
    money = ledger()
    money.book(make_fill(KALSHI, "f", px=500_000, qty=TEN), Stake.of(KALSHI))
    assert fits(CROSS, money, attrs.evolve(OPEN, market_usd=Usd(MICRO)))[0] == 0


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 5_000))
def test_the_worst_cost_covers_any_fill(limit: int, better: int, lots: int) -> None:
    """Filled at the limit or at any better price, a leg with its fee costs no more than set aside."""
    px, best = Px(limit * 10_000), Px(min(limit, better) * 10_000)
    for market in (POLY, KALSHI):
        leg = approve([(market, Outcome.YES, px)], lots * LOT).plan.legs[0]
        fee = market.fees.taker_order().fill(best, leg.qty, buys=True)
        assert cost(best, leg.qty) + fee <= worst_cost(leg, market) + market.fees.spent_step


def test_setting_aside_takes_the_money_from_what_is_free() -> None:
    """An approved basket's worst cost is no longer free, pool by pool, until it is released."""
    money = ledger()
    set_aside(money, CROSS)
    for part, market in zip(worst(CROSS), CROSS.markets, strict=True):
        assert money.free(pool_of(market)) == RICH - part
    money.release(CROSS.basket)
    assert all(money.free(pool_of(market)) == RICH for market in CROSS.markets)
