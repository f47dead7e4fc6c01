"""The hot path: from a frame's bytes to the gate's decision, in one task on one core.

30,000 markets (60,000 tokens) in about 4,400 events, books of some 20 levels a side, and distinct
`price_change` frames of two changes each, one a token, as the venue mirrors them. Frames come
from a seeded walk over shadow books, so what they state is what the books hold; a third of them
falls on a twentieth of the markets.

Prints figures with the goals beside them. Run: python benchmarks/hot_path.py [--profile]
"""

import cProfile
import gc
import pstats
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from arb.detect.basket import Lane, Leg, Template
from arb.detect.gate import Gate
from arb.market.book import Book
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Claim, EventId, Market, MarketId, Outcome, PolymarketRef, Venue
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, Px, Qty, Usd, complement, plain_text
from arb.venues.polymarket.book_stream import PolymarketBookStream

MARKETS = 30_000
FRAMES = 30_000
ROUNDS = 5
RESCANS = 15
SEED = 20_261_121
FEED = "feed"
EVENT_SIZES = ((1, 50), (2, 14), (4, 8), (7, 8), (12, 8), (15, 5), (26, 4), (71, 3))
"""Markets in an event, and how frequent such events are: 6.5 markets on average."""
TICKS = (10_000, 10_000, 1_000)
MEDIAN_LEVELS = 20
MOST_LEGS = 15
CHEAP = 0.04
"""The part of the events whose outcomes together cost less than they pay."""


# --- the universe -------------------------------------------------------------------------------


def universe(dice: random.Random) -> list[list[Market]]:
    """Events of markets."""
    sizes, weights = zip(*EVENT_SIZES, strict=True)
    events: list[list[Market]] = []
    left = MARKETS
    while left:
        size = min(left, dice.choices(sizes, weights)[0])
        tick = dice.choice(TICKS)
        events.append([market(dice, f"{len(events)}", tick) for _ in range(size)])
        left -= size
    return events


def market(dice: random.Random, event: str, tick: int) -> Market:
    condition = f"0x{dice.getrandbits(256):064x}"
    return Market(
        id=MarketId(f"{Venue.POLYMARKET}:{condition}"),
        venue=Venue.POLYMARKET,
        event=EventId(event),
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


def baskets(events: Sequence[Sequence[Market]]) -> list[Template]:
    """What the lanes make of it: each market alone, and all outcomes of the events that allow it."""
    known = Claim(holds=True, source="benchmark")
    made: list[Template] = []
    for event in events:
        for one in event:
            legs = [Leg(one.id, Outcome.YES), Leg(one.id, Outcome.NO)]
            states = {"yes": {one.id: True}, "no": {one.id: False}}
            made.append(Template.prove(Lane.BINARY, "", legs, states, (known,)))
        if 1 < len(event) <= MOST_LEGS:
            ids = [one.id for one in event]
            wins = {winner: {one: one == winner for one in ids} for winner in ids}
            for lane, outcome in ((Lane.ALL_YES, Outcome.YES), (Lane.ALL_NO, Outcome.NO)):
                legs = [Leg(one, outcome) for one in ids]
                made.append(Template.prove(lane, "", legs, wins, (known,)))
    return made


# --- what the venue sends -----------------------------------------------------------------------


class Walk:
    """Shadow books, and frames that change them."""

    def __init__(self, dice: random.Random, events: Sequence[Sequence[Market]]) -> None:
        self.dice = dice
        self.books = [book for event in events for book in self._event(event)]
        dice.shuffle(self.books)
        self.stamp = 1_795_000_000_000

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
            ((px, self.size()) for px in self._prices(ask - tick, -tick, depth)),
            ((px, self.size()) for px in self._prices(ask, tick, depth)),
        )
        return book

    def _prices(self, first: int, step: int, depth: int) -> Iterator[Px]:
        px = first
        for _ in range(depth):
            if not 0 < px < MICRO:
                return
            yield Px(px)
            px += step * self.dice.choice((1, 1, 1, 2, 3))

    def size(self) -> Qty:
        return Qty(int(self.dice.lognormvariate(5, 2) * 100 + 500) * 10_000)

    def snapshots(self) -> Iterator[bytes]:
        """The whole book of both tokens of every market, as it comes after subscribing."""
        for book in self.books:
            bids, asks = list(book.bids.items()), list(book.asks.items())
            mirrored = [[(complement(px), qty) for px, qty in side] for side in (asks, bids)]
            yield self._snapshot(book.market, yes(book.market), bids, asks)
            yield self._snapshot(book.market, no(book.market), *mirrored)

    def _snapshot(
        self,
        one: Market,
        asset: str,
        bids: Sequence[tuple[Px, Qty]],
        asks: Sequence[tuple[Px, Qty]],
    ) -> bytes:
        return msgspec.json.encode({
            "market": condition(one),
            "asset_id": asset,
            "timestamp": self._now(),
            "hash": f"{self.dice.getrandbits(160):040x}",
            "bids": [level(px, qty) for px, qty in sorted(bids)],
            "asks": [level(px, qty) for px, qty in sorted(asks, reverse=True)],
            "tick_size": plain_text(one.grid.finest_step),
            "event_type": "book",
            "last_trade_price": "0.5",
        })

    def frames(self, number: int) -> list[bytes]:
        return [self._frame() for _ in range(number)]

    def _frame(self) -> bytes:
        book = self.books[int((len(self.books) + 1) ** self.dice.random()) - 1]
        px, qty, is_bid = self._change(book)
        if is_bid:
            book.set_bid(px, qty)
        else:
            book.set_ask(px, qty)
        bid, ask = Px(book.best_bid), Px(book.best_ask)
        sides = ("BUY", "SELL") if is_bid else ("SELL", "BUY")
        changes = [
            self._entry(yes(book.market), px, qty, sides[0], bid, ask),
            self._entry(
                no(book.market), complement(px), qty, sides[1], complement(ask), complement(bid)
            ),
        ]
        return msgspec.json.encode({
            "market": condition(book.market),
            "price_changes": changes,
            "timestamp": self._now(),
            "event_type": "price_change",
        })

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
        return Px(min(max(px, tick), MICRO - tick)), self.size(), is_bid

    def _entry(
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


def condition(one: Market) -> str:
    assert isinstance(one.ref, PolymarketRef)
    return one.ref.condition_id


def yes(one: Market) -> str:
    assert isinstance(one.ref, PolymarketRef)
    return one.ref.yes_token


def no(one: Market) -> str:
    assert isinstance(one.ref, PolymarketRef)
    return one.ref.no_token


def level(px: Px, qty: Qty) -> dict[str, str]:
    return {"price": plain_text(px), "size": plain_text(qty)}


# --- what is measured ---------------------------------------------------------------------------


class Path_:
    """Stream, shelf and gate, as the book cache has them."""

    def __init__(self, events: Sequence[Sequence[Market]]) -> None:
        markets = [one for event in events for one in event]
        self.stream = PolymarketBookStream(markets)
        self.shelf = Shelf(markets)
        self.templates = baskets(events)
        self.hot = 0

    def run(self, frames: Sequence[bytes]) -> None:
        receive, apply = self.stream.receive, self.shelf.apply
        update, take_hot = self.gate.update, self.gate.take_hot
        now = Ns(1)
        for frame in frames:
            for book in apply(receive(frame, now), FEED, now):
                update(book)
            if take_hot():
                self.hot += 1

    def run_timed(self, frames: Sequence[bytes]) -> list[int]:
        receive, apply = self.stream.receive, self.shelf.apply
        update, take_hot = self.gate.update, self.gate.take_hot
        now, clock = Ns(1), time.perf_counter_ns
        took = []
        for frame in frames:
            start = clock()
            for book in apply(receive(frame, now), FEED, now):
                update(book)
            take_hot()
            took.append(clock() - start)
        return took


def resident() -> float:
    """MiB of memory in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 2**20


def main() -> None:
    dice = random.Random(SEED)
    events = universe(dice)
    walk = Walk(dice, events)
    path = Path_(events)
    gc.collect()
    before = resident()
    start = time.perf_counter()
    spent = 0.0
    n=0
    for frame in walk.snapshots():
        t=time.perf_counter()
        path.shelf.apply(path.stream.receive(frame, Ns(1)), FEED, Ns(1))
        spent += time.perf_counter()-t
        n+=1
    gc.collect()
    print('snapshots', n, spent, path.stream.counts, path.shelf.live, path.shelf.resynced, path.shelf.contradicted)
    print("MiB", resident()-before)
    path.gate = Gate(path.templates, path.shelf.books)
    path.run(walk.frames(FRAMES))
    gc.collect(); gc.freeze()
    print(len(events), len(path.templates))
    import statistics as st
    for _ in range(ROUNDS):
        fr = walk.frames(FRAMES)
        took = sorted(path.run_timed(fr))
        fr = walk.frames(FRAMES)
        path.hot=0
        t=time.perf_counter(); path.run(fr); el=time.perf_counter()-t
        print(took[len(took)//2]/1e3, took[len(took)*99//100]/1e3, FRAMES/el, path.hot/FRAMES)
    print(path.shelf.agreed, path.shelf.disagreed, path.stream.counts)
    for _ in range(5):
        t=time.perf_counter(); h=path.gate.rescan(); print('rescan', (time.perf_counter()-t)*1e3, len(h), path.gate.corrected)
    if len(sys.argv)>1:
        fr = walk.frames(FRAMES)
        pr=cProfile.Profile(); pr.enable(); path.run(fr); pr.disable()
        pstats.Stats(pr).sort_stats('tottime').print_stats(12)

if __name__ == "__main__":
    main()
