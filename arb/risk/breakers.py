"""Circuit breakers: what fails too often is left alone for a while, and tried again with care.

One breaker for each venue and kind of trouble. Closed: failures are counted. Open: nothing new is
begun there until a pause is over, which doubles each time and is jittered, so that many bots do not
come back together. Probing: a call that can be tried harmlessly is tried, and its answer decides;
any other kind is on probation: one more failure opens it again.
"""

import enum
from collections import deque
from collections.abc import Mapping

import attrs

from arb.market.instruments import Venue
from arb.market.units import MICRO, Ns
from arb.messages import BreakerSeen

CALL = "call "
"""Kinds that begin with it are calls to a venue: those can be probed."""


class State(enum.StrEnum):
    """Where a breaker is."""

    CLOSED = "closed"
    OPEN = "open"
    PROBING = "probing"


@attrs.frozen
class BreakerLimits:
    """How much is borne, and how long is waited. Times in nanoseconds."""

    failures: int
    """This many within `window_ns` open a breaker."""
    window_ns: int
    pause_first_ns: int
    pause_most_ns: int
    jitter_ppm: int
    """A pause is longer by up to this part of it."""
    serious: Mapping[str, int] = attrs.field(factory=dict)
    """Kinds that open after fewer failures."""


@attrs.define
class Breaker:
    """One breaker. `chance_ppm` is drawn by the caller, 0 to 999,999: nothing here is random."""

    kind: str
    limits: BreakerLimits
    can_be_probed: bool
    """Whether a harmless call answers the question."""
    state: State = State.CLOSED
    why: str = ""
    until_ns: Ns = Ns(0)
    """While open: when it is tried again. On probation: when that is over."""
    pause_ns: int = 0
    _failures: deque[Ns] = attrs.field(factory=deque)

    @property
    def blocks(self) -> bool:
        """Whether nothing new may be begun because of it."""
        if self.state is State.PROBING:
            return self.can_be_probed
        return self.state is State.OPEN

    def fail(self, why: str, now_ns: Ns, chance_ppm: int) -> None:
        """Count a failure."""
        if self.state is State.OPEN:
            return
        self._failures.append(now_ns)
        while self._failures[0] <= now_ns - self.limits.window_ns:
            self._failures.popleft()
        if self.state is State.PROBING or len(self._failures) >= self.most:
            self._open(
                f"{self.kind}: {len(self._failures)} failures, last: {why}", now_ns, chance_ppm
            )

    def _open(self, why: str, now_ns: Ns, chance_ppm: int) -> None:
        limits = self.limits
        calm = now_ns - self.until_ns > limits.pause_most_ns
        pause = limits.pause_first_ns if calm or not self.pause_ns else 2 * self.pause_ns
        self.pause_ns = min(limits.pause_most_ns, pause)
        jitter = self.pause_ns * limits.jitter_ppm // MICRO * chance_ppm // MICRO
        self.state, self.why = State.OPEN, why
        self.until_ns = Ns(now_ns + self.pause_ns + jitter)

    def tick(self, now_ns: Ns) -> None:
        """Let time pass: a pause ends, a probation is passed."""
        if self.state is State.OPEN and now_ns >= self.until_ns:
            self.state = State.PROBING
            if not self.can_be_probed:
                self.until_ns = Ns(now_ns + self.limits.window_ns)
        elif self.state is State.PROBING and not self.can_be_probed and now_ns >= self.until_ns:
            self._close()

    @property
    def most(self) -> int:
        """So many failures open it."""
        return self.limits.serious.get(self.kind, self.limits.failures)

    def count(self, now_ns: Ns) -> int:
        """Failures that still count."""
        return sum(at_ns > now_ns - self.limits.window_ns for at_ns in self._failures)

    def succeed(self) -> None:
        """A probe was answered. Outside probing a success proves nothing: failures are a rate."""
        if self.state is State.PROBING and self.can_be_probed:
            self._close()

    def _close(self) -> None:
        self.state, self.why = State.CLOSED, ""
        self._failures.clear()


@attrs.define
class Breakers:
    """Every breaker of a run, by venue and kind. No venue: what concerns everything."""

    limits: BreakerLimits
    _breakers: dict[tuple[Venue | None, str], Breaker] = attrs.field(factory=dict)

    def fail(self, venue: Venue | None, kind: str, why: str, now_ns: Ns, chance_ppm: int) -> None:
        """Count a failure."""
        can_be_probed = venue is not None and kind.startswith(CALL)
        fresh = Breaker(kind, self.limits, can_be_probed)
        breaker = self._breakers.setdefault((venue, kind), fresh)
        breaker.fail(why, now_ns, chance_ppm)

    def tick(self, now_ns: Ns) -> None:
        """Let time pass for all of them."""
        for breaker in self._breakers.values():
            breaker.tick(now_ns)

    def to_probe(self) -> tuple[tuple[Venue, str], ...]:
        """Which venues are asked now, and about which kind."""
        return tuple(
            (venue, kind)
            for (venue, kind), breaker in self._breakers.items()
            if venue is not None and breaker.state is State.PROBING and breaker.can_be_probed
        )

    def succeed(self, venue: Venue, kind: str) -> None:
        """A probe was answered."""
        self._breakers[venue, kind].succeed()

    def objection(self, venue: Venue | None) -> str:
        """Why nothing new may be begun there; "" where no breaker is open."""
        return "; ".join(
            f"breaker {breaker.state}: {breaker.why}"
            for (place, _), breaker in self._breakers.items()
            if place is venue and breaker.blocks
        )

    def seen(self, now_ns: Ns) -> tuple[BreakerSeen, ...]:
        """Every breaker that ever counted a failure, for people."""
        return tuple(
            BreakerSeen(
                venue=venue,
                kind=kind,
                state=str(breaker.state),
                why=breaker.why,
                failures=breaker.count(now_ns),
                most=breaker.most,
                until_ns=breaker.until_ns,
            )
            for (venue, kind), breaker in self._breakers.items()
        )

    def states(self) -> dict[str, str]:
        """Breakers that are not closed, for people."""
        return {
            f"{venue or 'all'} {kind}": f"{breaker.state}: {breaker.why}"
            for (venue, kind), breaker in self._breakers.items()
            if breaker.state is not State.CLOSED
        }
