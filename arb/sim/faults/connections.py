"""Every open connection that a fault may hit, whoever carries it."""

from typing import Protocol

import attrs

from arb.sim.faults.board import Entry, Subject
from arb.sim.faults.kinds import Kind


class Breakable(Protocol):
    """An open connection."""

    able: frozenset[Kind]
    """What can be done to it."""

    def subject(self) -> Subject:
        """What it is about."""
        ...

    def suffer(self, entry: Entry) -> None:
        """Let a fault of one of these kinds happen to it."""
        ...


@attrs.define(eq=False)
class Connections:
    """Knows them all, in the order in which they were opened."""

    _open: dict[Breakable, None] = attrs.field(factory=dict)

    def add(self, connection: Breakable) -> None:
        """A connection was opened."""
        self._open[connection] = None

    def drop(self, connection: Breakable) -> None:
        """A connection is gone."""
        self._open.pop(connection, None)

    def of(self, kind: Kind) -> tuple[Breakable, ...]:
        """Those that this kind of fault can be done to."""
        return tuple(one for one in self._open if kind in one.able)
