"""What the venue's words about an order mean. Pure.

The venue has no idempotency key and few codes: what is refused, done or left open is told apart
by status and text. Only what certainly did not become an order is `Refused`; everything that
leaves the question open is `Unreachable`, and the order is then asked for by its hash.
"""

from collections.abc import Mapping

import attrs

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.market.instruments import Action
from arb.market.units import Qty
from arb.messages import OrderKey, OrderState, Phase, PreparedOrder
from arb.venues.polymarket.answers import TOO_EARLY, TOO_MANY, error_text
from arb.venues.polymarket.fields import Raw, decode, mapping, quantity, text
from arb.venues.wire import Answer

_NOTHING_TO_TAKE = ("no orders found to match", "there are no matching orders")
_LEFT_OPEN = (
    "duplicated",  # the same hash is there already: the first copy arrived
    "context canceled",  # the server gave up half-way; its gateway makes a 400 of that
    "timed out",
    "order match delayed",
    "could not insert order",
)
_CLOSED_TO_ORDERS = ("cancel-only", "post-only", "post_only", "currently disabled")
_PHASES = {
    "LIVE": Phase.OPEN,
    "UNMATCHED": Phase.OPEN,
    "DELAYED": Phase.PENDING,
    "MATCHED": Phase.DONE,
    "INVALID": Phase.DONE,
}


def state_after_send(answer: Answer, prepared: PreparedOrder) -> OrderState:
    """Say what became of an order that was sent (docs: post-order, error-codes).

    Raises Refused where it certainly did not become one, Unreachable where it may have.
    """
    if answer.status // 100 == 2:  # noqa: PLR2004 - the class of good answers
        return _accepted(answer, prepared)
    words = error_text(answer)
    where = f"HTTP {answer.status}: {words or answer.body[:80]!r}"
    if answer.status == TOO_MANY and _is_own_limiter(answer):
        raise Refused(where)
    if words is None or not _is_verdict(answer.status, words):
        raise Unreachable(where)
    return _rejected(words, where, prepared)


def state_of(raw: Raw) -> OrderState:
    """Read an order of `/data/order` or `/data/orders`; sizes are shares (docs: get-order).

    Raises Unintelligible for a status that nobody documents.
    """
    key = text(raw, "id")
    status = text(raw, "status")
    filled = quantity(raw.get("size_matched"))
    return OrderState(OrderKey(key), key, phase_of(status), filled)


def phase_of(status: str) -> Phase:
    """The phase of a status word; every CANCELED_... is an end (docs: order-lifecycle)."""
    word = status.removeprefix("ORDER_STATUS_").upper()
    if word.startswith("CANCELED"):
        return Phase.DONE
    phase = _PHASES.get(word)
    if phase is None:
        raise Unintelligible(f"an order of unknown status {status!r:.80}")
    return phase


def _accepted(answer: Answer, prepared: PreparedOrder) -> OrderState:
    try:
        raw = mapping(decode(answer.body))
    except Unintelligible as error:
        raise Unreachable(f"an order was answered with {error}") from error
    words = raw.get("errorMsg") or ""
    venue_id = raw.get("orderID") or ""
    if raw.get("success") is not True or words:
        return _rejected_politely(str(words), str(venue_id), prepared)
    if str(venue_id).lower() != prepared.key.lower():
        raise Unreachable(f"order {prepared.key} was answered as {venue_id!r:.80}")
    try:
        return _placed(raw, prepared)
    except Unintelligible as error:
        raise Unreachable(f"order {prepared.key} was taken, but how: {error}") from error


def _placed(raw: Raw, prepared: PreparedOrder) -> OrderState:
    """The state of an accepted order: what is `matched` may have a rest on the book."""
    order = prepared.order
    status = text(raw, "status")
    phase = phase_of(status)
    filled = Qty(0)
    if phase is Phase.DONE:
        buys = order.action is Action.BUY
        filled = quantity(raw.get("takingAmount" if buys else "makingAmount"))
        if (buys or order.rests) and filled < order.qty:
            phase = Phase.OPEN  # GTC: what did not match rests
    return OrderState(prepared.key, str(prepared.key), phase, filled)


def _rejected_politely(words: str, venue_id: str, prepared: PreparedOrder) -> OrderState:
    """An answer of 200 that is none: with an order id it may still be an order."""
    where = f"order {prepared.key} was answered with {words!r}"
    if venue_id or not words:
        raise Unreachable(where)
    return _rejected(words, where, prepared)


def _rejected(words: str, where: str, prepared: PreparedOrder) -> OrderState:
    said = words.lower()
    if any(phrase in said for phrase in _NOTHING_TO_TAKE):
        return OrderState(prepared.key, str(prepared.key), Phase.DONE, Qty(0))
    if any(phrase in said for phrase in _LEFT_OPEN):
        raise Unreachable(where)
    raise Refused(where)


def _is_own_limiter(answer: Answer) -> bool:
    """Say whether the venue's limiter refused; Cloudflare's may do so after passing us on."""
    return any(name.lower().startswith("poly-ratelimit") for name in answer.headers)


def _is_verdict(status: int, words: str) -> bool:
    """Say whether an error of this status can be final at all."""
    if status == 503:  # noqa: PLR2004 - the engine's modes; any other 503 says nothing
        return any(mode in words.lower() for mode in _CLOSED_TO_ORDERS)
    return status // 100 == 4 and status not in {TOO_EARLY, TOO_MANY}  # noqa: PLR2004


@attrs.frozen
class CancelAnswer:
    """What a cancellation took, and what it did not with the reason."""

    canceled: tuple[str, ...]
    not_canceled: Mapping[str, object]

    @classmethod
    def parse(cls, body: bytes) -> "CancelAnswer":
        """Read the answer to a DELETE. Raises Unintelligible."""
        raw = mapping(decode(body))
        canceled = raw.get("canceled")
        if not isinstance(canceled, list):
            raise Unintelligible(f"not a list of cancelled orders: {canceled!r:.80}")
        return cls(tuple(map(str, canceled)), mapping(raw.get("not_canceled") or {}))

    def mentions(self, key: str) -> bool:
        """Say whether the answer is about this order at all."""
        named = {*self.canceled, *self.not_canceled}
        return key.lower() in {name.lower() for name in named}
