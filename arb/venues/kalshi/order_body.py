"""Our orders in Kalshi's words: one book of YES, `bid` or `ask`, decimal strings. Pure.

The second order interface is meant (docs: CreateOrderV2): buying NO at q is asking for 1 - q.
"""

import re

import msgspec

from arb.market.errors import Malformed, Refused
from arb.market.instruments import Action, Outcome
from arb.market.units import Px, complement, decimal_text, plain_text
from arb.messages import NewOrder, OrderKey, PreparedOrder
from arb.venues.kalshi.identity import kalshi_ref

ORDER_ID = re.compile(r"[-\w:+=/]{1,64}", re.ASCII)
"""What a `client_order_id` may be (docs: fix/order-entry; a dot was answered with 400)."""
PRICE_PLACES = 4
COUNT_PLACES = 2
LIFE_S = 180
"""What rests is cancelled by us within a minute (`execution.unwind_rest_ms`); should we be dead by
then, the venue ends it after this time."""
NS_PER_S = 1_000_000_000


def prepare(order: NewOrder) -> PreparedOrder:
    """Check an order and encode it. Raises Refused (OffGrid and others)."""
    _check_size(order)
    if ORDER_ID.fullmatch(order.id) is None:
        raise Refused(f"Kalshi takes no such order id: {order.id!r}")
    yes_px = _yes_px(order)
    order.market.grid.check(yes_px)
    return PreparedOrder(order, OrderKey(order.id), _encode(order, yes_px))


def _check_size(order: NewOrder) -> None:
    market = order.market
    if order.qty < market.min_qty or order.qty % market.lot:
        raise Refused(
            f"{market.id}: {plain_text(order.qty)} contracts are less than"
            f" {plain_text(market.min_qty)} or no multiple of {plain_text(market.lot)}"
        )


def _yes_px(order: NewOrder) -> Px:
    return order.limit if order.outcome is Outcome.YES else complement(order.limit)


def _encode(order: NewOrder, yes_px: Px) -> bytes:
    ref = kalshi_ref(order.market)
    raises_yes = (order.outcome is Outcome.YES) is (order.action is Action.BUY)
    body: dict[str, object] = {
        "ticker": ref.ticker,
        "client_order_id": order.id,
        "side": "bid" if raises_yes else "ask",
        "count": _text(order.qty, COUNT_PLACES),
        "price": _text(yes_px, PRICE_PLACES),
        "time_in_force": "good_till_canceled" if order.rests else "immediate_or_cancel",
        "self_trade_prevention_type": "taker_at_cross",
        "exchange_index": ref.shard,
    }
    if order.rests:
        body["expiration_time"] = order.created_ns // NS_PER_S + LIFE_S
    if order.action is Action.SELL and not order.rests:
        # A sale may never turn into a position of the other outcome. An order that rests may not
        # say so (docs: CreateOrderV2): it is for contracts that are held, and for seconds.
        body["reduce_only"] = True
    return msgspec.json.encode(body)


def _text(micros: int, places: int) -> str:
    try:
        return decimal_text(micros, places)
    except Malformed as error:
        raise Refused(f"finer than Kalshi takes: {error}") from error
