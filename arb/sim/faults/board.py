"""Which faults there are, which act now, and how often each has acted."""

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import attrs

from arb.market.instruments import Venue
from arb.market.units import MICRO, Clock, Ns
from arb.sim.faults.fault import Fault, FaultsFault
from arb.sim.faults.kinds import Layer

NS_PER_S = 1_000_000_000
Aliases = Callable[[str], tuple[str, ...]]
"""Every name that a market goes by on the wire, its own included."""


@attrs.frozen
class Subject:
    """What a fault might act on: a request, a frame, a connection, an order that arrives."""

    venue: Venue
    endpoint: str = ""
    """Method and path."""
    channels: tuple[str, ...] = ()
    text: Callable[[], str] = str
    """Everything in it that may name a market; asked for only where that matters."""


@attrs.define(eq=False)
class Entry:
    """One fault on the board."""

    id: str
    fault: Fault
    from_ns: Ns
    until_ns: Ns | None
    """None: until it is cleared."""
    names: re.Pattern[str] | None
    acted: int = 0

    def is_over(self, now: Ns) -> bool:
        """Say whether it will not act any more."""
        spent = self.fault.limit is not None and self.acted >= self.fault.limit
        return spent or (self.until_ns is not None and now >= self.until_ns)

    def is_active(self, now: Ns) -> bool:
        """Say whether it may act now."""
        return now >= self.from_ns and not self.is_over(now)

    def concerns(self, subject: Subject) -> bool:
        """Say whether this subject is meant."""
        scope = self.fault.scope
        if not scope.reaches(subject.endpoint):
            return False
        if scope.channel and not any(scope.hears(channel) for channel in subject.channels):
            return False
        return self.names is None or self.names.search(subject.text()) is not None


class FaultBoard:
    """Owner of every fault of a world. The same seed and clock make the same faults act."""

    def __init__(self, now_ns: Clock, rng: random.Random) -> None:
        """Start without faults."""
        self.aliases: Aliases = lambda market: (market,)
        self.reaches_wire = True
        """Whether connections themselves are in reach: not where nothing stands before the server."""
        self.changed: Callable[[], None] = lambda: None
        """Called when a fault comes or goes: whoever sleeps until the next date looks again."""
        self._now_ns = now_ns
        self._rng = rng
        self._entries: dict[str, Entry] = {}
        self._at: dict[tuple[Venue, Layer], list[Entry]] = {}

    # --- what people do -------------------------------------------------------------------------

    def inject(self, fault: Fault) -> str:
        """Put a fault up; its start counts from now. Returns its id.

        Raises FaultsFault where nothing here can carry it out.
        """
        if fault.needs_wire and not self.reaches_wire:
            raise FaultsFault(f"{fault.kind}: this needs the chaos proxy in front of the venue")
        start = self._now_ns() + round(fault.start_s * NS_PER_S)
        end = None if fault.for_s is None else Ns(start + round(fault.for_s * NS_PER_S))
        id_ = f"{fault.kind}-{len(self._entries) + 1}"
        entry = Entry(id_, fault, Ns(start), end, self._pattern(fault.scope.market))
        self._entries[id_] = entry
        for venue in sorted(fault.venues):
            for layer in fault.layers:
                self._at.setdefault((venue, layer), []).append(entry)
        self.changed()
        return id_

    def clear(self, id_: str) -> None:
        """End a fault. Raises FaultsFault for an id that is not on the board."""
        entry = self._entries.get(id_)
        if entry is None:
            known = ", ".join(self._entries) or "none"
            raise FaultsFault(f"no fault {id_!r}; there are {known}")
        entry.until_ns = min(self._now_ns(), entry.until_ns or self._now_ns())
        self.changed()

    def entries(self) -> tuple[Entry, ...]:
        """Every fault that ever was on the board."""
        return tuple(self._entries.values())

    def active(self) -> tuple[Entry, ...]:
        """The faults that may act now."""
        now = self._now_ns()
        return tuple(entry for entry in self._entries.values() if entry.is_active(now))

    @property
    def counts(self) -> Counter[str]:
        """How often each fault has acted, by id."""
        return Counter({entry.id: entry.acted for entry in self._entries.values()})

    @property
    def needs_wire(self) -> bool:
        """Say whether a fault on the board wants to reach connections themselves."""
        return any(entry.fault.needs_wire for entry in self._entries.values())

    # --- what those who carry faults out ask ----------------------------------------------------

    def has(self, venue: Venue, layer: Layer) -> bool:
        """Say whether anything acts there, now or later: if not, nothing needs to be looked at."""
        entries = self._at.get((venue, layer))
        if not entries:
            return False
        now = self._now_ns()
        entries[:] = [entry for entry in entries if not entry.is_over(now)]
        return bool(entries)

    def planned(self, venue: Venue, layer: Layer) -> tuple[Entry, ...]:
        """What acts there, now or later, in the order in which it was put up."""
        return tuple(self._at.get((venue, layer), ())) if self.has(venue, layer) else ()

    def strikes(
        self, layer: Layer, subject: Subject, able: Callable[[Fault], bool] = lambda _: True
    ) -> Iterator[Entry]:
        """The faults that act on this subject now; whoever carries one out counts it.

        `able` says which of them the asker can carry out; the others are left to others.
        """
        now = self._now_ns()
        for entry in self.planned(subject.venue, layer):
            due = entry.is_active(now) and able(entry.fault) and entry.concerns(subject)
            if due and self.draws(entry):
                yield entry

    def draws(self, entry: Entry) -> bool:
        """Let chance decide whether a fault acts."""
        share = entry.fault.probability_ppm
        return share >= MICRO or self._rng.randrange(MICRO) < share

    def uniform(self, most: int) -> int:
        """A whole number from 0 to `most`."""
        return self._rng.randint(0, most)

    def exponential(self, mean: float) -> float:
        """A draw with this mean."""
        return self._rng.expovariate(1 / mean)

    def next_change_ns(self) -> Ns | None:
        """When a fault starts or ends next; None where none does."""
        now = self._now_ns()
        dates = (d for entry in self._entries.values() for d in _dates(entry) if d > now)
        return min(dates, default=None)

    def _pattern(self, market: str) -> re.Pattern[str] | None:
        if not market:
            return None
        names = self.aliases(market.rpartition(":")[2])
        return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")


def _dates(entry: Entry) -> Iterable[Ns]:
    return (entry.from_ns,) if entry.until_ns is None else (entry.from_ns, entry.until_ns)
