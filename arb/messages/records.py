"""What the store keeps: anybody -> store."""

import enum

import attrs

from arb.market.units import Ns
from arb.messages.accounts import OpeningBalance, OpeningPosition, Settlement
from arb.messages.baskets import Approved, BasketEnded, UnwindChosen
from arb.messages.orders import OrderEnded, OrderFilled, PreparedOrder
from arb.messages.turns import Turn, TurnEnded
from arb.pairing.decision import PairDecided


@attrs.frozen
class RunStarted:
    """One start of the program."""

    run: str
    mode: str
    venues: str
    seed: int
    at_ns: Ns


@attrs.frozen
class RunEnded:
    """How it ended."""

    run: str
    reason: str
    exit_code: int
    at_ns: Ns


class LineKind(enum.StrEnum):
    """What a line of a reconciliation is about."""

    OPENED = "opened"
    """Held before the first start."""
    ORDER = "order"
    """Its end was found at the venue."""
    NEVER_ARRIVED = "never arrived"
    """An intent that the venue has not heard of."""
    TURN = "turn"
    """A merge or the like whose end was found."""
    FILL = "fill"
    """Told to nobody so far."""
    SETTLED = "settled"
    """Resolved while nobody looked."""
    EVEN = "even"
    """A basket that was complete, or never begun, and had not been ended."""
    HALF_DONE = "half done"
    """A basket that goes to the unwind."""
    UNLISTED = "unlisted"
    """Something unfinished where nothing can be traded any more."""
    UNHEDGED = "unhedged"
    """Left over by a basket, and nobody has taken it over."""
    DIFFERENCE = "difference"
    """Our books and the venue's differ."""


@attrs.frozen
class ReconciliationLine:
    """One thing that a start found."""

    kind: LineKind
    words: str
    explained: bool
    """Whether trading may begin all the same."""


@attrs.frozen
class Reconciled:
    """Everything that one start found when it held the store against the venues."""

    lines: tuple[ReconciliationLine, ...]
    at_ns: Ns


@attrs.frozen
class Noted:
    """Something a person should be able to find again."""

    kind: str
    text: str
    at_ns: Ns


Record = (
    RunStarted
    | RunEnded
    | OpeningBalance
    | OpeningPosition
    | Reconciled
    | Turn
    | TurnEnded
    | Approved
    | PreparedOrder
    | OrderEnded
    | OrderFilled
    | Settlement
    | UnwindChosen
    | BasketEnded
    | PairDecided
    | Noted
)
"""Everything that the store keeps."""
