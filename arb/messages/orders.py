"""One order: what is asked of a venue, what the venue says, what came of it."""

import enum

import attrs

from arb.market.instruments import Action, Market, MarketId, Outcome, Venue
from arb.market.units import Ns, Px, Qty, Usd, cost, proceeds
from arb.messages.ids import BasketId, FillId, OrderId, OrderKey

# --- sequencer, unwind monitor -> venue -----------------------------------------------------------


@attrs.frozen
class NewOrder:
    """Take up to `qty` at `limit` or better, now; nothing may be left resting unless `rests`."""

    id: OrderId
    basket: BasketId
    market: Market
    outcome: Outcome
    action: Action
    qty: Qty
    limit: Px
    """In the outcome's own terms."""
    created_ns: Ns
    rests: bool = False
    """What cannot be taken at once waits on the book until whoever sent it cancels it."""


@attrs.frozen
class PreparedOrder:
    """An order with its identity and its exact bytes, before anything was sent."""

    order: NewOrder
    key: OrderKey
    body: bytes


@attrs.frozen
class OrderRef:
    """Enough to ask a venue about an order."""

    key: OrderKey
    market: Market
    venue_order_id: str | None
    """The venue's own id where it is known; Polymarket's is the key itself."""


# --- venue -> sequencer, unwind monitor, order tracker --------------------------------------------


class Phase(enum.StrEnum):
    """Where an order is in its life."""

    PENDING = "pending"
    """Held by the venue (a taker delay): neither resting nor done."""
    OPEN = "open"
    """Resting: what is not filled can still fill."""
    DONE = "done"
    """Filled, cancelled, killed or expired: `filled` is final."""


@attrs.frozen
class OrderState:
    """What a venue says of one order."""

    key: OrderKey | None
    venue_order_id: str
    phase: Phase
    filled: Qty
    fill_ids: tuple[FillId, ...] = ()
    """Those that the answer names, where it does."""


class Role(enum.StrEnum):
    """Who was there first."""

    MAKER = "maker"
    TAKER = "taker"


class FillStatus(enum.StrEnum):
    """How final a fill is."""

    PROVISIONAL = "provisional"
    """Matched, not settled: Polymarket before MINED."""
    FIRM = "firm"
    REVERSED = "reversed"
    """Settlement failed: the fill never happened."""


@attrs.frozen
class Fill:
    """One execution of an order of ours."""

    id: FillId
    venue: Venue
    market: MarketId
    key: OrderKey | None
    """The order's identity where the report carries it."""
    venue_order_id: str
    outcome: Outcome
    action: Action
    px: Px
    """In the outcome's own terms."""
    qty: Qty
    fee: Usd
    """As the venue charged it, or by its formula where it does not say."""
    at_ns: Ns
    """By the venue's clock."""
    status: FillStatus
    role: Role | None = None
    """As the venue's report says it, or as can be concluded; None where nobody could."""

    @property
    def worth(self) -> Usd:
        """What the contracts cost or brought, without the fee.

        A fraction of a micro-dollar, which Polymarket's odd quantities bring, goes to the maker:
        an assumption (the simulated venue's), and against us where nobody knows our role.
        """
        up = (self.action is Action.BUY) is not (self.role is Role.MAKER)
        return cost(self.px, self.qty) if up else proceeds(self.px, self.qty)

    @property
    def flow(self) -> int:
        """Cash that it moves, fee included, if it stands: above 0 where it comes in."""
        return (-self.worth if self.action is Action.BUY else self.worth) - self.fee


# --- user feed -> order tracker -------------------------------------------------------------------


@attrs.frozen
class AccountEvent:
    """What a venue's private stream says of our orders."""

    venue: Venue
    event: Fill | OrderState


# --- sequencer, unwind monitor -> order tracker ---------------------------------------------------


@attrs.frozen
class OrderSent:
    """An order that is about to leave: fills with its identity are ours."""

    prepared: PreparedOrder


@attrs.frozen
class OrderEnded:
    """An order whose end is known: `filled` is final."""

    order: OrderId
    venue_order_id: str
    filled: Qty
    note: str
    """"" where it simply ended; else what the venue said."""
    at_ns: Ns


# --- order tracker -> treasurer, store, desk ------------------------------------------------------


@attrs.frozen
class OrderFilled:
    """A fill that is known to belong to an order of ours; new, or with a new status."""

    order: NewOrder
    fill: Fill
    role: Role = Role.TAKER
    """Whether we made or took."""
    witness: str = ""
    """What says so: the venue, or what was concluded from."""
