"""The board on a terminal: a calm live page, or plain lines where nobody watches."""

import sys
from typing import Self, TextIO

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from arb.board import Board
from arb.detect.basket import Plan
from arb.detect.episodes import Episode
from arb.market.units import MICRO, plain_text

EVERY_S = 0.5
"""A redraw costs milliseconds of the one thread: two a second are calm and cheap."""
PLAIN_EVERY_S = 5.0
"""Lines where the output is no terminal."""
TITLE = 48
"""Letters of a title that fit a column."""


def dollars(micros: int, places: int = 2) -> str:
    """Print micro-dollars for people, rounded down to `places` decimals: never more than true."""
    step = 10 ** (6 - places)
    whole, rest = divmod(abs(micros // step * step), MICRO)
    sign = "-" if micros < 0 else ""
    return f"{sign}${whole:,}.{rest:06d}"[: -(6 - places) or None]


def contracts(micros: int) -> str:
    """Print micro-contracts with two decimals."""
    return f"{micros // MICRO:,}.{micros % MICRO // 10_000:02d}"


class PlainDisplay:
    """One line every few seconds, for logs and pipes."""

    def __init__(self, out: TextIO = sys.stderr) -> None:
        """Write to `out`."""
        self._out = out
        self._frames = 0
        self._at_ns = 0

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
        """Print the state in one line."""
        rate = _rate(board, self._frames, self._at_ns)
        self._frames, self._at_ns = board.frames, board.now_ns()
        best = board.best(1)
        words = [
            f"{board.books.live}/{board.books.markets} books live",
            f"{rate} msg/s",
            f"episodes {board.episodes}",
            f"baskets {board.attempted} begun, {len(board.in_flight)} in flight",
            f"locked {dollars(board.guaranteed - board.paid, 4)}",
        ]
        if best:
            words.append(f"best {_title(best[0].plan)} {dollars(best[0].plan.profit)}")
        self.say("  ".join(words))


class LiveDisplay:
    """A page that is drawn anew twice a second."""

    every_s = EVERY_S

    def __init__(self) -> None:
        """Draw on standard error, so that standard output stays for results."""
        self._console = Console(stderr=True)
        self._live = Live(console=self._console, auto_refresh=False, transient=True)
        self._frames = 0
        self._at_ns = 0

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
        rate = _rate(board, self._frames, self._at_ns)
        self._frames, self._at_ns = board.frames, board.now_ns()
        page = Group(_headline(board, rate), _baskets(board), _flight(board), _money(board))
        self._live.update(page, refresh=True)


Display = PlainDisplay | LiveDisplay


def choose_display(*, quiet: bool) -> Display:
    """A live page on a terminal, plain lines elsewhere or where `quiet` asks for them."""
    return PlainDisplay() if quiet or not sys.stderr.isatty() else LiveDisplay()


def _rate(board: Board, frames: int, at_ns: int) -> int:
    elapsed = board.now_ns() - at_ns
    return (board.frames - frames) * 1_000_000_000 // elapsed if at_ns and elapsed else 0


def _title(plan: Plan) -> str:
    title = plan.template.title
    return f"{plan.template.lane} {title if len(title) <= TITLE else title[: TITLE - 1] + '…'}"


def _headline(board: Board, rate: int) -> Text:
    up = sum(line.connected for line in board.feeds.values())
    cuts = sum(line.cuts for line in board.feeds.values())
    seconds = (board.now_ns() - board.started_ns) // 1_000_000_000
    return Text(
        f"arb  {seconds} s   books {board.books.live}/{board.books.markets} live, "
        f"{board.books.crossed} crossed   connections {up}/{len(board.feeds)} up, {cuts} cut   "
        f"{rate} msg/s   episodes {board.episodes}",
        style="bold",
    )


def _baskets(board: Board) -> Table:
    table = Table(title="Baskets the books show", title_justify="left", expand=True, box=None)
    for name in ("basket", "legs", "sets", "cost", "fees", "profit after fees", "why not taken"):
        table.add_column(name)
    for episode in board.best(6):
        table.add_row(*_row(episode))
    return table


def _row(episode: Episode) -> tuple[str, ...]:
    plan = episode.plan
    legs = ", ".join(f"{leg.leg.outcome} {plain_text(leg.limit)}" for leg in plan.legs[:4])
    return (
        _title(plan),
        legs + (" …" if len(plan.legs) > 4 else ""),  # noqa: PLR2004 - what fits a line
        contracts(plan.size),
        dollars(plan.cost),
        dollars(plan.fees, 4),
        dollars(plan.profit, 4),
        "taken" if episode.taken else episode.why_not,
    )


def _flight(board: Board) -> Table:
    table = Table(title="Baskets in flight and ended", title_justify="left", box=None, expand=True)
    for name in ("basket", "lane", "sets", "state", "note"):
        table.add_column(name)
    for approved in list(board.in_flight.values())[-4:]:
        table.add_row(
            _title(approved.plan),
            approved.plan.template.lane,
            contracts(approved.plan.size),
            "in flight",
            "",
        )
    for approved, ended in list(board.ended)[-6:][::-1]:
        table.add_row(
            _title(approved.plan),
            approved.plan.template.lane,
            contracts(ended.sets),
            ended.end,
            ended.note,
        )
    return table


def _money(board: Board) -> Text:
    cash = "  ".join(
        f"{venue}/{pool} {dollars(usd)}" for (venue, pool), usd in sorted(board.cash.items())
    )
    refusals = ", ".join(f"{reason} {count}" for reason, count in board.refusals.most_common(4))
    ends = ", ".join(f"{end} {count}" for end, count in board.ends.items())
    held = ", ".join(f"{count} markets on {venue}" for venue, count in board.positions.items())
    return Text(
        f"cash {cash}\npositions {held or '-'}\nfills {board.fills}, fees {dollars(board.fees, 4)}, baskets: {ends or '-'}\n"
        f"profit locked {dollars(board.guaranteed - board.paid, 6)} (resolution pays it)\n"
        f"not taken: {refusals or '-'}"
    )
