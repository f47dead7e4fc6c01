"""The desk where a person decides on pairs: what lies there, and what a decision needs.

It works on what both venues list now and on the store, with a bot running beside it or not. A bot
that runs heeds a no with its next look at the lists, and a yes at its next start.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

import attrs

from arb.discovery import discover
from arb.market.errors import ArbError, Refused
from arb.market.instruments import MarketId, Venue
from arb.market.units import Clock, Ns
from arb.outside import Surroundings, Venues, open_venues
from arb.pairing.alignment import Alignment, judge_event
from arb.pairing.candidates.events import Listing, pair_events
from arb.pairing.candidates.finder import Candidate
from arb.pairing.candidates.reach import Reach
from arb.pairing.candidates.search import find
from arb.pairing.decision import Decision, Decisions, Origin, PairDecided, PairKey, handle, latest
from arb.pairing.docket import Entry, draw_up
from arb.pairing.enrolment import Enroller, Enrolment
from arb.pairing.examination import Examined, Examiner
from arb.pairing.flag import Flag, FlagKind
from arb.pairing.pair import Pair
from arb.pairing.question import Question
from arb.pairing.questions import fingerprint
from arb.roll import Called, call_roll, decisions_in, examiner_of
from arb.settings import Pairs, Settings
from arb.store.journal import Journal

TOLD_EVERY = 10_000
"""Candidates between two words of progress."""
EVENTS_EACH = 3
"""Events of the other venue whose outcomes are put beside those of one event."""
Say = Callable[[str], None]


@attrs.frozen
class Desk:
    """Both venues' questions, the decisions, and where these are kept."""

    examiner: Examiner
    decisions: Decisions
    called: Called
    pairs: Sequence[Pair]
    """The map in force."""
    store_file: Path
    embedded: bool
    """The venues, and all decisions about them that no person made, are new at every start."""
    now_ns: Clock
    reach: Reach = attrs.field(factory=Reach)
    """How far candidates are searched for."""

    # --- looking ---

    def known(self) -> dict[PairKey, int | None]:
        """Pairs that somebody has said something about."""
        claimed = [(one.kalshi, one.polymarket) for one in self.pairs]
        return dict.fromkeys((*self.decisions, *claimed))

    def candidates(self, most: int, say: Say) -> dict[PairKey, int | None]:
        """The likeliest pairs among all questions that nobody has decided on, at most so many."""
        ours, theirs = (self._events(venue) for venue in (Venue.POLYMARKET, Venue.KALSHI))
        scores: dict[PairKey, int] = {}
        for found in self._searched(ours, theirs):
            key = MarketId(found.kalshi), MarketId(found.polymarket)
            scores[key] = max(found.score_ppm, scores.get(key, 0))
            if len(scores) % TOLD_EVERY == 0:
                say(f"{len(scores):,} candidates so far")
        ranked = sorted((-score, key) for key, score in scores.items())
        undecided = ((key, -score) for score, key in ranked if key not in self.decisions)
        return dict(islice(undecided, most))

    def _searched(self, ours: Listing, theirs: Listing) -> Iterator[Candidate]:
        """Look for likely pairs question by question, and by their place in alike events."""
        mine, others = (chain.from_iterable(events.values()) for events in (ours, theirs))
        yield from find(mine, others, self.reach)
        for event in pair_events(ours, theirs, attrs.evolve(self.reach, best=EVENTS_EACH)):
            yield from event.outcomes

    def _events(self, venue: Venue) -> dict[str, list[Question]]:
        """A venue's questions by event, named after its first market."""
        events: dict[str, list[Question]] = {}
        for market, question in self.examiner.questions.items():
            if question.venue is venue:
                siblings = self.examiner.siblings.get(market) or (market,)
                events.setdefault(siblings[0], []).append(question)
        return events

    def align(self, key: PairKey) -> Alignment:
        """Say which outcome of one event is which of the other, for the events of a pair.

        Of large events only so many outcomes are compared, those with names like the pair's.
        """
        kalshi, polymarket = (
            [self.examiner.questions[one] for one in (market, *self.examiner.likest(market))]
            for market in key
        )
        return judge_event(polymarket, kalshi)

    def entries(self, keys: dict[PairKey, int | None]) -> list[Entry]:
        """Judge pairs and put them in order."""
        return draw_up(keys, self.examiner, self.decisions, self.called.roll, self.called.flags)

    def find(self, names: Sequence[str], say: Say) -> PairKey:
        """The pair that goes by a handle, or by both its markets in any order. Raises Refused."""
        if len(names) > 1:
            return self._both(names)
        for keys in (self.known, lambda: self.candidates(len(self.examiner.questions) * 10, say)):
            for key in keys():
                if handle(*key) == names[0].lower():
                    return key
        raise Refused(
            f"no pair goes by {names[0]!r}: name it as `arb pairs list` does, or by both markets"
        )

    def _both(self, names: Sequence[str]) -> PairKey:
        by_venue = {name.partition(":")[0]: MarketId(name) for name in names}
        if len(names) != len(Venue) or by_venue.keys() != set(Venue):
            raise Refused("a pair is a market of each venue: kalshi:... and polymarket:...")
        return by_venue[Venue.KALSHI], by_venue[Venue.POLYMARKET]

    # --- deciding ---

    def approve(self, key: PairKey, ask: "Approval") -> tuple[PairDecided, Examined]:
        """Say yes to a pair. Raises Refused where something speaks against it that was not named.

        What texts say against it can be overruled, knowingly; the map and other pairs cannot: they
        have to be changed first.
        """
        before = self.decisions.get(key)
        if before is not None and before.decision is Decision.APPROVED and not self._flagged(key):
            raise Refused(f"approved already, by {before.who}: {before.why}")
        examined, yes_is_yes = self._examined(key, ask)
        fatal = [flag for flag in examined.obstacles if flag.kind is FlagKind.UNKNOWN_MARKET]
        fatal += self._conflicts(key, yes_is_yes=yes_is_yes)
        obstacles = dict.fromkeys((*fatal, *(() if ask.despite else examined.obstacles)))
        if obstacles:
            raise Refused("\n".join(flag.line for flag in obstacles))
        return self._decided(key, Decision.APPROVED, yes_is_yes, ask, examined.facts), examined

    def _examined(self, key: PairKey, ask: "Approval") -> tuple[Examined, bool]:
        """Read the texts, for the side that the person or the texts name. Raises Refused."""
        same = Pair(*key, polymarket_yes_is_kalshi_yes=True, verified=True, reason="", source="")
        examined = self.examiner.examine(same)
        told = examined.verdict.yes_is_yes if examined.verdict else None
        chosen = told if ask.yes_is_yes is None else ask.yes_is_yes
        if chosen is None and not examined.obstacles:
            raise Refused("the texts do not tell which side is which: say --yes-is yes or no")
        if chosen is False:
            examined = self.examiner.examine(attrs.evolve(same, polymarket_yes_is_kalshi_yes=False))
        return examined, chosen is not False

    def _conflicts(self, key: PairKey, *, yes_is_yes: bool) -> Iterator[Flag]:
        for one in self.decisions.values():
            approved = one.decision is Decision.APPROVED and one.yes_is_yes is yes_is_yes
            if approved and one.key != key and set(one.key) & set(key):
                text = f"approved already with another: {handle(*one.key)}: reject that first"
                yield Flag(FlagKind.SHARED, *key, text)
        for claim in self.pairs:
            agrees = claim.verified and claim.polymarket_yes_is_kalshi_yes is yes_is_yes
            if (claim.kalshi, claim.polymarket) == key and not agrees:
                text = f"the map says otherwise: {claim.reason} ({claim.source})"
                yield Flag(FlagKind.CONTRADICTED, *key, text)

    def _flagged(self, key: PairKey) -> bool:
        return any((flag.kalshi, flag.polymarket) == key for flag in self.called.roll.flags)

    def reject(self, key: PairKey, ask: "Approval") -> PairDecided:
        """Say no to a pair, whatever a map says. Raises Refused for markets nobody has heard of."""
        before = self.decisions.get(key)
        missing = [market for market in key if market not in self.examiner.questions]
        if before is None and missing:
            raise Refused(f"not listed for trading: {', '.join(missing)}")
        yes_is_yes = before.yes_is_yes if before else True
        return self._decided(key, Decision.REJECTED, yes_is_yes, ask, ())

    def take_in(self, claims: Sequence[Pair], *, despite: bool) -> Enrolment:
        """Decide by a map, as a person who vouches for each pair in it."""
        now_ns = self.now_ns()
        enroller = Enroller(self.examiner, self.decisions, Origin.DESK, now_ns, despite=despite)
        return enroller.enrol(claims)

    def _decided(
        self,
        key: PairKey,
        decision: Decision,
        yes_is_yes: bool,  # noqa: FBT001 - a fact among facts
        ask: "Approval",
        facts: tuple[str, ...],
    ) -> PairDecided:
        questions = self.examiner.questions
        kalshi, polymarket = (
            fingerprint(questions[market]) if market in questions else "" for market in key
        )
        return PairDecided(
            kalshi=key[0],
            polymarket=key[1],
            decision=decision,
            yes_is_yes=yes_is_yes,
            origin=Origin.DESK,
            who=ask.who,
            why=ask.why,
            at_ns=self.now_ns(),
            kalshi_text=kalshi,
            polymarket_text=polymarket,
            facts=facts,
        )

    def keep(self, decisions: Sequence[PairDecided]) -> None:
        """Write decisions down. Raises StoreFailed."""
        self.store_file.parent.mkdir(parents=True, exist_ok=True)
        journal = Journal(self.store_file)
        try:
            journal.write(decisions)
        finally:
            journal.close()


@attrs.frozen
class Approval:
    """What a person says beside yes or no."""

    who: str
    why: str
    yes_is_yes: bool | None = None
    """None: as the texts say."""
    despite: bool = False
    """What the texts say against it was read and overruled."""


async def open_desk(settings: Settings, around: Surroundings, say: Say) -> Desk | ArbError:
    """Read what is listed and what was decided.

    Returns what went wrong instead of raising it: the venues' block would wrap it in a group.
    """
    async with open_venues(settings, around) as venues:
        try:
            return await _read(settings, venues, say)
        except ArbError as error:
            return error


async def _read(settings: Settings, venues: Venues, say: Say) -> Desk:
    catalogues = await discover(venues.outside, say)
    decided = decisions_in(venues)
    now_ns = venues.outside.now_ns
    called = call_roll(catalogues, venues, decided, settings, Ns(now_ns()))
    return Desk(
        examiner=examiner_of(catalogues),
        decisions=latest((*decided, *called.decisions)),
        called=called,
        pairs=venues.pairs,
        store_file=venues.store_file,
        embedded=venues.world is not None,
        now_ns=now_ns,
        reach=reach_of(settings.pairs),
    )


def reach_of(knobs: Pairs) -> Reach:
    """How far the settings let a search look."""
    return Reach(
        best=knobs.candidates_each,
        shortlist=knobs.compared_each,
        common=knobs.block_questions,
        visits=knobs.block_visits,
        kalshi_earlier_days=knobs.kalshi_earlier_days,
        kalshi_later_days=knobs.kalshi_later_days,
    )
