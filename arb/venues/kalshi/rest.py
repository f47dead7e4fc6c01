"""Asking Kalshi's REST interface: signed requests, pages, and patience with its rate limit."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import trio

from arb.market.errors import Unintelligible
from arb.market.units import Clock
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.errors import read_failure
from arb.venues.kalshi.schema import Page, decode
from arb.venues.kalshi.signing import Signer
from arb.venues.wire import Answer, ask

T = TypeVar("T")
R = TypeVar("R")

Params = Sequence[tuple[str, str]]

PATIENCE_S = (0.2, 0.5, 1.0)
"""Waits before asking again after 429: buckets refill all the time, the 10 tokens of a read in
50 ms at worst, and being refused brings no penalty (docs: rate_limits)."""
PAGE_ROWS = "1000"
"""The most that private lists give at a time; more is an error, not a cut."""


class Rest:
    """One account's REST interface. Requests are signed where a key is given.

    The client belongs to the caller, as do deadlines.
    """

    def __init__(
        self,
        urls: KalshiUrls,
        credentials: KalshiCredentials | None,
        client: httpx.AsyncClient,
        now_ns: Clock,
    ) -> None:
        """Raise Refused where the private key cannot be used."""
        self._url = urls.rest
        self._root = urlsplit(urls.rest).path
        self._client = client
        self._signer = None if credentials is None else Signer(credentials, now_ns)

    async def ask(
        self, method: str, path: str, *, params: Params = (), body: bytes | None = None
    ) -> Answer:
        """Send one request, once. Raises Unreachable where no whole answer came."""
        headers = self._signer.headers(method, self._root + path) if self._signer else {}
        if body is not None:
            headers["content-type"] = "application/json"
        url = self._url + path
        return await ask(self._client, method, url, params=params, headers=headers, body=body)

    async def insist(
        self, method: str, path: str, *, params: Params = (), body: bytes | None = None
    ) -> Answer:
        """Ask until the answer is not 429, a few times at most. For what may be said twice."""
        for wait_s in PATIENCE_S:
            answer = await self.ask(method, path, params=params, body=body)
            if answer.status != HTTPStatus.TOO_MANY_REQUESTS:
                return answer
            await trio.sleep(wait_s)
        return await self.ask(method, path, params=params, body=body)

    async def get(self, path: str, params: Params = ()) -> Answer:
        """Ask for something, with patience."""
        return await self.insist("GET", path, params=params)

    async def read(self, kind: type[T], path: str, params: Params = ()) -> T:
        """Read one body. Raises Refused, Unreachable or Unintelligible."""
        answer = await self.get(path, params)
        if answer.status != HTTPStatus.OK:
            raise read_failure(answer, f"GET {path}")
        return decode(answer.body, kind)

    async def read_all(self, kind: type[Page[R]], path: str, params: Params = ()) -> list[R]:
        """Read a list to its end, page by page. Raises as `read`."""
        rows: list[R] = []
        seen = {""}
        cursor = ""
        while True:
            asked = [("limit", PAGE_ROWS), *params, *([("cursor", cursor)] if cursor else [])]
            page = await self.read(kind, path, asked)
            rows += page.rows or []
            cursor = next_cursor(page.cursor, seen)
            if not cursor:
                return rows


def next_cursor(cursor: str | None, seen: set[str]) -> str:
    """Remember a page's cursor, and return it; "" at the end of the list.

    Raises Unintelligible for one that came before: the list would never end.
    """
    if not cursor:
        return ""
    if cursor in seen:
        raise Unintelligible(f"a page that leads back to an earlier one: {cursor!r}")
    seen.add(cursor)
    return cursor
