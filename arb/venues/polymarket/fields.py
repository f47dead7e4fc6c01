"""Single fields of foreign JSON, read exactly: no float, no default, no guess.

Everything here raises Unintelligible where a field is not what it should be.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from arb.market.errors import Malformed, Unintelligible
from arb.market.units import MICRO, Ns, Px, Qty, parse_micros

Raw = Mapping[str, Any]
"""A JSON object as it came."""

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding hostile bytes can raise."""

_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_DIGITS = 30
"""Of a JSON number: more would only be an attempt to fill the memory."""
_UNIX_SCALES = ((10**11, 1_000_000_000), (10**14, 1_000_000), (10**17, 1_000), (10**20, 1))
"""Below the first, a Unix time is in units of the second: s, ms, us and ns, until the year 5138."""


def decode(body: bytes | str) -> Any:  # noqa: ANN401 - foreign data has no type until it is parsed
    """Decode JSON; numbers with a fraction become Decimals, which keep every digit."""
    try:
        return _DECODER.decode(body)
    except UNREADABLE as error:
        raise Unintelligible(f"not JSON: {body[:80]!r}") from error


def micros(value: object) -> int:
    """Read a number, from a text or from an exactly decoded JSON number, into millionths."""
    try:
        return parse_micros(_plain(value))
    except Malformed as error:
        raise Unintelligible(str(error)) from error


def price(value: object) -> Px:
    """Read a price in dollars a share, 0 to 1."""
    px = micros(value)
    if not 0 <= px <= MICRO:
        raise Unintelligible(f"a price lies between 0 and 1: {value!r}")
    return Px(px)


def quantity(value: object) -> Qty:
    """Read a number of shares, 0 or more."""
    qty = micros(value)
    if qty < 0:
        raise Unintelligible(f"a quantity is never negative: {value!r}")
    return Qty(qty)


def text(raw: Raw, key: str) -> str:
    """Read a text that must be there and not be empty."""
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise Unintelligible(f"{key} should be a text: {value!r}")
    return value


def flag(raw: Raw, key: str) -> bool:
    """Read a boolean that must be there."""
    value = raw.get(key)
    if not isinstance(value, bool):
        raise Unintelligible(f"{key} should be true or false: {value!r}")
    return value


def cursor(raw: Raw, key: str = "next_cursor") -> str:
    """Read where the next page starts; "" where there is none."""
    value = raw.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unintelligible(f"not a cursor: {value!r:.80}")
    return value


def mapping(value: object) -> Raw:
    """Take a JSON object."""
    if not isinstance(value, dict):
        raise Unintelligible(f"not an object: {value!r:.80}")
    return value


def rows(value: object) -> list[Raw]:
    """Take a JSON array of objects."""
    if not isinstance(value, list):
        raise Unintelligible(f"not a list: {value!r:.80}")
    return [mapping(row) for row in value]


def texts(value: object) -> list[str]:
    """Take a list of texts, which Gamma writes as JSON inside a text (docs: market-details)."""
    made = decode(value) if isinstance(value, str) else value
    if not isinstance(made, list) or not all(isinstance(item, str) for item in made):
        raise Unintelligible(f"not a list of texts: {value!r:.80}")
    return made


def moment(value: object) -> Ns:
    """Read a time: Unix time in s, ms, us or ns, as a number or a text, or ISO 8601 with zone."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Unintelligible(f"not a time: {value!r}")
    if value.isascii() and value.isdecimal():
        return _unix_moment(value)
    return _iso_moment(value)


def _unix_moment(value: str) -> Ns:
    for below, scale in _UNIX_SCALES:
        if len(value) <= _MOST_DIGITS and int(value) < below:
            return Ns(int(value) * scale)
    raise Unintelligible(f"not a Unix time: {value[:40]!r}")


def _iso_moment(value: str) -> Ns:
    try:
        at = datetime.fromisoformat(value)
    except ValueError as error:
        raise Unintelligible(f"not a time: {value!r}") from error
    if at.tzinfo is None:
        raise Unintelligible(f"a time without a zone: {value!r}")
    return Ns((at - _EPOCH) // timedelta(microseconds=1) * 1000)


def _plain(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, Decimal) and abs(value.adjusted()) < _MOST_DIGITS:
        return format(value, "f")
    raise Unintelligible(f"not an exact number: {value!r:.80}")
