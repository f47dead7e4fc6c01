"""A figure over time, kept small however long it is watched. Pure."""

from collections.abc import Sequence

import attrs

from arb.market.units import Ns

MOST = 600
"""More points than a chart is wide in; then every other one goes."""


@attrs.define
class Curve:
    """Points at least `step_ns` apart; the step doubles whenever there are too many."""

    step_ns: int
    _points: list[tuple[Ns, tuple[int, ...]]] = attrs.field(factory=list, init=False)

    def add(self, at_ns: Ns, values: tuple[int, ...]) -> None:
        """Take a point; one that comes too soon replaces the last."""
        points = self._points
        if len(points) > 1 and at_ns - points[-2][0] < self.step_ns:
            points[-1] = (at_ns, values)
            return
        points.append((at_ns, values))
        if len(points) > MOST:
            self._points = [*points[:-1:2], points[-1]]
            self.step_ns *= 2

    @property
    def points(self) -> Sequence[tuple[Ns, tuple[int, ...]]]:
        """Oldest first."""
        return self._points
