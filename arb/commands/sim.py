"""What `arb sim` does: builds the simulated venues, lets others at them, and says how."""

import json
import signal
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs
import click
import trio

from arb.commands.setup import read_settings, tell_failure
from arb.commands.surroundings import real_surroundings, run_virtually, virtual_surroundings
from arb.ending import Exit
from arb.market.errors import ArbError
from arb.market.units import Clock
from arb.settings import Settings, SettingsFault
from arb.sim.control import control_app
from arb.sim.hosting import Hosted, Hosting, host, host_virtually
from arb.sim.operator import Operator
from arb.sim.world import World
from arb.terminal.progress import working
from arb.worlds import build_world, sim_ports


@attrs.frozen
class Wishes:
    """What the command line says beside the settings."""

    record: Path | None = None
    for_s: float | None = None
    virtual: bool = False
    as_json: bool = False
    out: Path | None = None
    print_accounts: bool = False


def sim_command(flags: Mapping[str, Any], wishes: Wishes) -> int:
    """Run the simulated venues for others; returns the exit code."""
    try:
        settings = read_settings(flags)
        _check_usage(wishes)
        hosting = Hosting(
            sim_ports(settings), wishes.record, settings.sim.wire_faults, wishes.for_s
        )
        if wishes.virtual:
            hosted = _run_virtually(settings, hosting)
        else:
            hosted = trio.run(_serve, settings, hosting, wishes, strict_exception_groups=True)
    except SettingsFault as fault:
        return tell_failure(str(fault), Exit.USAGE)
    except ArbError as error:
        return tell_failure(str(error), Exit.ERROR)
    except KeyboardInterrupt:
        return Exit.OK  # asked to stop before anything was up
    _tell_end(hosted, wishes)
    return Exit.OK


def _check_usage(wishes: Wishes) -> None:
    if wishes.virtual and (wishes.record is None or wishes.for_s is None):
        raise SettingsFault("--virtual-time has no sockets to serve: give --record and --for too")
    if wishes.record is not None and wishes.record.suffix != ".jsonl":
        raise SettingsFault(f"--record {wishes.record}: plain JSON lines only: name it *.jsonl")


async def _serve(settings: Settings, hosting: Hosting, wishes: Wishes) -> Hosted:
    surroundings = real_surroundings()
    world = _build(settings, surroundings.now_ns)
    control = control_app(Operator(world, surroundings.now_ns))

    def ready(details: Mapping[str, Any]) -> None:
        _introduce(details, wishes)
        if hosting.for_s is None:
            click.echo("simulated venues are up; stop with Ctrl-C", err=True)
        else:
            click.echo(f"simulated venues are up for {hosting.for_s:g} s", err=True)

    return await host(world, hosting, surroundings.now_ns, control, ready)


def _run_virtually(settings: Settings, hosting: Hosting) -> Hosted:
    surroundings = virtual_surroundings(settings.run.seed)

    async def run() -> Hosted:
        world = _build(settings, surroundings.now_ns)
        return await host_virtually(world, hosting, surroundings.now_ns)

    return run_virtually(run, settings.run.seed)


def _build(settings: Settings, now_ns: Clock) -> World:
    """Make the world; a signal that comes meanwhile ends the program as Ctrl-C does."""
    click.echo(f"drawing the simulated venues from seed {settings.run.seed} ...", err=True)
    terminate = signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGINT))
    try:
        with working("drawing the simulated venues"):
            world = build_world(settings, now_ns)
    finally:
        signal.signal(signal.SIGTERM, terminate)
    click.echo(f"{len(list(_markets(world))):,} markets", err=True)
    return world


def _markets(world: World) -> Iterator[object]:
    for event in world.catalogue.polymarket:
        yield from event.markets
    yield from world.catalogue.markets


# --- words --------------------------------------------------------------------------------------


def _introduce(details: Mapping[str, Any], wishes: Wishes) -> None:
    """Say what a bot needs: to people on a terminal, to programs as one JSON object."""
    text = json.dumps(details, indent=2)
    if wishes.out is not None:
        _replace(wishes.out, text + "\n")
    if wishes.as_json or (wishes.out is None and not sys.stdout.isatty()):
        click.echo(text)
    elif sys.stdout.isatty():
        for line in introduction(details, wishes.out):
            click.echo(line)


def _replace(path: Path, text: str) -> None:
    """Write a file whole: whoever waits for it never sees half of it."""
    draft = path.with_name(path.name + ".new")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        raise SettingsFault(f"--out {path}: {error.strerror}") from error


def introduction(details: Mapping[str, Any], out: Path | None) -> Iterator[str]:
    """Where the venues are, who one can be there, and what to set in which client."""
    poly, kalshi = details["polymarket"], details["kalshi"]
    yield f"Polymarket   {poly['clob']}   (CLOB, Gamma, Data API and relayer)"
    yield f"             {poly['market_ws']}   {poly['user_ws']}"
    yield f"Kalshi       {kalshi['rest']}"
    yield f"             {kalshi['ws']}"
    yield f"Control      {details['control']}   try: curl {details['control']}/"
    yield ""
    yield "Accounts, with test keys that everybody knows: never send anything of worth to them"
    for name, account in details["accounts"].items():
        yield from _account_lines(name, account)
    yield ""
    yield "In your client"
    yield f'  py-clob-client-v2    ClobClient(host="{poly["clob"]}", chain_id=137, key=...)'
    yield f'  kalshi_python_async  Configuration(host="{kalshi["rest"]}")'
    yield f"  kalshi-sdk           base address {kalshi['rest']}"
    file = out or "FILE"
    yield f"  this bot             python -m arb run --venues {file}"
    if out is None:
        yield "Programs read all of this, private keys included, from --out FILE or --json."
    yield ""


def _account_lines(name: str, account: Mapping[str, Any]) -> Iterator[str]:
    poly, kalshi = account["polymarket"], account["kalshi"]
    yield f"  {name:<6} Polymarket  {poly['wallet']}  signature type {poly['signature_type']}"
    yield f"         private key {poly['private_key']}"
    yield f"         Kalshi      key id {kalshi['key_id']}"
    for line in kalshi["private_key_pem"].splitlines():
        yield f"           {line}"


def _tell_end(hosted: Hosted, wishes: Wishes) -> None:
    if wishes.record is not None:
        frames = ", ".join(f"{number:,} of {venue}" for venue, number in hosted.recorded.items())
        click.echo(f"recorded {frames or 'no'} frames to {wishes.record}", err=True)
        for why, times in hosted.reconnects.items():
            click.echo(f"  connected again {times} times: {why}", err=True)
    if wishes.print_accounts:
        click.echo(json.dumps(hosted.accounts, indent=2))
