"""Whether the pairs that are traded still deserve it: texts, decisions, age and coverage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs

from arb.market.instruments import MarketId
from arb.market.units import MICRO, Ns
from arb.pairing.approval import NS_PER_S, Questions, VerifiedPair
from arb.pairing.bars import Bar, Bars, Cause
from arb.pairing.decision import Decision, Decisions, PairDecided, PairKey
from arb.pairing.questions import fingerprint

WATCHER = "catalogue watcher"


@attrs.frozen
class Reworded:
    """A pair of which a text is not the one that was decided on."""

    pair: VerifiedPair
    texts: Mapping[MarketId, str]
    """Fingerprints as they are now, of those that differ."""

    @property
    def why(self) -> str:
        """In words."""
        return f"the texts of {', '.join(sorted(self.texts))} changed since the pair was approved"

    @property
    def words(self) -> str:
        """The same for people who do not know which pair."""
        return (
            f"{self.pair.kalshi} with {self.pair.polymarket} is not verified any more: {self.why}"
        )

    def unverified(self, before: PairDecided, now_ns: Ns) -> PairDecided:
        """What is decided about the pair now."""
        pair = self.pair
        return attrs.evolve(
            before,
            decision=Decision.UNVERIFIED,
            who=WATCHER,
            why=self.why,
            at_ns=now_ns,
            kalshi_text=self.texts.get(pair.kalshi, pair.kalshi_text),
            polymarket_text=self.texts.get(pair.polymarket, pair.polymarket_text),
        )


class PairWatch:
    """The pairs of one run, and why the baskets that rely on some of them are not begun."""

    def __init__(self, pairs: Sequence[VerifiedPair]) -> None:
        """Take the pairs that baskets were made of."""
        self.pairs = tuple(pairs)
        self._bars = Bars()

    @property
    def markets(self) -> frozenset[MarketId]:
        """Every market of a pair."""
        return frozenset(market for pair in self.pairs for market in pair.key)

    @property
    def barred(self) -> frozenset[PairKey]:
        """Pairs of which nothing is begun now."""
        return frozenset(pair.key for pair in self.pairs if self._bars.reason(pair.reliance))

    def reword(self, questions: Questions) -> list[Reworded]:
        """Find pairs whose texts have changed, each told once; `questions` may be some of them."""
        found = []
        for pair in self.pairs:
            known = {pair.kalshi: pair.kalshi_text, pair.polymarket: pair.polymarket_text}
            texts = {
                market: fingerprint(questions[market]) for market in known if market in questions
            }
            changed = {market: text for market, text in texts.items() if text != known[market]}
            if changed and not self._bars.has(pair.reliance, Cause.TEXT):
                found.append(Reworded(pair, changed))
        return found

    def bar(self, pair: VerifiedPair, cause: Cause, reason: str | None) -> Bar | None:
        """Bar what relies on a pair, or lift that (None)."""
        return self._bars.put(pair.reliance, cause, reason)

    def heed(self, decisions: Decisions) -> Iterator[Bar]:
        """Bar pairs that the desk has decided otherwise about since the start."""
        for pair in self.pairs:
            now = decisions.get(pair.key)
            if now is None or now.decision is Decision.APPROVED:
                continue
            if self._bars.has(pair.reliance, Cause.TEXT):
                continue  # that is the watcher's own decision, told already
            reason = f"{now.decision} by {now.who}: {now.why}"
            bar = self.bar(pair, Cause.DECISION, reason)
            if bar is not None:
                yield bar

    def observe(self, now_ns: Ns) -> Iterator[Bar]:
        """Bar pairs that are too new to be traded, and lift that when their time has come."""
        for pair in self.pairs:
            left_s = -(-(pair.trades_from_ns - now_ns) // NS_PER_S)
            reason = f"a new pair, only looked at for {left_s} s more" if left_s > 0 else None
            has = self._bars.has(pair.reliance, Cause.OBSERVED)
            if has is (reason is None):
                bar = self.bar(pair, Cause.OBSERVED, reason)
                if bar is not None:
                    yield bar

    def bar_all(self, cause: Cause, reason: str | None) -> Iterator[Bar]:
        """Bar every pair, or lift that (None)."""
        for pair in self.pairs:
            if self._bars.has(pair.reliance, cause) is (reason is None):
                bar = self.bar(pair, cause, reason)
                if bar is not None:
                    yield bar

    def due_ns(self, now_ns: Ns) -> Ns | None:
        """When the next new pair may be traded; None where none waits."""
        waiting = [pair.trades_from_ns for pair in self.pairs if pair.trades_from_ns > now_ns]
        return min(waiting, default=None)

    def cover(self, dead: frozenset[MarketId], missing: frozenset[MarketId]) -> "Coverage":
        """Count the pairs with both books live; those with a market listed no more do not count."""
        listed = [pair for pair in self.pairs if missing.isdisjoint(pair.key)]
        covered = sum(dead.isdisjoint(pair.key) for pair in listed)
        barred = sum(self._bars.reason(pair.reliance) is not None for pair in self.pairs)
        return Coverage(len(listed), covered, barred)


def twins_of(pairs: Iterable[VerifiedPair]) -> dict[MarketId, tuple[MarketId, bool]]:
    """For each market of a pair the other venue's, and whether it asks for the opposite.

    A market of several pairs has the one that asks for the same; of those alike, the first.
    """
    twins: dict[MarketId, tuple[MarketId, bool]] = {}
    for pair in sorted(pairs, key=lambda one: not one.polymarket_yes_is_kalshi_yes):
        inverted = not pair.polymarket_yes_is_kalshi_yes
        twins.setdefault(pair.kalshi, (pair.polymarket, inverted))
        twins.setdefault(pair.polymarket, (pair.kalshi, inverted))
    return twins


@attrs.frozen
class Coverage:
    """How many pairs there are, have both books live, and are barred."""

    listed: int
    covered: int
    barred: int

    @property
    def ppm(self) -> int:
        """The share with both books live, in millionths; all of none."""
        return self.covered * MICRO // self.listed if self.listed else MICRO
