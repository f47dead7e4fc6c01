"""What buying a recorded pair would have earned, in both directions, by the cross-venue lane.

Kalshi's series fees are not in the recordings: the general rule is assumed (quadratic, times 1).
Figures are given for what nobody should trade too, with the reason: they show what a mistake would
have looked like.

`PairEdges.as_json` gives one object a line: `event_key`, `recorded_at`, `verified`, `refused` (null or why
not), `directions`. A direction has `yes_on` and `no_on` (whose YES, whose NO, as Kalshi words the
question), `top_cost`, `top_fees`, `top_net` (dollars a contract at the best prices; null where
a side is empty or, for the last two, a fee is not known), `size` (contracts), `cost`, `fees`,
`profit` (dollars for that size; "0" where no size earns anything) and `limit_prices` (the worst
price needed on each venue, of the contract bought there; null where the size is "0"). Numbers are
decimal texts.

`top_fees` is what both fee formulas say of one contract, each rounded up to a micro-dollar; `fees`
is what the venues would charge for the whole size, level by level, with their own rounding.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs

from arb.detect.all_in import all_in
from arb.detect.basket import Plan, Template
from arb.detect.firewall import FirewallLimits, inspect
from arb.detect.lanes.cross_venue import directions
from arb.detect.reasons import Objection, Reason
from arb.detect.sweep import Offer, SweepLimits, sweep
from arb.lab.pair_recordings import KALSHI_RULE, Recorded, Recording, read_recordings
from arb.market.book import BookView
from arb.market.instruments import Venue
from arb.market.units import MICRO, ZERO_USD, Px, Qty, Usd, ceil_div, decimal_text, plain_text

_ANY = 10**18
LIMITS = SweepLimits(min_profit_usd=Usd(1), least_edge=1, max_fee_share_ppm=_ANY)
"""No caps: the best size on offer, as long as a further set brings a micro-dollar."""
SOUND = FirewallLimits(
    max_feed_silence_ns=_ANY, max_age_spread_ns=_ANY, close_margin_ns=0, max_edge_ppm=_ANY
)
"""The firewall without ages, which a recording of one moment does not have, and without a bound on
the edge, which is what is asked for here."""
_NO_FAULT = frozenset({Reason.EMPTY_SIDE})
"""What the firewall objects to and the figures show anyway."""
_KALSHI_PLACES = 4

Both = tuple[BookView, BookView]


@attrs.frozen
class Edge:
    """One direction. Money in micro-dollars, sizes in micro-contracts."""

    yes_on: Venue
    no_on: Venue
    top_cost: Usd | None = None
    """Of one contract of each, at the best prices."""
    top_fees: Usd | None = None
    size: Qty = Qty(0)
    cost: Usd = ZERO_USD
    fees: Usd = ZERO_USD
    profit: Usd = ZERO_USD
    limits: Mapping[Venue, Px] | None = None
    why_not: str = ""
    """Why there is no size."""

    @property
    def top_net(self) -> Usd | None:
        """What one contract of each earns at the best prices, before the venues' rounding."""
        if self.top_cost is None or self.top_fees is None:
            return None
        return Usd(MICRO - self.top_cost - self.top_fees)


@attrs.frozen
class PairEdges:
    """Both directions of one recording."""

    line: int
    """Of the file, counted from 1."""
    event_key: str | None
    recorded_at: str | None
    verified: bool | None
    refused: str | None
    """Why nobody should trade on it; None where nothing speaks against it."""
    edges: tuple[Edge, Edge]
    malformed: bool
    """The line could not be read; `refused` says why."""

    def as_json(self) -> dict[str, object]:
        """One line of output; see the top of this module."""
        return {
            "event_key": self.event_key,
            "recorded_at": self.recorded_at,
            "verified": self.verified,
            "refused": self.refused,
            "directions": [_edge_json(edge) for edge in self.edges],
        }

    def lines(self) -> list[str]:
        """The same for people."""
        head = " ".join(
            text for text in (self.event_key or f"line {self.line}", self.recorded_at) if text
        )
        if self.malformed:
            return [f"{head}  REFUSED: {self.refused}"]
        verdict = f"REFUSED: {self.refused}" if self.refused else "verified"
        return [f"{head}  {verdict}", *(f"  {_edge_line(edge)}" for edge in self.edges)]


def edges(path: Path) -> Iterator[PairEdges]:
    """Work out a file, line by line; each line that is not empty gives one result.

    Raises Refused where the file cannot be read.
    """
    for recording in read_recordings(path):
        yield edges_of(recording)


def edges_of(recording: Recording) -> PairEdges:
    """Work out one recording."""
    objections = recording.objections
    both = _nothing("not legible")
    if recording.recorded is not None:
        objections = (*_objections(recording.recorded), *objections)
        both = _edges(recording.recorded)
    return PairEdges(
        line=recording.line,
        event_key=recording.event_key,
        recorded_at=recording.recorded_at,
        verified=recording.verified,
        refused="; ".join(objections) or None,
        edges=both,
        malformed=recording.malformed,
    )


def assumptions() -> str:
    """What the figures rest on, for people."""
    return (
        f"Kalshi's fee is assumed to be {KALSHI_RULE.fee_type} x {KALSHI_RULE.multiplier}:"
        " the recordings do not say. Net is after the fees of both venues."
    )


# --- figures ------------------------------------------------------------------------------------


def _objections(recorded: Recorded) -> list[str]:
    """What is said of the pair, and what the firewall says of the books."""
    found = []
    if not recorded.pair.verified:
        found.append(f"pair not verified: {recorded.pair.reason}")
    for template in _templates(recorded):
        objection = inspect(template, _views(recorded), recorded.kalshi.heard_ns, SOUND)
        if objection is not None and objection.reason not in _NO_FAULT:
            found.append(_words(objection))
    return list(dict.fromkeys(found))


def _edges(recorded: Recorded) -> tuple[Edge, Edge]:
    on_kalshi, on_polymarket = _templates(recorded)
    return (
        _edge(on_kalshi, recorded, Venue.KALSHI, Venue.POLYMARKET),
        _edge(on_polymarket, recorded, Venue.POLYMARKET, Venue.KALSHI),
    )


def _edge(template: Template, recorded: Recorded, yes_on: Venue, no_on: Venue) -> Edge:
    offers = [
        Offer.of(view, leg.outcome)
        for leg, view in zip(template.legs, _views(recorded), strict=True)
    ]
    edge = Edge(yes_on, no_on, top_cost=_top_cost(offers))
    if not recorded.fees_known:
        return attrs.evolve(edge, why_not="a fee is not known")
    edge = attrs.evolve(edge, top_fees=_top_fees(offers))
    found = sweep(template, offers, LIMITS)
    if isinstance(found, Objection):
        return attrs.evolve(edge, why_not=_words(found))
    return _at_best_size(edge, found)


def _at_best_size(edge: Edge, plan: Plan) -> Edge:
    kalshi, polymarket = plan.legs
    return attrs.evolve(
        edge,
        size=plan.size,
        cost=plan.cost,
        fees=plan.fees,
        profit=plan.profit,
        limits={Venue.KALSHI: kalshi.limit, Venue.POLYMARKET: polymarket.limit},
    )


def _top_cost(offers: list[Offer]) -> Usd | None:
    if not all(offer.ladder for offer in offers):
        return None
    return Usd(sum(offer.ladder[0][0] for offer in offers))


def _top_fees(offers: list[Offer]) -> Usd | None:
    """Both formulas, a contract each; what a table of all-in costs adds to the price."""
    fees = 0
    for offer in offers:
        if not offer.ladder:
            return None
        px = offer.ladder[0][0]
        fees += ceil_div(all_in(offer.market.fees)[px] - px * MICRO, MICRO)
    return Usd(fees)


def _templates(recorded: Recorded) -> tuple[Template, Template]:
    """The lane's baskets, as if the pair were verified: for their figures alone."""
    markets = {view.market.id: view.market for view in _views(recorded)}
    return directions(recorded.as_if_verified, markets)


def _views(recorded: Recorded) -> Both:
    return recorded.kalshi, recorded.polymarket


def _nothing(why: str) -> tuple[Edge, Edge]:
    return (
        Edge(Venue.KALSHI, Venue.POLYMARKET, why_not=why),
        Edge(Venue.POLYMARKET, Venue.KALSHI, why_not=why),
    )


# --- words --------------------------------------------------------------------------------------


def _edge_json(edge: Edge) -> dict[str, object]:
    return {
        "yes_on": edge.yes_on.value,
        "no_on": edge.no_on.value,
        "top_cost": _text(edge.top_cost),
        "top_fees": _text(edge.top_fees),
        "top_net": _text(edge.top_net),
        "size": plain_text(edge.size),
        "cost": plain_text(edge.cost),
        "fees": plain_text(edge.fees),
        "profit": plain_text(edge.profit),
        "limit_prices": None if edge.limits is None else _limits(edge.limits),
    }


def _limits(limits: Mapping[Venue, Px]) -> dict[str, str]:
    """Each in its venue's usual spelling."""
    return {
        Venue.KALSHI.value: decimal_text(limits[Venue.KALSHI], _KALSHI_PLACES),
        Venue.POLYMARKET.value: plain_text(limits[Venue.POLYMARKET]),
    }


def _edge_line(edge: Edge) -> str:
    top = "a side is empty"
    if edge.top_cost is not None:
        fees, net = (_text(value) or "?" for value in (edge.top_fees, edge.top_net))
        top = f"top {plain_text(edge.top_cost)} + fees {fees} = net {net}"
    legs = f"YES {edge.yes_on:<10} NO {edge.no_on:<10} {top}"
    if edge.limits is None:
        return f"{legs}; no size: {edge.why_not}"
    worst = ", ".join(f"{venue} {px}" for venue, px in _limits(edge.limits).items())
    return (
        f"{legs}; best size {plain_text(edge.size)}: cost {plain_text(edge.cost)},"
        f" fees {plain_text(edge.fees)}, profit {plain_text(edge.profit)}, worst {worst}"
    )


def _text(value: int | None) -> str | None:
    return None if value is None else plain_text(value)


def _words(objection: Objection) -> str:
    return f"{objection.reason}: {objection.detail}" if objection.detail else objection.reason.value
