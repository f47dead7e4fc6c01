"""One basket: approved, bought leg by leg, given back where that failed, ended."""

import enum

import attrs

from arb.detect.basket import Plan, TemplateId
from arb.market.instruments import Market, MarketId, Outcome
from arb.market.units import Ns, Qty, Usd
from arb.messages.ids import BasketId
from arb.messages.orders import PreparedOrder

# --- treasurer -> sequencer -----------------------------------------------------------------------


@attrs.frozen
class Approved:
    """A plan whose money is reserved. Nothing is bought for a basket without one."""

    basket: BasketId
    plan: Plan
    markets: tuple[Market, ...]
    """Of the legs, in their order."""
    seen_ns: Ns
    """When the books showed it."""
    decided_ns: Ns
    loss_budget: Usd = Usd(0)
    """The most that an unwind may lose against what was paid, without a person."""
    quote_age_ns: int | None = None
    """How long ago the leg's book changed that changed longest ago, when it was decided; None
    where nobody knows any more."""


# --- treasurer -> desk ----------------------------------------------------------------------------


@attrs.frozen
class Declined:
    """A plan that is not taken, and why."""

    template: TemplateId
    reason: str


# --- sequencer -> unwind monitor ------------------------------------------------------------------


@attrs.frozen
class Exposure:
    """Contracts bought for a basket that its other legs do not hedge."""

    market: Market
    outcome: Outcome
    qty: Qty


@attrs.frozen
class Unwind:
    """What a basket left open: contracts to get rid of, orders whose end nobody knows yet.

    While `unknown` holds an order, its market's exposure is not known either: the monitor finds
    out first.
    """

    approved: Approved
    bought: tuple[Qty, ...]
    """By leg, known orders only."""
    unknown: tuple[tuple[int, PreparedOrder], ...]
    """Leg number and order."""
    reason: str
    refused: tuple[MarketId, ...] = ()
    """Where a venue said no to an order: nothing more is tried there at first."""
    reopened: bool = False
    """The basket had ended, or is of a former run: nobody counts it as in flight any more."""
    lost: Usd = Usd(0)
    """What its sales have lost already: the loss budget is one for all unwinds of a basket, until a
    person grants another."""


# --- unwind monitor -> store, desk ----------------------------------------------------------------


class Way(enum.StrEnum):
    """The ways out of a basket that is half done."""

    SELL = "sell"
    """Sell what is exposed, now."""
    COMPLETE = "complete"
    """Buy what is missing, now, though it loses."""
    REST = "rest"
    """Offer what is exposed at a better price, for a while."""
    HOLD = "hold"
    """Keep it until it resolves."""
    STUCK = "stuck"
    """None of them may be taken without a person."""


@attrs.frozen
class UnwindChosen:
    """One decision of an unwind, written down before its orders."""

    basket: BasketId
    attempt: int
    """1, 2, ... within one unwind."""
    way: Way
    loss: Usd
    """Expected against what was paid for what is exposed, micro-dollars; below 0: a gain."""
    reason: str
    at_ns: Ns


# --- order tracker -> reopener --------------------------------------------------------------------


@attrs.frozen
class HoldingsChanged:
    """An order turned out to have got another amount than its end said."""

    basket: BasketId
    reason: str


# --- whoever finds an ended basket uneven -> treasurer --------------------------------------------


@attrs.frozen
class BasketReopened:
    """A basket is worked on again: it is in flight until its next `BasketEnded`."""

    approved: Approved


# --- sequencer, unwind monitor -> treasurer, store, desk ------------------------------------------


class BasketEnd(enum.StrEnum):
    """How a basket ended."""

    COMPLETED = "completed"
    """Every leg at the planned size."""
    REDUCED = "reduced"
    """Every leg hedged, at less than the planned size."""
    UNWOUND = "unwound"
    """Something had to be sold back."""
    HELD = "held"
    """What is exposed is kept until it resolves, on purpose: selling it would bring nothing."""
    MISSED = "missed"
    """Nothing was bought."""
    STUCK = "stuck"
    """Something could not be sold back: a person must look."""


@attrs.frozen
class BasketEnded:
    """A basket nothing more is done about. `sets` are hedged and pay the template's payout."""

    basket: BasketId
    end: BasketEnd
    sets: Qty
    stuck: tuple[Exposure, ...]
    note: str
    at_ns: Ns
    refused: tuple[MarketId, ...] = ()
    """Where a venue said no to an order of this basket."""
    loss: Usd = Usd(0)
    """What the whole basket lost for certain, micro-dollars: paid less received less what its sets
    must pay, contracts left over counted at nothing; 0 where that is a gain. A basket that ends
    again tells the new whole: it replaces the old one."""
