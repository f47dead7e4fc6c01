"""The standing file: orders reach a running bot and the next start, whoever wrote them."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import attrs
import pytest

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.messages import Hold, Level
from arb.store.journal import StoreFailed
from arb.store.standing import StandingFile, identity

PAUSE = Hold("operator", Level.PAUSED, "ann", "lunch", "arb resume", Ns(5), None, lasting=True)
RESUME = attrs.evolve(PAUSE, level=Level.RUNNING, why="back", clears="", at_ns=Ns(9))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "var" / "standing.db"


@pytest.fixture
def file(path: Path) -> Iterator[StandingFile]:
    opened = StandingFile(path)
    yield opened
    opened.close()


@pytest.fixture
def other(path: Path, file: StandingFile) -> Iterator[StandingFile]:
    """The same file, as another process has it open."""
    assert file is not None
    opened = StandingFile(path)
    yield opened
    opened.close()


def test_an_order_is_seen_by_the_other_process_until_it_is_taken(
    file: StandingFile, other: StandingFile
) -> None:
    """New orders are told with their holds; taken ones are not told again."""
    assert other.new_orders() == ()
    number = file.order(PAUSE)
    (ordered,) = other.new_orders()
    assert (ordered.number, ordered.hold) == (number, PAUSE)
    assert file.taken_ns(number) is None
    other.take(number, Ns(7))
    assert file.taken_ns(number) == 7
    assert other.new_orders() == ()


def test_an_order_holds_at_once_and_over_a_restart(file: StandingFile, path: Path) -> None:
    """Nobody needs to be running: the hold is there for the next start."""
    file.order(PAUSE)
    file.close()
    again = StandingFile(path)
    assert again.holds(lasting=True) == (PAUSE,)
    again.close()


def test_resume_lifts_every_lasting_hold_and_no_other(
    file: StandingFile, other: StandingFile
) -> None:
    """Also those that parts of the program left; what a running bot says in passing stays."""
    loss = Hold("daily loss", Level.PAUSED, "daily loss", "-5", "", Ns(1), None, lasting=True)
    gates = Hold("gates", Level.PAUSED, "gates", "no stream", "", Ns(2))
    for hold in (loss, gates):
        other.keep(hold)
    file.order(PAUSE)
    file.order(RESUME)
    assert file.holds() == (gates,)
    assert [line.why for line in file.history(2)] == ["back", "lunch"]


def test_resume_of_one_venue_lifts_only_that(file: StandingFile) -> None:
    """The other venue's hold, and that on everything, stay."""
    kalshi = attrs.evolve(PAUSE, venue=Venue.KALSHI)
    file.order(PAUSE)
    file.order(kalshi)
    file.order(attrs.evolve(RESUME, venue=Venue.KALSHI))
    assert file.holds() == (PAUSE,)


def test_a_start_forgets_what_only_a_running_bot_says(file: StandingFile) -> None:
    """A crashed bot's gates and figures do not haunt the next start; orders are marked taken."""
    file.keep(Hold("gates", Level.PAUSED, "gates", "no stream", "", Ns(2)))
    file.tell_figures({"ack p99": "3 ms"}, Ns(3))
    number = file.order(PAUSE)
    file.forget_passing()
    file.take_all(Ns(8))
    assert file.holds() == (PAUSE,)
    assert file.figures() == {}
    assert file.taken_ns(number) == 8


def test_an_acknowledgement_covers_exactly_what_was_seen(file: StandingFile) -> None:
    """The same problem again is known; with other words it is a new one; stores do not mix."""
    seen, new = "pool 0: +5 micro-dollars", "pool 0: +6 micro-dollars"
    file.tell_problems("arb.db", [(identity(seen), seen)], Ns(1))
    assert file.acknowledge("arb.db", identity(seen), "ann", Ns(2))
    file.tell_problems("arb.db", [(identity(one), one) for one in (seen, new)], Ns(3))
    assert [(row["words"], row["who"]) for row in file.problems()] == [(seen, "ann"), (new, None)]
    assert file.acknowledged("arb.db") == {identity(seen)}
    assert file.acknowledged("simulated.db") == frozenset()
    assert not file.acknowledge("arb.db", "nonsense", "ann", Ns(4))


def test_a_file_that_cannot_be_read_is_an_error(path: Path) -> None:
    """No silence: nobody would know whether trading was stopped."""
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(StoreFailed, match=r"standing\.db"):
        StandingFile(path)


def test_a_write_that_fails_leaves_nothing_behind(file: StandingFile, path: Path) -> None:
    """Locked by another process for too long: StoreFailed, and the order is not in force."""
    lock = sqlite3.connect(path, isolation_level=None)
    lock.execute("begin immediate")
    with pytest.raises(StoreFailed, match="locked"):
        file.order(PAUSE)
    assert file.holds() == ()  # reading does not wait
    lock.execute("rollback")
    lock.close()
    file.order(PAUSE)
    assert file.holds() == (PAUSE,)


def test_several_may_make_it_in_the_same_moment(path: Path) -> None:
    """Nobody finds half of it, and every order is there."""

    def open_and_order(_: int) -> int:
        file = StandingFile(path)
        number = file.order(PAUSE)
        file.close()
        return number

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(open_and_order, range(8)))
    assert sorted(numbers) == list(range(1, 9))
