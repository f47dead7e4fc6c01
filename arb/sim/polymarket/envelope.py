"""The Data API's way of answering: pages in an envelope, and errors with codes (docs: v2)."""

import random
import uuid
from collections.abc import Sequence

import attrs
from starlette.datastructures import QueryParams

from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.wire import NS_PER_S, Json, whole_number

DEFAULT_PAGE = 100
LARGEST_PAGE = 1000
MOST_CONDITIONS = 20
"""Distinct condition ids in one question."""
CONDITION_TEXT = 66
"""0x and 64 hex digits; shorter ids of v2 markets are refused (recorded refusals)."""


@attrs.frozen
class Span:
    """A time filter in whole seconds, both ends included."""

    start_s: int
    end_s: int

    def holds(self, at_ns: int) -> bool:
        """Say whether a moment is within."""
        return self.start_s <= at_ns // NS_PER_S <= self.end_s


@attrs.define(eq=False)
class Envelope:
    """Reads what was asked and wraps what is answered."""

    rng: random.Random
    """Draws the trace ids of errors."""

    def page(self, asked: QueryParams, rows: Sequence[Json]) -> Json:
        """One page of rows. Raises ApiError (400)."""
        size = whole_number(asked.get("limit", str(DEFAULT_PAGE)))
        start = whole_number(asked.get("cursor", "") or asked.get("offset", "0"))
        if not size or start is None:
            raise self.invalid("cursor" if start is None else "limit")
        end = start + min(size, LARGEST_PAGE)
        more = end < len(rows)
        pagination = {
            "limit": end - start,
            "offset": start,
            "has_more": more,
            "next_cursor": str(end) if more else None,
        }
        return {"data": list(rows[start:end]), "pagination": pagination}

    def conditions(self, asked: QueryParams) -> frozenset[str] | None:
        """The condition ids asked for, joined by commas; None for all. Raises ApiError (400)."""
        if "condition_id" not in asked:
            return None
        named = frozenset(asked["condition_id"].split(","))
        if len(named) > MOST_CONDITIONS or any(len(one) != CONDITION_TEXT for one in named):
            raise self.invalid("condition_id")
        return named

    def span(self, asked: QueryParams) -> Span:
        """The time asked for. Raises ApiError (400)."""
        start = whole_number(asked.get("start", "0"))
        end = whole_number(asked.get("end", str(2**63)))
        if start is None or end is None:
            raise self.invalid("start" if start is None else "end")
        return Span(start, end)

    def choice(self, asked: QueryParams, name: str, known: Sequence[str]) -> tuple[str, ...]:
        """The words asked for, joined by commas; () for all. Raises ApiError (400)."""
        words = tuple(asked[name].split(",")) if asked.get(name) else ()
        if any(word not in known for word in words):
            raise self.invalid(name)
        return words

    def invalid(self, parameter: str) -> ApiError:
        """The refusal of a parameter."""
        more = {
            "code": "invalid_parameter",
            "retryable": False,
            "trace_id": uuid.UUID(int=self.rng.getrandbits(128), version=4).hex,
            "parameter": parameter,
        }
        return ApiError(400, f"invalid parameter: {parameter}", more=more)
