"""How a side's best price came to be where it is: what a sudden move is judged by."""

import attrs

from arb.market.units import Ns, Px, Qty

SERIES_NS = 15_000_000_000
"""Nanoseconds within which moves belong together, from the first of them. The series before is
remembered, too: two moves that lie closer than this are always in one of the two."""
_UNKNOWN = Px(-1)


@attrs.frozen
class Move:
    """The last moves of one side's best price, in YES terms."""

    before: Px
    """Just before the last move."""
    moved_ns: Ns
    """When that was, by our clock."""
    anchor: Px
    """Before the first move of the last series."""
    anchor_ns: Ns
    """When that was."""
    older: Px
    """The same of the series before it; of the last one again where there was none."""
    older_ns: Ns
    qty_then: Qty
    """On offer at the best price right after the last move."""


class Top:
    """Watches one side of one book. A side that empties and comes back has moved, not begun."""

    __slots__ = (
        "_anchor",
        "_anchor_ns",
        "_before",
        "_move",
        "_moved_ns",
        "_older",
        "_older_ns",
        "_qty_then",
        "px",
    )

    def __init__(self) -> None:
        """Start without knowing any price."""
        self.px = _UNKNOWN
        self._before = _UNKNOWN
        self._moved_ns = Ns(0)
        self._anchor = _UNKNOWN
        self._anchor_ns = Ns(0)
        self._older = _UNKNOWN
        self._older_ns = Ns(0)
        self._qty_then = Qty(0)
        self._move: Move | None = None

    def note(self, px: Px, qty: Qty, seen_ns: Ns) -> None:
        """Take up another best price; it is one, not the end of the scale."""
        was, self.px = self.px, px
        self._move = None
        self._qty_then = qty
        if was == _UNKNOWN:
            self._moved_ns = seen_ns
            return
        self._before, self._moved_ns = was, seen_ns
        if self._anchor == _UNKNOWN or seen_ns - self._anchor_ns > SERIES_NS:
            self._older, self._older_ns = self._anchor, self._anchor_ns
            self._anchor, self._anchor_ns = was, seen_ns

    @property
    def move(self) -> Move | None:
        """The last moves; None where the first price still stands."""
        if self._move is None and self._before != _UNKNOWN:
            known = self._older != _UNKNOWN
            self._move = Move(
                self._before,
                self._moved_ns,
                self._anchor,
                self._anchor_ns,
                self._older if known else self._anchor,
                self._older_ns if known else self._anchor_ns,
                self._qty_then,
            )
        return self._move
