"""Why a basket is not an opportunity."""

import enum

import attrs

from arb.detect.basket import Template


class Reason(enum.StrEnum):
    """One word for each way to say no; the text is what a person reads."""

    CLOSED = "market closed or closing"
    NOT_LIVE = "book not live"
    DISAGREES = "venue states another best price"
    CROSSED = "book crossed"
    CLOCK = "data from the future"
    SILENT = "feed silent too long"
    APART = "legs heard too far apart"
    NONSENSE = "price or quantity makes no sense"
    OFF_GRID = "price off the grid"
    EMPTY_SIDE = "nothing offered"
    TOO_GOOD = "edge too good"
    FEE_SHARE = "fee too large a part of the price"
    NO_EDGE = "no edge after fees"
    TOO_SHALLOW = "less on offer than the smallest order"
    NO_PROFIT = "no allowed size makes the least profit"
    THIN_EDGE = "edge below the least after rounding"


@attrs.frozen
class Objection:
    """A reason and its particulars: which market, which figure."""

    reason: Reason
    detail: str


@attrs.frozen
class Rejected:
    """A template that is no opportunity now."""

    template: Template
    reason: Reason
    detail: str
