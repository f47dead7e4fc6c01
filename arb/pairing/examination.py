"""What the texts say of a pair that somebody vouches for."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import attrs
from rapidfuzz import fuzz, process

from arb.market.instruments import Catalogue, MarketId
from arb.pairing.approval import Questions
from arb.pairing.finding import Finding, Ruling, Verdict
from arb.pairing.flag import Flag, FlagKind
from arb.pairing.pair import Pair
from arb.pairing.question import Question

Judge = Callable[[Question, Question], Verdict]
"""`verdict.judge`: of Polymarket's question and Kalshi's."""
Siblings = Mapping[MarketId, Sequence[MarketId]]
"""The markets of each listed market's event, itself among them."""
RIVALS = 5
"""Markets of an event that are held against the one that is meant: those with the likest names."""
COMPARED = 20
"""Markets of an event at most that a person is shown beside the ones of the other venue."""
RIVAL_LIKENESS = 85
"""Of two names, of 100: unlike names are other outcomes, and reading every text takes long."""
NEAR = 80
"""From this likeness of two ids on, of 100, one may be the other mistyped."""


@attrs.frozen
class Examined:
    """What came of it."""

    verdict: Verdict | None
    """None where nobody read the texts, or a market is not listed."""
    obstacles: tuple[Flag, ...]
    """What a person has to answer before the pair may be approved."""
    doubts: tuple[Flag, ...]
    """What the texts leave open."""

    @property
    def facts(self) -> tuple[str, ...]:
        """What was read, a line each: agreements first, then what spoke against."""
        if self.verdict is None:
            return ()
        return tuple(one.text for one in (*self.verdict.evidence, *self.verdict.vetoes))


@attrs.frozen
class Examiner:
    """Holds pairs against the questions that are listed."""

    questions: Questions
    siblings: Siblings
    judge: Judge

    def examine(self, pair: Pair) -> Examined:
        """Compare both texts, and look for other markets that fit as well."""
        located = self.locate(pair)
        if located.obstacles:
            return located
        verdict = self._verdict(pair.polymarket, pair.kalshi)
        doubts: tuple[Flag, ...] = ()
        if verdict.ruling is Ruling.PERSON:
            doubts = (self._flag(FlagKind.DOUBT, pair, _texts(verdict.vetoes)),)
        return Examined(verdict, tuple(self._obstacles(pair, verdict)), doubts)

    def locate(self, pair: Pair) -> Examined:
        """See only whether both markets are listed."""
        missing = [one for one in (pair.kalshi, pair.polymarket) if one not in self.questions]
        flags = [self._flag(FlagKind.UNKNOWN_MARKET, pair, self._unknown(one)) for one in missing]
        return Examined(None, tuple(flags), ())

    def _obstacles(self, pair: Pair, verdict: Verdict) -> Iterator[Flag]:
        if verdict.ruling is Ruling.DIFFERENT:
            yield self._flag(FlagKind.VETOED, pair, _texts(verdict.vetoes))
        if verdict.yes_is_yes not in {None, pair.polymarket_yes_is_kalshi_yes}:
            words = "YES" if verdict.yes_is_yes else "NO"
            text = f"by the texts, Kalshi's YES is Polymarket's {words}"
            yield self._flag(FlagKind.POLARITY, pair, text)
        rivals = [*self._rivals(pair)]
        if rivals:
            yield self._flag(FlagKind.AMBIGUOUS, pair, f"fits as well: {', '.join(rivals)}")

    def _rivals(self, pair: Pair) -> Iterator[MarketId]:
        """Other markets of the two events whose texts are the same question, on the same side."""
        same = pair.polymarket_yes_is_kalshi_yes
        for rival in self.likest(pair.kalshi, RIVAL_LIKENESS)[:RIVALS]:
            if _fits(self._verdict(pair.polymarket, rival), same=same):
                yield rival
        for rival in self.likest(pair.polymarket, RIVAL_LIKENESS)[:RIVALS]:
            if _fits(self._verdict(rival, pair.kalshi), same=same):
                yield rival

    def likest(self, market: MarketId, likeness: int = 0) -> list[MarketId]:
        """The other listed markets of its event, those with names like its own first.

        At most `COMPARED` of them, and none below a likeness of 0 to 100.
        """
        names = {
            one: self._name(one)
            for one in self.siblings.get(market, ())
            if one != market and one in self.questions
        }
        found = process.extract(
            self._name(market),
            names,
            scorer=fuzz.token_set_ratio,
            limit=COMPARED,
            score_cutoff=likeness,
        )
        return [key for _, _, key in found]

    def _name(self, market: MarketId) -> str:
        question = self.questions[market]
        return question.outcome or question.title

    def _verdict(self, polymarket: MarketId, kalshi: MarketId) -> Verdict:
        return self.judge(self.questions[polymarket], self.questions[kalshi])

    def _unknown(self, market: MarketId) -> str:
        """Say that a market is not listed, and which one may be meant."""
        venue = market.partition(":")[0]
        known = [one for one in self.questions if one.startswith(f"{venue}:")]
        near = process.extractOne(market, known, scorer=fuzz.ratio, score_cutoff=NEAR)
        meant = f"; is {near[0]} meant?" if near else ""
        return f"{market} is not listed for trading{meant}"

    @staticmethod
    def _flag(kind: FlagKind, pair: Pair, text: str) -> Flag:
        return Flag(kind, pair.kalshi, pair.polymarket, text)


def siblings_of(catalogue: Catalogue) -> dict[MarketId, Sequence[MarketId]]:
    """The markets of each market's event."""
    return {market: event.markets for event in catalogue.events for market in event.markets}


def _fits(verdict: Verdict, *, same: bool) -> bool:
    return verdict.ruling is Ruling.SAME and verdict.yes_is_yes in {None, same}


def _texts(findings: Sequence[Finding]) -> str:
    return "; ".join(one.text for one in findings) or "the texts say too little"
