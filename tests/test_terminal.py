"""What people see says what the board holds."""

import io
import sys

import pytest
from rich.console import Console

from arb.board import Board
from arb.market.instruments import MarketId, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import AccountRead, Balance, BooksSeen, Position, Rejected, Sighted
from arb.terminal import LiveDisplay, PlainDisplay, choose_display
from arb.terminal.page import draw
from arb.terminal.progress import working
from arb.web.sections import sections
from tests.test_board import plan


def board_with_everything() -> Board:
    board = Board(lambda: Ns(0), Ns(0))
    board.take(BooksSeen(markets=151, live=150, crossed=1, changes=9, conflated=0, broken=0))
    board.take(Sighted(plan(1_234_567), "", Ns(0)))
    board.take(Rejected(plan().template.id, "Which?", "book crossed", "kalshi:A"))
    balances = (Balance(Venue.KALSHI, 0, Usd(12 * MICRO)),)
    held = (Position(MarketId("kalshi:A"), Qty(MICRO), Qty(0)),)
    board.take(AccountRead(Venue.KALSHI, balances, held, Ns(0)))
    return board


def test_a_plain_line_names_books_baskets_and_money() -> None:
    """One line: live books, episodes, the best basket and its profit after fees."""
    out = io.StringIO()
    with PlainDisplay(out) as display:
        display.show(board_with_everything())
    (line,) = out.getvalue().splitlines()
    assert "150/151 books live" in line
    assert "best all_yes Which? $1.23" in line


def test_the_live_page_shows_legs_profit_reasons_cash_and_positions() -> None:
    """The page has the basket with its legs, why others were refused, cash and what is held."""
    display = LiveDisplay()
    out = io.StringIO()
    display._console = Console(file=out, width=200, force_terminal=True)  # noqa: SLF001 - a terminal
    display._live.console = display._console  # noqa: SLF001 - of ours
    with display:
        display.show(board_with_everything())
    page = out.getvalue()
    for text in ("yes 0.4", "$1.2345", "book crossed 1", "kalshi/0 $12.00", "1 markets on kalshi"):
        assert text in page


@pytest.mark.parametrize(("width", "there"), [(60, False), (80, False), (140, True)])
def test_a_narrow_terminal_spares_words_before_figures(width: int, there: bool) -> None:
    """The profit is whole at any width; cost and fees give way to it."""
    out = io.StringIO()
    state = sections(board_with_everything(), {})
    Console(file=out, width=width).print(draw(state, None, "", width))
    page = out.getvalue()
    assert "$1.2345" in page
    assert ("fees" in page.partition("Baskets in flight")[0]) is there


def test_long_work_shows_itself_on_a_terminal_and_leaves_results_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What is being done and how far it is go to standard error; standard output is untouched."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    with working("judging") as say:
        say("3 of 9")
        sys.stdout.write("a result\n")
    shown = capsys.readouterr()
    assert shown.out == "a result\n"
    assert "judging: 3 of 9" in shown.err
    assert "0:00:00" in shown.err


def test_long_work_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    """Pipes and logs get no lines that are drawn over each other."""
    with working("judging") as say:
        say("3 of 9")
    assert capsys.readouterr() == ("", "")


def test_pipes_get_plain_lines() -> None:
    """Where nobody watches there is no page to draw."""
    assert isinstance(choose_display(quiet=True), PlainDisplay)
