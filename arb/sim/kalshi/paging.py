"""Cursors: where the next page of a list starts, opaque to the client.

A cursor names the last row sent by its number, not its place, so rows that come and go meanwhile
neither repeat nor vanish.
"""

import base64
from collections.abc import Callable, Iterable
from typing import TypeVar

from arb.sim.kalshi.calls import Query
from arb.sim.kalshi.errors import bad_query

T = TypeVar("T")

END = ""
"""The cursor after the last page."""


def read_cursor(query: Query) -> int | None:
    """The number of the last row that the client has. Raises ApiError (400, `msg`)."""
    text = query.text("cursor")
    if not text:
        return None
    try:
        return int(base64.b64decode(text, altchars=b"-_", validate=True))
    except ValueError as error:
        raise bad_query("invalid cursor") from error


def cut(rows: Iterable[T], limit: int, number_of: Callable[[T], int]) -> tuple[list[T], str]:
    """Take `limit` rows (at least one) and the cursor to the rest."""
    page: list[T] = []
    for row in rows:
        if len(page) == limit:
            return page, _cursor(number_of(page[-1]))
        page.append(row)
    return page, END


def _cursor(number: int) -> str:
    return base64.b64encode(str(number).encode(), altchars=b"-_").decode()
