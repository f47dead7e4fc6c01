"""The one way by which a pair comes to be traded.

A `VerifiedPair` is what every lane wants, and `verify` alone makes one: from a decision that
stands, on texts that are still the ones that were decided on.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Ns
from arb.pairing.decision import Decision, Decisions, Origin, PairDecided, PairKey
from arb.pairing.flag import Flag, FlagKind
from arb.pairing.question import Question
from arb.pairing.questions import fingerprint

NS_PER_S = 1_000_000_000
Questions = Mapping[MarketId, Question]
Sided = tuple[MarketId, bool]
"""A market and whether its twin's YES is its own. A game has one market on Polymarket, and one a
team on Kalshi: one of them is its twin and the other one its opposite, and both are right."""


@attrs.frozen
class VerifiedPair:
    """Two markets that a person, or who knows as well, says are settled alike. Made by `verify`."""

    kalshi: MarketId
    polymarket: MarketId
    polymarket_yes_is_kalshi_yes: bool
    """False where the questions are each other's opposite."""
    reason: str
    """Why they are."""
    source: str
    """Who says so, and since when."""
    kalshi_text: str
    """Fingerprint of the texts as decided on."""
    polymarket_text: str
    trades_from_ns: Ns
    """Until then its baskets are only looked at."""

    @property
    def key(self) -> PairKey:
        """Which pair."""
        return self.kalshi, self.polymarket

    @property
    def reliance(self) -> str:
        """The claim that a basket makes which trusts this pair, and no other."""
        both = f"{self.kalshi} and {self.polymarket}"
        return f"both venues settling alike: {both}: {self.reason} ({self.source})"


@attrs.frozen
class Roll:
    """Who may trade, and what is wrong with the others."""

    verified: tuple[VerifiedPair, ...]
    flags: tuple[Flag, ...]


def verify(decisions: Decisions, questions: Questions, observe_ns: int) -> Roll:
    """Make verified pairs of the decisions that stand; `questions` are those listed now.

    A pair is flagged instead where a market of it is not listed, where a text is not the one
    that was decided on, and where a market has another twin on the same side. One that a person or
    a map brought is only looked at for the first `observe_ns` nanoseconds.
    """
    standing = [one for one in decisions.values() if one.decision is Decision.APPROVED]
    flags = [
        _flag(FlagKind.UNVERIFIED, one, one.why)
        for one in decisions.values()
        if one.decision is Decision.UNVERIFIED
    ]
    uses = _uses(standing)
    verified = []
    for one in standing:
        found = _wrong(one, questions, uses)
        if found is None:
            verified.append(_verified(one, observe_ns))
        else:
            flags.append(found)
    return Roll(tuple(verified), tuple(flags))


def _uses(standing: Iterable[PairDecided]) -> Mapping[Sided, int]:
    return Counter((market, one.yes_is_yes) for one in standing for market in one.key)


def _wrong(one: PairDecided, questions: Questions, uses: Mapping[Sided, int]) -> Flag | None:
    """Say what keeps an approved pair from being traded."""
    missing = [market for market in one.key if market not in questions]
    if missing:
        return _flag(FlagKind.STALE, one, f"not listed for trading: {', '.join(missing)}")
    texts = {one.kalshi: one.kalshi_text, one.polymarket: one.polymarket_text}
    changed = [market for market, text in texts.items() if fingerprint(questions[market]) != text]
    if changed:
        return _flag(FlagKind.CHANGED, one, f"not the text that was approved: {', '.join(changed)}")
    shared = [market for market in one.key if uses[market, one.yes_is_yes] > 1]
    if shared:
        return _flag(FlagKind.SHARED, one, f"in another approved pair too: {', '.join(shared)}")
    return None


def _verified(one: PairDecided, observe_ns: int) -> VerifiedPair:
    waits_ns = 0 if one.origin is Origin.VENUES else observe_ns
    day = datetime.fromtimestamp(one.at_ns // NS_PER_S, UTC).date().isoformat()
    return VerifiedPair(
        kalshi=one.kalshi,
        polymarket=one.polymarket,
        polymarket_yes_is_kalshi_yes=one.yes_is_yes,
        reason=one.why,
        source=f"{one.who}, {day}",
        kalshi_text=one.kalshi_text,
        polymarket_text=one.polymarket_text,
        trades_from_ns=Ns(one.at_ns + waits_ns),
    )


def _flag(kind: FlagKind, one: PairDecided, text: str) -> Flag:
    return Flag(kind, one.kalshi, one.polymarket, text)
