"""kalshi-sdk's way of taking Kalshi's frames, and ours.

Theirs is its client's own handling of a frame (sequence, model, book) without handing it to a
reader; ours is conversation and book.
"""

import importlib
import itertools
import json
import random
from collections.abc import Iterable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

import attrs
from universe import Walk, universe, zipf

from arb.market.book import Book
from arb.market.instruments import KalshiRef, Market, MarketId, Venue
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Px, complement
from arb.venues.kalshi.book_stream import KalshiBookStream

SEED = 20_261_121
FEED = "feed"
NOW = Ns(1)


class KalshiWalk(Walk):
    """The same walk, told as Kalshi tells it: both sides are bids, and levels change by amounts."""

    sequence = 0

    def snapshots(self) -> Iterator[bytes]:
        """The whole book of every market."""
        for book in self.books:
            no = {complement(px): qty for px, qty in book.asks.items()}
            body = {
                "market_ticker": ticker(book.market),
                "market_id": "",
                "yes_dollars_fp": [[dollars(px), count(n)] for px, n in sorted(book.bids.items())],
                "no_dollars_fp": [[dollars(px), count(n)] for px, n in sorted(no.items())],
            }
            yield self._told("orderbook_snapshot", body)

    def _frame(self, book: Book) -> bytes:
        px, qty, is_bid = self._change(book)
        had = (book.bids if is_bid else book.asks).get(px, 0)
        (book.set_bid if is_bid else book.set_ask)(px, qty)
        body = {
            "market_ticker": ticker(book.market),
            "market_id": "",
            "price_dollars": dollars(px if is_bid else complement(px)),
            "delta_fp": count(qty - had),
            "side": "yes" if is_bid else "no",
            "ts": "2026-11-21T08:00:00.123456Z",
        }
        return self._told("orderbook_delta", body)

    def _told(self, kind: str, body: Mapping[str, object]) -> bytes:
        self.sequence += 1
        return json.dumps(
            {"type": kind, "sid": 1, "seq": self.sequence, "msg": body}, separators=(",", ":")
        ).encode()


def dollars(px: int) -> str:
    """As Kalshi spells prices: four decimals."""
    return f"0.{px // 100:04d}"


def count(micro: int) -> str:
    """As Kalshi spells counts: two decimals."""
    whole, part = divmod(abs(micro) // 10_000, 100)
    return f"{'-' if micro < 0 else ''}{whole}.{part:02d}"


def ticker(one: Market) -> str:
    assert isinstance(one.ref, KalshiRef)
    return one.ref.ticker


def as_kalshi(one: Market, number: int) -> Market:
    """The same market on the other venue."""
    name = f"KXBENCH-26NOV21-T{number}"
    return attrs.evolve(
        one, id=MarketId(f"kalshi:{name}"), venue=Venue.KALSHI, ref=KalshiRef(name, 0)
    )


class KalshiContest:
    """Frame to book."""

    def __init__(self) -> None:
        dice = random.Random(SEED)
        numbers = itertools.count()
        events = [[as_kalshi(one, next(numbers)) for one in e] for e in universe(dice)]
        self.markets = [one for event in events for one in event]
        self.walk = KalshiWalk(dice, events)
        self.stream, self.shelf = KalshiBookStream(self.markets), Shelf(self.markets)
        self.stream.opening()
        self.client, self.manager = kalshi_client()
        opening = list(self.walk.snapshots())
        self.ours(opening)
        self.theirs(opening)

    def frames(self, count: int) -> list[bytearray]:
        """Changes, the busiest markets first."""
        return self.walk.frames(zipf, count)

    def ours(self, frames: Iterable[bytes]) -> None:
        """From the bytes to the book."""
        receive, apply = self.stream.receive, self.shelf.apply
        for frame in frames:
            apply(receive(frame, NOW), FEED, NOW)

    def theirs(self, frames: Iterable[bytes]) -> None:
        """Its client's own coroutine, which never waits here."""
        process = self.client._process_frame
        for frame in frames:
            try:
                process(frame).send(None)
            except StopIteration:
                continue
            raise AssertionError("it waits")

    def check(self) -> None:
        """The books are the same."""
        assert not self.stream.counts["gaps"]
        for one in self.markets:
            theirs = self.manager._books[ticker(one)]
            book = self.shelf.books[one.id]
            yes = {Px(int(px * MICRO)): int(qty * MICRO) for px, qty in theirs.yes.items()}
            no = {Px(MICRO - int(px * MICRO)): int(qty * MICRO) for px, qty in theirs.no.items()}
            assert (yes, no) == (dict(book.bids), dict(book.asks)), one


def kalshi_client() -> tuple[Any, Any]:
    """Their client's handling of one frame, and its books; nobody reads behind it."""
    client: Any = importlib.import_module("kalshi.ws.client")
    books: Any = importlib.import_module("kalshi.ws.orderbook")
    sequence: Any = importlib.import_module("kalshi.ws.sequence")

    async def nobody(_data: object, pre_validated: object) -> None:
        """Where their dispatcher would look for readers."""

    real = client.KalshiWebSocket
    made = type("Client", (), {"_process_frame": real._process_frame})()
    made._json_loads = json.loads
    made._sub_mgr = None
    made._seq_tracker = sequence.SequenceTracker()
    made._orderbook_mgr = books.OrderbookManager()
    made._dispatcher = SimpleNamespace(dispatch=nobody)
    return made, made._orderbook_mgr
