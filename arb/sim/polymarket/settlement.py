"""The rest of a trade's life: mined, then confirmed; or reverted, sent again, and maybe lost."""

import random
from collections.abc import Callable

import attrs

from arb.market.units import MICRO, Ns
from arb.sim.orders import Match
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.trades import Trade, TradeStatus

Reverse = Callable[[Match], None]
"""Takes a match back: money and contracts are as if it had never been."""


@attrs.frozen
class Settler:
    """Walks each trade through its statuses and tells everybody in it."""

    agenda: Agenda
    conditions: Conditions
    rng: random.Random
    now_ns: Callable[[], Ns]
    tell: Callable[[Trade], None]
    reverse: Reverse

    def settle(self, trade: Trade) -> None:
        """Book the next step of a new trade. Its fate is drawn now."""
        times = self.conditions.settlement
        reverted = self._draw(times.retry_ppm)
        lost = self._draw(times.fail_ppm)
        if not reverted:
            self.agenda.after(times.mined_s, lambda: self._mine(trade))
            return
        ending = self._fail if lost else self._mine
        self.agenda.after(times.mined_s, lambda: self._move(trade, TradeStatus.RETRYING))
        self.agenda.after(times.mined_s + times.retry_s, lambda: ending(trade))

    def _draw(self, share_ppm: int) -> bool:
        return self.rng.randrange(MICRO) < share_ppm

    def _mine(self, trade: Trade) -> None:
        times = self.conditions.settlement
        self._move(trade, TradeStatus.MINED)
        wait_s = max(times.confirmed_s - times.mined_s, 0.0)
        self.agenda.after(wait_s, lambda: self._move(trade, TradeStatus.CONFIRMED))

    def _fail(self, trade: Trade) -> None:
        for match in trade.matches:
            self.reverse(match)
        self._move(trade, TradeStatus.FAILED)

    def _move(self, trade: Trade, status: TradeStatus) -> None:
        trade.status = status
        trade.changed_ns = self.now_ns()
        self.tell(trade)
