"""How good an opportunity is beyond its claimed profit, from facts that can be looked up.

Every part is a figure between 0 and 1,000,000 with the words it came from. The score is their
weighted mean; what a basket is worth on average is its profit times the chance that all of it is
filled. A large claimed edge makes neither better: the chance falls with it.
"""

import enum
from collections.abc import Callable, Sequence

import attrs

from arb.detect.basket import Plan, Proof
from arb.detect.history import Calibration, FillChance
from arb.market.book import BookView
from arb.market.instruments import Venue
from arb.market.units import MICRO, Ns, Usd, plain_text

NS_PER_S = 1_000_000_000
NS_PER_HOUR = 3600 * NS_PER_S
DEEP = 3
"""Three times what is needed on offer is as good as it gets."""
BUSY_MICROS = 10_000 * MICRO
"""Ten thousand dollars or contracts in a day: busy enough."""
FRESH_TRADE_NS = 60 * NS_PER_S
"""A trade within a minute is recent; half as good each time its age doubles."""
FRESH_QUOTE_NS = NS_PER_S
"""The same for the last change of a book."""
_HOURS_TOLD = 48
"""A longer wait is told in days."""
SOON_HOURS = 24
"""Resolved within a day: money comes back soon. Half as good each time the wait doubles."""
UNKNOWN_PPM = 250_000
"""What a part counts where the venue does not say: a quarter, so that silence is no virtue."""
CROSS_VENUE_PPM = 970_000
"""Confidence that a pair which a person verified resolves alike: 0 of 97 true twins of a public
study came apart, so at most 3 in 100 do (rule of three)."""


class Part(enum.StrEnum):
    """What a score is made of."""

    FILL = "chance of being filled"
    DEPTH = "depth"
    AGE = "freshness of quotes"
    TRADES = "recent trades"
    VOLUME = "volume"
    HORIZON = "time to resolution"
    CONFIDENCE = "confidence in the argument"


WEIGHTS = {
    Part.FILL: 30,
    Part.DEPTH: 20,
    Part.AGE: 15,
    Part.TRADES: 10,
    Part.VOLUME: 5,
    Part.HORIZON: 10,
    Part.CONFIDENCE: 10,
}
"""In hundredths."""
_ALL_WEIGHTS = sum(WEIGHTS.values())


@attrs.frozen
class Graded:
    """One part, its grade and the fact behind it."""

    part: Part
    ppm: int
    """0 to 1,000,000, more is better."""
    words: Callable[..., str]
    figures: tuple[object, ...] = ()
    """What `words` takes. Most grades are never read, and putting them into words takes longer than
    all the rest of them."""

    @property
    def fact(self) -> str:
        """The fact for people."""
        return self.words(*self.figures)


@attrs.frozen
class Score:
    """A grade with its breakdown."""

    ppm: int
    """The weighted mean of the parts."""
    parts: tuple[Graded, ...]
    expected: Usd
    """The plan's profit times the chance that all of it is filled."""

    @property
    def rank(self) -> int:
        """What opportunities are preferred by, higher first: expected profit, weighted by grade."""
        return self.expected * self.ppm

    def lines(self) -> list[str]:
        """The breakdown for people."""
        head = f"score {plain_text(self.ppm)}, worth {plain_text(self.expected)} on average"
        return [head, *(f"  {one.part}: {plain_text(one.ppm)} ({one.fact})" for one in self.parts)]


def grade(plan: Plan, views: Sequence[BookView], now_ns: Ns, calibration: Calibration) -> Score:
    """Grade a plan by the books it was made from, `views` in the order of its legs."""
    spent = plan.cost + plan.fees
    edge_ppm = plan.profit * MICRO // spent if spent else 0
    oldest_ns = now_ns - min([view.seen_ns for view in views])
    venues = frozenset([view.market.venue for view in views])
    chance = calibration.chance(plan.template.lane, venues, edge_ppm, oldest_ns)
    parts = (
        _fill(chance),
        _depth(plan),
        _age(oldest_ns),
        _trades(views, now_ns),
        _volume(views),
        _horizon(views, now_ns),
        _confidence(plan.template.proof, venues),
    )
    mean = sum([WEIGHTS[one.part] * one.ppm for one in parts]) // _ALL_WEIGHTS
    return Score(mean, parts, Usd(plan.profit * chance.ppm // MICRO))


def _fill(chance: FillChance) -> Graded:
    return Graded(Part.FILL, chance.ppm, _fill_words, (chance,))


def _fill_words(chance: FillChance) -> str:
    ours = (
        f"{chance.filled} of {chance.attempted} of ours" if chance.attempted else "none of ours yet"
    )
    return f"{ours}; {chance.trust}"


def _depth(plan: Plan) -> Graded:
    """Of the shallowest leg: on offer at its limit or better, over what is needed."""
    ratio = min([leg.depth * MICRO // leg.qty for leg in plan.legs])
    return Graded(Part.DEPTH, min(ratio // DEEP, MICRO), _depth_words, (ratio,))


def _depth_words(ratio: int) -> str:
    return f"{ratio // MICRO}.{ratio % MICRO // 100_000} times what is needed"


def _age(oldest_ns: int) -> Graded:
    return Graded(Part.AGE, _halving(oldest_ns, FRESH_QUOTE_NS), _age_words, (oldest_ns,))


def _age_words(oldest_ns: int) -> str:
    return f"the oldest changed {oldest_ns // NS_PER_S}.{oldest_ns % NS_PER_S // 10**8} s ago"


def _trades(views: Sequence[BookView], now_ns: Ns) -> Graded:
    """Of the leg that was traded the longest ago."""
    known = [view.last_trade.at_ns for view in views if view.last_trade is not None]
    if len(known) < len(views):
        return Graded(Part.TRADES, 0, "a leg without any known trade".format)
    age_ns = now_ns - min(known)
    return Graded(Part.TRADES, _halving(age_ns, FRESH_TRADE_NS), _trade_words, (age_ns,))


def _trade_words(age_ns: int) -> str:
    return f"the quietest leg {age_ns // NS_PER_S} s ago"


def _volume(views: Sequence[BookView]) -> Graded:
    """Of the least traded leg: in the day before it was listed, and since."""
    least = min([view.market.volume_24h + view.traded for view in views])
    return Graded(Part.VOLUME, min(least * MICRO // BUSY_MICROS, MICRO), _volume_words, (least,))


def _volume_words(least: int) -> str:
    return f"{plain_text(least)} in the quietest leg since the day before"


def _horizon(views: Sequence[BookView], now_ns: Ns) -> Graded:
    """Until the last leg closes; resolution follows."""
    known = [view.market.closes_ns for view in views if view.market.closes_ns is not None]
    if len(known) < len(views):
        return Graded(Part.HORIZON, UNKNOWN_PPM, "a leg without a known end".format)
    wait_ns = max(known) - now_ns
    ppm = _halving(wait_ns, SOON_HOURS * NS_PER_HOUR)
    return Graded(Part.HORIZON, ppm, _horizon_words, (wait_ns,))


def _horizon_words(wait_ns: int) -> str:
    hours = max(wait_ns, 0) // NS_PER_HOUR
    return f"{hours} hours" if hours < _HOURS_TOLD else f"{hours // 24} days"


def _confidence(proof: Proof, venues: frozenset[Venue]) -> Graded:
    if len(venues) > 1:
        return Graded(Part.CONFIDENCE, CROSS_VENUE_PPM, "a pair that a person verified".format)
    return Graded(Part.CONFIDENCE, MICRO, "one venue, {} states".format, (len(proof.payouts),))


def _halving(age_ns: int, full_ns: int) -> int:
    """All of it up to `full_ns`, then half as much each time the age doubles."""
    return MICRO if age_ns <= full_ns else MICRO * full_ns // age_ns
