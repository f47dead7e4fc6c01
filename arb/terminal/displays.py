"""The board on a terminal: a calm live page, or plain lines where nobody watches."""

import sys
from typing import Self, TextIO

import attrs
from rich.console import Console
from rich.live import Live

from arb.board import Board
from arb.terminal.page import draw, plain_line
from arb.web.sections import sections

EVERY_S = 0.5
"""A redraw costs milliseconds of the one thread: two a second are calm and cheap."""
PLAIN_EVERY_S = 5.0
"""Lines where the output is no terminal."""


@attrs.define
class _Pace:
    """How many messages came a second since the last look."""

    frames: int = 0
    at_ns: int = 0

    def look(self, board: Board) -> int | None:
        now = board.now_ns()
        elapsed = now - self.at_ns
        known = self.at_ns and elapsed
        rate = (board.frames - self.frames) * 10**9 // elapsed if known else None
        self.frames, self.at_ns = board.frames, now
        return rate


class PlainDisplay:
    """One line every few seconds, for logs and pipes."""

    def __init__(self, out: TextIO = sys.stderr) -> None:
        """Write to `out`."""
        self._out = out
        self._dashboard = ""
        self._pace = _Pace()

    def __enter__(self) -> Self:
        """Nothing to set up."""
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing to put back."""

    every_s = PLAIN_EVERY_S

    def say(self, text: str) -> None:
        """Print one line now."""
        print(text, file=self._out, flush=True)

    def show(self, board: Board) -> None:
        """Print the state in one line; before the first, where the dashboard is."""
        if board.dashboard != self._dashboard:
            self._dashboard = board.dashboard
            self.say(f"dashboard: {board.dashboard}")
        self.say(plain_line(sections(board, {}), self._pace.look(board)))


class LiveDisplay:
    """A page that is drawn anew twice a second."""

    every_s = EVERY_S

    def __init__(self) -> None:
        """Draw on standard error, so that standard output stays for results."""
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._pace = _Pace()

    def __enter__(self) -> Self:
        """Take the terminal."""
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Give the terminal back."""
        self._live.stop()

    def say(self, text: str) -> None:
        """Print one line above the page."""
        self._console.print(text, highlight=False)

    def show(self, board: Board) -> None:
        """Draw the page."""
        rate, width = self._pace.look(board), self._console.width
        page = draw(sections(board, {}), rate, board.dashboard, width)
        self._live.update(page, refresh=True)


Display = PlainDisplay | LiveDisplay


def choose_display(*, quiet: bool) -> Display:
    """A live page on a terminal, plain lines elsewhere or where `quiet` asks for them."""
    return PlainDisplay() if quiet or not sys.stderr.isatty() else LiveDisplay()
