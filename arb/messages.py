"""What actors say to each other, grouped under "from -> to".

Facts are nouns, orders are verbs. Everything is immutable; ids are strings of their own type;
times are nanoseconds by our clock unless the name says otherwise.
"""

import enum
from collections.abc import Mapping
from typing import NewType

import attrs

from arb.detect.basket import Plan, Template, TemplateId
from arb.detect.clusters import Cluster
from arb.detect.isolation import LaneFigures
from arb.detect.score import Score
from arb.detect.witness import NO_TWINS, Twin
from arb.market.book import BookView
from arb.market.changes import BookBroken as BookBroken  # noqa: PLC0414 - shared
from arb.market.changes import BookChange as BookChange  # noqa: PLC0414 - shared
from arb.market.changes import BookReplaced as BookReplaced  # noqa: PLC0414 - shared
from arb.market.changes import GridChanged as GridChanged  # noqa: PLC0414 - shared
from arb.market.changes import LevelAdded as LevelAdded  # noqa: PLC0414 - shared
from arb.market.changes import LevelSet as LevelSet  # noqa: PLC0414 - shared
from arb.market.changes import Traded as Traded  # noqa: PLC0414 - shared
from arb.market.instruments import Action, Market, MarketId, Outcome, Venue
from arb.market.spot import SpotTick
from arb.market.units import Ns, Px, Qty, Usd
from arb.pairing.decision import PairDecided as PairDecided  # noqa: PLC0414 - shared

FeedId = NewType("FeedId", str)
OrderId = NewType("OrderId", str)
"""Ours, unique for ever: Kalshi's `client_order_id`."""
OrderKey = NewType("OrderKey", str)
"""What the venue will know an order by, known before it is sent: Polymarket's order hash,
Kalshi's `client_order_id`."""
BasketId = NewType("BasketId", str)
FillId = NewType("FillId", str)
"""Unique on its venue, whichever way the fill is reported."""
SettlementId = NewType("SettlementId", str)
"""Unique on its venue."""
TurnId = NewType("TurnId", str)
"""Ours, unique for ever; it travels with the transaction."""


# --- feed -> book cache -------------------------------------------------------------------------


@attrs.frozen
class BookBatch:
    """Everything that one socket read brought, in order."""

    feed: FeedId
    seen_ns: Ns
    changes: list[BookChange]
    """Owned by the receiver from here on."""


# --- spot feed -> bettor ------------------------------------------------------------------------


@attrs.frozen
class SpotBatch:
    """Everything that one socket read said of spot prices, in order."""

    ticks: tuple[SpotTick, ...]


# --- sequencer, unwind monitor -> venue ---------------------------------------------------------


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
    status: "FillStatus"
    role: "Role | None" = None
    """As the venue's report says it; None where it does not."""


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
class Settlement:
    """A resolved market in which nothing of ours is left: what we held there became `usd`."""

    id: SettlementId
    venue: Venue
    pool: int
    """Where the cash went."""
    market: MarketId
    usd: Usd
    """0 where only losing contracts were held."""
    at_ns: Ns
    """By the venue's clock."""


@attrs.frozen
class Balance:
    """Cash in one pool of a venue. Kalshi has a pool per exchange shard; Polymarket has pool 0."""

    venue: Venue
    pool: int
    usd: Usd


@attrs.frozen
class Position:
    """Contracts held in one market. Kalshi nets: at most one of the two is not 0."""

    market: MarketId
    yes: Qty
    no: Qty


# --- book cache -> scanner ----------------------------------------------------------------------


@attrs.frozen
class Crossing:
    """A template whose best prices alone would pay, with its books of one moment, by leg."""

    template: Template
    views: tuple[BookView, ...]
    twins: Mapping[MarketId, Twin] = NO_TWINS
    """Books of the other venue about the same questions, of the same moment."""


@attrs.frozen
class Crossings:
    """Everything whose best prices alone would pay.

    The newest state wins: what a slow scanner did not take is replaced, and counted.
    """

    found: dict[TemplateId, Crossing]


# --- book cache -> cluster solver ---------------------------------------------------------------


@attrs.frozen
class ClusterSeen:
    """A cluster that moved, with its books of one moment, in the order of its markets."""

    cluster: Cluster
    views: tuple[BookView, ...]


# --- book cache -> catalogue watcher ------------------------------------------------------------


@attrs.frozen
class PairBooks:
    """Which markets of pairs have no live book now."""

    dead: frozenset[MarketId]


# --- treasurer -> sequencer ---------------------------------------------------------------------


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


@attrs.frozen
class Declined:
    """A plan that is not taken, and why."""

    template: TemplateId
    reason: str


# --- sequencer -> unwind monitor ----------------------------------------------------------------


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
    out first. `bought` is what each leg is known to have got, `target` how the legs hang together.
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


# --- whoever finds an ended basket uneven -> treasurer ------------------------------------------


@attrs.frozen
class BasketReopened:
    """A basket is worked on again: it is in flight until its next `BasketEnded`."""

    approved: Approved


# --- sequencer, unwind monitor -> order tracker -------------------------------------------------


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


# --- user feed -> order tracker -----------------------------------------------------------------


@attrs.frozen
class AccountEvent:
    """What a venue's private stream says of our orders."""

    venue: Venue
    event: Fill | OrderState


# --- order tracker -> treasurer, store, desk ----------------------------------------------------


@attrs.frozen
class OrderFilled:
    """A fill that is known to belong to an order of ours; new, or with a new status."""

    order: NewOrder
    fill: Fill
    role: Role = Role.TAKER
    """Whether we made or took."""
    witness: str = ""
    """What says so: the venue, or what was concluded from."""


# --- order tracker -> reopener ------------------------------------------------------------------


@attrs.frozen
class HoldingsChanged:
    """An order turned out to have got another amount than its end said."""

    basket: BasketId
    reason: str


# --- sequencer, unwind monitor -> treasurer, store, desk ----------------------------------------


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


# --- settler -> treasurer, store ----------------------------------------------------------------


class TurnKind(enum.StrEnum):
    """How contracts become cash before, or after, their market resolves."""

    MERGE = "merge"
    """YES and NO of one market into dollars."""
    CONVERT = "convert"
    """NOs of one group into dollars and YES of the others."""
    REDEEM = "redeem"
    """What is held of a resolved market into its payout, which is booked as a `Settlement`."""


@attrs.frozen
class ContractChange:
    """What a turn does in one market."""

    market: MarketId
    yes: int
    """Micro-contracts more, or fewer where below 0."""
    no: int
    usd: Usd
    """The market's share of the cash that it brings."""


@attrs.frozen
class Turn:
    """Contracts about to be turned into cash: durable before its transaction leaves."""

    id: TurnId
    kind: TurnKind
    venue: Venue
    pool: int
    changes: tuple[ContractChange, ...]
    """Of a redemption: its market, and no amounts."""
    nonce: int
    """Of the wallet: no two transactions with the same one can be done."""
    deadline_ns: Ns
    """By the venue's clock; later than that it can no longer be done."""
    body: bytes
    """What is sent, word for word."""
    at_ns: Ns

    @property
    def usd(self) -> Usd:
        """All the cash that it brings."""
        return Usd(sum(change.usd for change in self.changes))


@attrs.frozen
class TurnEnded:
    """A turn whose end is known: all of it was done, or nothing."""

    turn: Turn
    done: bool
    note: str
    """"" where it was done; else why not."""
    at_ns: Ns


# --- balance refresher -> treasurer; treasurer -> store, desk: Settlement ------------------------


# --- balance refresher -> treasurer, desk -------------------------------------------------------


@attrs.frozen
class AccountRead:
    """Cash and contracts of one venue as the venue tells them."""

    venue: Venue
    balances: tuple[Balance, ...]
    positions: tuple[Position, ...]
    at_ns: Ns


# --- kill watcher -> treasurer ------------------------------------------------------------------


@attrs.frozen
class VenueBarred:
    """A venue's own kill file appeared (with its text), or went away (None)."""

    venue: Venue
    reason: str | None


# --- catalogue watcher, kill watcher -> treasurer -----------------------------------------------


@attrs.frozen
class MarketBarred:
    """Nothing new is begun in a market, for a reason; or again may be (None)."""

    market: MarketId
    reason: str | None


@attrs.frozen
class ClaimBarred:
    """Nothing new is begun that relies on a claim, for a reason; or again may be (None)."""

    source: str
    """The claim's, word for word."""
    reason: str | None


# --- whoever watches over trading -> treasurer, store, desk -------------------------------------


class Level(enum.IntEnum):
    """What may still be done, from everything to nothing."""

    RUNNING = 0
    PAUSED = 1
    """No new baskets; those begun go on."""
    REDUCE_ONLY = 2
    """... and legs not yet sent are not sent: only what lowers exposure is."""
    FLATTEN = 3
    """... and what rests is cancelled and what is unhedged is sold."""
    STOPPED = 4
    """... and the program ends."""


@attrs.frozen
class StandingChanged:
    """How far trading is stopped, from now on and over restarts, until it is cleared."""

    level: Level
    who: str
    """A person, or the part of the program that saw to it."""
    why: str
    clears: str
    """What lifts it, in words."""
    at_ns: Ns


# --- anybody -> whoever watches over trading ----------------------------------------------------


@attrs.frozen
class Trouble:
    """Something a breaker counts: a failed call, a reject, a ghost fill, an unwind that failed."""

    venue: Venue | None
    kind: str
    """Of a small fixed set, e.g. "order rejected"; breakers are by venue and kind."""
    detail: str
    at_ns: Ns
    market: MarketId | None = None


@attrs.frozen
class Called:
    """One call to a venue and how long it took; `failure` is "" where an answer came."""

    venue: Venue
    call: str
    """"send", "cancel", "balances", ..."""
    took_ns: int
    failure: str
    at_ns: Ns


@attrs.frozen
class Hold:
    """One source's word on how far trading is stopped; its next word replaces it.

    RUNNING takes it back. Where a venue is named it is about that venue alone.
    """

    source: str
    """What speaks: "operator", "KILL file", "gates", "daily loss", ..."""
    level: Level
    who: str
    why: str
    clears: str
    """What lifts it, in words."""
    at_ns: Ns
    venue: Venue | None = None
    lasting: bool = False
    """Kept over restarts until a person resumes."""


@attrs.frozen
class Ordered:
    """What an operator ordered from outside: a row of the standing file."""

    number: int
    hold: Hold
    """RUNNING: resume, which lifts every lasting hold there."""


# --- anybody -> store ---------------------------------------------------------------------------


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


@attrs.frozen
class OpeningBalance:
    """What a pool held before this store knew of any fill."""

    balance: Balance
    at_ns: Ns


@attrs.frozen
class OpeningPosition:
    """Contracts held before this store knew of any fill: they are known, and not ours to sell."""

    position: Position
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


# --- anybody -> desk ----------------------------------------------------------------------------


@attrs.frozen
class FeedSeen:
    """One connection's state and what came over it since the last such message."""

    feed: FeedId
    connected: bool
    frames: int
    note: str
    gaps: int = 0
    """Books that were asked for again because something of them was missing."""


@attrs.frozen
class BooksSeen:
    """The cache's counters, totals since the start."""

    markets: int
    live: int
    crossed: int
    changes: int
    conflated: int
    broken: int


@attrs.frozen
class PairsSeen:
    """How the pairs that baskets were made of stand now."""

    verified: int
    covered: int
    """Both books live."""
    barred: int
    """Nothing that relies on them is begun."""
    new_markets: int
    """Listed since the start, on both venues; watched from the next start on."""


@attrs.frozen
class Sighted:
    """A basket that the books show, and what became of it ("" while it is being taken)."""

    plan: Plan
    why_not: str
    at_ns: Ns
    score: Score | None = None


@attrs.frozen
class Rejected:
    """A template whose best prices would pay, and why it is not a basket."""

    template: TemplateId
    title: str
    reason: str
    detail: str
    lane: str = ""
    markets: tuple[MarketId, ...] = ()
    at_ns: Ns = Ns(0)


@attrs.frozen
class LanesSeen:
    """What each lane did since the start."""

    lanes: tuple[LaneFigures, ...]
    asked_again: int = 0
    """Books asked for anew because a basket was refused on doubt."""


@attrs.frozen
class BetSeen:
    """A bet of a statistical lane that was decided on, and what it bought."""

    market: MarketId
    outcome: Outcome
    lane: str
    placed: bool
    """False: declined."""
    bought: Qty
    worst: Usd
    """The most that what was bought may have cost, fees included."""
    note: str
    at_ns: Ns


# --- treasurer, breakers, gates -> desk ---------------------------------------------------------


@attrs.frozen
class Held:
    """Contracts of one market that are in the books now."""

    market: MarketId
    yes: Qty
    no: Qty
    paid: Usd
    """What they cost, fees included."""
    closes_ns: Ns | None


@attrs.frozen
class Fullness:
    """One limit, and how much of it is used: micro-dollars, or a number of things."""

    name: str
    used: int
    most: int
    counts: bool = False
    """A number of things."""


@attrs.frozen
class MoneySeen:
    """What the ledger says of this moment, in micro-dollars."""

    free: tuple[Balance, ...]
    """Cash that nothing is promised to."""
    promised: int
    """Set aside for baskets in flight and open orders."""
    locked: tuple[tuple[int | None, int], ...]
    """What is held cost, by the UTC day (since the epoch) on which its market closes."""
    yearly_ppm: int | None
    """What locked money earns in a year, in millionths; None where no date is known."""
    realised: int
    """By sales, netting and resolution."""
    locked_profit: int
    """What complete sets must pay over what all that is held cost."""
    made: int
    """What all ended baskets made, contracts outside complete sets counted at nothing."""
    days: tuple[tuple[int, int], ...]
    """What baskets made by the UTC day they ended, oldest first."""
    positions: tuple[Held, ...]
    limits: tuple[Fullness, ...]
    at_ns: Ns


@attrs.frozen
class BreakerSeen:
    """One breaker: how many failures it bears, how many it counts, and where it is."""

    venue: Venue | None
    kind: str
    state: str
    why: str
    failures: int
    most: int
    until_ns: Ns


@attrs.frozen
class BreakersSeen:
    """Every breaker that ever counted a failure."""

    breakers: tuple[BreakerSeen, ...]


@attrs.frozen
class LatencySeen:
    """One stage of the way from a book to an answer, in nanoseconds."""

    stage: str
    samples: int
    p50_ns: int
    p95_ns: int
    p99_ns: int


@attrs.frozen
class VitalsSeen:
    """What the gates of trading see; `reds` says why nothing new may be begun."""

    reds: tuple[str, ...]
    latencies: tuple[LatencySeen, ...]


DeskEvent = (
    FeedSeen
    | BooksSeen
    | PairsSeen
    | Sighted
    | Rejected
    | LanesSeen
    | BetSeen
    | Approved
    | OrderFilled
    | Settlement
    | BasketEnded
    | AccountRead
    | Declined
    | StandingChanged
    | Noted
    | OrderSent
    | OrderEnded
    | UnwindChosen
    | MoneySeen
    | BreakersSeen
    | VitalsSeen
)
"""What people may look at."""
