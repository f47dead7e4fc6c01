"""What people look at: a projection of the messages, kept small and never asked by an actor.

The terminal, the summary and the dashboard read it. Nothing here decides anything.
"""

from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from typing import assert_never

import attrs

from arb.detect.basket import Plan, TemplateId
from arb.detect.episodes import Episode, Episodes
from arb.detect.funnel import Example, Funnel, Stage
from arb.detect.isolation import LaneFigures
from arb.detect.score import Score
from arb.market.units import MICRO, Clock, Ns
from arb.messages import (
    AccountRead,
    Approved,
    BasketEnd,
    BasketEnded,
    BasketId,
    BetSeen,
    BooksSeen,
    BreakersSeen,
    Declined,
    DeskEvent,
    FeedId,
    FeedSeen,
    FillStatus,
    LanesSeen,
    MoneySeen,
    Noted,
    OrderEnded,
    OrderFilled,
    OrderSent,
    PairsSeen,
    Rejected,
    Settlement,
    Sighted,
    StandingChanged,
    UnwindChosen,
    VitalsSeen,
)
from arb.redaction import SECRETS
from arb.risk.bet_tally import BetTally
from arb.risk.curve import Curve
from arb.risk.ledger import Pool
from arb.trade.blotter import Blotter

FRESH_NS = 10_000_000_000
"""A sighting older than this is no current basket."""
REACH_NS = 1_000_000_000
"""From the books to a venue's answer, and a bit more: live medians of an answer are 600 ms."""
MOST_OPEN = 1_000
"""Episodes kept open at once."""
CURVE_STEP_NS = 1_000_000_000
KEPT = 50
"""Notes and ended baskets kept for people to read."""
_WHOLE = frozenset({BasketEnd.COMPLETED, BasketEnd.REDUCED})
"""Ends of baskets whose legs hedge each other."""


@attrs.define
class FeedLine:
    """One connection."""

    connected: bool = False
    frames: int = 0
    cuts: int = 0
    gaps: int = 0
    note: str = ""
    heard_ns: Ns = Ns(0)
    """When it last brought anything."""


@attrs.define
class Board:
    """Everything worth showing, as of the last message."""

    now_ns: Clock
    started_ns: Ns
    feeds: dict[FeedId, FeedLine] = attrs.field(factory=dict)
    books: BooksSeen = attrs.field(factory=lambda: BooksSeen(0, 0, 0, 0, 0, 0))
    pairs: PairsSeen = attrs.field(factory=lambda: PairsSeen(0, 0, 0, 0))
    sightings: Episodes = attrs.field(factory=lambda: Episodes(FRESH_NS, MOST_OPEN))
    """Opportunities, counted once each however often they were seen."""
    shown: int = 0
    """Best profit of every episode that is over, summed: shown, not attempted, micro-dollars."""
    attemptable: int = 0
    """The same of those that were taken, or lasted for as long as taking one takes."""
    refusals: Counter[str] = attrs.field(factory=Counter)
    """Baskets that were not taken, by reason."""
    last_refusal: dict[str, str] = attrs.field(factory=dict)
    funnel: Funnel = attrs.field(factory=Funnel)
    """How far baskets came, by lane, and why no further."""
    lanes: dict[str, LaneFigures] = attrs.field(factory=dict)
    bets: BetTally = attrs.field(factory=BetTally)
    """Of the statistical lanes."""
    asked_again: int = 0
    """Books asked for anew because a basket was refused on doubt."""
    in_flight: dict[BasketId, Approved] = attrs.field(factory=dict)
    attempted: int = 0
    ends: Counter[str] = attrs.field(factory=Counter)
    ended: deque[tuple[Approved, BasketEnded]] = attrs.field(factory=lambda: deque(maxlen=KEPT))
    fills: int = 0
    fees: int = 0
    paid: int = 0
    """Paid less received for contracts, fees included, micro-dollars."""
    guaranteed: int = 0
    """What the complete sets of ended baskets must pay, micro-dollars."""
    settled: int = 0
    """What resolved markets paid, micro-dollars."""
    cash: dict[Pool, int] = attrs.field(factory=dict)
    positions: dict[str, int] = attrs.field(factory=dict)
    """Markets with contracts, by venue."""
    standing: StandingChanged | None = None
    """How far trading is stopped; None before anybody said."""
    notes: deque[Noted] = attrs.field(factory=lambda: deque(maxlen=KEPT))
    noted: Counter[str] = attrs.field(factory=Counter)
    """Notes by kind."""
    planned: int = 0
    """Profit that attempted baskets were meant to bring, micro-dollars."""
    blotter: Blotter = attrs.field(factory=Blotter)
    ledger: MoneySeen | None = None
    """The treasurer's account; None before the first."""
    equity: Curve = attrs.field(factory=lambda: Curve(CURVE_STEP_NS))
    """Realised, and what all ended baskets made, micro-dollars."""
    breakers: BreakersSeen = attrs.field(factory=lambda: BreakersSeen(()))
    vitals: VitalsSeen = attrs.field(factory=lambda: VitalsSeen((), ()))
    scores: OrderedDict[TemplateId, Score] = attrs.field(factory=OrderedDict)
    """Of baskets sighted lately."""
    heard: dict[str, Ns] = attrs.field(factory=dict)
    """When each kind of message came last: some are as regular as a pulse."""
    dashboard: str = ""
    """Its address; "" where there is none, or not yet."""
    lag_ns: int = 0
    """How late the desk's own timer was when it last rang."""

    def take(self, event: DeskEvent) -> None:  # noqa: C901, PLR0912 - one line a kind of message
        """Take one message into account."""
        self.heard[type(event).__name__] = self.now_ns()
        match event:
            case FeedSeen():
                self._feed(event)
            case BooksSeen():
                self.books = event
            case PairsSeen():
                self.pairs = event
            case Sighted():
                self._sighted(event)
            case Rejected():
                self._rejected(event)
            case LanesSeen():
                self.lanes.update({one.lane: one for one in event.lanes})
                self.asked_again = event.asked_again
            case Declined():
                self._declined(event)
            case Approved():
                self._approved(event)
            case OrderFilled():
                self._filled(event)
            case BetSeen():
                self.bets.see(event)
            case Settlement():
                self.settled += event.usd
                self.bets.settle(event)
            case BasketEnded():
                self._ended(event)
            case AccountRead():
                self._account(event)
            case StandingChanged():
                self.standing = event
            case OrderSent():
                self.blotter.sent(event)
            case OrderEnded():
                self.blotter.ended(event)
            case UnwindChosen():
                self.blotter.chose(event)
            case MoneySeen():
                self._money(event)
            case BreakersSeen():
                self.breakers = event
            case VitalsSeen():
                self.vitals = event
            case Noted():
                self.notes.append(attrs.evolve(event, text=SECRETS.strike_out(event.text)))
                self.noted[event.kind] += 1
            case _:
                assert_never(event)

    def _feed(self, event: FeedSeen) -> None:
        line = self.feeds.setdefault(event.feed, FeedLine())
        line.cuts += line.connected and not event.connected
        line.connected = event.connected
        line.frames += event.frames
        line.gaps += event.gaps
        if event.frames:
            line.heard_ns = self.now_ns()
        line.note = SECRETS.strike_out(event.note)

    def _rejected(self, event: Rejected) -> None:
        text = f"{event.title}: {event.detail}"
        self._refuse(event.reason, text)
        self.funnel.reach(event.lane, Stage.LOOKED)
        example = Example(text, event.at_ns)
        self.funnel.refuse(event.lane, Stage.FOUND, event.reason, example, event.markets)

    def _sighted(self, event: Sighted) -> None:
        self.sightings.see(event.plan, event.at_ns)
        self._score(event)
        lane = event.plan.template.lane
        self.funnel.reach(lane, Stage.LOOKED)
        self.funnel.reach(lane, Stage.FOUND)
        if event.why_not:
            self.sightings.explain(event.plan.template.id, event.why_not)
            self._lose(event.plan, Stage.APPROVED, event.why_not, event.at_ns)
        self._sum_ended()

    def _score(self, event: Sighted) -> None:
        if event.score is None:
            return
        name = event.plan.template.id
        self.scores[name] = event.score
        self.scores.move_to_end(name)
        if len(self.scores) > MOST_OPEN:
            self.scores.popitem(last=False)

    def _money(self, event: MoneySeen) -> None:
        self.ledger = event
        figures = (event.realised, event.made)
        self.equity.add(event.at_ns, figures)

    def _approved(self, event: Approved) -> None:
        self.attempted += 1
        self.planned += event.plan.profit
        self.in_flight[event.basket] = event
        self.sightings.take(event.plan.template.id)
        self.funnel.reach(event.plan.template.lane, Stage.APPROVED)

    def _lose(self, plan: Plan, stage: Stage, why_not: str, at_ns: Ns) -> None:
        """Note in the funnel that a plan came no further."""
        template = plan.template
        reason, _, detail = why_not.partition(": ")
        example = Example(": ".join(filter(None, (template.title, detail))), at_ns)
        markets = [leg.market for leg in template.legs]
        self.funnel.refuse(template.lane, stage, reason, example, markets)

    def _sum_ended(self) -> None:
        ended = self.sightings.fetch_ended(self.now_ns())
        self.shown += sum(episode.best_profit for episode in ended)
        self.attemptable += sum(one.best_profit for one in ended if _could_be_attempted(one))

    def _refuse(self, reason: str, example: str) -> None:
        self.refusals[reason] += 1
        self.last_refusal[reason] = example

    def _declined(self, event: Declined) -> None:
        self._refuse(event.reason.split(":")[0], f"{event.template}: {event.reason}")
        self.sightings.explain(event.template, event.reason)
        episode = self.sightings.current(event.template)
        if episode is not None:
            self._lose(episode.plan, Stage.APPROVED, event.reason, episode.last_ns)

    def _filled(self, event: OrderFilled) -> None:
        self.blotter.filled(event)
        fill = event.fill
        sign = -1 if fill.status is FillStatus.REVERSED else 1
        self.fills += sign
        self.fees += sign * fill.fee
        self.paid -= sign * fill.flow

    def _ended(self, event: BasketEnded) -> None:
        self.ends[event.end] += 1
        event = attrs.evolve(event, note=SECRETS.strike_out(event.note))
        approved = self.in_flight.pop(event.basket, None)
        if approved is not None:
            self.guaranteed += approved.plan.template.payout * event.sets // MICRO
            self.ended.append((approved, event))
            if event.end in _WHOLE:
                self.funnel.reach(approved.plan.template.lane, Stage.COMPLETED)
            else:
                why_not = f"{event.end}: {event.note}"
                self._lose(approved.plan, Stage.COMPLETED, why_not, event.at_ns)

    def _account(self, event: AccountRead) -> None:
        self.cash.update({(b.venue, b.pool): b.usd for b in event.balances})
        self.positions[event.venue] = len(event.positions)

    @property
    def age_ns(self) -> int:
        """Since the start."""
        return self.now_ns() - self.started_ns

    def feed_age_ns(self, feed: FeedId) -> int:
        """Since a connection last brought anything, or since the start."""
        return self.now_ns() - max(self.feeds[feed].heard_ns, self.started_ns)

    @property
    def money(self) -> dict[str, int]:
        """Profit in micro-dollars, by what it is.

        `shown`: what episodes promised that are over. `attemptable`: those of them that were taken,
        or lasted long enough. `attempted`: what the baskets begun were
        meant to bring. `locked`: what complete sets must pay, less what all fills cost.
        """
        locked = self.guaranteed - self.paid
        return {
            "shown": self.shown,
            "attemptable": self.attemptable,
            "attempted": self.planned,
            "locked": locked,
        }

    @property
    def frames(self) -> int:
        """Frames over all connections."""
        return sum(line.frames for line in self.feeds.values())

    @property
    def episodes(self) -> int:
        """Opportunities since the start."""
        return self.sightings.opened

    def best(self, most: int) -> Sequence[Episode]:
        """The baskets that the books show now, most profitable first."""
        self._sum_ended()
        return self.sightings.going_on()[:most]


def _could_be_attempted(episode: Episode) -> bool:
    return episode.taken or episode.last_ns - episode.first_ns >= REACH_NS
