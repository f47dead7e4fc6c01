"""What the flow planted for others to find: how often, for how long, and how it ended."""

import enum
from collections import Counter, deque

import attrs

KEPT = 100_000
"""Lifetimes kept of each kind."""


class EpisodeKind(enum.StrEnum):
    """Why two prices disagree for a while."""

    NEWS = "news"
    """One venue knows already, the other does not yet."""
    MISREAD = "misread"
    """The maker of one market of a set is wrong about it."""
    STALE_SIDE = "stale_side"
    """A trap: one side does not follow; gone when an order arrives."""
    PHANTOM = "phantom"
    """A trap: a large edge, gone when an order arrives."""


class Ending(enum.StrEnum):
    """How an episode ended."""

    NOTICED = "noticed"
    """The maker found out."""
    TAKEN = "taken"
    """Informed takers of the flow were there first."""
    GONE = "gone"
    """An order came, and the quotes went."""


@attrs.define
class Episodes:
    """Counters of everything planted."""

    born: Counter[EpisodeKind] = attrs.field(factory=Counter)
    died: Counter[tuple[EpisodeKind, Ending]] = attrs.field(factory=Counter)
    lifetimes_s: dict[EpisodeKind, deque[float]] = attrs.field(factory=dict)
    """Of those that ended, in seconds of the flow's clock, the latest last."""
    _open: dict[object, tuple[EpisodeKind, float]] = attrs.field(factory=dict)

    def begin(self, key: object, kind: EpisodeKind, now_s: float) -> None:
        """Something was planted. `key` says where."""
        self.born[kind] += 1
        self._open[key] = (kind, now_s)

    def end(self, key: object, how: Ending, now_s: float) -> None:
        """It is over; does nothing where it was over already."""
        found = self._open.pop(key, None)
        if found is None:
            return
        kind, since_s = found
        self.died[kind, how] += 1
        self.lifetimes_s.setdefault(kind, deque(maxlen=KEPT)).append(now_s - since_s)

    @property
    def alive(self) -> int:
        """How many are going on."""
        return len(self._open)
