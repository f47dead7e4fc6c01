"""What people see says what the board holds."""

import io

from rich.console import Console

from arb.board import Board
from arb.market.instruments import MarketId, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import AccountRead, Balance, BooksSeen, Position, Rejected, Sighted
from arb.terminal import LiveDisplay, PlainDisplay, choose_display
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


def test_pipes_get_plain_lines() -> None:
    """Where nobody watches there is no page to draw."""
    assert isinstance(choose_display(quiet=True), PlainDisplay)
