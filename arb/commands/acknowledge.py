"""What `arb ack` does: why a start would not trade, and that a person has looked."""

import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from arb.commands.caller import now_ns, user
from arb.commands.failure import fail
from arb.commands.setup import read_settings, tell_failure
from arb.commands.tables import moment
from arb.ending import Exit
from arb.settings import SettingsFault
from arb.store.journal import StoreFailed
from arb.store.standing import NAME, StandingFile


def ack_command(
    flags: Mapping[str, Any], problems: Collection[str], *, everything: bool, as_json: bool
) -> int:
    """Acknowledge what is named, then show what is left; returns the exit code."""
    try:
        settings = read_settings(flags)
        with closing(StandingFile(Path(settings.run.data_dir) / NAME)) as file:
            unknown = _acknowledge(file, flags, problems, everything=everything)
            rows = file.problems()
    except (SettingsFault, StoreFailed) as fault:
        return fail(fault)
    if unknown:
        words = f"no problem goes by {', '.join(unknown)}: `python -m arb ack` lists them"
        return tell_failure(words, Exit.USAGE)
    click.echo(json.dumps(_as_json(rows), indent=2) if as_json else "\n".join(_lines(rows)))
    return Exit.OK if all(row["acknowledged_ns"] is not None for row in rows) else Exit.KILLED


def _acknowledge(
    file: StandingFile, flags: Mapping[str, Any], wanted: Collection[str], *, everything: bool
) -> list[str]:
    """Write it down; returns the names that nothing goes by. Then nothing is written."""
    rows = file.problems()
    known = {row["problem"] for row in rows}
    unknown = [name for name in wanted if name not in known]
    if unknown:
        return unknown
    who = flags.get("who") or user()
    for row in rows:
        if (everything or row["problem"] in wanted) and row["acknowledged_ns"] is None:
            words = f"{who}: {flags['why']}" if flags.get("why") else who
            file.acknowledge(row["store"], row["problem"], words, now_ns())
    return []


def _as_json(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "store": row["store"],
            "problem": row["problem"],
            "words": row["words"],
            "found": moment(row["at_ns"]),
            "acknowledged_by": row["who"],
            "acknowledged": row["acknowledged_ns"] and moment(row["acknowledged_ns"]),
        }
        for row in rows
    ]


def _lines(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    if not rows:
        return ["the last start found nothing that a person must look at"]
    return [
        f"{row['problem']}  {row['store']}  {row['words']}  "
        + (
            f"[acknowledged by {row['who']} at {moment(row['acknowledged_ns'])}]"
            if row["acknowledged_ns"]
            else f"[found {moment(row['at_ns'])}: `python -m arb ack {row['problem']}`]"
        )
        for row in rows
    ]
