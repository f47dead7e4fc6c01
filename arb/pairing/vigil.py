"""The whole watch over what was listed: what to bar, to write down, to cancel and to tell."""

from collections.abc import Collection, Iterable, Sequence

import attrs

from arb.market.instruments import Catalogue, Market, MarketId, Venue
from arb.market.units import Ns
from arb.pairing.approval import VerifiedPair
from arb.pairing.bars import Bar, Cause
from arb.pairing.decision import Decisions, PairDecided, PairKey
from arb.pairing.questions import questions_of
from arb.pairing.relisting import Relisting
from arb.pairing.watch import Coverage, PairWatch, Reworded


@attrs.frozen
class Findings:
    """What one look has shown."""

    markets: tuple[Bar, ...] = ()
    claims: tuple[Bar, ...] = ()
    decisions: tuple[PairDecided, ...] = ()
    notes: tuple[str, ...] = ()
    cancels: bool = False
    """Whatever rests on the venue that was read must go."""


class Vigil:
    """Everything that baskets were made of, held against each new reading."""

    def __init__(self, listed: Iterable[Catalogue], pairs: Sequence[VerifiedPair]) -> None:
        """Take what baskets were made of."""
        self._relistings = {one.venue: Relisting(one) for one in listed}
        self._watch = PairWatch(pairs)
        self.new_markets = 0
        """Listed since the start."""

    def compare_terms(self, venue: Venue, markets: Sequence[Market]) -> Findings:
        """Hold the terms of some markets of a new reading against those that are known."""
        bars = tuple(self._relistings[venue].compare_terms(markets))
        return Findings(markets=bars, notes=tuple(f"{bar.key}: {bar.reason}" for bar in bars))

    def compare(self, catalogue: Catalogue, decisions: Decisions, now_ns: Ns) -> Findings:
        """Hold a new reading against what is known, and the pairs against what is decided now."""
        venue = catalogue.venue
        changes = self._relistings[venue].compare(catalogue)
        self.new_markets += changes.new
        notes = [f"event {event}: {why}: nothing more is begun" for event, why in changes.events]
        if changes.new or changes.gone or changes.back:
            notes.append(
                f"{venue}: {changes.new} new markets (watched from the next start on),"
                f" {changes.gone} gone, {changes.back} back"
            )
        found = self._watch.reword(questions_of(catalogue, self._watch.markets))
        reworded = [self._stop(one) for one in found]
        heeded = tuple(self._watch.heed(decisions))
        return Findings(
            markets=(*changes.bars, *(bar for markets, _ in reworded for bar in markets)),
            claims=(*(bar for _, claims in reworded for bar in claims), *heeded),
            decisions=tuple(one.unverified(decisions[one.pair.key], now_ns) for one in found),
            notes=(
                *notes,
                *(one.words for one in found),
                *(f"no more baskets rely on {bar.key}: {bar.reason}" for bar in heeded),
            ),
            cancels=bool(changes.events),
        )

    def _stop(self, found: Reworded) -> tuple[list[Bar], list[Bar]]:
        """Stop what relies on a pair, and what its markets alone would bring."""
        bars = [
            self._relistings[Venue(market.partition(":")[0])].bar(market, Cause.TEXT, found.why)
            for market in found.pair.key
        ]
        claim = self._watch.bar(found.pair, Cause.TEXT, found.why)
        return [bar for bar in bars if bar is not None], [claim] if claim is not None else []

    def look(
        self, dead: Collection[MarketId], floor_ppm: int, overdue: str | None, now_ns: Ns
    ) -> Findings:
        """Look after the pairs: is the time of new ones over, are books live and lists fresh.

        `dead`: markets without a live book; `overdue`: which lists are too old to trust, in words.
        """
        cover = self.cover(dead)
        few = f"only {cover.covered} of {cover.listed} pairs have both books live"
        return Findings(
            claims=(
                *self._watch.observe(now_ns),
                *self._watch.bar_all(Cause.COVERAGE, few if cover.ppm < floor_ppm else None),
                *self._watch.bar_all(Cause.STALE, overdue),
            )
        )

    @property
    def barred_pairs(self) -> frozenset[PairKey]:
        """Pairs of which nothing is begun now, for whatever reason."""
        return self._watch.barred

    @property
    def missing(self) -> frozenset[MarketId]:
        """Markets that were listed at the start, and are not now."""
        return frozenset(market for one in self._relistings.values() for market in one.missing)

    def cover(self, dead: Collection[MarketId]) -> Coverage:
        """Count the pairs by how they stand."""
        return self._watch.cover(frozenset(dead), self.missing)
