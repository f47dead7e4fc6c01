"""Which halts of new risk hold, and when one comes or goes. Pure."""

import attrs

from arb.market.units import Ns
from arb.messages import Level, StandingChanged

DAILY_LOSS = "daily loss"
FAILURES = "consecutive failures"
_CLEARS = {
    DAILY_LOSS: "the next UTC day, or higher caps after a restart",
    FAILURES: "time: it ends by itself",
}


@attrs.define
class Halts:
    """What was said last of each halt; it is said again only where that changes."""

    _on: set[str] = attrs.field(factory=set, init=False)

    def changes(self, loss: str, failing: str, now_ns: Ns) -> list[StandingChanged]:
        """What to tell of halts that came or went; "" is the reason of one that does not hold."""
        reasons = {DAILY_LOSS: loss, FAILURES: failing}
        changed = [name for name, why in reasons.items() if bool(why) != (name in self._on)]
        self._on.symmetric_difference_update(changed)
        return [_told(name, reasons[name], now_ns) for name in changed]


def _told(name: str, why: str, now_ns: Ns) -> StandingChanged:
    level = Level.PAUSED if why else Level.RUNNING
    return StandingChanged(level, name, why or "it is over", _CLEARS[name] if why else "", now_ns)
