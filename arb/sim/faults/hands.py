"""Puts faults to work: what stands before the venues, and who acts when it is time."""

import math
from collections.abc import Callable
from typing import Protocol

import attrs
import trio
from starlette.types import ASGIApp

from arb.market.units import Clock, Ns
from arb.sim.faults.board import NS_PER_S, Entry, FaultBoard
from arb.sim.faults.connections import Connections
from arb.sim.faults.delays import RoundTrip
from arb.sim.faults.fault import Fault
from arb.sim.faults.kinds import Layer
from arb.sim.faults.middleware import FaultMiddleware
from arb.sim.faults.orders import Desk, OrderFaults

SHORTEST_NAP_S = 0.001
"""Seconds as floats can wake a hair early; this keeps the worker from spinning."""
_NS_PER_MS = 1_000_000
Undo = Callable[[], None]


class Operators(Protocol):
    """Those who run the venues."""

    def names(self, market: str) -> tuple[str, ...]:
        """Every name that a market goes by on the wire."""
        ...

    def apply(self, fault: Fault) -> Undo:
        """Let a fault that is a state of the venue begin; returns what ends it."""
        ...


@attrs.define(eq=False)
class FaultHands:
    """Carries out what no request or frame brings about. `run` must be running for it."""

    board: FaultBoard
    operators: Operators
    now_ns: Clock
    connections: Connections = attrs.field(factory=Connections)
    _standing: dict[Entry, Undo] = attrs.field(factory=dict)
    _next_blow: dict[Entry, Ns] = attrs.field(factory=dict)
    _wake: trio.Event = attrs.field(factory=trio.Event)

    def front(self, app: ASGIApp, desk: Desk, round_trip: RoundTrip) -> FaultMiddleware:
        """A venue's application as its clients reach it."""
        return FaultMiddleware.around(
            app,
            desk.venue,
            self.board,
            connections=self.connections,
            arrivals=OrderFaults(desk, self.board),
            round_trip=round_trip,
            now_ns=self.now_ns,
        )

    def __attrs_post_init__(self) -> None:
        """Teach the board what markets are called."""
        self.board.aliases = self.operators.names

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Begin and end faults when it is time. Never returns."""
        self.board.changed = self._rouse
        self._look()
        task_status.started()
        while True:
            with trio.move_on_after(self._nap_s()):
                await self._wake.wait()
            self._wake = trio.Event()
            self._look()

    def _rouse(self) -> None:
        self._wake.set()

    def _nap_s(self) -> float:
        dates = [date for date in self._next_blow.values() if date is not _LAST]
        change = self.board.next_change_ns()
        if change is not None:
            dates.append(change)
        if not dates:
            return math.inf
        return max((min(dates) - self.now_ns()) / NS_PER_S, SHORTEST_NAP_S)

    def _look(self) -> None:
        """Do what is due."""
        now = self.now_ns()
        entries = self.board.entries()
        for entry in entries:
            if Layer.VENUE in entry.fault.layers:
                self._stand(entry, active=entry.is_active(now) or self._is_standing(entry, now))
            elif Layer.CONNECTION in entry.fault.layers:
                self._strike(entry, now)

    # --- states of the venue --------------------------------------------------------------------

    def _is_standing(self, entry: Entry, now: Ns) -> bool:
        """Say whether it began and is not over: a limit is of how often it begins."""
        return entry in self._standing and (entry.until_ns is None or now < entry.until_ns)

    def _stand(self, entry: Entry, *, active: bool) -> None:
        if active and entry not in self._standing:
            self._standing[entry] = self.operators.apply(entry.fault)
            entry.acted += 1
        elif not active and entry in self._standing:
            self._standing.pop(entry)()

    # --- connections ----------------------------------------------------------------------------

    def _strike(self, entry: Entry, now: Ns) -> None:
        """Hit every connection that is meant, once or again and again."""
        if not entry.is_active(now):
            self._next_blow.pop(entry, None)
            return
        due = self._next_blow.get(entry, entry.from_ns)
        every_ns = entry.fault.numbers["every_ms"] * _NS_PER_MS
        if now < due or (not every_ns and entry in self._next_blow):
            return
        self._hit(entry, now)
        self._next_blow[entry] = Ns(max(now, due) + every_ns) if every_ns else _LAST

    def _hit(self, entry: Entry, now: Ns) -> None:
        for connection in self.connections.of(entry.fault.kind):
            subject = connection.subject()
            meant = subject.venue in entry.fault.venues and entry.concerns(subject)
            if meant and entry.is_active(now) and self.board.draws(entry):
                entry.acted += 1
                connection.suffer(entry)


_LAST = Ns(2**63 - 1)
"""A date that does not come: the blow has fallen."""
