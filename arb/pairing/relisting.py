"""What has changed in a venue's lists since baskets were made of them.

A basket trusts what its markets cost, how they are addressed, and what their event promises. What
differs from that bars a market until the next start makes baskets of what is true then; a market
that is only missing may come back by itself.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

import attrs

from arb.market.fees import Fees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Catalogue,
    Event,
    EventId,
    KalshiRef,
    Market,
    MarketId,
    NegRisk,
    PolymarketRef,
    Venue,
)
from arb.market.units import Ns, Qty
from arb.pairing.bars import Bar, Bars, Cause

NOT_LISTED = "not listed for trading any more: closed, resolved, paused or withdrawn"


@attrs.frozen
class _Terms:
    """What baskets trust about a market."""

    event: EventId
    ref: PolymarketRef | KalshiRef
    fees: Fees
    grid: PriceGrid
    lot: Qty
    closes_ns: Ns | None

    @classmethod
    def of(cls, market: Market) -> "_Terms":
        return cls(market.event, market.ref, market.fees, market.grid, market.lot, market.closes_ns)


@attrs.frozen
class Changes:
    """What one reading has shown."""

    bars: tuple[Bar, ...]
    """By market: newly barred, barred for more, or not any more."""
    events: tuple[tuple[EventId, str], ...]
    """Events whose promise changed, and how: whatever rests in them must go."""
    new: int
    """Markets that nobody had seen before."""
    gone: int
    """Markets that were listed at the reading before."""
    back: int
    """Markets that were missing then."""


class Relisting:
    """One venue's lists as baskets know them, held against each new reading."""

    def __init__(self, listed: Catalogue) -> None:
        """Take what baskets were made of."""
        self._venue = listed.venue
        self._terms = {market.id: _Terms.of(market) for market in listed.markets}
        self._events = {event.id: event for event in listed.events}
        self._bars = Bars()
        self._missing: set[MarketId] = set()
        self._broken: set[EventId] = set()
        self._seen: set[MarketId] = set()

    @property
    def missing(self) -> frozenset[MarketId]:
        """Markets that the last reading did not list."""
        return frozenset(self._missing)

    def bar(self, market: MarketId, cause: Cause, reason: str) -> Bar | None:
        """Bar a market for something that lists do not show."""
        return self._bars.put(market, cause, reason)

    def compare_terms(self, markets: Sequence[Market]) -> list[Bar]:
        """Hold some of the markets of a new reading against what is known of them."""
        found = []
        for market in markets:
            known = self._terms.get(market.id)
            change = known and _change(known, market, self._venue)
            if change:
                found.append(self._bars.put(market.id, Cause.TERMS, change))
        return [bar for bar in found if bar is not None]

    def compare(self, now: Catalogue) -> Changes:
        """Hold a new reading against what is known, apart from the terms of its markets."""
        listed = {market.id for market in now.markets}
        missing = self._terms.keys() - listed
        gone, back = missing - self._missing, self._missing - missing
        new = len(listed - self._seen - self._terms.keys()) if self._seen else 0
        self._missing = missing
        self._seen |= listed
        events = [*self._changed_events(now.events, listed)]
        bars = [
            *(self._bars.put(market, Cause.GONE, NOT_LISTED) for market in sorted(gone)),
            *(self._bars.put(market, Cause.GONE, None) for market in sorted(back)),
            *(
                self._bars.put(market, Cause.EVENT, f"event {event}: {why}")
                for event, why in events
                for market in self._events[event].markets
            ),
        ]
        told = tuple(bar for bar in bars if bar is not None)
        return Changes(told, tuple(events), new, len(gone), len(back))

    def _changed_events(
        self, events: Iterable[Event], listed: Collection[MarketId]
    ) -> Iterator[tuple[EventId, str]]:
        """Events whose promise is not the one that baskets were made of, each told once."""
        for event in events:
            known = self._events.get(event.id)
            if known is not None and event.id not in self._broken:
                why = _broken_promise(known, event, listed)
                if why:
                    self._broken.add(event.id)
                    yield event.id, why


def _change(known: _Terms, market: Market, venue: Venue) -> str:
    """Say which term is another now; "" where none is.

    Polymarket's tick is not compared: books follow it by the stream, and Gamma tells it late.
    """
    now = _Terms.of(market)
    if now.fees != known.fees:
        return f"its fees changed: {now.fees} instead of {known.fees}"
    if now.ref != known.ref:
        return f"it is addressed otherwise: {now.ref} instead of {known.ref}"
    if now.event != known.event:
        return f"it is in another event: {now.event}"
    if now.lot != known.lot or (now.grid != known.grid and venue is Venue.KALSHI):
        return "its price grid or lot changed"
    if venue is Venue.KALSHI and _earlier(now.closes_ns, known.closes_ns):
        return "it closes earlier than it was to"
    return ""


def _earlier(now: Ns | None, known: Ns | None) -> bool:
    return now is not None and known is not None and now < known


def _broken_promise(known: Event, now: Event, listed: Collection[MarketId]) -> str:
    """Say what an event no longer promises, or promises anew; "" where it is as it was.

    That one of its markets must win is not held against an event that only lacks a market for the
    moment: its own bar keeps every basket away that needs them all.
    """
    change = _neg_risk_change(known.neg_risk, now.neg_risk)
    if change:
        return change
    if known.at_most_one.holds and not now.at_most_one.holds:
        return f"several of its markets may win now: {now.at_most_one.source}"
    lost = known.at_least_one.holds and not now.at_least_one.holds
    if lost and all(market in listed for market in known.markets):
        return f"perhaps none of its markets wins now: {now.at_least_one.source}"
    return ""


def _neg_risk_change(known: NegRisk | None, now: NegRisk | None) -> str:
    if known is None or now is None:
        return "" if known is now else "its negRisk flag changed"
    if known.augmented is not now.augmented:
        return "its negRiskAugmented flag changed"
    if known.group != now.group or known.fee_bips != now.fee_bips:
        return "its negRisk group or conversion fee changed"
    if None not in {known.prepared, now.prepared} and known.prepared != now.prepared:
        return f"it has {now.prepared} questions instead of {known.prepared}"
    return ""
