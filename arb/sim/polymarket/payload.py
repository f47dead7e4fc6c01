"""The body of an order as it arrives: read field by field, nothing guessed (docs: place-orders)."""

import attrs
import msgspec

from arb.market.instruments import Action
from arb.sim.polymarket.errors import WrongVersion, bad_request, invalid_payload, too_many
from arb.sim.polymarket.registry import OrderType
from arb.sim.polymarket.signatures import SignedOrder, is_address, is_hex
from arb.sim.polymarket.wire import Json, whole_number

MAX_BATCH = 15
MAX_UINT = 2**256 - 1
MAX_SALT = 2**53
"""Salts travel as JSON numbers, so they must fit a double."""
SIGNATURE_TYPES = (0, 1, 2, 3)
HASH_TEXT = 66
"""0x and 64 hex digits."""
_V1_FIELDS = {"nonce", "feeRateBps", "taker"}


@attrs.frozen
class OrderRequest:
    """One order and what is asked for with it; none of the latter is signed."""

    signed: SignedOrder
    signature: bytes
    expiration_s: int
    owner: str
    order_type: OrderType
    post_only: bool


def parse_order(body: bytes) -> OrderRequest:
    """Read the body of one order. Raises ApiError (400)."""
    return _request(_decode(body))


def parse_orders(body: bytes) -> list[OrderRequest | WrongVersion]:
    """Read a batch of 1 to 15 orders; one of another version is an entry of its own.

    Raises ApiError (400).
    """
    entries = _decode(body)
    if not isinstance(entries, list) or not entries:
        raise invalid_payload()
    if len(entries) > MAX_BATCH:
        raise too_many(len(entries), MAX_BATCH)
    return [_entry(entry) for entry in entries]


def parse_order_id(body: bytes) -> str:
    """Read which order to cancel. Raises ApiError (400)."""
    data = _decode(body)
    return _order_id(data.get("orderID") if isinstance(data, dict) else None)


def parse_order_ids(body: bytes, most: int) -> list[str]:
    """Read which orders to cancel, each once. Raises ApiError (400)."""
    data = _decode(body)
    if not isinstance(data, list):
        raise invalid_payload()
    if len(data) > most:
        raise too_many(len(data), most)
    return list(dict.fromkeys(_order_id(item) for item in data))


def parse_object(body: bytes) -> Json:
    """Read any JSON object. Raises ApiError (400)."""
    data = _decode(body)
    if not isinstance(data, dict):
        raise invalid_payload()
    return data


def parse_list(body: bytes) -> list[object]:
    """Read any JSON array. Raises ApiError (400)."""
    data = _decode(body)
    if not isinstance(data, list):
        raise invalid_payload()
    return data


def _decode(body: bytes) -> object:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError as error:
        raise invalid_payload() from error


def _order_id(value: object) -> str:
    if not isinstance(value, str) or len(value) != HASH_TEXT or not is_hex(value):
        raise bad_request("Invalid orderID")
    return value.lower()


def _entry(entry: object) -> OrderRequest | WrongVersion:
    try:
        return _request(entry)
    except WrongVersion as error:
        return error


def _request(entry: object) -> OrderRequest:
    if not isinstance(entry, dict) or not isinstance(entry.get("order"), dict):
        raise invalid_payload()
    order = entry["order"]
    if "timestamp" not in order and _V1_FIELDS & order.keys():
        raise WrongVersion
    return OrderRequest(
        signed=_signed(order),
        signature=_bytes(order, "signature"),
        expiration_s=_uint(order, "expiration"),
        owner=_text(entry, "owner"),
        order_type=_order_type(entry),
        post_only=_flag(entry, "postOnly"),
    )


def _signed(order: Json) -> SignedOrder:
    return SignedOrder(
        salt=_salt(order),
        maker=_address(order, "maker"),
        signer=_address(order, "signer"),
        token=str(_uint(order, "tokenId")),
        maker_amount=_amount(order, "makerAmount"),
        taker_amount=_amount(order, "takerAmount"),
        action=_action(order),
        signature_type=_signature_type(order),
        timestamp_ms=_uint(order, "timestamp"),
        metadata=_word(order, "metadata"),
        builder=_word(order, "builder"),
    )


def _order_type(entry: Json) -> OrderType:
    try:
        return OrderType(_text(entry, "orderType") if "orderType" in entry else "GTC")
    except ValueError as error:
        raise invalid_payload() from error


def _action(order: Json) -> Action:
    match order.get("side"):
        case "BUY":
            return Action.BUY
        case "SELL":
            return Action.SELL
        case _:
            raise invalid_payload()


def _signature_type(order: Json) -> int:
    value = order.get("signatureType")
    if type(value) is not int or value not in SIGNATURE_TYPES:
        raise invalid_payload()
    return value


def _salt(order: Json) -> int:
    """A number; clients in other languages send it as a string."""
    value = order.get("salt")
    number = whole_number(value) if isinstance(value, str) else value
    if type(number) is not int or not 0 <= number < MAX_SALT:
        raise invalid_payload()
    return number


def _amount(order: Json, name: str) -> int:
    number = _uint(order, name)
    if not number:
        raise invalid_payload()
    return number


def _uint(order: Json, name: str) -> int:
    number = whole_number(_text(order, name))
    if number is None or number > MAX_UINT:
        raise invalid_payload()
    return number


def _address(order: Json, name: str) -> str:
    text = _text(order, name)
    if not is_address(text):
        raise invalid_payload()
    return text


def _word(order: Json, name: str) -> bytes:
    raw = _bytes(order, name)
    if len(raw) != 32:  # noqa: PLR2004 - bytes32
        raise invalid_payload()
    return raw


def _bytes(order: Json, name: str) -> bytes:
    text = _text(order, name)
    if not is_hex(text):
        raise invalid_payload()
    return bytes.fromhex(text[2:])


def _text(data: Json, name: str) -> str:
    value = data.get(name)
    if not isinstance(value, str):
        raise invalid_payload()
    return value


def _flag(data: Json, name: str) -> bool:
    value = data.get(name, False)
    if not isinstance(value, bool):
        raise invalid_payload()
    return value
