"""What the words of `arb pairs` do: read the desk, decide, say what came of it."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import trio

from arb.commands.caller import user
from arb.commands.failure import fail
from arb.commands.pair_pages import alignment_lines, entry_json, list_lines, print_page
from arb.commands.setup import read_settings
from arb.commands.surroundings import real_surroundings
from arb.ending import Exit
from arb.market.errors import ArbError
from arb.pair_desk import Approval, Desk, open_desk
from arb.pairing.decision import Decision, PairDecided, PairKey, handle
from arb.pairing.docket import Entry, export
from arb.pairing.finding import Ruling
from arb.pairing.pairs_file import read_pairs
from arb.settings import SettingsFault
from arb.terminal.progress import working

Flags = Mapping[str, Any]


def list_command(flags: Flags) -> int:
    """List what lies on the desk."""

    def act(desk: Desk) -> int:
        keys = desk.known()
        if not (flags["decided"] or flags["flagged"]):
            with working("looking for likely pairs") as say:
                keys = {**desk.candidates(flags["most"], say), **keys}
        with working(f"judging {len(keys):,} pairs"):
            entries = [one for one in desk.entries(keys) if _wanted(one, flags)]
        if flags["as_json"]:
            told = [flag.line for flag in desk.called.flags]
            click.echo(json.dumps({"pairs": [*map(entry_json, entries)], "flags": told}, indent=2))
        else:
            lines = list_lines(entries, desk.called.flags, desk.examiner.questions)
            click.echo("\n".join(lines))
        return Exit.OK

    return _at_desk(flags, act)


def _wanted(entry: Entry, flags: Flags) -> bool:
    if flags["flagged"]:
        return bool(entry.flags)
    if entry.decided is not None or entry.flags:
        return True
    return bool(flags["different"]) or entry.ruling != Ruling.DIFFERENT


def show_command(flags: Flags, names: Sequence[str]) -> int:
    """Show one pair."""

    def act(desk: Desk) -> int:
        key = _found(desk, names)
        (entry,) = desk.entries({key: None})
        questions = [desk.examiner.questions.get(market) for market in key]
        outcomes = [*alignment_lines(desk.align(key))] if all(questions) else []
        if flags["as_json"]:
            texts = {
                name: question and {"title": question.title, "rules": question.rules}
                for name, question in zip(("kalshi", "polymarket"), questions, strict=True)
            }
            page = {**entry_json(entry), "texts": texts, "outcomes": outcomes}
            click.echo(json.dumps(page, indent=2))
        else:
            print_page(entry, *questions)
            click.echo("\n".join(("outcomes of both events:", *outcomes)))
        return Exit.OK

    return _at_desk(flags, act)


def _found(desk: Desk, names: Sequence[str]) -> PairKey:
    with working("looking for that pair") as say:
        return desk.find(names, say)


def approve_command(flags: Flags, names: Sequence[str]) -> int:
    """Approve one pair."""

    def act(desk: Desk) -> int:
        decided, examined = desk.approve(_found(desk, names), _approval(flags))
        desk.keep([decided])
        for flag in (*examined.obstacles, *examined.doubts):
            _aside(f"approved despite {flag.line}")
        _tell(desk, decided, flags)
        return Exit.OK

    return _at_desk(flags, act)


def reject_command(flags: Flags, names: Sequence[str]) -> int:
    """Reject one pair."""

    def act(desk: Desk) -> int:
        decided = desk.reject(_found(desk, names), _approval(flags))
        desk.keep([decided])
        _tell(desk, decided, flags)
        return Exit.OK

    return _at_desk(flags, act)


def export_command(flags: Flags, file: Path | None) -> int:
    """Write the decisions as a map."""

    def act(desk: Desk) -> int:
        text = export(desk.decisions)
        if file is not None:
            try:
                file.write_text(text, encoding="utf-8")
            except OSError as error:
                raise SettingsFault(f"{file}: {error.strerror}") from error
        if flags["as_json"]:
            pairs = read_pairs(text, "export")
            verified = sum(pair.verified for pair in pairs)
            click.echo(json.dumps({"pairs": len(pairs), "verified": verified, "map": text}))
        elif file is None:
            click.echo(text, nl=False)
        else:
            _aside(f"{file}: {text.count('[[pair]]')} pairs")
        return Exit.OK

    return _at_desk(flags, act)


def import_command(flags: Flags, file: Path) -> int:
    """Decide by a map."""

    def act(desk: Desk) -> int:
        try:
            claims = read_pairs(file.read_text(encoding="utf-8"), str(file))
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsFault(f"{file}: {error}") from error
        enrolment = desk.take_in(claims, despite=flags["despite"])
        desk.keep(enrolment.decisions)
        taken = [*map(_decided_json, enrolment.decisions)]
        if flags["as_json"]:
            told = [flag.line for flag in enrolment.flags]
            click.echo(json.dumps({"decided": taken, "flags": told}, indent=2))
        else:
            for flag in enrolment.flags:
                click.echo(flag.line)
            click.echo(f"{len(claims)} pairs in the map, {len(taken)} decided")
        refused = {(one.kalshi, one.polymarket) for one in enrolment.flags}
        done = {one.key for one in enrolment.decisions}
        return Exit.ERROR if refused - done else Exit.OK

    return _at_desk(flags, act)


def _at_desk(flags: Flags, act: Callable[[Desk], int]) -> int:
    """Read the desk, act, and translate what goes wrong into words and an exit code."""
    try:
        settings = read_settings(flags)
        with working("reading what both venues list"):
            desk = trio.run(open_desk, settings, real_surroundings(), _aside)
        if isinstance(desk, ArbError):
            raise desk
        return act(desk)
    except ArbError as error:
        return fail(error)


def _approval(flags: Flags) -> Approval:
    sides = {"yes": True, "no": False, None: None}
    return Approval(
        who=flags["who"] or user(),
        why=flags["why"],
        yes_is_yes=sides[flags.get("yes_is")],
        despite=bool(flags.get("despite")),
    )


def _tell(desk: Desk, decided: PairDecided, flags: Flags) -> None:
    if flags["as_json"]:
        click.echo(json.dumps(_decided_json(decided), indent=2))
    else:
        click.echo(f"{handle(*decided.key)} {decided.decision} by {decided.who}: {decided.why}")
    if decided.decision is Decision.APPROVED:
        _aside("only looked at for pairs.observe_ms; a bot that runs takes it up at its next start")
    else:
        _aside("a bot that runs heeds it within metadata.refresh_ms")
    if desk.embedded:
        _aside(
            "these venues are new at every start; what was decided holds while the same texts are"
            " listed again: serve them with `arb sim --out FILE` to keep them"
        )


def _decided_json(decided: PairDecided) -> dict[str, Any]:
    return {
        "pair": handle(*decided.key),
        "kalshi": decided.kalshi,
        "polymarket": decided.polymarket,
        "decision": decided.decision,
        "yes_is_yes": decided.yes_is_yes,
        "origin": decided.origin,
        "who": decided.who,
        "why": decided.why,
        "at_ns": decided.at_ns,
        "kalshi_text": decided.kalshi_text,
        "polymarket_text": decided.polymarket_text,
        "facts": list(decided.facts),
    }


def _aside(text: str) -> None:
    click.echo(text, err=True)
