"""How numbers, times and pages look on the wire."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TypeVar

from arb.market.units import MICRO, Ns, plain_text
from arb.sim.polymarket.errors import bad_request

NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
FIRST_PAGE = "MA=="
LAST_PAGE = "LTE="
PAGE_SIZE = 500

Json = dict[str, object]
T = TypeVar("T")


def json_number(micros: int) -> int | float:
    """Millionths as a JSON number. A float of so few digits prints exactly as the decimal does."""
    whole, rest = divmod(micros, MICRO)
    return float(plain_text(micros)) if rest else whole


def milliseconds(at_ns: Ns) -> str:
    """A time as streams and books give it."""
    return str(at_ns // NS_PER_MS)


def seconds(at_ns: Ns) -> str:
    """A time as private reads give it."""
    return str(at_ns // NS_PER_S)


def iso_time(at_ns: Ns) -> str:
    """A time as the metadata gives it: "2026-03-12T09:25:00Z"."""
    return datetime.fromtimestamp(at_ns // NS_PER_S, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def iso_day(at_ns: Ns) -> str:
    """A day as the metadata gives it: "2026-03-12"."""
    return iso_time(at_ns)[:10]


def parse_iso(text: str) -> Ns | None:
    """Read a time as clients give it to filters; None where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Ns(int(moment.timestamp()) * NS_PER_S)


def whole_number(text: str) -> int | None:
    """Read a number without sign, dot or exponent; None where it is none."""
    return int(text) if text.isascii() and text.isdigit() else None


def page_of(rows: Sequence[T], cursor: str) -> tuple[list[T], str]:
    """One page of a list and the cursor of the next. Raises ApiError (400) for a bad cursor."""
    start = 0 if cursor in {"", FIRST_PAGE} else _offset(cursor)
    if start is None:
        return [], LAST_PAGE
    end = start + PAGE_SIZE
    following = base64.b64encode(str(end).encode()).decode() if end < len(rows) else LAST_PAGE
    return list(rows[start:end]), following


def _offset(cursor: str) -> int | None:
    """Read a cursor; None for the one after the last page."""
    if cursor == LAST_PAGE:
        return None
    try:
        text = base64.b64decode(cursor, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise bad_request("invalid next_cursor") from error
    number = whole_number(text)
    if number is None:
        raise bad_request("invalid next_cursor")
    return number
