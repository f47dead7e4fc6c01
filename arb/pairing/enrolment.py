"""From a map of pairs to decisions about them, or to the reasons why not.

A map is believed about what texts leave open. It is not believed where they contradict it, where
another market fits as well, and where a person at the desk has decided otherwise. Simulated venues
are believed about their texts too: they wrote both from one question.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import attrs

from arb.market.units import Ns
from arb.pairing.approval import Sided
from arb.pairing.decision import Decision, Decisions, Origin, PairDecided
from arb.pairing.examination import Examined, Examiner
from arb.pairing.flag import Flag, FlagKind
from arb.pairing.pair import Pair
from arb.pairing.questions import fingerprint


@attrs.frozen
class Enrolment:
    """Decisions to be kept, and what is wrong with the rest of the map."""

    decisions: tuple[PairDecided, ...]
    flags: tuple[Flag, ...]


@attrs.frozen
class Enroller:
    """Takes a map in, at one moment."""

    examiner: Examiner
    known: Decisions
    origin: Origin
    now_ns: Ns
    despite: bool = False
    """What texts say against it is told, and overruled."""

    def enrol(self, claims: Sequence[Pair]) -> Enrolment:
        """Decide on every pair of a map."""
        trusted = [one for one in claims if one.verified]
        uses = Counter(sided for one in trusted for sided in _sides(one))
        parts = [self._look_at(claim, uses) for claim in claims]
        return Enrolment(
            tuple(one for part in parts for one in part.decisions),
            tuple(flag for part in parts for flag in part.flags),
        )

    def withdraw(self, claims: Iterable[Pair]) -> Iterator[PairDecided]:
        """Take back what came from a map and is in it no more."""
        named = {(one.kalshi, one.polymarket) for one in claims}
        for key, one in self.known.items():
            from_map = one.origin is not Origin.DESK and one.decision is Decision.APPROVED
            if from_map and key not in named:
                words = "the map names it no more"
                yield attrs.evolve(one, decision=Decision.WITHDRAWN, why=words, at_ns=self.now_ns)

    def _look_at(self, claim: Pair, uses: Counter[Sided]) -> Enrolment:
        before = self.known.get((claim.kalshi, claim.polymarket))
        if before is not None and not self._outranks(claim, before):
            return self._again(claim, before)
        if not claim.verified and self.origin is Origin.DESK:
            return self._reject(claim)
        if not claim.verified:
            return _only(Flag(FlagKind.NOT_VERIFIED, claim.kalshi, claim.polymarket, claim.reason))
        shared = [market for market, same in _sides(claim) if uses[market, same] > 1]
        if shared:
            text = f"in another pair of the map too: {', '.join(shared)}"
            return _only(Flag(FlagKind.SHARED, claim.kalshi, claim.polymarket, text))
        knows = self.origin is Origin.VENUES
        examined = self.examiner.locate(claim) if knows else self.examiner.examine(claim)
        if examined.obstacles and not (self.despite and examined.verdict):
            return Enrolment((), examined.obstacles)
        approved = self._decide(claim, Decision.APPROVED, examined)
        return Enrolment((approved,), (*examined.obstacles, *examined.doubts))

    def _reject(self, claim: Pair) -> Enrolment:
        """Keep a person's no."""
        located = self.examiner.locate(claim)
        if located.obstacles:
            return Enrolment((), located.obstacles)
        return Enrolment((self._decide(claim, Decision.REJECTED, located),), ())

    def _outranks(self, claim: Pair, before: PairDecided) -> bool:
        """Say whether what was decided before is no longer asked: a person overrules a map."""
        approved = before.decision is Decision.APPROVED
        agrees = claim.verified is approved and (
            claim.polymarket_yes_is_kalshi_yes is before.yes_is_yes or not approved
        )
        by_person = self.origin is Origin.DESK and before.origin is not Origin.DESK
        return before.decision is Decision.WITHDRAWN or (by_person and not agrees)

    def _again(self, claim: Pair, before: PairDecided) -> Enrolment:
        """Look at a pair that was decided on before: the map may not overrule a person's no."""
        approved = before.decision is Decision.APPROVED
        agreed = claim.polymarket_yes_is_kalshi_yes is before.yes_is_yes
        if approved and claim.verified and agreed:
            return Enrolment((), ())
        if not approved and not claim.verified:
            return Enrolment((), ())
        text = f"{before.who} says {before.decision} ({before.why}), the map {_words(claim)}"
        flag = Flag(FlagKind.CONTRADICTED, claim.kalshi, claim.polymarket, text)
        if not approved:
            return _only(flag)
        stopped = attrs.evolve(
            before,
            decision=Decision.UNVERIFIED,
            who=claim.source,
            why=text,
            at_ns=self.now_ns,
        )
        return Enrolment((stopped,), (flag,))

    def _decide(self, claim: Pair, decision: Decision, examined: Examined) -> PairDecided:
        questions = self.examiner.questions
        return PairDecided(
            kalshi=claim.kalshi,
            polymarket=claim.polymarket,
            decision=decision,
            yes_is_yes=claim.polymarket_yes_is_kalshi_yes,
            origin=self.origin,
            who=claim.source,
            why=claim.reason,
            at_ns=self.now_ns,
            kalshi_text=fingerprint(questions[claim.kalshi]),
            polymarket_text=fingerprint(questions[claim.polymarket]),
            facts=examined.facts,
        )


def _sides(pair: Pair) -> tuple[Sided, Sided]:
    same = pair.polymarket_yes_is_kalshi_yes
    return (pair.kalshi, same), (pair.polymarket, same)


def _only(flag: Flag) -> Enrolment:
    return Enrolment((), (flag,))


def _words(claim: Pair) -> str:
    if not claim.verified:
        return f"that it is not verified ({claim.reason})"
    same = "YES is YES" if claim.polymarket_yes_is_kalshi_yes else "YES is NO"
    return f"that it is verified and {same}"
