"""From the socket to the decision: TLS on loopback, the real feeds, the real book cache and gate.

A server process (loopback_venue.py) sends the frames of detect.py's universe, a TLS record each;
every implementation of connections that this program knows reads the same ones in turn,
round by round. A frame counts as decided once the cache has applied it, updated the sums and
shown what crosses. Lag is told twice: from when the frame was due, which blames the server too,
and from when the server wrote it.

The row `websockets` (its sans-I/O protocol over our own TLS pipe) appears where that package is
installed; it is no dependency. CPU figures are this process alone: on a machine that does
other things too they are the ones to trust. Run: python benchmarks/sockets.py [--quick]
"""

import argparse
import gc
import importlib.util
import os
import ssl
import statistics
from collections.abc import Sequence
from contextlib import AsyncExitStack

import attrs
import trio
import trustme
from loopback_venue import LoopbackVenue, Pace
from sansio_sockets import SansIoSockets
from socket_world import NEVER_S, Certificates, Make, Round, Universe, opened

from arb.venues.sockets.direct import DirectSockets
from arb.venues.wire import TrioSockets

RESCAN_S = 1.0
"""detect.rescan_ms as shipped."""


@attrs.frozen
class Plan:
    """One arrangement of connections and what is asked of it."""

    connections: int
    flood: int
    """Frames of one round, as fast as may be."""
    rounds: int
    paced: Pace


ONE = Plan(connections=1, flood=30_000, rounds=5, paced=Pace(330_000, 100, 33_000))
MANY = Plan(connections=100, flood=20_000, rounds=3, paced=Pace(125_000, 1, 25_000))


def implementations() -> dict[str, Make]:
    """Everything there is to compare."""
    known: dict[str, Make] = {"trio-websocket": TrioSockets, "direct": DirectSockets}
    if importlib.util.find_spec("websockets"):
        known["websockets"] = SansIoSockets
    else:
        print("websockets is not installed: its row is left out")
    return known


def certificates() -> Certificates:
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return server, client


async def flood(plan: Plan, makes: dict[str, Make], stage: Universe, tls: Certificates) -> None:
    """All implementations open, one after the other loaded, round by round."""
    rounds: dict[str, list[Round]] = {name: [] for name in makes}
    async with AsyncExitStack() as stack:
        venues = [LoopbackVenue(stage.script, tls[0]) for _ in makes]
        worlds = [
            await stack.enter_async_context(
                opened(name, make(lambda: tls[1]), stage, venue, rescan_s=NEVER_S)
            )
            for (name, make), venue in zip(makes.items(), venues, strict=True)
        ]
        calm()
        for world in worlds:  # warms up, uncounted
            await world.play(Pace(plan.flood, 64, 0))
        for _ in range(plan.rounds):
            for world in worlds:
                rounds[world.name].append(await world.play(Pace(plan.flood, 64, 0)))
    base = statistics.median(one.cpu_us for one in rounds["trio-websocket"])
    for name, played in rounds.items():
        cpu = statistics.median(one.cpu_us for one in played)
        wall = statistics.median(one.wall_rate for one in played)
        batch = sum(len(one.sent.due_ns) for one in played) / sum(one.batches for one in played)
        row(
            f"{plan.connections} x {name}",
            f"{1e6 / cpu:,.0f} msg/s of CPU, {wall:,.0f} of time, {batch:.0f} a batch",
            f"x {base / cpu:.1f}" + (" (>= 100,000)" if name == "direct" else ""),
        )
        tell_missing(name, played)


async def paced(plan: Plan, makes: dict[str, Make], stage: Universe, tls: Certificates) -> None:
    """One implementation at a time, at a given rate; the fast one also with rescans as shipped."""
    for name, make in makes.items():
        await pace_one(plan, name, (make, stage, tls), NEVER_S)
    await pace_one(plan, "direct", (makes["direct"], stage, tls), RESCAN_S)


async def pace_one(
    plan: Plan, name: str, parts: tuple[Make, Universe, Certificates], rescan_s: float
) -> None:
    make, stage, tls = parts
    venue = LoopbackVenue(stage.script, tls[0])
    async with opened(name, make(lambda: tls[1]), stage, venue, rescan_s=rescan_s) as world:
        calm()
        played = await world.play(plan.paced)
    late, slow = played.lags_us()
    rescans = ", rescans" if rescan_s == RESCAN_S else ""
    row(
        f"{plan.connections} x {name}, {plan.paced.per_s:,} msg/s{rescans}",
        f"p50 {at(slow, 50):,.0f} us, p99 {at(slow, 99):,.0f} us, p99.9 {at(slow, 99.9):,.0f} us",
        "p99 <= 1,000 us" if name == "direct" else "",
    )
    words = f"since due: p50 {at(late, 50):,.0f} us, p99 {at(late, 99):,.0f} us"
    row("", f"{words}; CPU {played.cpu_us:.1f} us/msg")
    tell_missing(name, [played])


def row(name: str, figure: str, goal: str = "") -> None:
    print(f"{name:<34} {figure:<62} {goal}", flush=True)


def tell_missing(name: str, rounds: Sequence[Round]) -> None:
    missing = sum(one.missing for one in rounds)
    row("", f"{sum(len(one.sent.due_ns) for one in rounds):,} sent, {missing} not decided", "0")
    assert missing == 0, name


def at(values: Sequence[float], percent: float) -> float:
    return values[min(len(values) - 1, int(len(values) * percent / 100))]


def calm() -> None:
    """What is alive now stays: the collector need not look at it again."""
    gc.collect()
    gc.freeze()


async def main(plans: Sequence[Plan]) -> None:
    makes, tls = implementations(), certificates()
    for plan in plans:
        stage = Universe(plan.connections, max(plan.flood * (plan.rounds + 1), plan.paced.frames))
        markets, many = len(stage.markets), plan.connections
        loads = " ".join(f"{load:.2f}" for load in os.getloadavg())
        row("load average", f"{loads} ({os.cpu_count()} cores)", "quiet: two cores are needed")
        row("universe", f"{markets:,} markets, {len(stage.baskets):,} baskets, {many} connections")
        await flood(plan, makes, stage, tls)
        await paced(plan, makes, stage, tls)
        gc.unfreeze()


def quick(plan: Plan) -> Plan:
    """A tenth of everything."""
    pace = attrs.evolve(plan.paced, frames=plan.paced.frames // 10)
    return attrs.evolve(plan, flood=plan.flood // 3, rounds=3, paced=pace)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--quick", action="store_true", help="a tenth of everything")
    plans = (ONE, MANY)
    trio.run(main, tuple(map(quick, plans)) if asked.parse_args().quick else plans)
