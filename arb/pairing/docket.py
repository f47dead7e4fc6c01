"""What lies on the desk: every pair that somebody decided on, or that may deserve a decision."""

from collections.abc import Iterable, Iterator, Mapping

import attrs

from arb.market.instruments import MarketId
from arb.pairing.approval import Roll
from arb.pairing.decision import Decision, Decisions, PairDecided, PairKey, handle
from arb.pairing.examination import Examiner
from arb.pairing.finding import Ruling, Verdict
from arb.pairing.flag import Flag, FlagKind
from arb.pairing.pair import Pair
from arb.pairing.pairs_file import write_pairs

_ORDER = (Ruling.SAME, Ruling.PERSON, Ruling.DIFFERENT)


@attrs.frozen
class Entry:
    """One pair and all that is known of it."""

    kalshi: MarketId
    polymarket: MarketId
    decided: PairDecided | None
    """None: a candidate."""
    verdict: Verdict | None
    """None where a market is not listed."""
    flags: tuple[Flag, ...]
    verified: bool
    """Baskets rely on it, or will once it has been observed."""
    score_ppm: int | None = None
    """How alike the two look; None where no search found the pair."""

    @property
    def handle(self) -> str:
        """Its short name."""
        return handle(self.kalshi, self.polymarket)

    @property
    def status(self) -> str:
        """A word for how it stands."""
        return "candidate" if self.decided is None else str(self.decided.decision)

    @property
    def ruling(self) -> str:
        """What the texts say: SAME is only an opinion, and none where another market fits too."""
        if self.verdict is None:
            return "unknown"
        ambiguous = any(flag.kind is FlagKind.AMBIGUOUS for flag in self.flags)
        if ambiguous and self.verdict.ruling is Ruling.SAME:
            return str(Ruling.PERSON)
        return str(self.verdict.ruling)


def draw_up(
    keys: Mapping[PairKey, int | None],
    examiner: Examiner,
    decisions: Decisions,
    roll: Roll,
    known_flags: Iterable[Flag],
) -> list[Entry]:
    """Judge pairs, scores by pair, and put them in the order in which a person wants them.

    What is flagged comes first, then what was decided, then candidates, the surest first.
    """
    questions = examiner.questions
    verdicts = {
        key: examiner.judge(questions[key[1]], questions[key[0]])
        for key in keys
        if key[0] in questions and key[1] in questions
    }
    open_ones = {key: one for key, one in verdicts.items() if not _rejected(decisions.get(key))}
    flags: dict[PairKey, list[Flag]] = {}
    for flag in (*known_flags, *_ambiguous(open_ones)):
        flags.setdefault((flag.kalshi, flag.polymarket), []).append(flag)
    verified = {pair.key for pair in roll.verified}
    entries = [
        Entry(
            kalshi=key[0],
            polymarket=key[1],
            decided=decisions.get(key),
            verdict=verdicts.get(key),
            flags=tuple(flags.get(key, ())),
            verified=key in verified,
            score_ppm=score,
        )
        for key, score in keys.items()
    ]
    return sorted(entries, key=_place)


def _ambiguous(verdicts: Mapping[PairKey, Verdict]) -> Iterator[Flag]:
    """Markets that have two twins on one side by the texts: one is as good as the other."""
    fits: dict[tuple[MarketId, bool | None], list[PairKey]] = {}
    same = [key for key, verdict in verdicts.items() if verdict.ruling is Ruling.SAME]
    for key in same:
        for market in key:
            fits.setdefault((market, verdicts[key].yes_is_yes), []).append(key)
    for key in same:
        side = verdicts[key].yes_is_yes
        others = [other for market in key for other in fits[market, side] if other != key]
        rivals = dict.fromkeys(one for other in others for one in other if one not in key)
        if rivals:
            yield Flag(FlagKind.AMBIGUOUS, *key, f"fits as well: {', '.join(rivals)}")


def _rejected(decided: PairDecided | None) -> bool:
    return decided is not None and decided.decision is Decision.REJECTED


def _place(entry: Entry) -> tuple[bool, bool, int, int, str]:
    is_candidate = entry.decided is None
    ruling = _ORDER.index(Ruling(entry.ruling)) if entry.verdict else len(_ORDER)
    confidence = entry.verdict.confidence_ppm if entry.verdict else 0
    is_flagged = not is_candidate and bool(entry.flags)
    return not is_flagged, is_candidate, ruling, -confidence, entry.handle


def export(decisions: Decisions) -> str:
    """Write what people said yes or no to as a map; what waits for a new look is left out."""
    kept = (Decision.APPROVED, Decision.REJECTED)
    pairs = [
        Pair(
            kalshi=one.kalshi,
            polymarket=one.polymarket,
            polymarket_yes_is_kalshi_yes=one.yes_is_yes,
            verified=one.decision is Decision.APPROVED,
            reason=one.why,
            source=one.who,
        )
        for one in decisions.values()
        if one.decision in kept
    ]
    return write_pairs(pairs)
