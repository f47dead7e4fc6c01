"""What an operator's orders do: they are written down, are in force, and a running bot follows."""

import json
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import attrs
import click

from arb.actors.kill_watcher import kill_file_of, order_of, read_kill_file
from arb.commands.caller import now_ns, user
from arb.commands.failure import fail
from arb.commands.running import address_of
from arb.commands.setup import read_settings, tell_failure
from arb.commands.tables import moment
from arb.ending import Exit
from arb.entry import verb_hold
from arb.market.instruments import Venue
from arb.messages import Hold, Level
from arb.risk.standing import KILL_FILE, Standing, Verb
from arb.settings import Settings, SettingsFault
from arb.store.journal import StoreFailed
from arb.store.lock import owner_of
from arb.store.standing import NAME, StandingFile

FOLLOW_S = 5.0
"""How long a running bot may take to follow: it looks ten times a second."""
LOOK_S = 0.02


def order_command(
    verb: str,
    *,
    why: str,
    venue: str | None,
    who: str | None,
    as_json: bool,
    **flags: Any,  # noqa: ANN401 - settings check them
) -> int:
    """Give one order; returns the exit code."""
    try:
        settings = read_settings(flags)
        hold = verb_hold(Verb(verb), who or user(), why, now_ns)
        with closing(StandingFile(Path(settings.run.data_dir) / NAME)) as file:
            given = _give(file, attrs.evolve(hold, venue=Venue(venue) if venue else None), settings)
            left = [*file.holds(), *kill_file_holds(settings)]
    except (SettingsFault, StoreFailed) as fault:
        return fail(fault)
    _tell_order(Verb(verb), given, left, as_json=as_json)
    return Exit.OK if given.follows is not False else Exit.ERROR


@attrs.frozen
class _Given:
    """What became of an order."""

    follows: bool | None
    """Whether a running bot follows; None where none runs."""
    after_ms: int


def _give(file: StandingFile, hold: Hold, settings: Settings) -> _Given:
    running, started = is_running(settings), time.monotonic()
    number = file.order(hold)
    while running and time.monotonic() < started + FOLLOW_S:
        if file.taken_ns(number) is not None:
            return _Given(True, round(1000 * (time.monotonic() - started)))  # noqa: FBT003 - the field's name says it
        time.sleep(LOOK_S)
    return _Given(False if running and is_running(settings) else None, 0)


def _tell_order(verb: Verb, given: _Given, left: list[Hold], *, as_json: bool) -> None:
    if as_json:
        answer = {
            "verb": verb,
            "running": given.follows is not None,
            "followed": given.follows,
            "after_ms": given.after_ms,
            "holds": [hold_as_json(hold) for hold in left],
        }
        click.echo(json.dumps(answer, indent=2))
        return
    if given.follows is None:
        click.echo(f"{verb}: kept; no bot runs here, the next start reads it")
    elif given.follows:
        click.echo(f"{verb}: the running bot followed after {given.after_ms} ms")
    else:
        tell_failure(
            f"{verb}: kept, but the running bot did not follow within {FOLLOW_S:g} s:"
            " `touch KILL`, or end its process",
            Exit.ERROR,
        )
    for hold in left:
        click.echo(f"  {hold_in_words(hold)}")


def status_command(flags: Mapping[str, Any], history: int, *, as_json: bool) -> int:
    """Say how things stand; returns the exit code."""
    try:
        settings = read_settings(flags)
        with closing(StandingFile(Path(settings.run.data_dir) / NAME)) as file:
            report = _report(file, settings, history)
    except (SettingsFault, StoreFailed) as fault:
        return fail(fault)
    click.echo(json.dumps(report, indent=2) if as_json else "\n".join(_status_lines(report)))
    return Exit.OK if report["level"] == Level.RUNNING.name and not report["safe_mode"] else 3


def _report(file: StandingFile, settings: Settings, history: int) -> dict[str, Any]:
    files = kill_file_holds(settings)
    # A running bot writes down what it found; the files of this moment are newer than that.
    holds = [hold for hold in file.holds() if hold.source != KILL_FILE] + files
    standing = Standing.of(holds)
    return {
        "running": is_running(settings),
        "dashboard": address_of(Path(settings.run.data_dir)),
        "level": standing.level().name,
        "barred": {venue: why for venue in Venue if (why := standing.bar(venue)) is not None},
        "holds": [hold_as_json(hold) for hold in standing.holds()],
        "safe_mode": [row["words"] for row in file.problems() if row["acknowledged_ns"] is None],
        "figures": file.figures(),
        "history": [
            {"at": moment(line.at_ns), "venue": line.venue, "source": line.source,
             "level": line.level.name, "who": line.who, "why": line.why}
            for line in file.history(history)
        ],
    }  # fmt: skip


def _status_lines(report: Mapping[str, Any]) -> list[str]:
    address = f", dashboard {report['dashboard']}" if report["dashboard"] else ""
    lines = [f"a bot runs here{address}" if report["running"] else "no bot runs here"]
    lines.append(_level_in_words(report))
    lines += [f"  {_words(hold)}" for hold in report["holds"]]
    lines += [f"safe mode (`python -m arb ack`): {words}" for words in report["safe_mode"]]
    lines += [f"{name}: {value}" for name, value in report["figures"].items()]
    lines += [
        f"  {line['at']}  {line['venue'] or 'all'}  {line['source']}: {_change(line)}"
        for line in report["history"]
    ]
    return lines


def _level_in_words(report: Mapping[str, Any]) -> str:
    if report["level"] != Level.RUNNING.name:
        return str(report["level"])
    return "RUNNING" if report["running"] else "nothing holds the next start back"


def _change(line: Mapping[str, Any]) -> str:
    lifted = line["level"] == Level.RUNNING.name and not line["why"]
    return "lifted" if lifted else f"{line['level']} {line['why']}"


def kill_file_holds(settings: Settings) -> list[Hold]:
    """What the kill files that are there now order."""
    found = []
    for venue in (None, *Venue):
        file = kill_file_of(Path(settings.run.kill_file), venue)
        words = read_kill_file(file)
        if words is not None:
            level, why = order_of(file, words)
            clears = f"remove {file}"
            found.append(Hold(KILL_FILE, level, KILL_FILE, why, clears, now_ns(), venue))
    return found


def is_running(settings: Settings) -> bool:
    """Whether a process works in the data directory."""
    return owner_of(Path(settings.run.data_dir)) is not None


def hold_as_json(hold: Hold) -> dict[str, Any]:
    """A hold as plain values."""
    return {
        "source": hold.source,
        "level": hold.level.name,
        "venue": hold.venue,
        "who": hold.who,
        "why": hold.why,
        "since": moment(hold.at_ns),
        "clears": hold.clears,
    }


def hold_in_words(hold: Hold) -> str:
    """A hold for people."""
    return _words(hold_as_json(hold))


def _words(hold: Mapping[str, Any]) -> str:
    where = f" on {hold['venue']}" if hold["venue"] else ""
    return (
        f"{hold['level']}{where} by {hold['who']} since {hold['since']}: {hold['why']}"
        f" (lifted by: {hold['clears']})"
    )
