"""How many orders may leave in a minute."""

from collections import deque

import attrs

MINUTE_NS = 60 * 1_000_000_000


@attrs.define
class OrderRate:
    """A sliding window over the orders of the last minute."""

    most_per_minute: int
    _times: deque[int] = attrs.field(factory=deque, init=False)

    def allow(self, now_ns: int, *, must: bool = False) -> bool:
        """Count one order at `now_ns`, or say no; one that `must` leave is only counted."""
        while self._times and self._times[0] <= now_ns - MINUTE_NS:
            self._times.popleft()
        if not must and len(self._times) >= self.most_per_minute:
            return False
        self._times.append(now_ns)
        return True
