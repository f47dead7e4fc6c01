"""What people may look at: anybody -> desk."""

import attrs

from arb.detect.basket import Plan, TemplateId
from arb.detect.isolation import LaneFigures
from arb.detect.score import Score
from arb.market.instruments import MarketId, Outcome, Venue
from arb.market.units import Ns, Qty, Usd
from arb.messages.accounts import AccountRead, Balance, Settlement
from arb.messages.baskets import Approved, BasketEnded, Declined, UnwindChosen
from arb.messages.ids import FeedId
from arb.messages.orders import OrderEnded, OrderFilled, OrderSent
from arb.messages.records import Noted
from arb.messages.standing import StandingChanged

# --- feeds, books, pairs --------------------------------------------------------------------------


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
    """Those that are still listed."""
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


# --- scanner, bettor ------------------------------------------------------------------------------


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


# --- treasurer ------------------------------------------------------------------------------------


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


# --- breakers, gates ------------------------------------------------------------------------------


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
