"""Drives the simulated Kalshi with kalshi-sdk: `python -m clients.kalshi_models FILE`.

The client signs with RSA only, so the driver first registers an RSA key for the test account, as
its owner would on the venue's web page.
"""

import asyncio
import base64
import json
import sys
import time
import urllib.request
from collections.abc import Awaitable
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from clients.kalshi_models_verbs import Client, new_key
from clients.kalshi_orders import Orders
from clients.kalshi_reads import Reads
from clients.kalshi_refusals import Refusals
from clients.kalshi_setup import CENT, HIGHEST, LOWEST, Place
from clients.kalshi_streams import Streams
from clients.operations import OnKalshi as Row
from clients.reporting import Absent, answers, expect, read_venues, run

ABSENT = {
    Row.TRANSFER: "the client lists transfers between shards but cannot make one",
    Row.V1_ORDER: "the client has no method for it any more",
}
PATH = "/trade-api/v2/api_keys"


GONE = "liquidity_dollars"
"""The venue took this field of markets away on Oct 1 2026 (changelog); the client demands it."""


class Trader(Reads, Orders, Refusals, Streams):
    """All rows together, but for those that read markets: see GONE."""

    @answers(Row.EVENTS)
    async def events(self) -> str:
        plain = await self.api.events(limit=200)
        one = await self.api.event(plain[0].event_ticker)
        expect(one.event_ticker == plain[0].event_ticker, one)
        return f"{len(plain)} events; with markets inside: see `discover: markets`"

    @answers(Row.MARKETS)
    async def markets(self) -> Absent | str:
        return await self._unreadable(self.api.markets())

    @answers(Row.ONE_MARKET)
    async def one_market(self) -> Absent | str:
        return await self._unreadable(self.api.market(await self.ticker()))

    @answers(Row.PAGES)
    async def pages(self) -> str:
        seen, query, pages = set[str](), {"limit": 10}, 0
        while pages == 0 or query.get("cursor"):
            page = await self.api.api.events.list(**query)  # type: ignore[attr-defined]
            seen |= {event.event_ticker for event in page.items}
            query["cursor"], pages = page.cursor, pages + 1
        expect(pages > 1, f"{pages} pages")
        return f"{len(seen)} events in {pages} pages"

    async def places(self) -> list[Place]:
        """Find markets by their books: those that both venues list are in the connection file."""
        events = {event.event_ticker: event for event in await self.api.events(limit=200)}
        tickers = [pair["kalshi"].partition(":")[2] for pair in self.venues["pairs"]]
        books = await asyncio.gather(*(self.api.book(ticker) for ticker in tickers))
        places = []
        for ticker, (yes, no) in zip(tickers, books, strict=True):
            event = events.get(ticker) or events[ticker.rpartition("-")[0]]
            whole = all(price % CENT == 0 for price, _ in [*yes, *no])
            if yes and no and whole and LOWEST < yes[-1][0] < HIGHEST:
                places.append(Place(ticker, event.event_ticker, event.exchange_index))
        return places

    async def _unreadable(self, call: Awaitable[object]) -> Absent | str:
        """Read markets; where the client objects to nothing but the field that is gone, say so."""
        try:
            await call
        except ValidationError as error:
            objections = {str(one["loc"][-1]) for one in error.errors()}
            expect(objections == {GONE}, objections)
            return Absent(f"its model demands {GONE}, which the venue removed on Oct 1 2026")
        return "read"


def register(kalshi: dict[str, Any], pem: str) -> str:
    """Register the public half of an RSA key; returns the new key's id."""
    public = load_pem_private_key(pem.encode(), None).public_key()
    text = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    request = urllib.request.Request(  # noqa: S310 - the simulator's own address
        kalshi["rest"] + "/api_keys",
        json.dumps({"name": "conformance", "public_key": text}).encode(),
        {"content-type": "application/json", **_signed(kalshi)},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return str(json.loads(answer.read())["api_key_id"])


def _signed(kalshi: dict[str, Any]) -> dict[str, str]:
    owner = load_pem_private_key(kalshi["private_key_pem"].encode(), None)
    if not isinstance(owner, Ed25519PrivateKey):
        raise TypeError("the test accounts have Ed25519 keys")
    stamp = str(time.time_ns() // 1_000_000)
    return {
        "KALSHI-ACCESS-KEY": kalshi["key_id"],
        "KALSHI-ACCESS-TIMESTAMP": stamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(
            owner.sign(f"{stamp}POST{PATH}".encode())
        ).decode(),
    }


if __name__ == "__main__":
    VENUES = read_venues(sys.argv)
    KALSHI, PEM = VENUES["kalshi"], new_key()
    API = Client(KALSHI["rest"], KALSHI["ws"], register(KALSHI, PEM), PEM)
    run(Trader(VENUES, API), Row, ABSENT)
