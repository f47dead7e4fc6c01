"""Orders of a basket can be followed from their sending to their end."""

from arb.market.instruments import Action, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import (
    BasketId,
    FillStatus,
    OrderEnded,
    OrderFilled,
    OrderSent,
    UnwindChosen,
    Way,
)
from arb.trade.blotter import MOST_BASKETS, Blotter, OrderLine
from tests.fakes.markets import EPOCH_NS, make_fill, make_market, make_order, make_prepared

MARKET = make_market("A", Venue.POLYMARKET)
BASKET = BasketId("b1")
BOUGHT = make_order(MARKET, qty=10 * MICRO, limit=400_000)


def line(blotter: Blotter) -> OrderLine:
    return blotter.of(BASKET).orders[BOUGHT.id]


def filled(status: FillStatus, qty: int = 10 * MICRO, name: str = "f1") -> OrderFilled:
    fill = make_fill(MARKET, name, px=400_000, qty=qty, fee=20_000, status=status)
    return OrderFilled(BOUGHT, fill)


def test_a_fill_is_counted_once_under_its_newest_status() -> None:
    """Provisional becomes firm; the same fill never counts twice."""
    blotter = Blotter()
    blotter.sent(OrderSent(make_prepared(BOUGHT)))
    assert (line(blotter).average, line(blotter).ended) == (None, None)
    blotter.filled(filled(FillStatus.PROVISIONAL))
    assert (line(blotter).provisional, line(blotter).firm) == (10 * MICRO, 0)
    blotter.filled(filled(FillStatus.FIRM))
    assert (line(blotter).provisional, line(blotter).firm) == (0, 10 * MICRO)
    assert line(blotter).flow == -4_020_000
    assert line(blotter).average == 402_000


def test_what_is_taken_back_costs_nothing() -> None:
    """A reversed fill leaves only its count."""
    blotter = Blotter()
    blotter.filled(filled(FillStatus.PROVISIONAL))
    blotter.filled(filled(FillStatus.REVERSED))
    assert (line(blotter).provisional, line(blotter).reversed) == (0, 10 * MICRO)
    assert blotter.of(BASKET).flow == 0


def test_a_sale_brings_what_a_purchase_cost() -> None:
    """The flow of a basket is received less paid and fees over all its orders."""
    blotter = Blotter()
    blotter.filled(filled(FillStatus.FIRM))
    sold = make_order(MARKET, "o2", outcome=Outcome.YES, action=Action.SELL, limit=390_000)
    fill = make_fill(MARKET, "f2", action=Action.SELL, px=390_000, fee=10_000)
    blotter.filled(OrderFilled(sold, fill))
    assert blotter.of(BASKET).flow == -4_020_000 + 3_900_000 - 10_000


def test_ends_and_choices_are_kept_in_order() -> None:
    """An order says how it ended; an unwind what it chose. A foreign order is nobody's."""
    blotter = Blotter()
    blotter.sent(OrderSent(make_prepared(BOUGHT)))
    blotter.ended(OrderEnded(BOUGHT.id, "v1", Qty(0), "killed", Ns(EPOCH_NS + 5)))
    blotter.chose(UnwindChosen(BASKET, 1, Way.SELL, Usd(5), "best bid", Ns(EPOCH_NS)))
    ended = line(blotter).ended
    assert ended is not None
    assert ended.note == "killed"
    assert [choice.way for choice in blotter.of(BASKET).choices] == [Way.SELL]
    foreign = make_order(MARKET, "of another run")
    blotter.ended(OrderEnded(foreign.id, "v2", Qty(0), "", Ns(EPOCH_NS)))
    assert set(blotter.of(BASKET).orders) == {BOUGHT.id}


def test_only_the_last_baskets_are_kept() -> None:
    """However long a run lasts; one that is asked for too late is empty."""
    blotter = Blotter()
    for number in range(MOST_BASKETS + 10):
        order = make_order(MARKET, f"o{number}", basket=f"b{number}")
        blotter.sent(OrderSent(make_prepared(order)))
    assert not blotter.of(BasketId("b9")).orders
    assert blotter.of(BasketId("b10")).orders
