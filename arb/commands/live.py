"""What the commands print that ask a running bot: opportunities, top, the live part of explain."""

import json
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import attrs
import click
from rich.console import Console
from rich.live import Live

from arb.commands.running import NoAnswer, NotRunning, RunningBot
from arb.commands.setup import read_settings, tell_failure
from arb.commands.tables import BASKET, print_rows
from arb.ending import Exit
from arb.market.units import decimal_text, plain_text
from arb.settings import SettingsFault
from arb.terminal import dollars
from arb.terminal.page import draw, plain_line

Flags = Mapping[str, Any]
NOT_RUNNING = 3
"""Exit code where no bot runs, or it does not answer."""
MOST_MARKETS = 5
"""Markets of one name that are explained."""


def find_bot(flags: Flags) -> RunningBot:
    """The bot of the data directory. Raises SettingsFault, NotRunning, NoAnswer."""
    return RunningBot.find(Path(read_settings(flags).run.data_dir))


def opportunities_command(flags: Flags) -> int:
    """Print what the books show now; returns the exit code."""
    try:
        rows = [_opportunity(one) for one in find_bot(flags).state()["opportunities"]]
    except (SettingsFault, NotRunning, NoAnswer) as fault:
        return tell_absence(fault)
    columns = ("lane", "title", "legs", "sets", "cost_usd", "fees_usd", "profit_usd", "seen_s",
               "why_not")  # fmt: skip
    print_rows(rows[: flags["last"]], columns, as_json=flags["as_json"], nothing="nothing pays now")
    return Exit.OK


def health_command(flags: Flags) -> int:
    """Say whether a supervisor should leave the bot alone; returns the exit code."""
    try:
        healthy, said = find_bot(flags).health()
    except (SettingsFault, NotRunning, NoAnswer) as fault:
        return tell_absence(fault)
    if flags["as_json"]:
        click.echo(json.dumps(said))
    else:
        click.echo("; ".join(["healthy" if healthy else "NOT healthy", *said.get("reasons", [])]))
    return Exit.OK if healthy else Exit.ERROR


def tell_absence(fault: SettingsFault | NotRunning | NoAnswer) -> int:
    """Say why there is nobody to ask; returns the exit code."""
    if isinstance(fault, SettingsFault):
        return tell_failure(str(fault), Exit.USAGE)
    hint = "; `python -m arb run` starts one" if isinstance(fault, NotRunning) else ""
    return tell_failure(f"{fault}{hint}", Exit(NOT_RUNNING))


def _opportunity(one: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "lane": one["lane"],
        "title": one["title"],
        "template": one["id"],
        "legs": ", ".join(f"{leg['outcome']} {plain_text(leg['limit'])}" for leg in one["legs"]),
        "markets": [leg["market"] for leg in one["legs"]],
        "sets": plain_text(one["size"]),
        "cost_usd": decimal_text(one["cost"]),
        "fees_usd": decimal_text(one["fees"]),
        "profit_usd": decimal_text(one["profit"]),
        "seen_s": (one["last_ms"] - one["first_ms"]) // 1000,
        "taken": one["taken"],
        "why_not": "taken" if one["taken"] else one["why_not"],
    }


def top_command(flags: Flags, every_s: float, most: int | None) -> int:
    """Show a running bot until it ends, or `most` times; returns the exit code."""
    try:
        bot = find_bot(flags)
        states = _states(bot, every_s, most)
        if flags["as_json"]:
            for state in states:
                click.echo(json.dumps(state))
        else:
            _show(states, bot.url)
    except KeyboardInterrupt:
        return Exit.OK
    except (SettingsFault, NotRunning, NoAnswer) as fault:
        return tell_absence(fault)
    return Exit.OK


def _states(bot: RunningBot, every_s: float, most: int | None) -> Iterator[dict[str, Any]]:
    shown = 0
    while True:
        yield bot.state()
        shown += 1
        if shown == most:
            return
        time.sleep(every_s)


def _show(states: Iterator[dict[str, Any]], address: str) -> None:
    console, rates = Console(), _Rates()
    if not console.is_terminal:
        for state in states:
            click.echo(plain_line(state, rates.of(state)))
        return
    with Live(console=console, auto_refresh=False, screen=True) as live:
        for state in states:
            live.update(draw(state, rates.of(state), address, console.width), refresh=True)


@attrs.define
class _Rates:
    """How many messages came a second since the state before; None for the first."""

    _frames: int = 0
    _at_ms: int = 0

    def of(self, state: Mapping[str, Any]) -> int | None:
        now_ms, frames = state["clock"]["now_ms"], state["books"]["frames"]
        elapsed = now_ms - self._at_ms if self._at_ms else 0
        rate = (frames - self._frames) * 1000 // elapsed if elapsed > 0 else None
        self._frames, self._at_ms = frames, now_ms
        return rate


def explain_live(flags: Flags, words: str) -> tuple[list[dict[str, Any]], int]:
    """What a running bot knows of markets by their id, or any words of id and title.

    Returns the first few, and how many there are. Raises SettingsFault, NotRunning, NoAnswer.
    """
    bot = find_bot(flags)
    found = bot.search(words)
    names = [market["id"] for market in found["markets"]]
    if words in names:
        return [bot.market(words)], 1
    return [bot.market(name) for name in names[:MOST_MARKETS]], found["found"]


def explanation_lines(market: Mapping[str, Any]) -> Iterator[str]:
    """One market for people: what was done with it, and what was not, and why."""
    yield f"{market['title']} {market['label']}".strip()
    yield f"  {market['id']}"
    yield from (f"  {line}" for line in _pairing_lines(market))
    for basket in market["taken"]:
        yield from (f"  {line}" for line in _taken_lines(basket))
    for refusal in market["refused"]:
        lane = refusal["lane"].replace("_", " ")
        yield f"  not {refusal['stage']} {refusal['count']} times, {lane}: {refusal['reason']}"
        if refusal["last"]:
            yield f"      last at {_clock(refusal['last_ms'])}: {refusal['last']}"
    if not market["taken"] and not market["refused"]:
        yield "  watched: no basket with it has paid more than it costs since the start"


def _pairing_lines(market: Mapping[str, Any]) -> Iterator[str]:
    twin = market["twin"]
    if twin is not None:
        asks = "asks the opposite of" if twin["inverted"] else "asks the same as"
        yield f"{asks} {twin['title']} ({twin['id']})"
        return
    for pair in market["waits"]:
        yield f"unpaired: {pair['pair']} waits for a person (`arb pairs show {pair['pair']}`)"
        yield from (f"    {flag}" for flag in pair["flags"])
    if not market["waits"]:
        yield "unpaired: nobody has said which market of the other venue asks the same"


def _taken_lines(basket: Mapping[str, Any]) -> Iterator[str]:
    yield f"taken at {_clock(basket['begun_ms'])}, basket {basket['basket'][:BASKET]}: {basket['title']}"
    came = "" if basket["made"] is None else f", made {dollars(basket['made'], 4)}"
    note = f": {basket['note']}" if basket["note"] else ""
    yield (
        f"    cost {dollars(basket['cost'], 2)} with fees, was to earn"
        f" {dollars(basket['claimed'], 4)}{came}; {basket['end']}{note}"
    )


def _clock(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M:%S}"
