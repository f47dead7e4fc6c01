"""Reading Kalshi's open events into a catalogue."""

from collections import Counter
from collections.abc import Mapping, Sequence

import attrs
import msgspec
import trio

from arb.market.errors import Unintelligible
from arb.market.fees import KALSHI_DIRECT_PRECISION
from arb.market.instruments import Catalogue, Event, Market, MarketId, Venue, Wording
from arb.market.units import Clock
from arb.venues.kalshi.fee_changes import read_changing
from arb.venues.kalshi.fee_rules import FeeRule
from arb.venues.kalshi.listing import KNOWN_SHARDS, Terms, parse_event
from arb.venues.kalshi.rest import Rest, next_cursor
from arb.venues.kalshi.schema import EventBody, EventsPage, MarketName, decode
from arb.venues.kalshi.series import SeriesFees
from arb.venues.kalshi.wordings import wordings_of

OPEN_EVENTS = (("status", "open"), ("with_nested_markets", "true"), ("limit", "200"))
"""200 is the most a page may hold. Combos have a list of their own and are not read."""


@attrs.define
class _Found:
    """An event and the markets listed with it, still unread."""

    body: EventBody
    markets: list[msgspec.Raw]


class Discovery:
    """Reads everything that is open. Keeps nothing but the fees of series."""

    def __init__(
        self,
        rest: Rest,
        now_ns: Clock,
        precision: int = KALSHI_DIRECT_PRECISION,
        shards: frozenset[int] = KNOWN_SHARDS,
    ) -> None:
        """Take how the account's balance is rounded, and the shards whose cash is known."""
        self._rest = rest
        self._now_ns = now_ns
        self._precision = precision
        self._shards = shards
        self._series = SeriesFees(rest, now_ns)

    async def read(self) -> Catalogue:
        """Read it all. Raises Refused, Unreachable or Unintelligible (a page that has no shape)."""
        left_out: Counter[str] = Counter()
        return await self._read(await self._events(left_out), left_out)

    async def reread(self) -> Catalogue:
        """Read it all again, but for what is charged otherwise before long. Raises as `read`."""
        left_out: Counter[str] = Counter()
        found = await self._events(left_out)
        changing = await read_changing(self._rest, self._now_ns())
        self._series.forget(changing)
        kept = [one for one in found if _keeps_its_fee(one, changing, left_out)]
        return await self._read(kept, left_out)

    async def _read(self, found: Sequence[_Found], left_out: Counter[str]) -> Catalogue:
        rules = await self._series.rules_of([one.body.series_ticker for one in found])
        return await self._catalogue(found, rules, left_out)

    async def _events(self, left_out: Counter[str]) -> Sequence[_Found]:
        found: dict[str, _Found] = {}
        beside: list[msgspec.Raw] = []
        seen = {""}
        cursor = ""
        while True:
            params = [*OPEN_EVENTS, *([("cursor", cursor)] if cursor else [])]
            page = await self._rest.read(EventsPage, "/events", params)
            for raw in page.rows or ():
                _note_event(raw, found, left_out)
            beside += page.markets or []
            cursor = next_cursor(page.cursor, seen)
            if not cursor:
                _hand_out(beside, found, left_out)
                return list(found.values())

    async def _catalogue(
        self,
        found: Sequence[_Found],
        rules: Mapping[str, FeeRule | None],
        left_out: Counter[str],
    ) -> Catalogue:
        terms = Terms(self._now_ns(), self._precision, self._shards)
        events: list[Event] = []
        markets: dict[MarketId, Market] = {}
        wordings: dict[MarketId, Wording] = {}
        for one in found:
            await trio.lowlevel.checkpoint()  # feeds share this thread
            listed = parse_event(one.body, one.markets, rules[one.body.series_ticker], terms)
            left_out.update(out.reason for out in listed.left_out)
            if listed.event is not None:
                events.append(listed.event)
                markets |= {market.id: market for market in listed.markets}
                wordings.update(wordings_of(one.body, one.markets, listed.event.markets))
        return Catalogue(
            Venue.KALSHI, tuple(events), tuple(markets.values()), dict(left_out), wordings
        )


def _keeps_its_fee(one: _Found, changing: frozenset[str], left_out: Counter[str]) -> bool:
    if changing.isdisjoint((one.body.event_ticker, one.body.series_ticker)):
        return True
    left_out["fee about to change"] += len(one.markets)
    return False


def _note_event(raw: msgspec.Raw, found: dict[str, _Found], left_out: Counter[str]) -> None:
    try:
        body = decode(raw, EventBody)
    except Unintelligible:
        left_out["event unreadable"] += 1
        return
    if body.event_ticker in found:  # pages shift while they are read
        left_out["event listed twice"] += 1
        return
    found[body.event_ticker] = _Found(body, list(body.markets or ()))


def _hand_out(
    markets: Sequence[msgspec.Raw], found: Mapping[str, _Found], left_out: Counter[str]
) -> None:
    """Give markets that stood beside their events to those events that hold none themselves."""
    empty = {ticker for ticker, one in found.items() if not one.markets}
    for raw in markets:
        try:
            ticker = decode(raw, MarketName).event_ticker
        except Unintelligible:
            left_out["market unreadable"] += 1
            continue
        if ticker in empty:
            found[ticker].markets.append(raw)
