"""Recording everything that the venues tell, on virtual time."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest
import trio
import trio.testing

from arb.lab.replay import replay
from arb.lab.replay_report import ReplayReport
from arb.market.instruments import Action, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.sim.engine import Tif
from arb.sim.faults.fault import Fault
from arb.sim.faults.script import read_fault
from arb.sim.hosting import Hosted, Hosting, host_virtually
from arb.sim.recorder import RecordingFailed, RecordingFile
from arb.sim.world import World

START_NS = 1_790_000_000 * 10**9
FOR_S = 25.0


def now_ns() -> Ns:
    return Ns(START_NS + round(trio.current_time() * 1e9))


def record(path: Path, faults: Sequence[Fault] = ()) -> Hosted:
    """Record a world from its beginning."""

    async def main() -> Hosted:
        world = build(faults)
        return await host_virtually(world, Hosting(record=path, for_s=FOR_S), now_ns)

    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


def build(faults: Sequence[Fault] = ()) -> World:
    return World.build(
        5,
        now_ns=now_ns,
        speed_ppm=MICRO,
        polymarket_cash=Usd(1_000 * MICRO),
        kalshi_cash=Usd(1_000 * MICRO),
        faults=faults,
    )


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Hosted]:
    path = tmp_path_factory.mktemp("recording") / "session.jsonl"
    return path, record(path)


def test_a_recording_replays_without_gaps_or_crossed_books(recording: tuple[Path, Hosted]) -> None:
    """The live reader rebuilds every market's book from it, and nothing contradicts anything."""
    path, hosted = recording
    report: ReplayReport = replay(path)
    assert report.frames == sum(hosted.recorded.values())
    assert set(hosted.recorded) == {Venue.POLYMARKET, Venue.KALSHI}
    assert (report.gaps, report.bad_lines.count) == (0, 0)
    assert report.books.crossed_sightings == report.books.negative == report.books.broken == 0
    assert report.books.later.agree == report.books.later.of > 0
    assert report.books.rebuilt == report.markets > 100


def test_one_venue_can_be_picked_from_a_recording_of_both(recording: tuple[Path, Hosted]) -> None:
    """`--venue` takes the frames that the recording calls that venue's, and leaves the others."""
    path, hosted = recording
    for venue in Venue:
        report = replay(path, venue)
        assert report.frames == hosted.recorded[venue]
        assert (report.venues, report.gaps, report.bad_lines.count) == ((venue,), 0, 0)


def test_lines_carry_time_venue_and_the_frame_as_it_came(recording: tuple[Path, Hosted]) -> None:
    """Times never run backwards; every frame of a venue is text of that venue."""
    lines = lines_of(recording[0])
    times = [line["recv_ts_ns"] for line in lines]
    assert times == sorted(times)
    assert START_NS <= times[0] < times[-1] <= START_NS + FOR_S * 1e9
    assert {frozenset(line) for line in lines} == {frozenset({"recv_ts_ns", "venue", "raw"})}
    kalshi = [json.loads(line["raw"]) for line in lines if line["venue"] == "kalshi"]
    assert {"orderbook_snapshot", "orderbook_delta", "trade"} <= {one["type"] for one in kalshi}


def test_the_same_seed_records_the_same_bytes(
    recording: tuple[Path, Hosted], tmp_path: Path
) -> None:
    """Two recordings of one world differ in nothing."""
    again = tmp_path / "again.jsonl"
    record(again)
    assert again.read_bytes() == recording[0].read_bytes()


def test_a_recorder_that_is_hung_up_on_connects_again(tmp_path: Path) -> None:
    """It counts the loss, and has new snapshots and news of the time after it."""
    path = tmp_path / "broken.jsonl"
    hosted = record(path, [read_fault("disconnect venue=kalshi start_s=10")])
    assert hosted.reconnects["kalshi: hung up on"] == 1
    late = START_NS + 10 * 10**9
    kinds = [
        json.loads(line["raw"])["type"]
        for line in lines_of(path)
        if line["venue"] == "kalshi" and line["recv_ts_ns"] > late
    ]
    assert {"orderbook_snapshot", "orderbook_delta"} <= set(kinds)


async def test_books_of_markets_that_are_listed_later_are_followed(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
) -> None:
    """A recorder hears of new markets on either venue as clients do, and subscribes to them."""
    assert autojump_clock.autojump_threshold == 0
    path, world = tmp_path / "listed.jsonl", build()
    token, ticker = f"{10**76 + 1}", "KXLATER-30"
    world.polymarket.conditions.hydration_s = 0.5

    async def list_later() -> None:
        await trio.sleep(3)
        list_on_polymarket(world, token)
        list_on_kalshi(world, ticker)
        await trio.sleep(1)
        rest_a_bid(world, Venue.POLYMARKET, "polymarket:0x" + "cd" * 32)
        rest_a_bid(world, Venue.KALSHI, f"kalshi:{ticker}")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(list_later)
        await host_virtually(world, Hosting(record=path, for_s=6.0), now_ns)
    raw = [line["raw"] for line in lines_of(path)]
    changes = [json.loads(one) for one in raw if '"price_change"' in one and token in one]
    deltas = [json.loads(one) for one in raw if '"orderbook_delta"' in one and ticker in one]
    assert any(entry["size"] == "10" for one in changes for entry in one["price_changes"])
    assert [one["msg"]["delta_fp"] for one in deltas] == ["10.00"]


def list_on_polymarket(world: World, token: str) -> None:
    event = world.catalogue.polymarket[0]
    market = attrs.evolve(
        event.markets[0],
        gamma_id="900001",
        condition_id="0x" + "cd" * 32,
        slug="later",
        tokens=(token, f"{10**76 + 2}"),
        tick=10_000,
    )
    late = attrs.evolve(event, gamma_id="900002", slug="later-event", markets=(market,))
    world.polymarket.list_event(late)


def list_on_kalshi(world: World, ticker: str) -> None:
    event = world.catalogue.events[0]
    market = next(one for one in world.catalogue.markets if one.event == event.ticker)
    series = world.catalogue.series[event.series]
    late = attrs.evolve(event, ticker=ticker)
    world.kalshi.list_event(series, late, [attrs.evolve(market, ticker=ticker, event=ticker)])


def rest_a_bid(world: World, venue: Venue, market: str) -> None:
    exchange = world.exchanges[venue]
    exchange.open_account("late", {0: Usd(10**9), 2: Usd(10**9)})
    exchange.place(
        id="late",
        account="late",
        market=MarketId(market),
        outcome=Outcome.YES,
        action=Action.BUY,
        limit=Px(20_000),
        qty=Qty(10 * MICRO),
        tif=Tif.GTC,
    )


def test_a_full_disk_ends_the_recording_with_its_name(tmp_path: Path) -> None:
    """Nothing is recorded in part and called whole: the file is named, and why."""
    full = tmp_path / "full.jsonl"
    full.symlink_to("/dev/full")
    with pytest.raises(RecordingFailed, match=r"full\.jsonl: No space left"):
        record(full)


@pytest.mark.parametrize("name", ["nowhere/a.jsonl", "a.jsonl.zst", "a.json"])
def test_what_cannot_be_a_recording_is_refused(tmp_path: Path, name: str) -> None:
    """A folder that is not there, and names that promise another format."""
    with pytest.raises(RecordingFailed, match=name.rpartition("/")[2]):
        RecordingFile(tmp_path / name)
