"""What the benchmarks of detection look at: tens of thousands of markets, and what a venue says.

Events of markets with books of about 20 levels a side, and distinct `price_change` frames of two
changes each, one a token, as Polymarket mirrors them. They come from a seeded walk over shadow
books, so what they state is what the books hold.
"""

import math
import random
from collections.abc import Callable, Iterator, Sequence

import attrs
import msgspec

from arb.detect.blueprint import Basket
from arb.detect.lanes import compile_baskets
from arb.market.book import Book
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Catalogue,
    Claim,
    Event,
    EventId,
    Market,
    MarketId,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Px, Qty, Usd, complement, plain_text

MARKETS = 30_000
EVENT_SIZES = ((1, 50), (2, 14), (4, 8), (7, 8), (12, 8), (15, 5), (26, 4), (71, 3))
"""Markets in an event, and how frequent such events are: 6.5 markets on average."""
TICKS = (10_000, 10_000, 1_000)
MEDIAN_LEVELS = 20
CHEAP = 0.25
"""The part of the events whose outcomes together cost less than they pay."""


# --- the universe -------------------------------------------------------------------------------


@attrs.frozen
class Lanes:
    """All that one venue allows."""

    binary: bool = True
    multi_outcome: bool = True
    cross_venue: bool = False
    structural: bool = False


def universe(dice: random.Random) -> list[list[Market]]:
    """Events of markets."""
    sizes, weights = zip(*EVENT_SIZES, strict=True)
    events: list[list[Market]] = []
    left = MARKETS
    while left:
        size = min(left, dice.choices(sizes, weights)[0])
        tick = dice.choice(TICKS)
        events.append([market(dice, EventId(f"{len(events)}"), tick) for _ in range(size)])
        left -= size
    return events


def market(dice: random.Random, event: EventId, tick: int) -> Market:
    condition = f"0x{dice.getrandbits(256):064x}"
    return Market(
        id=MarketId(f"{Venue.POLYMARKET}:{condition}"),
        venue=Venue.POLYMARKET,
        event=event,
        title="",
        label="",
        ref=PolymarketRef(condition, token(dice), token(dice), neg_risk=False, protocol="v1"),
        grid=PriceGrid.of_tick(tick),
        lot=Qty(10_000),
        min_qty=Qty(5 * MICRO),
        min_take_usd=Usd(MICRO),
        fees=PolymarketFees(40_000),
        closes_ns=None,
    )


def token(dice: random.Random) -> str:
    return str(dice.getrandbits(255) | 1 << 254)


def baskets(events: Sequence[Sequence[Market]]) -> tuple[Basket, ...]:
    """What the lanes make of it: each market alone, and whole events of up to 15 outcomes."""
    known = Claim(holds=True, source="benchmark")
    catalogue = Catalogue(
        venue=Venue.POLYMARKET,
        events=tuple(
            Event(
                id=event[0].event,
                venue=Venue.POLYMARKET,
                title="",
                markets=tuple(one.id for one in event),
                at_most_one=known,
                at_least_one=known,
            )
            for event in events
        ),
        markets=tuple(one for event in events for one in event),
    )
    return compile_baskets([catalogue], (), Lanes()).baskets


# --- what the venue sends -----------------------------------------------------------------------


class Walk:
    """Shadow books, and frames that change them."""

    def __init__(self, dice: random.Random, events: Sequence[Sequence[Market]]) -> None:
        self.dice = dice
        self.books = [book for event in events for book in self._event(event)]
        dice.shuffle(self.books)
        self.stamp = 1_795_000_000_000

    def snapshots(self) -> Iterator[bytes]:
        """The whole book of both tokens of every market, as it comes after subscribing."""
        for book in self.books:
            bids, asks = list(book.bids.items()), list(book.asks.items())
            no_bids, no_asks = ([(complement(px), n) for px, n in side] for side in (asks, bids))
            yield self._snapshot(book.market, reference(book.market).yes_token, bids, asks)
            yield self._snapshot(book.market, reference(book.market).no_token, no_bids, no_asks)

    def frames(self, pick: Callable[[random.Random], float], count: int) -> list[bytearray]:
        """Frames of their own kind of object: each must be copied to be played."""
        return [
            bytearray(self._frame(self.books[int(len(self.books) * pick(self.dice))]))
            for _ in range(count)
        ]

    def _event(self, event: Sequence[Market]) -> Iterator[Book]:
        parts = [self.dice.expovariate(1.0) for _ in event]
        share = self.dice.uniform(0.9, 0.97) if self.dice.random() < CHEAP else 1.01
        whole = sum(parts) if len(event) > 1 else parts[0] + self.dice.expovariate(1.0)
        for one, part in zip(event, parts, strict=True):
            yield self._book(one, int(share * part / whole * MICRO))

    def _book(self, one: Market, fair: int) -> Book:
        tick = one.grid.finest_step
        ask = min(max(fair // tick * tick, tick) + tick, MICRO - tick)
        book = Book(one)
        depth = max(1, int(self.dice.lognormvariate(0, 0.6) * MEDIAN_LEVELS))
        book.replace(
            ((px, self._size()) for px in self._prices(ask - tick, -tick, depth)),
            ((px, self._size()) for px in self._prices(ask, tick, depth)),
        )
        return book

    def _prices(self, first: int, step: int, depth: int) -> Iterator[Px]:
        px = first
        for _ in range(depth):
            if not 0 < px < MICRO:
                return
            yield Px(px)
            px += step * self.dice.choice((1, 1, 1, 2, 3))

    def _size(self) -> Qty:
        return Qty(int(self.dice.lognormvariate(5, 2) * 100 + 500) * 10_000)

    def _snapshot(
        self,
        one: Market,
        asset: str,
        bids: Sequence[tuple[Px, Qty]],
        asks: Sequence[tuple[Px, Qty]],
    ) -> bytes:
        frame = {
            "market": reference(one).condition_id,
            "asset_id": asset,
            "timestamp": self._now(),
            "hash": f"{self.dice.getrandbits(160):040x}",
            "bids": [level(px, qty) for px, qty in sorted(bids)],
            "asks": [level(px, qty) for px, qty in sorted(asks, reverse=True)],
            "tick_size": plain_text(one.grid.finest_step),
            "event_type": "book",
            "last_trade_price": "0.5",
        }
        return msgspec.json.encode(frame)

    def _frame(self, book: Book) -> bytes:
        """Change a book; the frame that tells it."""
        px, qty, is_bid = self._change(book)
        (book.set_bid if is_bid else book.set_ask)(px, qty)
        bid, ask = book.best_bid, book.best_ask
        ref, sides = reference(book.market), ("BUY", "SELL") if is_bid else ("SELL", "BUY")
        mirrored = complement(px), qty, sides[1], complement(ask), complement(bid)
        frame = {
            "market": ref.condition_id,
            "price_changes": [
                self._entry(ref.yes_token, px, qty, sides[0], bid, ask),
                self._entry(ref.no_token, *mirrored),
            ],
            "timestamp": self._now(),
            "event_type": "price_change",
        }
        return msgspec.json.encode(frame)

    def _change(self, book: Book) -> tuple[Px, Qty, bool]:
        """Near the best price: a new total, a level gone, sometimes a better price."""
        is_bid = self.dice.random() < 0.5
        levels = book.bids if is_bid else book.asks
        tick = book.market.grid.finest_step
        if len(levels) > 2 and self.dice.random() < 0.3:
            near = sorted(levels, reverse=is_bid)[: 1 + int(self.dice.expovariate(0.5))]
            return near[-1], Qty(0), is_bid
        away = int(self.dice.expovariate(0.4)) - (self.dice.random() < 0.1)
        if is_bid:
            px = min(book.best_bid - away * tick, book.best_ask - tick)
        else:
            px = max(book.best_ask + away * tick, book.best_bid + tick)
        return Px(min(max(px, tick), MICRO - tick)), self._size(), is_bid

    def _entry(  # noqa: PLR0913, PLR0917 - the fields of the wire
        self, asset: str, px: Px, qty: Qty, side: str, bid: Px, ask: Px
    ) -> dict[str, str]:
        return {
            "asset_id": asset,
            "price": plain_text(px),
            "size": plain_text(qty),
            "side": side,
            "hash": f"{self.dice.getrandbits(160):040x}",
            "best_bid": plain_text(bid),
            "best_ask": plain_text(ask),
        }

    def _now(self) -> str:
        self.stamp += 1
        return str(self.stamp)


def zipf(dice: random.Random) -> float:
    """Where the next frame falls, from 0 to 1, the busiest market first."""
    return (math.pow(MARKETS + 1, dice.random()) - 1) / MARKETS


def evenly(dice: random.Random) -> float:
    return dice.random()


def one_percent(dice: random.Random) -> float:
    return dice.random() / 100


def reference(one: Market) -> PolymarketRef:
    assert isinstance(one.ref, PolymarketRef)
    return one.ref


def level(px: Px, qty: Qty) -> dict[str, str]:
    return {"price": plain_text(px), "size": plain_text(qty)}
