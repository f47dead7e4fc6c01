"""What the metadata host can be asked for: filters, sort orders and keyset pages (docs: gamma).

Unknown parameters are ignored, as the venue does.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TypeVar

from starlette.datastructures import QueryParams

from arb.market.errors import Malformed
from arb.market.units import parse_micros
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.listing import PolymarketEvent
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.wire import parse_iso, whole_number

DEFAULT_PAGE = 20
LARGEST_PAGE = 100
"""Larger limits are clamped without a word."""
SORTED_BY = (
    "id",
    "volume",
    "volumeNum",
    "volume24hr",
    "liquidity",
    "liquidityNum",
    "startDate",
    "endDate",
)
"""What `order` may name, in the names of the answer's own fields."""

SortKey = tuple[int, int]
"""What rows are sorted by: the field asked for, then the id."""
T = TypeVar("T")
Test = Callable[[T], bool]


def market_tests(asked: QueryParams) -> list[Test[MarketState]]:
    """What a market must pass to be shown."""
    tests: list[Test[MarketState]] = []
    for name, values in _MARKET_NAMES.items():
        wanted = frozenset(asked.getlist(name))
        if wanted:
            tests.append(partial(_names_any, values, wanted))
    closed = asked.get("closed", "false") == "true"
    tests.append(lambda one: one.closed is closed)
    tests += _dates(asked, lambda one: (one.started_ns, one.listing.end_ns))
    tests += _tags(asked, lambda one: one.event)
    tests += _numbers(asked, "volume_num", lambda one: one.volume)
    return tests


def event_tests(
    asked: QueryParams, is_closed: Callable[[PolymarketEvent], bool]
) -> list[Test[PolymarketEvent]]:
    """What an event must pass to be shown."""
    tests: list[Test[PolymarketEvent]] = []
    for name, value in _EVENT_NAMES.items():
        wanted = frozenset(asked.getlist(name))
        if wanted:
            tests.append(partial(_is_one_of, value, wanted))
    if asked.get("closed", "false") in {"true", "false"}:
        closed = asked.get("closed", "false") == "true"
        tests.append(lambda one: is_closed(one) is closed)
    words = asked.get("title_search", "").lower()
    if words:
        tests.append(lambda one: words in one.title.lower())
    tests += _dates(asked, lambda one: (one.start_ns, one.end_ns))
    tests += _tags(asked, lambda one: one)
    return tests


def select(rows: Iterable[T], tests: Sequence[Test[T]]) -> list[T]:
    """The rows that pass everything."""
    return [row for row in rows if all(test(row) for test in tests)]


def keyset_page(
    rows: Iterable[T], asked: QueryParams, key: Callable[[T, str], SortKey]
) -> tuple[list[T], str]:
    """One page by keyset and the cursor of the next, "" after the last. Raises ApiError (422)."""
    if "offset" in asked:
        raise ApiError(422, "offset is not supported on keyset endpoints, use after_cursor")
    keyed, backwards = _sorted(rows, asked, key)
    if "after_cursor" in asked:
        keyed = _after(keyed, _read_cursor(asked["after_cursor"]), backwards=backwards)
    size = page_size(asked)
    more = _cursor(keyed[size - 1][0]) if len(keyed) > size else ""
    return [row for _, row in keyed[:size]], more


def offset_page(rows: Iterable[T], asked: QueryParams, key: Callable[[T, str], SortKey]) -> list[T]:
    """One page of the older lists. Raises ApiError (422)."""
    keyed, _ = _sorted(rows, asked, key)
    start = whole_number(asked.get("offset", "0")) or 0
    return [row for _, row in keyed[start : start + page_size(asked)]]


def page_size(asked: QueryParams) -> int:
    """How many rows."""
    return min(whole_number(asked.get("limit", "")) or DEFAULT_PAGE, LARGEST_PAGE)


def _sorted(
    rows: Iterable[T], asked: QueryParams, key: Callable[[T, str], SortKey]
) -> tuple[list[tuple[SortKey, T]], bool]:
    field = asked.get("order", "id")
    if field not in SORTED_BY:
        raise ApiError(422, "order fields are not valid")
    backwards = asked.get("ascending", "true") == "false"
    keyed = [(key(row, field), row) for row in rows]
    keyed.sort(key=lambda pair: pair[0], reverse=backwards)
    return keyed, backwards


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


# --- filters ------------------------------------------------------------------------------------


def _tokens(state: MarketState, version: str) -> frozenset[str]:
    same = state.listing.version == version
    return frozenset(state.listing.tokens) if same else frozenset()


_MARKET_NAMES: dict[str, Callable[[MarketState], frozenset[str]]] = {
    "id": lambda one: frozenset({one.listing.gamma_id}),
    "slug": lambda one: frozenset({one.listing.slug}),
    "condition_ids": lambda one: frozenset({one.listing.condition_id}),
    "question_ids": lambda one: frozenset({one.listing.question_id}),
    "clob_token_ids": lambda one: _tokens(one, "v1"),
    "position_ids": lambda one: _tokens(one, "v2"),
    "version": lambda one: frozenset({one.listing.version}),
    "uma_resolution_status": lambda one: frozenset({one.resolution_status}),
    "resolution_status": lambda one: frozenset({one.resolution_status}),
}
"""Filters that may be repeated, and what they look at."""

_EVENT_NAMES: dict[str, Callable[[PolymarketEvent], str]] = {
    "id": lambda one: one.gamma_id,
    "slug": lambda one: one.slug,
    "version": lambda one: one.version,
    "series_slug": lambda one: one.series_slug,
}


def _dates(asked: QueryParams, dates: Callable[[T], tuple[int, int]]) -> list[Test[T]]:
    """Tests of when something starts and ends."""
    tests: list[Test[T]] = []
    for place, name in enumerate(("start_date", "end_date")):
        least, most = (parse_iso(asked.get(f"{name}_{end}", "")) for end in ("min", "max"))
        if least is not None or most is not None:
            tests.append(partial(_is_within, dates, place, least, most))
    return tests


def _is_within(
    dates: Callable[[T], tuple[int, int]],
    place: int,
    least: int | None,
    most: int | None,
    one: T,
) -> bool:
    at_ns = dates(one)[place]
    return (least is None or at_ns >= least) and (most is None or at_ns <= most)


def _names_any(values: Callable[[T], frozenset[str]], wanted: frozenset[str], one: T) -> bool:
    return bool(wanted & values(one))


def _is_one_of(value: Callable[[T], str], wanted: frozenset[str], one: T) -> bool:
    return value(one) in wanted


def _is_tagged(
    event: Callable[[T], PolymarketEvent], place: int, wanted: frozenset[str], one: T
) -> bool:
    return any(tag[place] in wanted for tag in event(one).tags)


def _tags(asked: QueryParams, event: Callable[[T], PolymarketEvent]) -> list[Test[T]]:
    """Tests of the event's tags."""
    tests: list[Test[T]] = []
    for place, name in enumerate(("tag_id", "tag_slug")):
        wanted = frozenset(asked.getlist(name))
        if wanted:
            tests.append(partial(_is_tagged, event, place, wanted))
    barred = frozenset(asked.getlist("exclude_tag_id"))
    if barred:
        tests.append(lambda one: not _is_tagged(event, 0, barred, one))
    return tests


def _numbers(asked: QueryParams, name: str, value: Callable[[T], int]) -> list[Test[T]]:
    """Tests of a number in millionths. Raises ApiError (422)."""
    tests: list[Test[T]] = []
    try:
        if f"{name}_min" in asked:
            least = parse_micros(asked[f"{name}_min"])
            tests.append(lambda one: value(one) >= least)
        if f"{name}_max" in asked:
            most = parse_micros(asked[f"{name}_max"])
            tests.append(lambda one: value(one) <= most)
    except Malformed as error:
        raise ApiError(422, f"{name} is not valid") from error
    return tests
