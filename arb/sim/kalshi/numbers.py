"""How Kalshi writes numbers and times: decimal strings of fixed length, UTC with a Z."""

import re
from datetime import UTC, datetime, timedelta

from arb.market.units import MICRO, Ns, decimal_text, round_down

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000
_NS_PER_US = 1_000
MICROS_PER_CENT = 10_000
_FOUR_DECIMALS = 100
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_COUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


def dollars(micros: int) -> str:
    """A price: four decimals."""
    return decimal_text(micros, 4)


def cost(micros: int) -> str:
    """A fee or the cost of fills: six decimals."""
    return decimal_text(micros, 6)


def money(micros: int) -> str:
    """An amount that adds up over fills: four decimals, or six where four would drop a digit."""
    return decimal_text(micros, 6 if micros % _FOUR_DECIMALS else 4)


def balance(micros: int) -> str:
    """Cash: four decimals, cut off (direct members' balances move in steps of $0.0001)."""
    return decimal_text(round_down(micros, _FOUR_DECIMALS), 4)


def count(micros: int) -> str:
    """Contracts: two decimals."""
    return decimal_text(micros, 2)


def cents(micros: int) -> int:
    """Whole cents, cut off."""
    return micros // MICROS_PER_CENT


def number(micros: int) -> int | float:
    """A JSON number: whole where it is whole."""
    whole, rest = divmod(micros, MICRO)
    return micros / MICRO if rest else whole


def is_count(text: str) -> bool:
    """Say whether a text is a count of contracts as Kalshi takes them: 0 to 2 decimals."""
    return _COUNT.fullmatch(text) is not None


def average(total: int, parts: int) -> int:
    """`total` over `parts` (contracts, in millionths), to four decimals, halves up."""
    unit = parts * _FOUR_DECIMALS
    return (2 * total * MICRO + unit) // (2 * unit) * _FOUR_DECIMALS


def rfc3339(ns: int) -> str:
    """A moment in UTC, to the microsecond, without closing zeros."""
    moment = _EPOCH + timedelta(microseconds=ns // _NS_PER_US)
    text = moment.replace(tzinfo=None).isoformat(timespec="microseconds")
    return text.rstrip("0").rstrip(".") + "Z"


def unix_s(ns: int) -> int:
    """Whole seconds."""
    return ns // NS_PER_S


def unix_ms(ns: int) -> int:
    """Whole milliseconds."""
    return ns // NS_PER_MS


def from_unix_s(seconds: int) -> Ns:
    """A moment from whole seconds."""
    return Ns(seconds * NS_PER_S)
