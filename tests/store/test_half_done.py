"""What the store says of a basket that is worked on again."""

from functools import partial
from pathlib import Path

import attrs
import pytest

from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO
from arb.messages import Fill, FillId, FillStatus, OrderFilled
from arb.store.half_done import read_lost
from arb.store.journal import Journal
from tests.fakes.markets import approve, make_fill, make_market, make_order, make_prepared

POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
BASKET = approve([(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)], 10 * MICRO)


def fill(market: Market, action: Action, px: int, qty: int, fee: int = 0) -> Fill:
    outcome = Outcome.YES if market is POLY else Outcome.NO
    return make_fill(market, "f", outcome=outcome, action=action, px=px, qty=qty, fee=fee)


BOUGHT = (fill(POLY, Action.BUY, 450_000, 10 * MICRO, 100), fill(KALSHI, Action.BUY, 500_000, 1))


@pytest.mark.parametrize(
    ("fills", "lost"),
    [
        ((), 0),
        (BOUGHT, 0),
        ((*BOUGHT, fill(POLY, Action.SELL, 430_000, 4 * MICRO, 30)), 80_070),
        ((*BOUGHT, fill(POLY, Action.SELL, 470_000, 4 * MICRO)), 0),
        (
            (
                *BOUGHT,
                attrs.evolve(fill(POLY, Action.SELL, 430_000, MICRO), status=FillStatus.REVERSED),
            ),
            0,
        ),
    ],
    ids=["nothing", "nothing sold", "sold lower", "sold higher", "a sale that was taken back"],
)
def test_what_sales_have_lost_is_known_to_the_next_unwind(
    tmp_path: Path, fills: tuple[Fill, ...], lost: int
) -> None:
    """Four of ten contracts that cost 0.45 and 0.0001 in fees, sold at 0.43: 0.08007 dollars."""
    journal = Journal(tmp_path / "arb.db")
    journal.write([BASKET])
    for number, one in enumerate(fills):
        market = POLY if one.venue is Venue.POLYMARKET else KALSHI
        order = make_order(
            market,
            f"o{number}",
            basket=BASKET.basket,
            outcome=one.outcome,
            action=one.action,
            qty=one.qty,
        )
        told = attrs.evolve(one, id=FillId(f"f{number}"))
        journal.write([make_prepared(order), OrderFilled(order, told)])
    assert journal.ask(partial(read_lost, basket=BASKET.basket)) == lost
    journal.close()
