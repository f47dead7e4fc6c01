"""Read the whole catalogue: Gamma's event pages, each market confirmed by the CLOB."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import attrs
import trio

from arb.market.errors import Refused, Unintelligible, UnknownRule, Unreachable
from arb.market.instruments import Catalogue, Market, MarketId, Venue, Wording
from arb.market.units import Ns
from arb.venues.polymarket.answers import read_json
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.clob_market import clob_path, confirm, parse_clob_market
from arb.venues.polymarket.directory import reference
from arb.venues.polymarket.events import Family, event_of, read_family
from arb.venues.polymarket.fields import Raw, cursor, mapping, rows
from arb.venues.polymarket.listing import LeftOut
from arb.venues.wire import ask

PAGE = 100
"""Events a page, the venue's most (docs: fetch-markets)."""
CONFIRMATIONS_AT_ONCE = 16
"""Requests in flight: at 50 ms each 320 a second, a third of the CLOB's 9,000 in 10 s."""
OVERDUE_NS = 7 * 24 * 3600 * 1_000_000_000
"""Events this long past their end date are not asked for: Gamma keeps thousands "open" that are
not, while real markets trade on for days after it."""

Verdict = Market | LeftOut


@attrs.frozen
class Discovery:
    """One reading of the catalogue after the other; keeps nothing between them."""

    clients: PolymarketClients
    confirm_with_clob: bool

    async def read(self, now_ns: Ns) -> Catalogue:
        """Read every open event and its markets.

        Raises Unreachable where a page cannot be had or the CLOB answers for no market at all,
        Unintelligible where the paging itself makes no sense.
        """
        left_out: Counter[str] = Counter()
        families = await self._families(now_ns, left_out)
        candidates = _once(families, left_out)
        verdicts: dict[MarketId, Verdict] = dict(candidates)
        if self.confirm_with_clob:
            verdicts = await self._confirm_all(list(candidates.values()))
        left_out.update(v.reason for v in verdicts.values() if isinstance(v, LeftOut))
        return _catalogue(families, verdicts, left_out)

    async def _families(self, now_ns: Ns, left_out: Counter[str]) -> list[Family]:
        families: list[Family] = []
        seen: set[str] = set()
        start = ""
        while start not in seen:
            seen.add(start)
            page = mapping(await self._page(now_ns, start))
            families += await _readable(page, left_out)
            start = cursor(page)
            if not start:
                return families
        raise Unintelligible(f"Gamma's pages go in circles at {start:.80}")

    async def _page(self, now_ns: Ns, start: str) -> object:
        since = datetime.fromtimestamp((now_ns - OVERDUE_NS) // 1_000_000_000, UTC)
        params = [
            ("closed", "false"),
            ("limit", str(PAGE)),
            ("end_date_min", since.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ]
        if start:
            params.append(("after_cursor", start))
        return read_json(await ask(self.clients.gamma, "GET", "/events/keyset", params=params))

    async def _confirm_all(self, markets: Sequence[Market]) -> dict[MarketId, Verdict]:
        verdicts: dict[MarketId, Verdict] = {}
        waiting = iter(markets)
        async with trio.open_nursery() as nursery:
            for _ in range(CONFIRMATIONS_AT_ONCE):
                nursery.start_soon(self._confirm_some, waiting, verdicts)
        reasons = {v.reason if isinstance(v, LeftOut) else "" for v in verdicts.values()}
        if reasons == {"clob_unreachable"}:
            raise Unreachable(f"the CLOB answers for none of {len(verdicts)} markets")
        return verdicts

    async def _confirm_some(
        self, waiting: Iterator[Market], verdicts: dict[MarketId, Verdict]
    ) -> None:
        for market in waiting:
            verdicts[market.id] = await self._confirm(market)

    async def _confirm(self, market: Market) -> Verdict:
        path = clob_path(reference(market).condition_id)
        try:
            answer = await ask(self.clients.clob, "GET", path)
            return confirm(market, parse_clob_market(mapping(read_json(answer))))
        except Unreachable as error:
            return LeftOut("clob_unreachable", f"{market.id}: {error}")
        except UnknownRule as error:
            return LeftOut("clob_unknown_rule", f"{market.id}: {error}")
        except Refused as error:
            return LeftOut("clob_unknown", f"{market.id}: {error}")
        except Unintelligible as error:
            return LeftOut("clob_unintelligible", f"{market.id}: {error}")


async def _readable(page: Raw, left_out: Counter[str]) -> list[Family]:
    """The families of a page; events that cannot be read are counted."""
    families = []
    for raw in rows(page.get("events")):
        await trio.lowlevel.checkpoint()  # feeds share this thread
        try:
            families.append(read_family(raw, left_out))
        except Unintelligible:
            left_out["event_unintelligible"] += 1
    return families


def _once(families: Sequence[Family], left_out: Counter[str]) -> dict[MarketId, Market]:
    """Every market by its id; one that several events nest belongs to the first of them."""
    markets: dict[MarketId, Market] = {}
    for family in families:
        for market in family.markets:
            if markets.setdefault(market.id, market) is not market:
                left_out["listed_twice"] += 1
    return markets


def _catalogue(
    families: Sequence[Family], verdicts: dict[MarketId, Verdict], left_out: Counter[str]
) -> Catalogue:
    events, markets = [], []
    wordings: dict[MarketId, Wording] = {}
    for family in families:
        kept = {market.id: verdicts[market.id] for market in family.markets}
        listed = [
            verdict
            for verdict in kept.values()
            if isinstance(verdict, Market) and verdict.event == family.id
        ]
        if listed:
            events.append(event_of(family, listed))
            markets += listed
            wordings |= {market.id: family.wordings[market.id] for market in listed}
        else:
            left_out["event_without_markets"] += 1
    return Catalogue(Venue.POLYMARKET, tuple(events), tuple(markets), dict(left_out), wordings)
