"""What the simulated Polymarket lists: events and markets, as its metadata host describes them.

These are the facts that do not trade. What moves (prices, tick, whether it is open) is the
shelf's.
"""

from collections.abc import Iterable, Iterator

import attrs

from arb.market.errors import UnknownRule
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Ns, Qty
from arb.sim.orders import Listing

TICKS = (100_000, 10_000, 5_000, 2_500, 1_000, 100)
"""Ticks in use, in millionths of a dollar (docs: place-orders)."""
PROTOCOLS = ("v1", "v2")
"""`version` of a market: tokens of the Conditional Tokens contract, or position ids."""
MIN_SHARES = Qty(5 * MICRO)
"""The usual least size of an order (docs: `orderMinSize`)."""
LOT = Qty(1)
"""A micro-share: what the engine fills dollar-sized orders in."""
POOL = 0
"""All cash is one pool of pUSD."""
EPOCH = Ns(0)
"""A date that nobody asked for."""
NO_QUESTION = "0x" + "0" * 64


@attrs.frozen
class FeeSchedule:
    """A market's own fee rule. `rate_ppm` and `rebate_ppm` are millionths (docs: trading/fees)."""

    rate_ppm: int
    exponent: int = 1
    rebate_ppm: int = 250_000
    kind: str = "general_fees"
    """`feeType`: a label that says nothing reliable about the rate."""

    @property
    def fees(self) -> PolymarketFees:
        """The rule that the engine charges by."""
        return PolymarketFees(rate_ppm=self.rate_ppm, exponent=self.exponent)


@attrs.frozen
class PolymarketListing:
    """One market. Tokens are decimal strings: outcome 0 (YES) first, then outcome 1 (NO).

    Of a `version` "v2" market the tokens are position ids.
    """

    gamma_id: str
    """A decimal string, unique among markets."""
    condition_id: str
    """0x and 64 hex digits."""
    question: str
    slug: str
    tokens: tuple[str, str]
    end_ns: Ns
    start_ns: Ns = EPOCH
    description: str = ""
    outcomes: tuple[str, str] = ("Yes", "No")
    tick: int = 10_000
    """Millionths of a dollar; may change later."""
    min_size: Qty = MIN_SHARES
    fee_schedule: FeeSchedule | None = None
    """None: nobody pays a fee."""
    version: str = "v1"
    question_id: str = NO_QUESTION
    """Of a negative-risk event's market: the event's market id with the index in its low byte."""
    neg_risk: bool = False
    neg_risk_market_id: str = ""
    group_item_title: str = ""
    group_item_threshold: str = "0"
    placeholder: bool = False
    """An unnamed outcome of an augmented event: listed, accepting orders, but not `active`."""
    other: bool = False
    """The explicit "Other" outcome of an augmented event."""
    seconds_delay: int = 0
    """How long an order that takes is held (sports)."""
    taker_delay: bool = False
    """A short hold of takers that the answer waits for (crypto up/down markets)."""
    game_start_ns: Ns | None = None
    clear_on_start: bool = False
    resolution_source: str = ""
    rewards_min_size: int = 0
    """Shares."""
    rewards_max_spread_tenths: int = 0
    """Tenths of a cent."""

    def __attrs_post_init__(self) -> None:
        """Raise UnknownRule for what the venue could not list."""
        if self.tick not in TICKS:
            raise UnknownRule(f"{self.slug}: no tick of {self.tick} millionths")
        if self.version not in PROTOCOLS:
            raise UnknownRule(f"{self.slug}: no protocol {self.version!r}")
        if len(set(self.tokens)) != len(self.tokens):
            raise UnknownRule(f"{self.slug}: one token for both outcomes")

    @property
    def id(self) -> MarketId:
        """Our name of the market."""
        return market_id(self.condition_id)

    @property
    def fees(self) -> PolymarketFees:
        """What the engine charges takers."""
        return fees_of(self.fee_schedule)

    def token(self, outcome: Outcome) -> str:
        """The token of an outcome."""
        return self.tokens[0 if outcome is Outcome.YES else 1]

    def label(self, outcome: Outcome) -> str:
        """An outcome's name: not always Yes or No."""
        return self.outcomes[0 if outcome is Outcome.YES else 1]


@attrs.frozen
class PolymarketEvent:
    """A question with one or more markets."""

    gamma_id: str
    """A decimal string, unique among events."""
    slug: str
    title: str
    markets: tuple[PolymarketListing, ...]
    end_ns: Ns
    start_ns: Ns = EPOCH
    description: str = ""
    version: str = "v1"
    neg_risk: bool = False
    """The venue's claim that exactly one of the markets resolves YES."""
    neg_risk_augmented: bool = False
    """More outcomes may be named later."""
    neg_risk_market_id: str = ""
    neg_risk_fee_bips: int = 0
    cumulative: bool = False
    """A ladder ("by March", "by June"): not one of N."""
    tags: tuple[tuple[str, str, str], ...] = ()
    """Id, slug and label of each."""
    series_slug: str = ""


def fees_of(schedule: FeeSchedule | None) -> PolymarketFees:
    """The rule that the engine charges by; without a schedule nobody pays."""
    return PolymarketFees(rate_ppm=0) if schedule is None else schedule.fees


def market_id(condition_id: str) -> MarketId:
    """Our name of a market, from its condition id."""
    return MarketId(f"polymarket:{condition_id}")


def exchange_listing(market: PolymarketListing) -> Listing:
    """What the matching engine must know of one market."""
    return Listing(
        id=market.id,
        pool=POOL,
        grid=PriceGrid.of_tick(market.tick),
        lot=LOT,
        min_qty=LOT,
        fees=market.fees,
    )


def exchange_listings(events: Iterable[PolymarketEvent]) -> Iterator[Listing]:
    """What the matching engine must know of every market."""
    for event in events:
        for market in event.markets:
            yield exchange_listing(market)
