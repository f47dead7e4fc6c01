"""Pairs that are verified, for tests of what is done with them."""

from collections.abc import Iterable

from arb.market.instruments import MarketId
from arb.market.units import Ns
from arb.pairing.approval import VerifiedPair, verify
from arb.pairing.decision import Decision, Origin, PairDecided
from arb.pairing.pair import Pair
from arb.pairing.question import Question
from arb.pairing.questions import fingerprint

DECIDED_NS = Ns(1_780_272_000 * 10**9)
"""On 1 June 2026."""


def question(market: MarketId) -> Question:
    """A question whose texts are told apart by its market."""
    return Question(id=market, title=f"Will {market} happen?")


def decided(
    pair: Pair, decision: Decision = Decision.APPROVED, at_ns: Ns = DECIDED_NS
) -> PairDecided:
    """What a person decided on the texts of `question`."""
    return PairDecided(
        kalshi=pair.kalshi,
        polymarket=pair.polymarket,
        decision=decision,
        yes_is_yes=pair.polymarket_yes_is_kalshi_yes,
        origin=Origin.DESK,
        who=pair.source,
        why=pair.reason,
        at_ns=at_ns,
        kalshi_text=fingerprint(question(pair.kalshi)),
        polymarket_text=fingerprint(question(pair.polymarket)),
    )


def verified(pairs: Iterable[Pair]) -> tuple[VerifiedPair, ...]:
    """Those of the pairs that are verified, by the one way there is."""
    decisions = [decided(one) for one in pairs if one.verified]
    questions = {market: question(market) for one in decisions for market in one.key}
    return verify({one.key: one for one in decisions}, questions, 0).verified
