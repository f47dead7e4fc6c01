"""The metadata host: events and markets by pages, by id and by slug (docs: gamma)."""

from collections.abc import Iterable, Sequence

import attrs
from starlette.requests import Request
from starlette.responses import Response

from arb.market.instruments import Outcome
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import token_book
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.gamma_filters import (
    SortKey,
    event_tests,
    keyset_page,
    market_tests,
    offset_page,
    page_size,
    select,
)
from arb.sim.polymarket.gamma_shapes import depth, event_json, market_json, parent_json
from arb.sim.polymarket.listing import PolymarketEvent
from arb.sim.polymarket.market_reads import MarketReads
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.routing import Call, json_response
from arb.sim.polymarket.wire import Json, whole_number

CACHE = {"cache-control": "public, max-age=300"}
SUNSET = {"deprecation": "true", "sunset": "Fri, 01 May 2026 00:00:00 GMT"}
"""The older lists still answer, and say that they will not for long (recorded headers)."""


@attrs.frozen
class Gamma:
    """Answers about what is listed."""

    exchange: Exchange
    shelf: Shelf
    clob: MarketReads
    conditions: Conditions

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/events/keyset", self._events),
            ("GET", "/markets/keyset", self._markets),
            ("GET", "/events", self._old_events),
            ("GET", "/events/pagination", self._counted_events),
            ("GET", "/events/slug/{slug}", self._event_by_slug),
            ("GET", "/events/{gamma_id}", self._event),
            ("GET", "/events/{gamma_id}/tags", self._event_tags),
            ("GET", "/markets/slug/{slug}", self._market_by_slug),
            ("GET", "/markets/{name}", self._market),
            ("GET", "/markets/{name}/tags", self._market_tags),
            ("GET", "/tags", self._tags),
            ("GET", "/series", self._series),
            ("GET", "/public-search", self._search),
        )

    # --- lists ----------------------------------------------------------------------------------

    async def _events(self, request: Request) -> Response:
        asked = request.query_params
        page, more = keyset_page(self._wanted_events(request), asked, self._event_key)
        return _answer("events", self._event_rows(request, page), more)

    async def _markets(self, request: Request) -> Response:
        asked = request.query_params
        states = select(self.shelf.markets.values(), market_tests(asked))
        page, more = keyset_page(states, asked, self._market_key)
        return _answer("markets", [self._market_json(state) for state in page], more)

    async def _old_events(self, request: Request) -> Response:
        asked = request.query_params
        page = offset_page(self._wanted_events(request), asked, self._event_key)
        return json_response(self._event_rows(request, page), {**CACHE, **SUNSET})

    async def _counted_events(self, request: Request) -> Response:
        """A page and how many there are."""
        found = self._wanted_events(request)
        page = offset_page(found, request.query_params, self._event_key)
        start = whole_number(request.query_params.get("offset", "0")) or 0
        counts = {"hasMore": start + len(page) < len(found), "totalResults": len(found)}
        rows = self._event_rows(request, page)
        return json_response({"data": rows, "pagination": counts}, CACHE)

    async def _tags(self, request: Request) -> list[Json]:
        tags = {tag: None for event in self.shelf.events.values() for tag in event.tags}
        start = whole_number(request.query_params.get("offset", "0")) or 0
        rows = [_tag(*tag) for tag in tags]
        return rows[start : start + page_size(request.query_params)]

    async def _series(self, request: Request) -> list[Json]:
        wanted = frozenset(request.query_params.getlist("slug"))
        slugs = dict.fromkeys(
            event.series_slug
            for event in self.shelf.events.values()
            if event.series_slug and (not wanted or event.series_slug in wanted)
        )
        rows: list[Json] = [
            {"id": str(number), "slug": slug, "ticker": slug, "title": slug.replace("-", " ")}
            for number, slug in enumerate(slugs, 1)
        ]
        start = whole_number(request.query_params.get("offset", "0")) or 0
        return rows[start : start + page_size(request.query_params)]

    async def _search(self, request: Request) -> Json:
        """Events whose title or markets have all the words."""
        asked = request.query_params
        words = asked.get("q", "").lower().split()
        found = [event for event in self.shelf.events.values() if _has_words(event, words)]
        size = whole_number(asked.get("limit_per_type", "")) or page_size(asked)
        start = (max(whole_number(asked.get("page", "1")) or 1, 1) - 1) * size
        page = found[start : start + size] if words else []
        more = {"hasMore": start + size < len(found), "totalResults": len(found)}
        return {"events": self._event_rows(request, page), "tags": [], "pagination": more}

    # --- single ones ----------------------------------------------------------------------------

    async def _event(self, request: Request) -> Json:
        return self._event_json(self._event_of(request))

    async def _event_tags(self, request: Request) -> list[Json]:
        return [_tag(*tag) for tag in self._event_of(request).tags]

    def _event_of(self, request: Request) -> PolymarketEvent:
        event = self.shelf.events.get(request.path_params["gamma_id"])
        if event is None:
            raise _missing("id")
        return event

    async def _event_by_slug(self, request: Request) -> Json:
        event = self.shelf.event_with_slug(request.path_params["slug"])
        if event is None:
            raise _missing("slug")
        return self._event_json(event)

    async def _market(self, request: Request) -> Json:
        """A market by its metadata id; by its condition id it is the CLOB that answers."""
        name = request.path_params["name"]
        if name.startswith("0x"):
            return self.clob.market_json(self.shelf.with_condition(name))
        return self._market_json(self._state_of(name))

    async def _market_tags(self, request: Request) -> list[Json]:
        return [_tag(*tag) for tag in self._state_of(request.path_params["name"]).event.tags]

    def _state_of(self, gamma_id: str) -> MarketState:
        state = self.shelf.with_gamma_id(gamma_id)
        if state is None:
            raise _missing("id")
        return state

    async def _market_by_slug(self, request: Request) -> Json:
        state = self.shelf.with_slug(request.path_params["slug"])
        if state is None:
            raise _missing("slug")
        return self._market_json(state)

    # --- rows -----------------------------------------------------------------------------------

    def _wanted_events(self, request: Request) -> list[PolymarketEvent]:
        return select(
            self.shelf.events.values(), event_tests(request.query_params, self._is_closed)
        )

    def _event_rows(self, request: Request, events: Iterable[PolymarketEvent]) -> list[Json]:
        bare = request.query_params.get("include_markets") == "false"
        return [self._event_json(event, bare=bare) for event in events]

    def _states(self, event: PolymarketEvent) -> list[MarketState]:
        return [self.shelf.markets[listing.id] for listing in event.markets]

    def _is_closed(self, event: PolymarketEvent) -> bool:
        markets = self.shelf.markets
        return all(markets[listing.id].closed for listing in event.markets)

    def _event_json(self, event: PolymarketEvent, *, bare: bool = False) -> Json:
        states = self._states(event)
        markets = [self._seen(market_json(state, self.exchange)) for state in states]
        started_ns = min(state.started_ns for state in states)
        closed = self._is_closed(event)
        shown = event_json(event, None if bare else markets, closed=closed, started_ns=started_ns)
        return self._seen(shown)

    def _market_json(self, state: MarketState) -> Json:
        shown = {**market_json(state, self.exchange), "events": [parent_json(state.event)]}
        return self._seen(shown)

    def _seen(self, row: Json) -> Json:
        """A row without the fields that the host leaves out now."""
        hidden = self.conditions.gamma_hidden
        return {key: row[key] for key in row if key not in hidden} if hidden else row

    def _event_key(self, event: PolymarketEvent, field: str) -> SortKey:
        row_id = int(event.gamma_id)
        match field:
            case "id":
                return row_id, row_id
            case "startDate":
                return event.start_ns, row_id
            case "endDate":
                return event.end_ns, row_id
            case _:
                keys = [self._market_key(state, field) for state in self._states(event)]
                return sum(value for value, _ in keys), row_id

    def _market_key(self, state: MarketState, field: str) -> SortKey:
        row_id = int(state.listing.gamma_id)
        match field:
            case "volume" | "volumeNum" | "volume24hr":
                return state.volume, row_id
            case "liquidity" | "liquidityNum":
                return depth(token_book(self.exchange, state, Outcome.YES)), row_id
            case "startDate":
                return state.started_ns, row_id
            case "endDate":
                return state.listing.end_ns, row_id
            case _:
                return row_id, row_id


def _answer(name: str, rows: Sequence[Json], more: str) -> Response:
    shown: Json = {name: rows}
    if more:
        shown["next_cursor"] = more
    return json_response(shown, CACHE)


def _tag(tag_id: str, slug: str, label: str) -> Json:
    return {"id": tag_id, "slug": slug, "label": label}


def _has_words(event: PolymarketEvent, words: Iterable[str]) -> bool:
    text = " ".join((event.title, *(market.question for market in event.markets))).lower()
    return all(word in text for word in words)


def _missing(what: str) -> ApiError:
    return ApiError(404, f"{what} not found", more={"type": "not found error"})
