"""A venue's own clock, which may be wrong."""

import attrs

from arb.market.instruments import Venue
from arb.market.units import Clock, Ns
from arb.sim.faults.board import FaultBoard
from arb.sim.faults.kinds import Layer

_NS_PER_MS = 1_000_000


@attrs.frozen
class VenueClock:
    """What a venue believes the time is.

    Everything that the venue says, stamps and checks follows it; what it had booked by a wrong
    clock comes early or late by the error, as it would there.
    """

    now_ns: Clock
    board: FaultBoard
    venue: Venue

    def __call__(self) -> Ns:
        """Tell the time, in nanoseconds since the Unix epoch."""
        now = self.now_ns()
        if not self.board.has(self.venue, Layer.CLOCK):
            return now
        off_ns = 0
        for entry in self.board.planned(self.venue, Layer.CLOCK):
            if entry.is_active(now):
                entry.acted = max(entry.acted, 1)  # it is one error, however often one looks
                off_ns += entry.fault.numbers["by_ms"] * _NS_PER_MS
        return Ns(now + off_ns)
