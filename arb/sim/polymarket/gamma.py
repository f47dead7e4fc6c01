"""The metadata host: events and markets by pages, by id and by slug (docs: gamma)."""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import attrs
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse

from arb.market.instruments import Outcome
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import token_book
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.gamma_shapes import depth, event_json, market_json, parent_json
from arb.sim.polymarket.listing import PolymarketEvent
from arb.sim.polymarket.market_reads import MarketReads
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import Json, parse_iso, whole_number

DEFAULT_PAGE = 20
LARGEST_PAGE = 100
"""Larger limits are clamped without a word."""
CACHE = {"cache-control": "public, max-age=300"}

SortKey = tuple[int, int]
"""What rows are sorted by: the field asked for, then the id."""
T = TypeVar("T")
SORTED_BY = ("id", "volume", "volumeNum", "volume24hr", "liquidityNum", "startDate", "endDate")
"""What `order` may name, in the names of the answer's own fields."""


@attrs.frozen
class Gamma:
    """Answers about what is listed."""

    exchange: Exchange
    shelf: Shelf
    clob: MarketReads

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/events/keyset", self._events),
            ("GET", "/markets/keyset", self._markets),
            ("GET", "/events/slug/{slug}", self._event_by_slug),
            ("GET", "/events/{gamma_id}", self._event),
            ("GET", "/markets/slug/{slug}", self._market_by_slug),
            ("GET", "/markets/{name}", self._market),
        )

    async def _events(self, request: Request) -> JSONResponse:
        asked = request.query_params
        bare = asked.get("include_markets") == "false"
        events = [event for event in self.shelf.events.values() if self._wants_event(event, asked)]
        page, more = _page(events, asked, self._event_key)
        return _answer("events", [self._event_json(event, bare=bare) for event in page], more)

    async def _markets(self, request: Request) -> JSONResponse:
        asked = request.query_params
        states = [state for state in self.shelf.markets.values() if _wants_market(state, asked)]
        page, more = _page(states, asked, self._market_key)
        return _answer("markets", [self._market_json(state) for state in page], more)

    async def _event(self, request: Request) -> Json:
        event = self.shelf.events.get(request.path_params["gamma_id"])
        if event is None:
            raise _missing("id")
        return self._event_json(event)

    async def _event_by_slug(self, request: Request) -> Json:
        slug = request.path_params["slug"]
        for event in self.shelf.events.values():
            if event.slug == slug:
                return self._event_json(event)
        raise _missing("slug")

    async def _market(self, request: Request) -> Json:
        """A market by its metadata id; by its condition id it is the CLOB that answers."""
        name = request.path_params["name"]
        if name.startswith("0x"):
            return self.clob.market_json(self.shelf.with_condition(name))
        state = self.shelf.with_gamma_id(name)
        if state is None:
            raise _missing("id")
        return self._market_json(state)

    async def _market_by_slug(self, request: Request) -> Json:
        state = self.shelf.with_slug(request.path_params["slug"])
        if state is None:
            raise _missing("slug")
        return self._market_json(state)

    def _states(self, event: PolymarketEvent) -> list[MarketState]:
        return [self.shelf.markets[listing.id] for listing in event.markets]

    def _is_closed(self, event: PolymarketEvent) -> bool:
        return all(state.closed for state in self._states(event))

    def _event_json(self, event: PolymarketEvent, *, bare: bool = False) -> Json:
        markets = [market_json(state, self.exchange) for state in self._states(event)]
        return event_json(event, None if bare else markets, closed=self._is_closed(event))

    def _market_json(self, state: MarketState) -> Json:
        return {**market_json(state, self.exchange), "events": [parent_json(state.event)]}

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
            case "liquidityNum":
                return depth(token_book(self.exchange, state, Outcome.YES)), row_id
            case "startDate":
                return state.listing.start_ns, row_id
            case "endDate":
                return state.listing.end_ns, row_id
            case _:
                return row_id, row_id

    def _wants_event(self, event: PolymarketEvent, asked: QueryParams) -> bool:
        return (
            _is_among(asked, "id", event.gamma_id)
            and _is_among(asked, "slug", event.slug)
            and _is_among(asked, "version", event.version)
            and _has_tag(asked, event)
            and _is_between(asked, "end_date", event.end_ns)
            and _is_between(asked, "start_date", event.start_ns)
            and (asked.get("closed", "false") == "true") is self._is_closed(event)
        )


def _wants_market(state: MarketState, asked: QueryParams) -> bool:
    listing = state.listing
    v1 = listing.version == "v1"
    return (
        _is_among(asked, "id", listing.gamma_id)
        and _is_among(asked, "slug", listing.slug)
        and _is_among(asked, "condition_ids", listing.condition_id)
        and _is_among(asked, "question_ids", listing.question_id)
        and _is_among(asked, "clob_token_ids" if v1 else "position_ids", *listing.tokens)
        and ("position_ids" if v1 else "clob_token_ids") not in asked
        and _is_among(asked, "version", listing.version)
        and _is_among(asked, "uma_resolution_status", state.resolution_status)
        and _has_tag(asked, state.event)
        and _is_between(asked, "end_date", listing.end_ns)
        and _is_between(asked, "start_date", listing.start_ns)
        and (asked.get("closed", "false") == "true") is state.closed
    )


def _is_among(asked: QueryParams, name: str, *values: str) -> bool:
    """Say whether a repeatable filter is absent or names one of the values."""
    wanted = asked.getlist(name)
    return not wanted or any(value in wanted for value in values)


def _has_tag(asked: QueryParams, event: PolymarketEvent) -> bool:
    ids = {tag for tag, _, _ in event.tags}
    slugs = {slug for _, slug, _ in event.tags}
    return asked.get("tag_id") in {None, *ids} and asked.get("tag_slug") in {None, *slugs}


def _is_between(asked: QueryParams, name: str, at_ns: int) -> bool:
    least, most = (parse_iso(asked.get(f"{name}_{end}", "")) for end in ("min", "max"))
    return (least is None or at_ns >= least) and (most is None or at_ns <= most)


def _page(
    rows: Iterable[T], asked: QueryParams, key: Callable[[T, str], SortKey]
) -> tuple[list[T], str]:
    """One page by keyset and the cursor of the next, "" after the last. Raises ApiError (422)."""
    if "offset" in asked:
        raise ApiError(422, "offset is not supported on keyset endpoints, use after_cursor")
    field = asked.get("order", "id")
    if field not in SORTED_BY:
        raise ApiError(422, "order fields are not valid")
    keyed = [(key(row, field), row) for row in rows]
    backwards = asked.get("ascending", "true") == "false"
    keyed.sort(key=lambda pair: pair[0], reverse=backwards)
    if "after_cursor" in asked:
        keyed = _after(keyed, _read_cursor(asked["after_cursor"]), backwards=backwards)
    size = min(whole_number(asked.get("limit", "")) or DEFAULT_PAGE, LARGEST_PAGE)
    more = _cursor(keyed[size - 1][0]) if len(keyed) > size else ""
    return [row for _, row in keyed[:size]], more


def _answer(name: str, rows: Sequence[Json], more: str) -> JSONResponse:
    shown: Json = {name: rows}
    if more:
        shown["next_cursor"] = more
    return JSONResponse(shown, headers=CACHE)


def _after(
    keyed: Sequence[tuple[SortKey, T]], last: SortKey, *, backwards: bool
) -> list[tuple[SortKey, T]]:
    """What comes after the row of a cursor."""
    if backwards:
        return [pair for pair in keyed if pair[0] < last]
    return [pair for pair in keyed if pair[0] > last]


def _cursor(key: SortKey) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _read_cursor(text: str) -> SortKey:
    try:
        value, row_id = json.loads(base64.urlsafe_b64decode(text))
    except (binascii.Error, ValueError, TypeError) as error:
        raise ApiError(422, "after_cursor is not valid") from error
    if type(value) is not int or type(row_id) is not int:
        raise ApiError(422, "after_cursor is not valid")
    return value, row_id


def _missing(what: str) -> ApiError:
    return ApiError(404, f"{what} not found", more={"type": "not found error"})
