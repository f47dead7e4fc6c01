"""Runs a world for others: on sockets until somebody stops it, or in virtual time for a while."""

import signal
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio
from starlette.types import ASGIApp

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.sim.inprocess import InProcessNetwork
from arb.sim.recorder import (
    Conversation,
    Recorder,
    RecordingFile,
    kalshi_conversation,
    polymarket_conversations,
)
from arb.sim.serve import Ports, Served, describe, serve
from arb.sim.world import World

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)
HOSTS = {Venue.POLYMARKET: "http://polymarket.sim", Venue.KALSHI: "http://kalshi.sim"}
"""Names of the venues where there are no sockets."""
POLYMARKET_STREAM = "/ws/market"
KALSHI_STREAM = "/trade-api/ws/v2"

Ready = Callable[[Mapping[str, Any]], None]
"""Told what a bot needs to connect, once everything is up."""


@attrs.frozen
class Hosting:
    """How a world is run."""

    ports: Ports = attrs.field(factory=Ports)
    record: Path | None = None
    """Where everything that the venues' streams tell is written to."""
    wire_faults: bool = False
    """Whether connections themselves can be broken: puts a proxy before each venue."""
    for_s: float | None = None
    """How long; None: until a signal comes."""


@attrs.frozen
class Hosted:
    """What is left when it is over."""

    accounts: Mapping[str, Mapping[str, Any]]
    """What everybody holds, by name, as `World.accounts` tells it."""
    recorded: Mapping[str, int]
    """Frames, by venue."""
    reconnects: Mapping[str, int]
    """Connections of the recorder that ended and were opened again, by why."""


async def host(
    world: World, hosting: Hosting, now_ns: Clock, control: ASGIApp, ready: Ready
) -> Hosted:
    """Serve both venues and their control on loopback until the time is over or a signal comes.

    Raises Refused where a port cannot be had, RecordingFailed where the recording ends.
    """
    with _bare_errors():
        async with trio.open_nursery() as nursery:
            serving = partial(serve, world, hosting.ports, control, wire_faults=hosting.wire_faults)
            served: Served = await nursery.start(serving)
            async with _recording(world, hosting.record, now_ns) as recorder:
                await nursery.start(world.run)
                ready(describe(world, served))
                await _until_stopped(hosting.for_s)
            nursery.cancel_scope.cancel(reason="stopped")
    return _sum_up(world, recorder)


async def host_virtually(world: World, hosting: Hosting, now_ns: Clock) -> Hosted:
    """Let a world live for `hosting.for_s` seconds by Trio's clock, without sockets.

    Raises RecordingFailed where the recording ends.
    """
    with _bare_errors():
        async with trio.open_nursery() as nursery:
            async with _recording(world, hosting.record, now_ns) as recorder:
                await nursery.start(world.run)
                await trio.sleep(hosting.for_s or 0.0)
            nursery.cancel_scope.cancel(reason="its time is over")
    return _sum_up(world, recorder)


async def _until_stopped(for_s: float | None) -> None:
    with trio.move_on_after(float("inf") if for_s is None else for_s):
        with trio.open_signal_receiver(*STOP_SIGNALS) as signals:
            async for _ in signals:
                return


def _sum_up(world: World, recorder: Recorder | None) -> Hosted:
    return Hosted(
        accounts={member.name: world.accounts(member.name) for member in world.members},
        recorded=dict(recorder.frames) if recorder else {},
        reconnects=dict(recorder.counts) if recorder else {},
    )


@contextmanager
def _bare_errors() -> Iterator[None]:
    """Let errors of ours leave by themselves, without the groups that nurseries wrap them in."""
    try:
        yield
    except BaseExceptionGroup as group:
        ours, others = group.split(ArbError)
        if ours is None or others is not None:
            raise
        raise _first_of(ours) from None


def _first_of(group: BaseExceptionGroup[ArbError]) -> ArbError:
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


# --- recording ----------------------------------------------------------------------------------


@asynccontextmanager
async def _recording(
    world: World, path: Path | None, now_ns: Clock
) -> AsyncIterator[Recorder | None]:
    """Record for as long as the block lasts; the file ends with a whole line, however it ends."""
    if path is None:
        yield None
        return
    file = RecordingFile(path)
    try:
        async with trio.open_nursery() as nursery:
            apps = {HOSTS[venue]: app for venue, app in world.apps.items()}
            network = InProcessNetwork(apps, nursery)
            recorder = Recorder(file, network.sockets, now_ns)
            await nursery.start(recorder.run, list(_conversations(world)))
            yield recorder
            nursery.cancel_scope.cancel(reason="the recording is over")
    finally:
        file.close()


def _conversations(world: World) -> Iterator[tuple[str, Conversation]]:
    """Everything that a client must say to be told everything, and where."""
    poly = f"ws{HOSTS[Venue.POLYMARKET].removeprefix('http')}{POLYMARKET_STREAM}"
    kalshi = f"ws{HOSTS[Venue.KALSHI].removeprefix('http')}{KALSHI_STREAM}"
    tokens = [
        token
        for event in world.catalogue.polymarket
        for one in event.markets
        for token in one.tokens
    ]
    for conversation in polymarket_conversations(tokens):
        yield poly, conversation
    tickers = [market.ticker for market in world.catalogue.markets]
    yield kalshi, kalshi_conversation(tickers, KALSHI_STREAM, **world.kalshi_credentials)
