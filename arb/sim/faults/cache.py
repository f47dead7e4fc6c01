"""Reads as a cache in front of the venue gives them: right a while ago."""

import attrs

from arb.market.units import Ns
from arb.sim.faults.answers import Answer

_NS_PER_MS = 1_000_000
MOST = 10_000
"""Answers kept; the oldest is forgotten."""
Key = tuple[str, ...]
"""What was asked, and by whom."""


@attrs.define(eq=False)
class AnswerCache:
    """The last answer to every read, with its time."""

    _kept: dict[Key, tuple[Ns, Answer]] = attrs.field(factory=dict)

    def keep(self, key: Key, answer: Answer, now: Ns) -> None:
        """Remember an answer as of now."""
        self._kept.pop(key, None)
        self._kept[key] = (now, answer)
        if len(self._kept) > MOST:
            del self._kept[next(iter(self._kept))]

    def find(self, key: Key, age_ms: int, now: Ns) -> Answer | None:
        """An answer that is `age_ms` old at most; None where there is none."""
        kept = self._kept.get(key)
        if kept is None or now - kept[0] > age_ms * _NS_PER_MS:
            return None
        return kept[1]
