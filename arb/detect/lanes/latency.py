"""Latency: a crypto up/down market against the spot price that it will settle on.

Fair value comes from spot, strike, time left and realised volatility. Where the market's price
lies elsewhere, the cheap side is bought: YES, or the other side, never a sale of what is not held.
What this finds may be the market knowing better: public evidence is negative (see docs/lanes).
"""

import re

import attrs

from arb.detect.basket import Leg
from arb.detect.bet import BetLane, Estimate, Evidence
from arb.detect.fair import Walk, chance_at_or_above
from arb.detect.reasons import Objection, Reason
from arb.detect.spot_board import QUARTER_NS, SpotBoard, SpotQuote
from arb.market.book import BookView
from arb.market.errors import Refused
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.spot import SpotPx, Symbol
from arb.market.units import MICRO, Ns, plain_text

NS_PER_S = 1_000_000_000
_SYMBOLS = {
    "Bitcoin": Symbol("btcusd"),
    "Ethereum": Symbol("ethusd"),
    "Solana": Symbol("solusd"),
    "XRP": Symbol("xrpusd"),
}
SYMBOLS = tuple(_SYMBOLS.values())
"""Every coin that the lane reads markets about."""
_TITLE = re.compile(
    r"(\w+) Up or Down - [A-Z][a-z]+ [0-9]{1,2}, "
    r"([0-9]{1,2}):([0-9]{2})(AM|PM)-([0-9]{1,2}):([0-9]{2})(AM|PM) ET"
)
"""Recorded traffic: "Bitcoin Up or Down - September 28, 5:00AM-5:15AM ET"."""
_DAY_MIN = 24 * 60
_QUARTER_MIN = 15
AVERAGING_NS = 60 * NS_PER_S
"""15-minute markets compare 60-second averages (docs: market-data/chainlink-twap)."""


@attrs.frozen
class UpDown:
    """YES pays where the settling price at the end is at or above that at the start."""

    market: MarketId
    symbol: Symbol
    start_ns: Ns
    end_ns: Ns
    averaging_ns: int
    """Both prices are averages over this long before their moment; 0: the price itself."""


@attrs.frozen
class LatencyLimits:
    """How sure the lane is, and when it looks at all."""

    confidence_ppm: int
    """Its weight against the market's own price."""
    least_left_ns: int
    """Nanoseconds before the end at which it stops looking, on top of the averaging."""
    variance_markup_ppm: int
    """What is added to the realised variance, in millionths of it: the next minutes may be worse
    than the last."""
    basis_ppm: int
    """How far spot and the settling price may lie apart, one standard deviation."""


def recognise(market: Market) -> UpDown:
    """Read an up/down market of 15 minutes.

    Raises Refused for every other market, and where the title and the end contradict each other.
    """
    match = _TITLE.fullmatch(market.title)
    if market.venue is not Venue.POLYMARKET or match is None or match[1] not in _SYMBOLS:
        raise Refused("not an up/down market of a coin that a stream tells")
    if market.label != "Up":
        raise Refused(f"YES of it is not up: {market.label!r:.40}")
    starts, ends = _minute(match[2], match[3], match[4]), _minute(match[5], match[6], match[7])
    if (ends - starts) % _DAY_MIN != _QUARTER_MIN:
        raise Refused("it settles on a price that no stream of ours tells")
    if market.closes_ns is None or market.closes_ns % QUARTER_NS:
        raise Refused("its end is not stated, or not on a quarter of an hour")
    start_ns = Ns(market.closes_ns - QUARTER_NS)
    return UpDown(market.id, _SYMBOLS[match[1]], start_ns, market.closes_ns, AVERAGING_NS)


def _minute(hour: str, minute: str, half: str) -> int:
    """Minutes after midnight, twelve-hour clock."""
    return int(hour) % 12 * 60 + int(minute) + (12 * 60 if half == "PM" else 0)


def judge(
    asked: UpDown, view: BookView, board: SpotBoard, now_ns: Ns, limits: LatencyLimits
) -> Estimate | Objection:
    """Estimate the side that the market prices below what spot says; or say why not."""
    left_ns = asked.end_ns - now_ns - asked.averaging_ns
    if now_ns < asked.start_ns or left_ns < limits.least_left_ns:
        return Objection(Reason.NO_TIME, f"{asked.market}: {left_ns // NS_PER_S} s")
    if not view.bids or not view.asks:
        return Objection(Reason.EMPTY_SIDE, asked.market)
    strike = board.opening(asked.symbol, asked.start_ns)
    if strike is None:
        return Objection(Reason.NO_STRIKE, f"{asked.market}: {asked.symbol}")
    quote = board.quote(asked.symbol, now_ns)
    if isinstance(quote, Objection):
        return quote
    walk = _walk(asked, quote, now_ns, limits)
    up_ppm = chance_at_or_above(quote.tick.px, strike, walk)
    middle = (view.bids[0][0] + view.asks[0][0]) // 2
    outcome = Outcome.YES if up_ppm >= middle else Outcome.NO
    return Estimate(
        lane=BetLane.LATENCY,
        leg=Leg(asked.market, outcome),
        chance_ppm=up_ppm if outcome is Outcome.YES else MICRO - up_ppm,
        confidence_ppm=limits.confidence_ppm,
        evidence=_evidence(quote, strike, walk, up_ppm),
    )


def _walk(asked: UpDown, quote: SpotQuote, now_ns: Ns, limits: LatencyLimits) -> Walk:
    return Walk(
        variance_per_s=quote.variance_per_s * (MICRO + limits.variance_markup_ppm) / MICRO,
        left_s=(asked.end_ns - now_ns) / NS_PER_S,
        averaging_s=asked.averaging_ns / NS_PER_S,
        basis_ppm=limits.basis_ppm,
    )


def _evidence(quote: SpotQuote, strike: SpotPx, walk: Walk, up_ppm: int) -> tuple[Evidence, ...]:
    return (
        Evidence("spot", f"{plain_text(quote.tick.px)} ({quote.tick.source})"),
        Evidence("second witness", f"{plain_text(quote.witness.px)} ({quote.witness.source})"),
        Evidence("strike", plain_text(strike)),
        Evidence("time left", f"{walk.left_s:.0f} s"),
        Evidence("deviation", f"{walk.deviation * MICRO:.0f} ppm"),
        Evidence("chance of up", plain_text(up_ppm)),
    )
