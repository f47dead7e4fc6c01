"""Metrics say what the board says; health says what a supervisor should act on."""

from prometheus_client.parser import text_string_to_metric_families

from arb.board import Board
from arb.market.units import Ns
from arb.messages import BooksSeen, FeedId, FeedSeen, FillStatus, Noted
from arb.metrics.exposition import expose
from arb.metrics.health import HealthLimits, judge_health
from arb.metrics.table import METRICS
from tests.test_board import Clock, filled

S = 1_000_000_000
LIMITS = HealthLimits(start_ns=30 * S, coverage_ppm=500_000, lag_ns=S, silence_ns=20 * S)


def busy_board(clock: Clock) -> Board:
    board = Board(clock, Ns(0))
    board.take(FeedSeen(FeedId("kalshi:0"), connected=True, frames=7, note=""))
    board.take(BooksSeen(10, 8, 1, 100, 2, 3))
    board.take(filled(FillStatus.FIRM))
    board.take(Noted("drift", "off", Ns(0)))
    return board


def samples(board: Board) -> dict[str, float]:
    families = text_string_to_metric_families(expose(board).decode())
    return {
        sample.name + "".join(f"/{value}" for value in sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def test_every_number_is_the_boards() -> None:
    found = samples(busy_board(Clock()))
    assert found["arb_books_live"] == 8
    assert found["arb_feed_frames_total/kalshi:0"] == 7
    assert found["arb_fills_total"] == 1
    assert found["arb_notes_total/drift"] == 1
    assert found["arb_money_dollars/locked"] < 0


def test_every_metric_has_a_name_of_its_own_a_help_and_can_be_read_of_an_empty_board() -> None:
    assert len({metric.name for metric in METRICS}) == len(METRICS)
    assert all(metric.help.endswith(".") for metric in METRICS)
    assert samples(Board(Clock(), Ns(0)))["arb_level"] == 0


def test_a_start_is_healthy_without_books_and_later_it_is_not() -> None:
    clock = Clock()
    board = Board(clock, Ns(0))
    assert judge_health(board, LIMITS).ok
    clock.now = 31 * S
    assert judge_health(board, LIMITS).reasons == ("0 of 0 books are live",)


def test_silence_lost_books_and_late_timers_are_named() -> None:
    clock = Clock()
    board = busy_board(clock)
    clock.now = 31 * S
    board.lag_ns = 2 * S
    board.take(BooksSeen(10, 4, 1, 100, 2, 3))
    assert judge_health(board, LIMITS).reasons == (
        "timers are 2000 ms late",
        "4 of 10 books are live",
        "nothing was heard for 31000 ms",
    )
