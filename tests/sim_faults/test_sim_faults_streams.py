"""Faults of sockets and frames: each acts within its scope and window, and is counted."""

import json
from collections.abc import Callable

import pytest
import trio

from arb.market.errors import Refused, Unreachable
from arb.market.instruments import Venue
from arb.sim.faults.fault import Fault
from arb.sim.faults.hands import FaultHands
from tests.sim_faults.tiny_venue import Bench, frames, now_ns, virtually


def numbers(heard: list[str]) -> list[int]:
    return [json.loads(text)["number"] for text in heard if text.startswith("{")]


@virtually
async def test_without_faults_frames_pass_as_they_are(bench: Bench) -> None:
    """Ten frames a second, in order, without delay."""
    async with bench.socket() as socket:
        assert numbers(await frames(socket, 1.05)) == list(range(11))


@virtually
async def test_latency_delays_frames_in_order(bench: Bench) -> None:
    """Frames come later, none is lost, none overtakes another, not even when the fault ends."""
    entry = bench.inject("latency fixed_ms=100 spread_ms=900 channel=market for_s=3")
    async with bench.socket() as socket:
        assert numbers(await frames(socket, 0.05)) == []
        heard = numbers(await frames(socket, 10))
    assert len(heard) > 95
    assert heard == list(range(len(heard)))
    assert entry.acted > 20


@virtually
async def test_latency_delays_what_clients_say(bench: Bench) -> None:
    """direction=request: a PING reaches the venue late."""
    bench.inject("latency fixed_ms=1000 direction=request channel=market")
    async with bench.socket() as socket:
        await socket.send("PING")
        await trio.sleep(0.5)
        assert bench.venues[Venue.POLYMARKET].heard == []
        await trio.sleep(0.6)
        assert bench.venues[Venue.POLYMARKET].heard == ["PING"]


@virtually
async def test_a_client_that_leaves_at_once_leaves_after_it_came(bench: Bench) -> None:
    """Where its first word is late, its last is later: the venue sees it come, and go."""
    bench.inject("latency fixed_ms=1000 direction=request channel=market limit=1")
    with trio.move_on_after(0.5) as patience:
        async with bench.socket():
            pass
    assert patience.cancelled_caught
    await trio.sleep(1)
    assert bench.venues[Venue.POLYMARKET].left == 1


@virtually
async def test_frames_are_dropped_by_channel(bench: Bench) -> None:
    """On Kalshi a channel is the frame's type: fills are lost, deltas are not."""
    entry = bench.inject("drop_frames venue=kalshi channel=fill")
    async with bench.socket("/trade-api/ws/v2", Venue.KALSHI) as socket:
        assert numbers(await frames(socket, 1.05)) == [1, 3, 5, 7, 9]
    async with bench.socket() as socket:
        assert numbers(await frames(socket, 0.25)) == [0, 1, 2]
    assert entry.acted == 6


@virtually
async def test_frames_are_dropped_by_market(bench: Bench) -> None:
    """Only the frames that name the market."""
    bench.inject("drop_frames market=M-1")
    async with bench.socket() as socket:
        assert numbers(await frames(socket, 0.65)) == [0, 2, 3, 5, 6]


@virtually
async def test_frames_are_dropped_by_socket(bench: Bench) -> None:
    """On Polymarket a channel is one of its two sockets."""
    bench.inject("drop_frames channel=user")
    async with bench.socket("/ws/user") as user, bench.socket("/ws/market") as market:
        assert numbers(await frames(user, 0.55)) == []
        assert numbers(await frames(market, 0.04)) == [0, 1, 2, 3, 4, 5]


@virtually
async def test_frames_are_duplicated(bench: Bench) -> None:
    """Each comes `copies` more times, next to each other."""
    entry = bench.inject("duplicate_frames copies=2 limit=2")
    async with bench.socket() as socket:
        assert numbers(await frames(socket, 0.35)) == [0, 0, 0, 1, 1, 1, 2, 3]
    assert entry.acted == 2


@virtually
async def test_frames_are_reordered_and_none_is_lost(bench: Bench) -> None:
    """A frame comes behind so many others."""
    entry = bench.inject("reorder_frames behind=2 limit=1")
    async with bench.socket() as socket:
        assert numbers(await frames(socket, 0.55)) == [1, 2, 0, 3, 4, 5]
    assert entry.acted == 1


@virtually
async def test_a_gap_is_a_run_of_lost_frames(bench: Bench) -> None:
    """As many in a row as it says, counted once."""
    entry = bench.inject("gap frames=4 limit=1 start_s=0.15")
    async with bench.socket() as socket:
        assert numbers(await frames(socket, 1.05)) == [0, 1, 6, 7, 8, 9, 10]
    assert entry.acted == 1


@virtually
async def test_a_silent_socket_still_pongs(bench: Bench) -> None:
    """Nothing but pongs while it lasts; then frames go on."""
    bench.inject("silence for_s=2")
    async with bench.socket() as socket:
        await socket.send("PING")
        assert await frames(socket, 1.95) == ["PONG"]
        assert numbers(await frames(socket, 0.3))[0] == 20


@pytest.mark.parametrize("form", ["cut", "noise", "shape"])
@virtually
async def test_malformed_frames(bench: Bench, form: str) -> None:
    """A frame comes, and cannot be used."""
    bench.inject(f"malformed form={form} channel=market limit=1")
    async with bench.socket() as socket:
        first, second = await socket.receive(), await socket.receive()
    assert '"number":0' not in str(first)
    assert '"number":1' in str(second)


@virtually
async def test_slow_sockets_carry_their_rate(bench: Bench) -> None:
    """Frames queue up behind each other at so many bytes a second."""
    bench.inject("slow bytes_per_s=100 channel=market")
    async with bench.socket() as socket:
        heard = await frames(socket, 10)
    assert 800 <= sum(map(len, heard)) <= 1000


@pytest.mark.parametrize(
    ("line", "refusal"),
    [("rate_limit endpoint='GET /ws/*'", "429"), ("server_error endpoint='GET /ws/*'", "503")],
)
@virtually
async def test_handshakes_are_requests(bench: Bench, line: str, refusal: str) -> None:
    """A handshake can be refused; the other socket opens."""
    entry = bench.inject(line)
    with pytest.raises(Refused, match=refusal):
        async with bench.socket():
            pass
    async with bench.socket("/trade-api/ws/v2", Venue.KALSHI):
        pass
    assert entry.acted == 1


@virtually
async def test_a_handshake_may_break(bench: Bench) -> None:
    """how=reset: the client hears that the connection is gone."""
    bench.inject("request_lost how=reset")
    with pytest.raises(Unreachable):
        async with bench.socket():
            pass


# --- whole connections --------------------------------------------------------------------------


class Nobody:
    """Operators of venues that have no states."""

    def names(self, market: str) -> tuple[str, ...]:
        return (market,)

    def apply(self, fault: Fault) -> Callable[[], None]:
        raise AssertionError(fault)


async def work(bench: Bench) -> None:
    """Let time-driven faults act."""
    hands = FaultHands(bench.board, Nobody(), now_ns, bench.connections)
    await bench.nursery.start(hands.run)


@virtually
async def test_disconnects_say_goodbye_and_hit_whom_they_mean(bench: Bench) -> None:
    """The client gets the close code, the venue hears that it left; the other socket lives."""
    await work(bench)
    entry = bench.inject("disconnect venue=polymarket channel=user code=1012 start_s=0.5")
    async with bench.socket("/ws/user") as user, bench.socket("/ws/market") as market:
        heard = await frames(user, 1)
        assert heard[-1].startswith("END socket closed: 1012")
        assert len(await frames(market, 0.2)) > 3
    assert bench.venues[Venue.POLYMARKET].left >= 1
    assert entry.acted == 1


@virtually
async def test_disconnects_come_again(bench: Bench) -> None:
    """every_ms: whoever connects again is hung up on again."""
    await work(bench)
    entry = bench.inject("disconnect every_ms=1000 for_s=3.5")
    for _ in range(3):
        async with bench.socket() as socket:
            assert (await frames(socket, 2))[-1].startswith("END")
            await trio.sleep(0.01)
    async with bench.socket() as socket:
        assert not (await frames(socket, 5))[-1].startswith("END")
    assert entry.acted == 3


@virtually
async def test_kalshi_sockets_are_told_apart_by_what_they_subscribe_to(bench: Bench) -> None:
    """A channel in the scope hits the connections that asked for it."""
    await work(bench)
    path, venue = "/trade-api/ws/v2", Venue.KALSHI
    async with bench.socket(path, venue) as fills, bench.socket(path, venue) as books:
        await fills.send('{"cmd":"subscribe","params":{"channels":["fill"]}}')
        await books.send('{"cmd":"subscribe","params":{"channels":["orderbook_delta"]}}')
        await trio.sleep(0.1)
        bench.inject("disconnect channel=fill")
        assert (await frames(fills, 1))[-1].startswith("END")
        assert not (await frames(books, 1))[-1].startswith("END")


@virtually
async def test_resets_say_nothing(bench: Bench) -> None:
    """The connection is gone at once, without a close frame."""
    await work(bench)
    entry = bench.inject("reset start_s=1")
    async with bench.socket() as socket:
        assert (await frames(socket, 2))[-1] == "END socket closed: 1006 connection reset"
    assert entry.acted == 1


@virtually
async def test_half_open_connections_carry_nothing_for_ever(bench: Bench) -> None:
    """No frame, no pong, no goodbye, even after the fault is over; new connections work."""
    await work(bench)
    entry = bench.inject("half_open start_s=1 for_s=1")
    async with bench.socket() as dead:
        await frames(dead, 1.05)
        await dead.send("PING")
        assert await frames(dead, 300) == []
        async with bench.socket() as alive:
            assert len(await frames(alive, 1)) > 5
    await trio.sleep(0.1)
    assert bench.venues[Venue.POLYMARKET].heard == []
    assert bench.venues[Venue.POLYMARKET].left == 2
    assert entry.acted == 1
