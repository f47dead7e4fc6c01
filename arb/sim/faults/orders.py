"""What happens to an order's market in the last moment before the order arrives."""

from collections.abc import Iterable
from typing import Protocol

import attrs

from arb.market.instruments import MarketId, Venue
from arb.sim.faults.board import Entry, FaultBoard, Subject
from arb.sim.faults.kinds import Kind, Layer
from arb.sim.faults.rival import Incoming, Rival


class Desk(Protocol):
    """A venue, as far as orders that arrive are concerned."""

    @property
    def venue(self) -> Venue:
        """Which one."""
        ...

    @property
    def rival(self) -> Rival:
        """Its fast trader."""
        ...

    def read(self, body: bytes) -> Iterable[Incoming]:
        """The orders in a body; none where it cannot be read: the venue will say so."""
        ...

    def change_tick(self, market: MarketId, tick: str) -> bool:
        """Change a market's grid; False where it has this one already."""
        ...


@attrs.frozen
class OrderFaults:
    """Carries out what the board has for orders that arrive at one venue."""

    desk: Desk
    board: FaultBoard

    def meet(self, subject: Subject, body: bytes) -> None:
        """Act on the orders in a request that is about to reach the venue."""
        struck = list(self.board.strikes(Layer.ARRIVAL, subject))
        if not struck:
            return
        for order in self.desk.read(body):
            for entry in struck:
                if self._act(entry, order):
                    entry.acted += 1

    def _act(self, entry: Entry, order: Incoming) -> bool:
        if entry.fault.kind is Kind.PARTIAL_FILL:
            return self.desk.rival.take(order, entry.fault.numbers["share_ppm"]) > 0
        return self.desk.change_tick(order.market, entry.fault.words["tick_usd"])
