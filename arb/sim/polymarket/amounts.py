"""What an order's two amounts say: price, size, and whether their decimals are allowed.

Docs: place-orders. The venue takes no price; it follows from the amounts.
"""

from decimal import Context, Decimal

import attrs

from arb.market.grid import PriceGrid
from arb.market.instruments import Action
from arb.market.units import MICRO, Px, Qty, Usd, plain_text
from arb.sim.polymarket.errors import breaks_tick, invalid_payload, too_precise

AMOUNT_DECIMALS = {100_000: 3, 10_000: 4, 5_000: 5, 2_500: 6, 1_000: 5, 100: 6}
"""Decimals of the dollar amount of an order that can rest, by tick in millionths."""
SIZE_DECIMALS = 2
TAKER_DECIMALS = 4
"""Decimals of the computed side of a FAK or FOK order, whatever the tick (recorded refusals)."""
MAX_AMOUNT = 10**21
"""Nobody holds a quadrillion; larger numbers are nonsense."""

_LIKE_A_DOUBLE = Context(prec=16)


@attrs.frozen
class Terms:
    """An order in price and size."""

    action: Action
    shares: Qty
    dollars: Usd
    market: bool
    """FAK or FOK: such a buy is sized in dollars."""

    @property
    def spend(self) -> Usd | None:
        """What it is to cost, where that is its size."""
        return self.dollars if self.market and self.action is Action.BUY else None


def read_terms(action: Action, maker_amount: int, taker_amount: int, *, market: bool) -> Terms:
    """Read the amounts: the maker gives dollars for shares, or shares for dollars.

    Raises ApiError (400) for amounts beyond reason.
    """
    if max(maker_amount, taker_amount) > MAX_AMOUNT:
        raise invalid_payload()
    if action is Action.BUY:
        return Terms(action, Qty(taker_amount), Usd(maker_amount), market)
    return Terms(action, Qty(maker_amount), Usd(taker_amount), market)


def limit_of(terms: Terms, tick: int, order_id: str) -> Px:
    """The worst price of the grid that an order accepts. Raises ApiError (400) off the grid.

    The amounts of an order that can rest must give a price of the grid exactly. One amount of a
    FAK or FOK order is computed and rounded, so its price may miss by what that rounding can do.
    """
    grid = PriceGrid.of_tick(tick)
    exact, rest = divmod(terms.dollars * MICRO, terms.shares)
    if grid.holds(exact) and not rest:
        return Px(exact)
    nearest = (exact + tick // 2) // tick * tick
    if not terms.market or not grid.holds(nearest) or not _within_rounding(terms, nearest):
        price = _LIKE_A_DOUBLE.divide(Decimal(terms.dollars), Decimal(terms.shares))
        raise breaks_tick(order_id, f"{price:f}", plain_text(tick))
    return _worst_acceptable(terms, nearest, tick, grid, order_id)


def check_decimals(terms: Terms, tick: int, *, flat: bool = True) -> None:
    """Raise ApiError (400) for amounts with more decimals than the market takes.

    `flat`: the computed side of FAK and FOK has the same number of decimals on every tick.
    """
    most = TAKER_DECIMALS if terms.market and flat else AMOUNT_DECIMALS[tick]
    buys = terms.action is Action.BUY
    given, wanted = (terms.dollars, terms.shares) if buys else (terms.shares, terms.dollars)
    if buys and not terms.market:
        given_most, wanted_most = most, SIZE_DECIMALS
    else:
        given_most, wanted_most = SIZE_DECIMALS, most
    if given % _step(given_most) or wanted % _step(wanted_most):
        whose = "market buy" if buys and terms.market else terms.action.value
        raise too_precise(whose, given_most, wanted_most)


def _worst_acceptable(terms: Terms, nearest: int, tick: int, grid: PriceGrid, order_id: str) -> Px:
    """The last price of the grid on the order's side of its exact price."""
    paid, at_nearest = terms.dollars * MICRO, nearest * terms.shares
    if terms.action is Action.BUY:
        px = nearest if paid >= at_nearest else nearest - tick
    else:
        px = nearest if paid <= at_nearest else nearest + tick
    if not grid.holds(px):
        raise breaks_tick(order_id, plain_text(px), plain_text(tick))
    return Px(px)


def _within_rounding(terms: Terms, nearest: int) -> bool:
    """Say whether the price is off the grid by no more than one unit of the rounded amount."""
    unit = _step(TAKER_DECIMALS)
    slack = nearest * unit if terms.action is Action.BUY else MICRO * unit
    return abs(terms.dollars * MICRO - nearest * terms.shares) <= slack


def _step(decimals: int) -> int:
    return int(MICRO // 10**decimals)
