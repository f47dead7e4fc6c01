"""How long a message takes on top of what it takes anyway."""

import random
from collections.abc import Iterable

import attrs

from arb.sim.faults.board import Entry, FaultBoard
from arb.sim.faults.kinds import Kind

_MS_PER_S = 1000


@attrs.frozen
class RoundTrip:
    """The usual time between a client and its venue: what makes legs miss.

    Half of it passes before the venue sees a request, half before the caller hears back; drawn
    anew for each request, never below half of the mean. Streams are not delayed.
    """

    mean_s: float
    """Seconds there and back, on the average; 0: none."""
    rng: random.Random

    def one_way_s(self) -> float:
        """Draw the time of one direction."""
        if not self.mean_s:
            return 0.0
        return self.mean_s / 4 + self.rng.expovariate(4 / self.mean_s)


def latency_s(board: FaultBoard, entries: Iterable[Entry], direction: str) -> float:
    """Draw what the latency faults among `entries` add in a direction, in seconds; counts them."""
    total_ms = 0.0
    for entry in entries:
        fault = entry.fault
        if fault.kind is Kind.LATENCY and fault.words["direction"] in {direction, "both"}:
            entry.acted += 1
            total_ms += fault.numbers["fixed_ms"] + board.uniform(fault.numbers["spread_ms"])
            tail_ms = fault.numbers["tail_ms"]
            total_ms += board.exponential(tail_ms) if tail_ms else 0.0
    return total_ms / _MS_PER_S


def transfer_s(entries: Iterable[Entry], length: int) -> float:
    """Seconds that slow connections among `entries` need for so many bytes; counts them."""
    total = 0.0
    for entry in entries:
        if entry.fault.kind is Kind.SLOW:
            entry.acted += 1
            total += length / entry.fault.numbers["bytes_per_s"]
    return total
