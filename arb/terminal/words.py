"""Money and quantities as a terminal prints them."""

from arb.market.units import MICRO


def dollars(micros: int, places: int = 2) -> str:
    """Print micro-dollars for people, rounded down to `places` decimals: never more than true."""
    step = 10 ** (6 - places)
    whole, rest = divmod(abs(micros // step * step), MICRO)
    sign = "-" if micros < 0 else ""
    return f"{sign}${whole:,}.{rest:06d}"[: -(6 - places) or None]


def contracts(micros: int) -> str:
    """Print micro-contracts with two decimals."""
    return f"{micros // MICRO:,}.{micros % MICRO // 10_000:02d}"


def span(seconds: int) -> str:
    """Print a length of time: `9 s`, `4 min 05 s`, `2 h 03 min`."""
    minutes, left = divmod(seconds, 60)
    if not minutes:
        return f"{left} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min {left:02d} s"
