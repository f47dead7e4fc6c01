"""Why a basket is not an opportunity."""

import enum

import attrs

from arb.detect.basket import Template
from arb.market.instruments import MarketId


class Reason(enum.StrEnum):
    """One word for each way to say no; the text is what a person reads."""

    CLOSED = "market closed or closing"
    NOT_LIVE = "book not live"
    DISAGREES = "venue states another best price"
    CROSSED = "book crossed"
    CLOCK = "data from the future"
    SILENT = "feed silent too long"
    OLD = "quote older than its limit"
    APART = "legs heard too far apart"
    NONSENSE = "price or quantity makes no sense"
    OFF_GRID = "price off the grid"
    EPOCHS = "two epochs of one book"
    ONE_SIDED = "other side empty where nobody should leave it so"
    DUST = "edge only on less than the smallest order"
    JUMP = "price jumped and nothing confirms it"
    NO_EXIT = "no price to sell at recovers price and fees"
    EMPTY_SIDE = "nothing offered"
    TOO_GOOD = "edge too good"
    STALE = "edge too good, and nobody traded lately"
    FEE_SHARE = "fee too large a part of the price"
    NO_EDGE = "no edge after fees"
    TOO_SHALLOW = "less on offer than the smallest order"
    NO_PROFIT = "no allowed size makes the least profit"
    THIN_EDGE = "edge below the least after rounding"
    NO_TIME = "too little time left"
    NO_SPOT = "no fresh spot price"
    SPOT_APART = "spot sources disagree"
    NO_STRIKE = "the price to beat was not seen"
    NO_VOLATILITY = "too few ticks to tell how restless the price is"
    LANE_FAILED = "lane failed"
    LANE_PAUSED = "lane paused after a failure"
    LANE_OUT_OF_TIME = "lane out of time"


@attrs.frozen
class Objection:
    """A reason and its particulars: which market, which figure."""

    reason: Reason
    detail: str
    market: MarketId | None = None
    """Whose book is in doubt, or which one is too thin, where it is that of one market."""


@attrs.frozen
class Rejected:
    """A template that is no opportunity now."""

    template: Template
    reason: Reason
    detail: str
    market: MarketId | None = None
    """Whose book is in doubt, or which one is too thin, where it is that of one market."""
