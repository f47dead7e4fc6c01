"""Pauses of trading, of one shard or of all, and the weekly maintenance.

Docs: maintenance_and_pauses. A trading pause lets orders be cancelled, an exchange pause lets
nothing change. What rests stays, unless its member asked for `cancel_order_on_pause`. In the
matching engine a pause halts every market of the shard, so that nobody trades.
"""

from datetime import UTC, datetime, timedelta

import attrs

from arb.market.units import Ns
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi.agenda import Agenda
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.listing import market_id
from arb.sim.kalshi.numbers import NS_PER_S
from arb.sim.kalshi.pauses import Switches
from arb.sim.kalshi.records import Blotter, Reason

_THURSDAY = 3
_FROM_HOUR, _UNTIL_HOUR = 3, 5
"""Eastern Time (recorded schedule, 2026)."""
_STANDARD, _SUMMER = timedelta(hours=-5), timedelta(hours=-4)


@attrs.frozen
class Pausing:
    """Stops and starts shards."""

    exchange: Exchange
    board: Board
    blotter: Blotter
    switches: Switches
    agenda: Agenda
    now_ns: Clock

    def pause(self, shard: int, *, trading_only: bool = True) -> None:
        """Stop trading on a shard, or the whole of it. Raises KeyError for one not there."""
        switch = self.switches.by_shard[shard]
        switch.trading_active = False
        switch.exchange_active = trading_only
        for record in self.blotter.resting():
            if record.terms.shard == shard and record.terms.cancel_on_pause:
                self.exchange.cancel(record.order_id, Reason.HALT)
        self._halt(shard)

    def unpause(self, shard: int) -> None:
        """Let a shard work again; what rests is as it was."""
        switch = self.switches.by_shard[shard]
        switch.trading_active = switch.exchange_active = True
        for state in self.board:
            if state.facts.shard == shard and not state.halted:
                self.exchange.resume(market_id(state.facts.ticker))

    def is_paused(self, shard: int) -> bool:
        """Say whether a shard takes no orders."""
        return not self.switches.by_shard[shard].trading_active

    def keep_hours(self) -> None:
        """Pause every Thursday night, from the next one on."""
        start, end = next_maintenance(self.now_ns())
        self.agenda.add(start, self._begin_maintenance)
        self.agenda.add(end, self._end_maintenance)

    def _begin_maintenance(self) -> None:
        for shard in self.switches.by_shard:
            self.pause(shard)

    def _end_maintenance(self) -> None:
        for shard in self.switches.by_shard:
            self.unpause(shard)
        self.keep_hours()

    def _halt(self, shard: int) -> None:
        for state in self.board:
            if state.facts.shard == shard:
                self.exchange.halt(market_id(state.facts.ticker))


def next_maintenance(now: Ns) -> tuple[Ns, Ns]:
    """The next Thursday from 03:00 to 05:00 Eastern Time that has not begun."""
    day = datetime.fromtimestamp(now // NS_PER_S, UTC).date()
    while True:
        if day.weekday() == _THURSDAY:
            start = _eastern(datetime(day.year, day.month, day.day, _FROM_HOUR))  # noqa: DTZ001
            if start > now:
                return start, Ns(start + (_UNTIL_HOUR - _FROM_HOUR) * 3_600 * NS_PER_S)
        day += timedelta(days=1)


def _eastern(local: datetime) -> Ns:
    """A moment from Eastern Time: summer time is from March's second to November's first Sunday."""
    summer = _sunday(local.year, 3, 2) <= local < _sunday(local.year, 11, 1)
    moment = (local - (_SUMMER if summer else _STANDARD)).replace(tzinfo=UTC)
    return Ns(int(moment.timestamp()) * NS_PER_S)


def _sunday(year: int, month: int, number: int) -> datetime:
    """The n-th Sunday of a month, at 02:00."""
    first = datetime(year, month, 1, 2)  # noqa: DTZ001 - Eastern Time, as everything here
    return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (number - 1))
