"""Many notices, few messages: what says the same is told once, the rest is gathered by kind. Pure."""

import attrs

from arb.market.units import Ns
from arb.notify.notice import URGENT, Kind, Notice
from arb.redaction import SECRETS

LINES = 10
"""Of one digest; more are only counted."""
REMEMBERED = 10_000
"""Notices whose repetition is recognised."""


@attrs.frozen
class Digest:
    """What happened of one kind since the last message."""

    kind: Kind
    lines: tuple[str, ...]
    count: int
    """Of notices; more than the lines where not all are told."""
    at_ns: Ns
    """Of the last one."""


@attrs.define
class Outbox:
    """Notices that wait to be told."""

    wanted: frozenset[Kind]
    repeat_ns: int
    """What says the same is told once in this time."""
    repeated: int = attrs.field(default=0, init=False)
    """Notices that said what had just been told."""
    in_hand: bool = attrs.field(default=False, init=False)
    """Whether what was taken is still being told."""
    _waiting: dict[Kind, Digest] = attrs.field(factory=dict, init=False)
    _told: dict[tuple[Kind, str], Ns] = attrs.field(factory=dict, init=False)

    def add(self, notice: Notice) -> None:
        """Let one wait, unless it is not wanted or says what was just told."""
        if notice.kind not in self.wanted or self._is_repeated(notice):
            return
        known = self._waiting.get(notice.kind, Digest(notice.kind, (), 0, notice.at_ns))
        lines = (
            known.lines
            if len(known.lines) >= LINES
            else (*known.lines, SECRETS.strike_out(notice.text))
        )
        self._waiting[notice.kind] = Digest(notice.kind, lines, known.count + 1, notice.at_ns)

    def _is_repeated(self, notice: Notice) -> bool:
        key = (notice.kind, notice.key)
        last = self._told.pop(key, None)
        if last is not None and notice.at_ns - last < self.repeat_ns:
            self._told[key] = last
            self.repeated += 1
            return True
        self._told[key] = notice.at_ns
        if len(self._told) > REMEMBERED:
            del self._told[next(iter(self._told))]
        return False

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    @property
    def urgent(self) -> bool:
        """Whether something waits that cannot."""
        return not URGENT.isdisjoint(self._waiting)

    def take(self) -> tuple[Digest, ...]:
        """Everything that waits, the gravest kind first; nothing waits any more."""
        taken, self._waiting = self._waiting, {}
        return tuple(taken[kind] for kind in Kind if kind in taken)
