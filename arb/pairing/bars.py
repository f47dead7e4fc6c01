"""Why something may not be traded, cause by cause: what one cause lifts, another may still bar."""

import enum

import attrs


class Cause(enum.StrEnum):
    """What bars. Each comes and goes by itself, or stays until the next start."""

    GONE = "gone"
    """Not listed for trading any more, or not just now."""
    TERMS = "terms"
    """What an order costs, or how it is sent, is not what it was."""
    EVENT = "event"
    """The event promises less than it did, or something else."""
    TEXT = "text"
    """A rules text was changed: a person has to read it."""
    DECISION = "decision"
    """The desk says otherwise now."""
    OBSERVED = "observed"
    """A new pair is only looked at."""
    STALE = "stale"
    """Nobody has been able to look whether anything changed."""
    COVERAGE = "coverage"
    """Too few books of the pairs are live."""


@attrs.frozen
class Bar:
    """What is barred now, for all its reasons; or not any more (None)."""

    key: str
    reason: str | None


@attrs.define
class Bars:
    """Everything that is barred."""

    _reasons: dict[str, dict[Cause, str]] = attrs.field(factory=dict, init=False)

    def put(self, key: str, cause: Cause, reason: str | None) -> Bar | None:
        """Bar for a cause, or lift it (None); returns what has changed, if anything has."""
        before = self.reason(key)
        reasons = self._reasons.setdefault(key, {})
        if reason is None:
            reasons.pop(cause, None)
        else:
            reasons[cause] = reason
        if not reasons:
            del self._reasons[key]
        after = self.reason(key)
        return None if after == before else Bar(key, after)

    def reason(self, key: str) -> str | None:
        """Why it is barred; None where it is not."""
        reasons = self._reasons.get(key)
        return "; ".join(reasons.values()) if reasons else None

    def has(self, key: str, cause: Cause) -> bool:
        """Say whether it is barred for this cause."""
        return cause in self._reasons.get(key, {})
