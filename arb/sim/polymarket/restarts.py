"""Restarts of the matching engine: nothing at first, then two minutes for makers alone.

Docs: trading/matching-engine. Resting orders survive.
"""

from collections.abc import Callable

import attrs

from arb.market.units import Ns
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.conditions import Conditions, Mode
from arb.sim.polymarket.wire import NS_PER_S


@attrs.define(eq=False)
class Restarts:
    """Walks the engine through its modes. A mode set by hand meanwhile stays."""

    conditions: Conditions
    agenda: Agenda
    now_ns: Callable[[], Ns]
    hang_up: Callable[[], None]
    """Ends every socket."""
    _latest: int = attrs.field(default=0, init=False)

    def restart(self, down_s: float, post_only_s: float) -> None:
        """Go down for `down_s`, then take only post-only orders for `post_only_s`."""
        self._latest += 1
        number = self._latest
        self.conditions.mode = Mode.RESTARTING
        if self.conditions.restart_drops_sockets:
            self.hang_up()
        self.agenda.after(down_s, lambda: self._come_back(number, post_only_s))

    def _come_back(self, number: int, post_only_s: float) -> None:
        if self._is_over(number, Mode.RESTARTING):
            return
        self.conditions.mode = Mode.POST_ONLY
        self.conditions.mode_ends_ns = Ns(self.now_ns() + round(post_only_s * NS_PER_S))
        self.agenda.after(post_only_s, lambda: self._finish(number))

    def _finish(self, number: int) -> None:
        if self._is_over(number, Mode.POST_ONLY):
            return
        self.conditions.mode = Mode.NORMAL
        self.conditions.mode_ends_ns = None

    def _is_over(self, number: int, mode: Mode) -> bool:
        """Say whether another restart, or somebody's hand, has taken over."""
        return number != self._latest or self.conditions.mode is not mode
