"""What the commands print that ask a running bot: opportunities, top, the live part of explain."""

import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.live import Live

from arb.commands.running import NoAnswer, NotRunning, RunningBot
from arb.commands.setup import read_settings, tell_failure
from arb.commands.tables import print_rows
from arb.ending import Exit
from arb.market.units import decimal_text, plain_text
from arb.settings import SettingsFault
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
    console = Console()
    if not console.is_terminal:
        for state in states:
            click.echo(plain_line(state, 0))
        return
    with Live(console=console, auto_refresh=False, screen=True) as live:
        frames, at_ms = 0, 0
        for state in states:
            now_ms = state["clock"]["now_ms"]
            new = state["books"]["frames"] - frames
            rate = new * 1000 // (now_ms - at_ms) if at_ms and now_ms > at_ms else 0
            frames, at_ms = state["books"]["frames"], now_ms
            live.update(draw(state, rate, address), refresh=True)


def explain_live(flags: Flags, words: str) -> list[dict[str, Any]]:
    """What a running bot knows of markets by their id, or any words of id and title.

    Raises SettingsFault, NotRunning, NoAnswer.
    """
    bot = find_bot(flags)
    found = [market["id"] for market in bot.search(words)]
    exact = [name for name in found if name == words]
    return [bot.market(name) for name in (exact or found)[:MOST_MARKETS]]


def explanation_lines(market: Mapping[str, Any]) -> Iterator[str]:
    """One market for people: what was done with it, and what was not, and why."""
    yield f"{market['id']}  {market['title']}"
    for basket in market["taken"]:
        yield f"  taken: basket {basket['basket']}, {basket['title']}: {basket['end']}"
    for refusal in market["refused"]:
        yield f"  {refusal['lane']}, {refusal['count']} times: {refusal['reason']}"
        if refusal["last"]:
            yield f"      last: {refusal['last']}"
    if not market["taken"] and not market["refused"]:
        yield "  watched; no basket with it has paid more than it costs since the start"
