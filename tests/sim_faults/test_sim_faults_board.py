"""The board: when faults act, how often, and that chance repeats."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.sim.faults.board import FaultBoard, Subject
from arb.sim.faults.clock import VenueClock
from arb.sim.faults.fault import FaultsFault
from arb.sim.faults.kinds import Layer
from arb.sim.faults.script import read_fault

GET = Subject(Venue.POLYMARKET, "GET /book")
SECOND = 10**9


class Clock:
    def __init__(self) -> None:
        self.now = Ns(1_790_000_000 * SECOND)

    def __call__(self) -> Ns:
        return self.now

    def move(self, seconds: float) -> None:
        self.now = Ns(self.now + round(seconds * SECOND))


def make_board(seed: int = 1) -> tuple[FaultBoard, Clock]:
    clock = Clock()
    return FaultBoard(clock, random.Random(seed)), clock


def test_a_fault_injected_later_counts_from_then() -> None:
    """start_s runs from the injection."""
    board, clock = make_board()
    clock.move(100)
    board.inject(read_fault("server_error start_s=5 for_s=10"))
    seen = []
    for _ in range(4):
        seen.append(bool(board.active()))
        clock.move(5)
    assert seen == [False, True, True, False]


def test_a_cleared_fault_acts_no_more_and_keeps_its_count() -> None:
    """Clearing ends it; who asks for it later still learns what it did."""
    board, _ = make_board()
    id_ = board.inject(read_fault("server_error"))
    for entry in board.strikes(Layer.REST, GET):
        entry.acted += 1
    board.clear(id_)
    assert not board.active()
    assert not list(board.strikes(Layer.REST, GET))
    assert board.counts[id_] == 1
    assert [entry.id for entry in board.entries()] == [id_]


def test_an_unknown_id_is_refused_with_the_known_ones() -> None:
    """clear names what there is."""
    board, _ = make_board()
    id_ = board.inject(read_fault("gap"))
    with pytest.raises(FaultsFault, match=id_):
        board.clear("gap-99")


def test_faults_of_the_wire_are_refused_where_it_is_out_of_reach() -> None:
    """Without a proxy in front of real sockets nothing could break a connection."""
    board, _ = make_board()
    board.reaches_wire = False
    for line in ("reset", "half_open", "slow bytes_per_s=1", "answer_lost how=reset"):
        with pytest.raises(FaultsFault, match="chaos proxy"):
            board.inject(read_fault(line))
    board.inject(read_fault("answer_lost how=silence"))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 1_000_000))
def test_the_same_seed_draws_the_same(seed: int, share_ppm: int) -> None:
    """Chance repeats with its seed."""

    def history() -> list[bool]:
        board, _ = make_board(seed)
        board.inject(read_fault(f"server_error probability_ppm={share_ppm}"))
        return [bool(list(board.strikes(Layer.REST, GET))) for _ in range(50)]

    assert history() == history()


def test_whoever_waits_hears_of_changes_and_knows_the_next_date() -> None:
    """Injecting and clearing call `changed`; dates are starts and ends to come."""
    board, clock = make_board()
    calls: list[int] = []
    board.changed = lambda: calls.append(1)
    assert board.next_change_ns() is None
    start = clock.now
    id_ = board.inject(read_fault("geoblock start_s=2 for_s=3"))
    assert board.next_change_ns() == start + 2 * SECOND
    clock.move(2)
    assert board.next_change_ns() == start + 5 * SECOND
    board.clear(id_)
    assert board.next_change_ns() is None
    assert len(calls) == 2


def test_a_layer_without_faults_costs_no_look() -> None:
    """`has` is false before, and again after, whatever other layers and venues have."""
    board, clock = make_board()
    board.inject(read_fault("server_error venue=kalshi for_s=1"))
    assert board.has(Venue.KALSHI, Layer.REST)
    assert not board.has(Venue.POLYMARKET, Layer.REST)
    assert not board.has(Venue.KALSHI, Layer.STREAM)
    clock.move(1)
    assert not board.has(Venue.KALSHI, Layer.REST)


@pytest.mark.parametrize("by_ms", [45_000, -45_000])
def test_a_skewed_clock_is_wrong_for_one_venue_and_a_while(by_ms: int) -> None:
    """Ahead or behind by as much as it says, and right again afterwards."""
    board, clock = make_board()
    kalshi = VenueClock(clock, board, Venue.KALSHI)
    polymarket = VenueClock(clock, board, Venue.POLYMARKET)
    id_ = board.inject(read_fault(f"clock_skew venue=kalshi by_ms={by_ms} start_s=1 for_s=10"))
    assert kalshi() == clock.now
    clock.move(1)
    assert kalshi() == clock.now + by_ms * 10**6
    assert polymarket() == clock.now
    clock.move(10)
    assert kalshi() == clock.now
    assert board.counts[id_] == 1
