"""Recorded frames as the flow of a market: what was recorded is what clients see, at its pace."""

import json
from collections.abc import Callable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio

from arb.market.instruments import Action, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, parse_px, parse_qty
from arb.sim.catalogue import Mix
from arb.sim.engine import Tif
from arb.sim.inprocess import InProcessNetwork
from arb.sim.recorded.reading import read_recordings
from arb.sim.recorded.recording import Recording, RecordingFault
from arb.sim.recorder import kalshi_conversation
from arb.sim.world import World
from tests.fakes.sim_world import live, now_ns

POLYMARKET = "polymarket_ws/yes_no_feb2026/merged_session.jsonl"
KALSHI = "kalshi_ws/kxbtc_apr2026/kalshi_ws_frames.jsonl"
URLS = {Venue.POLYMARKET: "http://polymarket.sim", Venue.KALSHI: "http://kalshi.sim"}
TINY = Mix(
    **dict.fromkeys(attrs.asdict(Mix()), 0)
    | {"polymarket_yes_no": 1, "kalshi_yes_no": 1, "most_answers": 12}
)
Book = dict[tuple[str, int], int]
"""Side in the venue's words and price in millionths: how much."""


def own_view(book: Book) -> Book:
    return {level: qty for level, qty in book.items() if qty}


# --- Polymarket ---------------------------------------------------------------------------------


def poly_apply(book: Book, frame: dict[str, Any], token: str) -> None:
    """One market frame, as a client of one token keeps its book."""
    if frame["event_type"] == "book" and frame["asset_id"] == token:
        book.clear()
        for name, side in (("bids", "BUY"), ("asks", "SELL")):
            for level in frame[name]:
                book[side, parse_px(level["price"])] = parse_qty(level["size"])
    elif frame["event_type"] == "price_change":
        for change in frame["price_changes"]:
            if change["asset_id"] == token:
                book[change["side"], parse_px(change["price"])] = parse_qty(change["size"])


def poly_truth(path: Path, token: str) -> Iterator[tuple[float, Book]]:
    """The recorded book after each moment, in seconds from the first frame."""
    frames = [json.loads(line) for line in path.read_text().splitlines()]
    start = int(frames[0]["timestamp"])
    book: Book = {}
    for moment, some in groupby(frames, key=lambda frame: int(frame["timestamp"])):
        for frame in some:
            poly_apply(book, frame, token)
        yield (moment - start) / 1000, own_view(book)


@pytest.mark.parametrize("speed", [1, 4])
def test_a_polymarket_session_is_seen_as_it_was_recorded(
    recorded: Callable[[str], Path], speed: int
) -> None:
    """A client of the simulated stream has the recorded book at every recorded moment."""
    path = recorded(POLYMARKET)
    token = json.loads(path.read_text().splitlines()[0])["asset_id"]
    seen: Book = {}
    compared: list[int] = []

    async def read(network: InProcessNetwork) -> None:
        async with network.sockets.open("ws://polymarket.sim/ws/market") as socket:
            await socket.send(json.dumps({"assets_ids": [token], "type": "market"}))
            while True:
                found = json.loads(await socket.receive())
                for frame in found if isinstance(found, list) else [found]:
                    poly_apply(seen, frame, token)

    async def body(world: World) -> None:
        async with trio.open_nursery() as nursery:
            network = InProcessNetwork({URLS[v]: app for v, app in world.apps.items()}, nursery)
            nursery.start_soon(read, network)
            for later_s, book in poly_truth(path, token):
                await trio.sleep_until(later_s / speed + 1e-4)
                assert own_view(seen) == book
                compared.append(len(book))
            nursery.cancel_scope.cancel()

    live(1, 60, body, mix=TINY, recordings=[path], speed_ppm=speed * MICRO)
    assert len(compared) > 80
    assert min(compared) > 20


# --- Kalshi -------------------------------------------------------------------------------------


def kalshi_apply(books: dict[str, Book], frame: dict[str, Any]) -> None:
    """One book frame, as a client keeps its books."""
    msg = frame.get("msg", {})
    if frame["type"] == "orderbook_snapshot":
        books[msg["market_ticker"]] = {
            (side, parse_px(px)): parse_qty(qty)
            for side in ("yes", "no")
            for px, qty in msg.get(f"{side}_dollars_fp") or ()
        }
    elif frame["type"] == "orderbook_delta":
        book, level = books[msg["market_ticker"]], (msg["side"], parse_px(msg["price_dollars"]))
        change = msg["delta_fp"]
        by = -parse_qty(change[1:]) if change.startswith("-") else parse_qty(change)
        book[level] = book.get(level, 0) + by


def test_a_kalshi_session_is_seen_as_it_was_recorded(recorded: Callable[[str], Path]) -> None:
    """Eight markets of one event: the books of a client equal the recorded ones at every moment
    after the last snapshot."""
    path = recorded(KALSHI)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    frames = [(one["recv_ts_ns"], json.loads(one["raw"])) for one in lines]
    frames = [one for one in frames if one[1]["type"].startswith("orderbook")]
    snapshots = [msg["msg"]["market_ticker"] for _, msg in frames if "snapshot" in msg["type"]]
    seen: dict[str, Book] = {}
    compared = 0

    async def read(world: World, network: InProcessNetwork) -> None:
        talk = kalshi_conversation(snapshots, "/trade-api/ws/v2", **world.kalshi_credentials)
        url = "ws://kalshi.sim/trade-api/ws/v2"
        async with network.sockets.open(url, talk.headers(now_ns())) as socket:
            for text in talk.opening():
                await socket.send(text)
            while True:
                kalshi_apply(seen, json.loads(await socket.receive()))

    async def body(world: World) -> None:
        nonlocal compared
        truth: dict[str, Book] = {}
        async with trio.open_nursery() as nursery:
            network = InProcessNetwork({URLS[v]: app for v, app in world.apps.items()}, nursery)
            nursery.start_soon(read, world, network)
            for at, frame in frames:
                kalshi_apply(truth, frame)
                await trio.sleep_until((at - frames[0][0]) / 1e9 + 2e-3)
                following = [other for other, _ in frames if at < other < at + 4_000_000]
                if len(truth) == len(snapshots) and not following:
                    ours = {ticker: own_view(book) for ticker, book in seen.items()}
                    assert ours == {ticker: own_view(book) for ticker, book in truth.items()}
                    compared += 1
            nursery.cancel_scope.cancel()

    live(1, 120, body, mix=TINY, recordings=[path])
    assert compared > 30


# --- what others do -----------------------------------------------------------------------------


def test_what_others_take_comes_back_with_the_next_frame_of_that_level(tmp_path: Path) -> None:
    """A recorded level that somebody bought from is whole again when a frame speaks of it."""
    path = tmp_path / "tiny.jsonl"
    path.write_text("\n".join(map(json.dumps, tiny_session())))

    async def body(world: World) -> None:
        exchange, market = world.exchanges[Venue.POLYMARKET], MarketId("polymarket:0xab")
        assert exchange.levels(market)[1] == ((Px(600_000), Qty(100 * MICRO)),)
        exchange.place(
            id="mine",
            account="alice",
            market=market,
            outcome=Outcome.YES,
            action=Action.BUY,
            limit=Px(600_000),
            qty=Qty(40 * MICRO),
            tif=Tif.IOC,
        )
        assert exchange.levels(market)[1] == ((Px(600_000), Qty(60 * MICRO)),)
        await trio.sleep(2)
        assert exchange.levels(market)[1] == ((Px(600_000), Qty(90 * MICRO)),)
        await trio.sleep(2)
        assert exchange.levels(market)[1] == ((Px(650_000), Qty(5 * MICRO)),)
        assert world.recorded.done == 4
        assert world.recorded.refused.total() == 0

    live(1, 6, body, mix=TINY, recordings=[path])


def tiny_session() -> list[dict[str, Any]]:
    """Two books and two changes of one market."""

    def change(px: str, size: str, at: str) -> dict[str, Any]:
        yes = {"asset_id": "1", "price": px, "size": size, "side": "SELL"}
        mirrored = {"asset_id": "2", "price": f"{1 - float(px):.2f}", "size": size, "side": "BUY"}
        return {
            "event_type": "price_change",
            "market": "0xab",
            "price_changes": [yes, mirrored],
            "timestamp": at,
        }

    bids, asks = [{"price": "0.50", "size": "10"}], [{"price": "0.60", "size": "100"}]
    book = {"event_type": "book", "market": "0xab", "timestamp": "1000", "tick_size": "0.01"}
    both = change("0.60", "0", "4000")
    both["price_changes"] += change("0.65", "5", "4000")["price_changes"]
    return [
        {**book, "asset_id": "1", "bids": bids, "asks": asks},
        {
            **book,
            "asset_id": "2",
            "bids": [{"price": "0.40", "size": "100"}],
            "asks": [{"price": "0.50", "size": "10"}],
        },
        change("0.60", "90", "2000"),
        both,
    ]


LONELY = {
    "type": "orderbook_delta",
    "msg": {"market_ticker": "A-B", "price_dollars": "0.5", "delta_fp": "1", "side": "yes"},
}


# --- files that cannot be used ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no frame"),
        ("{", "line 1"),
        ("[1]", "line 1"),
        ('{"event_type": "book"}', "not a recording"),
        (json.dumps(tiny_session()[0]), "1 tokens"),
        (
            json.dumps({"recv_ts_ns": 1, "raw": json.dumps(LONELY)}),
            "before its book",
        ),
    ],
)
def test_a_file_that_is_no_recording_is_refused_by_name(text: str, words: str) -> None:
    """The fault names the file and what is wrong."""
    with pytest.raises(RecordingFault, match=words) as fault:
        read_recordings(text, "frames.jsonl", Ns(0))
    assert str(fault.value).startswith("frames.jsonl: ")


def test_every_price_of_a_recording_is_on_its_grid(recorded: Callable[[str], Path]) -> None:
    """The recorded markets are listed with grids that hold all of their prices."""
    for name in (POLYMARKET, KALSHI):
        made: list[Recording] = read_recordings(recorded(name).read_text(), name, Ns(0))
        assert len(made) == 1
        assert made[0].steps
        assert all(qty >= 0 for step in made[0].steps for qty in step.levels.values())
