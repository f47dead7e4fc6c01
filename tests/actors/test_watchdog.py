"""The service manager hears of the program as long as its parts are heard of, and no longer."""

import math
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from arb.actors.watchdog import PULSES, Watchdog
from arb.board import Board
from arb.market.units import Ns
from arb.systemd import ALIVE, READY, STOPPING, Supervisor

LIMIT_S = 40.0


class Manager:
    """A service manager's end of the line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._line = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._line.bind(str(path))
        self._line.setblocking(False)

    def heard(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self._line.recv(100).decode())
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._line.close()


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[Manager]:
    one = Manager(tmp_path / "notify")
    yield one
    one.close()


def board() -> Board:
    return Board(lambda: Ns(round(trio.current_time() * 1e9)), Ns(0))


def pulse(board: Board) -> None:
    """Every part tells something."""
    board.heard.update(dict.fromkeys(PULSES, board.now_ns()))


async def test_it_vouches_while_every_part_is_heard_of(
    manager: Manager, autojump_clock: MockClock
) -> None:
    """READY first, then ALIVE four times within the limit; STOPPING when it ends."""
    mine = board()
    supervisor = Supervisor(str(manager.path), LIMIT_S)
    async with trio.open_nursery() as nursery:
        await nursery.start(Watchdog(supervisor, mine).run)
        assert manager.heard()[0] == READY
        for _ in range(10):
            pulse(mine)
            await trio.sleep(LIMIT_S / 4)
        assert manager.heard().count(ALIVE) >= 9
        nursery.cancel_scope.cancel()
    assert manager.heard()[-1] == STOPPING
    assert math.isfinite(autojump_clock.current_time())


@pytest.mark.parametrize("silent", PULSES)
async def test_one_silent_part_is_enough_to_fall_silent(
    manager: Manager, autojump_clock: MockClock, silent: str
) -> None:
    """The others go on, and nothing is vouched for within the manager's limit."""
    mine = board()
    async with trio.open_nursery() as nursery:
        await nursery.start(Watchdog(Supervisor(str(manager.path), LIMIT_S), mine).run)
        for _ in range(12):
            pulse(mine)
            mine.heard[silent] = Ns(0)
            await trio.sleep(LIMIT_S / 4)
        heard = manager.heard()
        assert ALIVE in heard[:4]
        assert ALIVE not in heard[4:]
        nursery.cancel_scope.cancel()
    assert autojump_clock.current_time() >= LIMIT_S


async def test_a_manager_that_reads_slowly_is_no_reason_to_crash(
    manager: Manager, autojump_clock: MockClock
) -> None:
    """Its queue fills up; when it reads again it hears on."""
    mine = board()
    async with trio.open_nursery() as nursery:
        await nursery.start(Watchdog(Supervisor(str(manager.path), LIMIT_S), mine).run)
        for _ in range(1_000):
            pulse(mine)
            await trio.sleep(LIMIT_S / 4)
        assert 0 < len(manager.heard()) < 1_000
        pulse(mine)
        await trio.sleep(LIMIT_S / 4 + 1)
        assert ALIVE in manager.heard()
        nursery.cancel_scope.cancel()
    assert autojump_clock.current_time() >= LIMIT_S


async def test_where_no_limit_is_set_it_only_says_ready_and_stopping(
    manager: Manager, autojump_clock: MockClock
) -> None:
    """A manager without a watchdog hears nothing in between."""
    async with trio.open_nursery() as nursery:
        await nursery.start(Watchdog(Supervisor(str(manager.path), None), board()).run)
        await trio.sleep(1000)
        nursery.cancel_scope.cancel()
    assert manager.heard() == [READY, STOPPING]
    assert autojump_clock.current_time() >= 1000


def test_who_started_us_is_read_from_the_environment() -> None:
    """No socket, or one that is no path: nobody listens. The limit is in microseconds."""
    assert Supervisor.of({}) is None
    assert Supervisor.of({"NOTIFY_SOCKET": "relative"}) is None
    assert Supervisor.of({"NOTIFY_SOCKET": "/run/x"}) == Supervisor("/run/x", None)
    given = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "60000000"}
    assert Supervisor.of(given) == Supervisor("@x", 60.0)


def test_an_abstract_name_reaches_its_owner() -> None:
    """`@name` is the name after a zero byte."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.bind("")  # the kernel chooses an abstract name
        name = line.getsockname()[1:].decode()
        Supervisor(f"@{name}", None).tell(READY)
        assert line.recv(100).decode() == READY
