"""Secrets planted in every way that a venue or a bug could spill them are found nowhere."""

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import attrs
import pytest
import trio

from arb.board import Board
from arb.commands.setup import read_settings, tell_failure
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.ending import Exit
from arb.logs.handlers import LogPlan, logging_to
from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.messages import Noted
from arb.metrics.exposition import expose
from arb.notify.digest import Outbox
from arb.notify.notice import Kind, Reporter
from arb.outside import Venues, open_venues
from arb.plant import Outside
from arb.redaction import SECRETS
from arb.session import Options, run
from arb.summary import Summary, summary_lines
from tests.run.program import Bot

pytestmark = pytest.mark.timeout(300)

SECRET = "5ec2e7c0ffee5ec2e7c0ffee"
SPILLS: Mapping[str, Callable[[], Exception]] = {
    "send": lambda: Unreachable(f"POST /order with key {SECRET}: reset"),
    "cancel": lambda: Refused(f"no such key {SECRET}"),
    "read": lambda: Unintelligible(f"answer {SECRET!r}"),
    "balances": lambda: Unreachable(f"GET /balance signed by {SECRET}"),
    "positions": lambda: ValueError(f"a bug that shows {SECRET}"),
    "fills": lambda: Unintelligible(f"row {{'secret': '{SECRET}'}}"),
    "book": lambda: Refused(f"passphrase={SECRET}"),
    "connect_user": lambda: Unreachable(f"wss://x?key={SECRET}"),
}
"""What fails, and what it says."""
EVERY = 2
"""Every other call of these fails, so that the rest bring the run somewhere."""
CLEAN_S = 12.0
"""A start needs its answers."""


@attrs.define
class Leaky:
    """A venue's side that fails now and then, and says too much."""

    inner: object
    calls: int = 0

    def __getattr__(self, name: str) -> object:
        found = getattr(self.inner, name)
        if name not in SPILLS:
            return found

        def call(*args: object, **kwargs: object) -> object:
            self.calls += 1
            if trio.current_time() > CLEAN_S and self.calls % EVERY == 0:
                spilling = SPILLS[name]()
                raise spilling
            return found(*args, **kwargs)

        return call


def leaky(outside: Outside) -> Outside:
    def all_of(sides: Mapping[Any, object]) -> Any:  # noqa: ANN401 - three Protocols at once
        return {venue: Leaky(side) for venue, side in sides.items()}

    return attrs.evolve(
        outside,
        data=all_of(outside.data),
        orders=all_of(outside.orders),
        accounts=all_of(outside.accounts),
    )


class Screen:
    """Keeps everything that a person or a browser could have seen."""

    every_s = 1.0

    def __init__(self) -> None:
        self.seen: list[str] = []

    def say(self, text: str) -> None:
        self.seen.append(text)

    def show(self, board: Board) -> None:
        self.seen.append(expose(board).decode())
        self.seen += [note.text for note in board.notes]
        self.seen += [ended.note for _, ended in board.ended]
        self.seen += [line.note for line in board.feeds.values()]


def live(home: Path, screen: Screen) -> Summary:
    settings = read_settings({"data_dir": str(home / "var"), "seed": 7})
    (home / "var").mkdir()

    @asynccontextmanager
    async def venues() -> AsyncIterator[Venues]:
        async with open_venues(settings, virtual_surroundings(7)) as opened:
            yield attrs.evolve(opened, outside=leaky(opened.outside))

    options = Options(venues=venues(), kill_file=home / "KILL", for_s=90.0)
    plan = LogPlan(home / "logs" / "arb.jsonl", "DEBUG", "DEBUG", 10**8, 1, 10**6)
    with logging_to(plan):
        logging.getLogger("arb").error("planted %s", SECRET)
        return run_virtually(lambda: run(settings, options, screen), 7)


def spilled(home: Path) -> Iterator[str]:
    for file in home.rglob("*"):
        if file.is_file() and SECRET.encode() in file.read_bytes():
            yield str(file)


def test_a_run_that_spills_everywhere_writes_and_shows_no_secret(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Log files, store, standing file, terminal, board, metrics and summary are clean."""
    SECRETS.add(SECRET)
    screen = Screen()
    summary = live(tmp_path, screen)
    out, err = capfd.readouterr()
    shown = [
        out,
        err,
        *screen.seen,
        *summary_lines(summary),
        json.dumps(summary.as_json()),
    ]
    assert "planted [secret]" in err  # what was planted did come by
    assert any("[secret]" in text for text in screen.seen)
    assert [text[:200] for text in shown if SECRET in text] == []
    assert list(spilled(tmp_path)) == []


def test_notices_and_errors_of_commands_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    """What goes to chat services and to standard error has no secret in it."""
    SECRETS.add(SECRET)
    outbox = Outbox(frozenset(Kind), 1)
    note = Noted("error", f"key {SECRET}", cast(Any, 1))
    for notice in Reporter().notices(note, cast(Any, 1)):
        outbox.add(notice)
    (digest,) = outbox.take()
    assert SECRET not in "".join(digest.lines)
    tell_failure(f"the key {SECRET} is wrong", Exit.USAGE)
    assert SECRET not in capsys.readouterr().err


def test_a_key_that_cannot_be_used_is_not_repeated(bot: Bot) -> None:
    """--venues real with keys that make no sense: an error that names them, and does not tell."""
    done = bot.run(
        "--venues",
        "real",
        "--dry-run",
        ARB_POLYMARKET_PRIVATE_KEY="0x" + "zz" * 32,
        ARB_POLYMARKET_WALLET="0x" + "11" * 20,
        ARB_KALSHI_KEY_ID="id",
        ARB_KALSHI_PRIVATE_KEY="-----BEGIN PRIVATE KEY-----\nMIIVerySecret\n-----END-----",
    )
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert said
    assert "zzzz" not in said
    assert "VerySecret" not in said
    assert "Traceback" not in said
