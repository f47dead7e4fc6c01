"""Venues, events, markets and the sides of a contract, in our words.

A venue's own names stop at its adapter; what an adapter needs to address a market on the wire
travels with the market as its `ref`.
"""

import enum
from typing import NewType

import attrs

from arb.market.fees import Fees
from arb.market.grid import PriceGrid
from arb.market.units import Ns, Px, Qty, Usd

MarketId = NewType("MarketId", str)
"""Venue and the venue's own id: "kalshi:KXFED-26DEC-H0", "polymarket:0xabc..."."""
EventId = NewType("EventId", str)
"""Venue and the venue's own id of the event."""


class Venue(enum.StrEnum):
    """Where a market is traded."""

    POLYMARKET = "polymarket"
    KALSHI = "kalshi"


class Outcome(enum.StrEnum):
    """The two contracts of a market; together they always pay one dollar."""

    YES = "yes"
    NO = "no"

    @property
    def other(self) -> "Outcome":
        """The contract that pays where this one does not."""
        return Outcome.NO if self is Outcome.YES else Outcome.YES


class Action(enum.StrEnum):
    """What an order does with a contract."""

    BUY = "buy"
    SELL = "sell"

    @property
    def other(self) -> "Action":
        """The action that undoes this one."""
        return Action.SELL if self is Action.BUY else Action.BUY


@attrs.frozen
class Claim:
    """A statement about an event with its source; what nobody states does not hold."""

    holds: bool
    source: str


class StrikeKind(enum.StrEnum):
    """How the value that a question is about compares with its strikes where YES wins."""

    GREATER = "greater"
    GREATER_OR_EQUAL = "greater_or_equal"
    LESS = "less"
    LESS_OR_EQUAL = "less_or_equal"
    BETWEEN = "between"
    """Whether its two bounds belong to it varies by contract (docs: get-market): never relied on."""


@attrs.frozen
class Strike:
    """The bounds of a question about a number, in millionths of whatever it is measured in."""

    kind: StrikeKind
    floor: int | None
    """The lower bound; None for the LESS kinds."""
    cap: int | None
    """The upper bound; None for the GREATER kinds."""


@attrs.frozen
class NegRisk:
    """A Polymarket group whose NOs can be converted on chain (docs: negative-risk).

    NO of m of its questions turn into m - 1 dollars and YES of every other prepared question, both
    less the fee.
    """

    group: str
    """`negRiskMarketID`: 0x and 64 digits, the last two of them 0."""
    indexes: tuple[tuple[MarketId, int], ...]
    """Each listed market's number inside the group, the low byte of its question's id: 0 to 255."""
    prepared: int | None
    """How many questions exist on chain, listed or not; None where that is not known."""
    fee_bips: int | None
    """What a conversion costs, in ten thousandths, 0 to 10,000; None where that is not known."""
    augmented: bool
    """Questions may be added: then nothing says how many there are."""


@attrs.frozen
class PolymarketRef:
    """How Polymarket knows a market. Tokens are decimal strings of up to 78 digits."""

    condition_id: str
    yes_token: str
    no_token: str
    neg_risk: bool
    protocol: str
    """Gamma's `version`: "v1" or "v2"; it decides the signing domain."""


@attrs.frozen
class KalshiRef:
    """How Kalshi knows a market. Cash lives per `shard` (`exchange_index`)."""

    ticker: str
    shard: int


@attrs.frozen
class LastTrade:
    """The latest public trade known of a market."""

    px: Px
    """Of YES."""
    at_ns: Ns
    """By the venue's clock; where only a period is known, the beginning of it."""


@attrs.frozen
class Market:
    """One YES/NO question on one venue and the rules for trading it."""

    id: MarketId
    venue: Venue
    event: EventId
    title: str
    """The question."""
    label: str
    """The outcome's short name inside its event; "" where the event is this market alone."""
    ref: PolymarketRef | KalshiRef
    grid: PriceGrid
    lot: Qty
    """Quantities are whole multiples of this."""
    min_qty: Qty
    """The smallest order."""
    min_take_usd: Usd
    """The smallest notional of an order that takes; 0 where the venue has none."""
    fees: Fees
    closes_ns: Ns | None
    """When trading ends, where the venue says so; not every venue means it."""
    volume_24h: int = 0
    """Traded in a day when the market was listed, as the venue counts: micro-dollars on Polymarket,
    micro-contracts on Kalshi. A coarse figure."""
    last_trade: LastTrade | None = None
    """As the venue's lists had it; None where nobody traded lately, or nobody says."""
    strike: Strike | None = None
    """What the question says of a number, where the venue gives it apart from the text."""


@attrs.frozen
class Event:
    """Markets about one question. Facts about the set have a source, or do not hold."""

    id: EventId
    venue: Venue
    title: str
    markets: tuple[MarketId, ...]
    at_most_one: Claim
    """No two of the markets can both resolve YES."""
    at_least_one: Claim
    """One of the markets must resolve YES."""
    neg_risk: NegRisk | None = None
    """Where NOs of its markets can be converted."""


@attrs.frozen
class Wording:
    """What a venue writes about a market that decides what it pays, apart from its titles."""

    rules: str
    """The text by which it is settled; "" where the venue gives none."""
    category: str
    """The venue's own word; "" where it has none."""


@attrs.frozen
class Catalogue:
    """What one venue lists, and what was left out of it by reason."""

    venue: Venue
    events: tuple[Event, ...]
    markets: tuple[Market, ...]
    left_out: dict[str, int] = attrs.field(factory=dict)
    wordings: dict[MarketId, Wording] = attrs.field(factory=dict, repr=False)
    """Beside the markets, because they are large and most readers need none: 60 MB of 30,000."""
