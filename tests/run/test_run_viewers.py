"""Whoever looks at the bot can neither stop it nor slow it down."""

from pathlib import Path

import pytest

from arb.board import Board
from arb.commands.setup import read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.outside import open_venues
from arb.session import Options, run

pytestmark = pytest.mark.timeout(300)


class Broken:
    """A display that fails whenever it is shown anything."""

    every_s = 1.0

    def __init__(self) -> None:
        self.shown = 0

    def say(self, text: str) -> None:
        pass

    def show(self, board: Board) -> None:
        self.shown += 1
        raise ZeroDivisionError(f"{len(board.feeds)} feeds are too many")


def test_a_display_that_crashes_is_given_up_and_trading_goes_on(tmp_path: Path) -> None:
    """The desk is tried again, then left; baskets are bought and the books agree."""
    settings = read_settings({"data_dir": str(tmp_path / "var"), "seed": 7})
    (tmp_path / "var").mkdir()
    display = Broken()
    options = Options(
        venues=open_venues(settings, virtual_surroundings(7)),
        kill_file=tmp_path / "KILL",
        for_s=90.0,
    )
    summary = run_virtually(lambda: run(settings, options, display), 7)
    assert display.shown > 1
    assert summary.exit_code == 0
    assert summary.fills > 0
    assert (summary.compared, summary.differences) == (True, ())
