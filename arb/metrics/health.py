"""Whether a supervisor should leave the program alone. Pure.

Healthy is not the same as trading: a program that was paused, or stands in safe mode, is healthy.
"""

import attrs

from arb.board import Board
from arb.market.units import MICRO

NS_PER_MS = 1_000_000


@attrs.frozen
class HealthLimits:
    """From when on something is wrong."""

    start_ns: int
    """So long after the start books may still be missing."""
    coverage_ppm: int
    """Part of the books that must be live."""
    lag_ns: int
    """How late timers may be."""
    silence_ns: int
    """How long nothing may have come over any connection."""


@attrs.frozen
class Health:
    """The verdict; healthy where there are no reasons against it."""

    reasons: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.reasons


def judge_health(board: Board, limits: HealthLimits) -> Health:
    """Look at the board of this moment."""
    reasons = []
    if board.lag_ns > limits.lag_ns:
        reasons.append(f"timers are {board.lag_ns // NS_PER_MS} ms late")
    if board.age_ns > limits.start_ns:
        reasons += _silence(board, limits)
    return Health(tuple(reasons))


def _silence(board: Board, limits: HealthLimits) -> list[str]:
    reasons = []
    books = board.books
    if books.live * MICRO < books.markets * limits.coverage_ppm or not books.markets:
        reasons.append(f"{books.live} of {books.markets} books are live")
    ages = [board.feed_age_ns(feed) for feed in board.feeds]
    if ages and min(ages) > limits.silence_ns:
        reasons.append(f"nothing was heard for {min(ages) // NS_PER_MS} ms")
    return reasons
