"""Which pairs may be traded now: the map, the desk's decisions and the listed texts together."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import attrs

from arb.market.instruments import Catalogue, MarketId
from arb.market.units import Ns
from arb.outside import Venues
from arb.pairing.approval import Roll, verify
from arb.pairing.decision import Origin, PairDecided, latest
from arb.pairing.enrolment import Enroller
from arb.pairing.examination import Examiner, siblings_of
from arb.pairing.flag import Flag
from arb.pairing.question import Question
from arb.pairing.questions import questions_of
from arb.pairing.verdict import judge
from arb.settings import Settings
from arb.store.journal import Journal

NS_PER_MS = 1_000_000
MOST_TOLD = 5
"""Flags of a kind that a start tells one by one; `arb pairs list --flagged` tells all."""


@attrs.frozen
class Called:
    """Who may trade, what is wrong with the others, and what has to be written down."""

    roll: Roll
    flags: tuple[Flag, ...]
    """All there are: of the map, and of what was decided."""
    decisions: tuple[PairDecided, ...]
    """Those that the map led to just now."""

    def lines(self) -> Iterator[str]:
        """What a start says of it."""
        counts = Counter(flag.kind for flag in self.flags)
        yield f"pairs: {len(self.roll.verified)} verified, {len(self.flags)} flagged"
        for kind, count in sorted(counts.items()):
            yield f"  {count} {kind}"
            told = [flag for flag in self.flags if flag.kind is kind][:MOST_TOLD]
            yield from (f"    {flag.line}" for flag in told)


def call_roll(
    catalogues: Sequence[Catalogue],
    venues: Venues,
    decided: Iterable[PairDecided],
    settings: Settings,
    now_ns: Ns,
) -> Called:
    """Take the map in and verify what stands; `decided` oldest first. Writes nothing."""
    known = list(decided)
    examiner = examiner_of(catalogues)
    enroller = Enroller(examiner, latest(known), venues.pairs_origin, now_ns)
    enrolment = enroller.enrol(venues.pairs)
    decisions = (*enroller.withdraw(venues.pairs), *enrolment.decisions)
    standing = latest((*known, *decisions))
    roll = verify(standing, examiner.questions, settings.pairs.observe_ms * NS_PER_MS)
    return Called(roll, (*enrolment.flags, *roll.flags), decisions)


def decisions_in(venues: Venues) -> tuple[PairDecided, ...]:
    """Everything decided in the store that goes with these venues; nothing where there is none.

    Embedded venues are new at every start: of their last store only what people decided is kept,
    which holds where the same questions are listed with the same texts again. Raises StoreFailed.
    """
    if not venues.store_file.exists():
        return ()
    journal = Journal(venues.store_file)
    try:
        decided = journal.pair_decisions()
    finally:
        journal.close()
    if venues.world is None:
        return decided
    return tuple(one for one in decided if one.origin is Origin.DESK)


def examiner_of(catalogues: Iterable[Catalogue]) -> Examiner:
    """Whoever holds pairs against what is listed."""
    questions: dict[MarketId, Question] = {}
    siblings: dict[MarketId, Sequence[MarketId]] = {}
    for catalogue in catalogues:
        questions |= questions_of(catalogue)
        siblings |= siblings_of(catalogue)
    return Examiner(questions, siblings, judge)
