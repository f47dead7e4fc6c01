"""Each lane on its own: its time, its failures, its figures. One that fails stops no other."""

import attrs

from arb.detect.reasons import Reason
from arb.market.units import Ns


@attrs.frozen
class LaneLimits:
    """What a lane may take."""

    budget_ns: int
    """Nanoseconds of each message of crossings; what is left of the lane then waits for the next."""
    pause_ns: int
    """Nanoseconds that a lane is left alone after it failed."""


@attrs.frozen
class LaneFigures:
    """What a lane did since the start."""

    lane: str
    looked: int
    found: int
    failed: int
    skipped: int
    """Baskets not looked at: out of time, or paused."""
    spent_ns: int
    paused: bool
    last_failure: str
    """"" where it never failed."""


@attrs.define
class Isolation:
    """Watches over one lane. Knows no clock: it is told the time."""

    lane: str
    limits: LaneLimits
    _looked: int = 0
    _found: int = 0
    _failed: int = 0
    _skipped: int = 0
    _spent_ns: int = 0
    _turn_ns: int = 0
    _paused_until_ns: int = 0
    _last_failure: str = ""

    def begin_turn(self) -> None:
        """A new message: its budget is whole again."""
        self._turn_ns = 0

    def objection(self, now_ns: Ns) -> Reason | None:
        """Why the lane may not look now; counts what is skipped."""
        reason = None
        if now_ns < self._paused_until_ns:
            reason = Reason.LANE_PAUSED
        elif self._turn_ns >= self.limits.budget_ns:
            reason = Reason.LANE_OUT_OF_TIME
        self._skipped += reason is not None
        return reason

    def looked(self, *, spent_ns: int, found: bool) -> None:
        """It looked at one basket."""
        self._looked += 1
        self._found += found
        self._spend(spent_ns)

    def failed(self, *, spent_ns: int, now_ns: Ns, words: str) -> None:
        """It failed: leave it alone for a while."""
        self._looked += 1
        self._failed += 1
        self._last_failure = words
        self._paused_until_ns = now_ns + self.limits.pause_ns
        self._spend(spent_ns)

    def figures(self, now_ns: Ns) -> LaneFigures:
        """What it did until now."""
        return LaneFigures(
            lane=self.lane,
            looked=self._looked,
            found=self._found,
            failed=self._failed,
            skipped=self._skipped,
            spent_ns=self._spent_ns,
            paused=now_ns < self._paused_until_ns,
            last_failure=self._last_failure,
        )

    def _spend(self, spent_ns: int) -> None:
        spent_ns = max(spent_ns, 0)  # clocks are set back now and then
        self._turn_ns += spent_ns
        self._spent_ns += spent_ns
