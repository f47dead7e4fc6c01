"""The one scale of money: whole millionths, and the only place that rounds.

Price, quantity and money are ints: micro-dollars per contract, micro-contracts and
micro-dollars. Both venues settle in this scale. Costs round up and proceeds round down, so that
rounding never invents an edge.
"""

import re
from collections.abc import Callable
from typing import NewType

from arb.market.errors import Malformed

Px = NewType("Px", int)
"""Micro-dollars per contract, 0 to 1,000,000."""
Qty = NewType("Qty", int)
"""Micro-contracts, 0 or more."""
Usd = NewType("Usd", int)
"""Micro-dollars, of either sign."""
Ns = NewType("Ns", int)
"""Nanoseconds since the Unix epoch."""
Clock = Callable[[], Ns]
"""Tells the time; under virtual time it tells that."""

MICRO = 1_000_000
ONE = Px(MICRO)
"""A dollar a contract: what a winning contract pays."""
ZERO_USD = Usd(0)

_NUMBER = re.compile(r"(-?)([0-9]{0,15})(?:\.([0-9]{0,12}))?")


def ceil_div(numerator: int, denominator: int) -> int:
    """Divide and round towards plus infinity. The denominator is positive."""
    return -(-numerator // denominator)


def round_down(amount: int, step: int) -> int:
    """Move `amount` down to the next multiple of `step`."""
    return amount // step * step


def cost(px: Px, qty: Qty) -> Usd:
    """What `qty` costs at `px`, rounded up."""
    return Usd(-(-px * qty // MICRO))


def proceeds(px: Px, qty: Qty) -> Usd:
    """What `qty` brings at `px`, rounded down."""
    return Usd(px * qty // MICRO)


def complement(px: Px) -> Px:
    """The price of NO where YES costs `px`, and the other way round."""
    return Px(MICRO - px)


def parse_micros(text: str) -> int:
    """Read a plain decimal of either sign into millionths, exactly.

    Raises Malformed for anything else (an exponent, a sign "+", "nan", spaces, no digit), and
    where a digit beyond the sixth decimal is not zero.
    """
    match = _NUMBER.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise Malformed(f"not a plain decimal number: {text!r}")
    decimals = match[3] or ""
    if decimals[6:].strip("0"):
        raise Malformed(f"finer than a millionth: {text!r}")
    micros = int(match[2] or "0") * MICRO + int(decimals[:6].ljust(6, "0"))
    return -micros if match[1] else micros


def parse_px(text: str) -> Px:
    """Read a price in dollars a contract. Raises Malformed outside 0 to 1."""
    micros = parse_micros(text)
    if not 0 <= micros <= MICRO:
        raise Malformed(f"a price lies between 0 and 1: {text!r}")
    return Px(micros)


def parse_qty(text: str) -> Qty:
    """Read a number of contracts. Raises Malformed below 0."""
    micros = parse_micros(text)
    if micros < 0:
        raise Malformed(f"a quantity is never negative: {text!r}")
    return Qty(micros)


def parse_usd(text: str) -> Usd:
    """Read an amount of dollars, of either sign."""
    return Usd(parse_micros(text))


def decimal_text(micros: int, places: int = 6) -> str:
    """Print millionths with exactly `places` decimals (0 to 6).

    Raises Malformed where that would drop a digit: printing never rounds.
    """
    sign = "-" if micros < 0 else ""
    whole, rest = divmod(abs(micros), MICRO)
    digits = f"{rest:06d}"
    if digits[places:].strip("0"):
        raise Malformed(f"{sign}{whole}.{digits} does not fit {places} decimals")
    return f"{sign}{whole}.{digits[:places]}" if places else f"{sign}{whole}"


def plain_text(micros: int) -> str:
    """Print millionths with no more decimals than they need: "0.5", "12"."""
    text = decimal_text(micros)
    return text.rstrip("0").rstrip(".")
