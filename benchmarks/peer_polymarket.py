"""NautilusTrader's and polymarket-client's ways of taking Polymarket's frames, and ours.

Of NautilusTrader it is its Polymarket data client's own handler (decoder, instrument, delta,
OrderBook) and then the best asks of both tokens; ours goes on to the gate's decision. Of
polymarket-client it is what its market stream makes of a frame; ours is typed changes.
"""

import importlib
import json
import random
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any

from universe import Walk, baskets, reference, universe, zipf

from arb.detect.gate import Gate
from arb.market.instruments import Market, PolymarketRef
from arb.market.shelf import Shelf
from arb.market.units import MICRO, Ns, plain_text
from arb.venues.polymarket.book_stream import PolymarketBookStream

SEED = 20_261_121
FEED = "feed"
NOW = Ns(1)


class PolymarketSide:
    """Our side of Polymarket's frames, and what it is loaded with."""

    def __init__(self) -> None:
        dice = random.Random(SEED)
        events = universe(dice)
        self.markets = [one for event in events for one in event]
        self.walk = Walk(dice, events)
        self.snapshots = list(self.walk.snapshots())
        self.stream = PolymarketBookStream(self.markets)
        self.shelf = Shelf(self.markets)
        for frame in self.snapshots:
            self.shelf.apply(self.stream.receive(frame, NOW), FEED, NOW)
        self.gate = Gate(baskets(events), self.shelf.books)

    def frames(self, count: int) -> list[bytearray]:
        """Changes, the busiest markets first."""
        return self.walk.frames(zipf, count)

    def decide(self, frames: Iterable[bytes]) -> None:
        """From the bytes to what crosses."""
        receive, apply = self.stream.receive, self.shelf.apply
        update, take_hot = self.gate.update, self.gate.take_hot
        for frame in frames:
            for book in apply(receive(frame, NOW), FEED, NOW):
                update(book)
            take_hot()

    def read(self, frames: Iterable[bytes]) -> None:
        """From the bytes to typed changes."""
        receive = self.stream.receive
        for frame in frames:
            receive(frame, NOW)


# --- NautilusTrader -----------------------------------------------------------------------------


def nautilus_client(markets: Sequence[Market]) -> Any:  # noqa: ANN401 - their types live elsewhere
    """Their data client's own handler, around which there is nothing else."""
    theirs: Any = importlib.import_module("nautilus_trader.adapters.polymarket.data")
    clock: Any = importlib.import_module("nautilus_trader.common.component").LiveClock()
    messages: Any = importlib.import_module("msgspec.json")
    real = theirs.PolymarketDataClient
    handlers = {name: getattr(real, name) for name in dir(real) if name.startswith("_handle_")}
    made = type("Client", (), handlers | {"_create_local_book": real._create_local_book})()
    instruments = nautilus_instruments(markets)
    made._cache = SimpleNamespace(instrument=instruments.get)
    made._clock = clock
    made._local_books = {}
    made._pending_snapshot_after_tick_change = set()
    made._config = SimpleNamespace(compute_effective_deltas=False)
    made._decoder_market_msg = messages.Decoder(theirs.MARKET_WS_MESSAGE)
    made._handle_data = lambda _: None
    made._log = SimpleNamespace(exception=refuse, error=refuse, warning=refuse)
    made.is_subscribed_quote_ticks = lambda _: False
    made.is_subscribed_order_book_deltas = lambda _: True
    return made


def refuse(*words: object) -> None:
    raise AssertionError(words)


def nautilus_instruments(markets: Sequence[Market]) -> dict[Any, Any]:
    """By their id, one a token."""
    parsing: Any = importlib.import_module("nautilus_trader.adapters.polymarket.common.parsing")
    made: dict[Any, Any] = {}
    for one in markets:
        ref = reference(one)
        about = {
            "condition_id": ref.condition_id,
            "question": "?",
            "minimum_tick_size": plain_text(one.grid.finest_step),
            "end_date_iso": None,
        }
        for token in (ref.yes_token, ref.no_token):
            instrument = parsing.parse_polymarket_instrument(about, token, "Yes", 0)
            made[instrument.id] = instrument
    return made


class NautilusContest(PolymarketSide):
    """Frame to decision, against frame to best ask."""

    def __init__(self) -> None:
        super().__init__()
        self.client = nautilus_client(self.markets)
        symbols: Any = importlib.import_module("nautilus_trader.adapters.polymarket.common.symbol")
        self.instrument_id = symbols.get_polymarket_instrument_id
        for frame in self.snapshots:
            self.client._handle_raw_ws_message(frame)
        self.books: dict[bytes, list[Any]] = {}
        for one in self.markets:
            self.books[reference(one).condition_id.encode()] = self._both(reference(one))

    def _both(self, ref: PolymarketRef) -> list[Any]:
        ids = [self.instrument_id(ref.condition_id, one) for one in (ref.yes_token, ref.no_token)]
        return [self.client._local_books[one] for one in ids]

    def ours(self, frames: Iterable[bytes]) -> None:
        """From the bytes to what crosses."""
        self.decide(frames)

    def theirs(self, frames: Iterable[bytes]) -> None:
        """From the bytes to both books and their best asks."""
        handle, books = self.client._handle_raw_ws_message, self.books
        for frame in frames:
            handle(frame)
            for book in books[frame[11:77]]:  # {"market":"0x...
                book.best_ask_price()

    def check(self) -> None:
        """The best asks are the same."""
        for one in self.markets:
            told = self._both(reference(one))[0].best_ask_price()
            ours = self.shelf.books[one.id].best_ask
            assert (round(float(told) * MICRO) if told else MICRO) == ours, one


# --- polymarket-client --------------------------------------------------------------------------


class PolymarketClientContest(PolymarketSide):
    """Frame to typed changes."""

    def __init__(self) -> None:
        super().__init__()
        path = "polymarket._internal.streams.clob.market_protocol"
        self.parse_events: Any = importlib.import_module(path).parse_events
        self.dropped = self.parsed = 0

    def ours(self, frames: Iterable[bytes]) -> None:
        """To changes of levels in integers."""
        self.read(frames)

    def theirs(self, frames: Iterable[bytes]) -> None:
        """As its connection does: text, `json.loads`, models."""
        loads, parse = json.loads, self.parse_events
        for frame in frames:
            events, dropped = parse(loads(frame.decode()))
            self.dropped += dropped
            self.parsed += len(events)

    def check(self) -> None:
        """Nothing was dropped on either side."""
        assert self.dropped == 0
        assert self.parsed > 0
        assert not [name for name in self.stream.counts if name.startswith("skipped")]
