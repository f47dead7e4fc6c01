"""The order side: check, sign, send, cancel, read."""

from collections.abc import Callable, Sequence

import attrs
import msgspec

from arb.market.errors import OffGrid, Refused, Unintelligible
from arb.market.instruments import Action, Market, Venue
from arb.market.units import MICRO, Ns, Px, Qty, cost, plain_text, round_down
from arb.messages import NewOrder, OrderKey, OrderRef, OrderState, PreparedOrder
from arb.venues.polymarket.answers import error_text, read_json
from arb.venues.polymarket.directory import reference, token_of
from arb.venues.polymarket.order_answers import CancelAnswer, state_after_send, state_of
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.polymarket.signing import OrderTerms, OrderType
from arb.venues.wire import Answer

TAKER_STEP = 100
"""Micro-dollars: an order that only takes may name 4 decimals, whatever the tick (seen as
"invalid amounts, ... a max accuracy of 4 decimals")."""
NOT_FOUND = 404


@attrs.frozen
class PolymarketOrders:
    """Orders of one account. `prepare` sends nothing; `send` sends once.

    Most of our orders take and leave nothing resting, and their size is in contracts. The venue has
    no single kind for that: what takes at once and dies (FAK) counts a purchase in dollars, so that
    a better price would buy more than was asked for. A purchase therefore goes as GTC, whose
    rest, if any, is reported as `Phase.OPEN` for the caller to cancel; a sale goes as FAK, which
    counts contracts, unless it may rest.
    """

    session: PolymarketSession
    now_ns: Callable[[], Ns]
    venue: Venue = Venue.POLYMARKET

    def prepare(self, order: NewOrder) -> PreparedOrder:
        """Check, sign and encode an order. Needs a log-in: the body names the API key.

        Raises OffGrid for a price, Refused for anything else that the market's rules forbid.
        """
        _check(order)
        signed = self.session.signer.sign(terms_of(order), self.now_ns())
        payload = signed.payload(self.session.key.owner, order_type_of(order))
        return PreparedOrder(order, signed.key, msgspec.json.encode(payload))

    async def send(self, prepared: PreparedOrder) -> OrderState:
        """Send the body as it is; only the headers are new, because they carry the time."""
        answer = await self.session.call("POST", "/order", body=prepared.body)
        return state_after_send(answer, prepared)

    async def cancel(self, ref: OrderRef) -> None:
        """Cancel what rests. Quiet where nothing does, or where a taker delay forbids it."""
        body = msgspec.json.encode({"orderID": ref.key})
        answer = await self.session.call("DELETE", "/order", body=body)
        if _is_unknown(answer):
            return
        read_json(answer)
        if not CancelAnswer.parse(answer.body).mentions(ref.key):
            raise Unintelligible(f"a cancellation that does not mention order {ref.key}")

    async def read(self, ref: OrderRef) -> OrderState | None:
        """Ask for an order by its hash; the venue's index may lag by a moment."""
        answer = await self.session.call("GET", f"/data/order/{ref.key}")
        if _is_unknown(answer):
            return None
        raw = read_json(answer)
        return state_of(raw) if raw else None

    async def read_many(self, refs: Sequence[OrderRef]) -> dict[OrderKey, OrderState]:
        """Ask for those that still rest, or are held; of others the venue has no list."""
        wanted = {ref.key for ref in refs}
        states = {state.key: state for state in await self.open_orders() if state.key}
        return {key: states[key] for key in wanted & states.keys()}

    async def open_orders(self) -> tuple[OrderState, ...]:
        """Every order that rests, or waits out a taker delay."""
        return tuple(state_of(raw) for raw in await self.session.read_all("/data/orders"))

    async def cancel_all(self) -> None:
        """Cancel everything of this account, ours or not."""
        answer = await self.session.call("DELETE", "/cancel-all")
        read_json(answer)
        CancelAnswer.parse(answer.body)


def order_type_of(order: NewOrder) -> OrderType:
    """GTC to buy and to rest, FAK to sell at once: see `PolymarketOrders`."""
    return OrderType.GTC if order.action is Action.BUY or order.rests else OrderType.FAK


def terms_of(order: NewOrder) -> OrderTerms:
    """The amounts to sign, exact in millionths (docs: place-orders).

    Raises Refused where the notional of an order that may rest is no whole number of micro-dollars,
    which on the venue's own ticks and lots cannot be.
    """
    ref = reference(order.market)
    notional, rest = divmod(order.limit * order.qty, MICRO)
    if rest and order_type_of(order) is OrderType.GTC:
        raise Refused(f"{order.qty} at {order.limit} is not a whole number of micro-dollars")
    if order.action is Action.BUY:
        give, want = notional, int(order.qty)
    elif order.rests:
        give, want = int(order.qty), notional
    else:  # rounding down asks for a hair less than the limit: rounding up would ask for more
        give, want = int(order.qty), round_down(notional, TAKER_STEP)
    return OrderTerms(
        token=token_of(order.market, order.outcome),
        action=order.action,
        maker_amount=give,
        taker_amount=want,
        protocol=ref.protocol,
        neg_risk=ref.neg_risk,
    )


def _check(order: NewOrder) -> None:
    market = order.market
    if market.venue is not Venue.POLYMARKET:
        raise Refused(f"{market.id} is not traded on Polymarket")
    _check_price(market, order.limit)
    _check_size(market, order.qty)
    # The venue's text names purchases only; a sale refused here might be the way out of a leg.
    notional = cost(order.limit, order.qty)
    if order.action is Action.BUY and notional < market.min_take_usd:
        raise Refused(
            f"{market.id}: an order of ${plain_text(notional)} is below the smallest,"
            f" ${plain_text(market.min_take_usd)}"
        )


def _check_price(market: Market, limit: Px) -> None:
    try:
        market.grid.check(limit)
    except OffGrid as error:
        raise OffGrid(f"{market.id}: {error}") from error


def _check_size(market: Market, qty: Qty) -> None:
    if qty <= 0 or qty % market.lot:
        raise Refused(
            f"{market.id}: {plain_text(qty)} contracts are no multiple of {plain_text(market.lot)}"
        )
    if qty < market.min_qty:
        raise Refused(
            f"{market.id}: {plain_text(qty)} contracts are fewer than the smallest order,"
            f" {plain_text(market.min_qty)}"
        )


def _is_unknown(answer: Answer) -> bool:
    """Say whether the API, not an edge server, answers that it knows no such order."""
    return answer.status == NOT_FOUND and error_text(answer) is not None
