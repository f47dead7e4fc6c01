"""How fast a simulated world starts and lives, and how much memory it needs.

    python benchmarks/sim_world.py [--quick]

1. Cold start: 30,000 markets drawn, listed on both venues and quoted, in a process of its own.
   Goals: 15 s, 1.5 GB.
2. A virtual day of 500 markets, flow and engines and faces, nobody connected, at the pace of the real
   venues. Goal: 2 minutes.
3. What the flow planted meanwhile: how often, and for how long.

`--quick` takes 3,000 markets and an hour, and scales the figures of the day.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path

import trio
import trio.testing

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from arb.market.units import MICRO, Ns, Usd
from arb.sim.catalogue import Mix
from arb.sim.flow.pace import Pace
from arb.sim.world import World

START_NS = 1_790_000_000 * 10**9
SEED = 10
"""One whose worlds have about as many markets as the mix is scaled to."""
COLD_MARKETS, COLD_GOAL_S, MEMORY_GOAL_MB = 30_000, 15.0, 1_500.0
DAY_S, DAY_MARKETS, DAY_GOAL_S = 86_400.0, 500, 120.0
QUANTILES = (0.1, 0.5, 0.9, 0.99)


class Tally:
    """Counts what an engine tells: a listener that does next to nothing."""

    def __init__(self) -> None:
        self.changes = self.matches = 0

    def book_changed(self, *_: object) -> None:
        """Count a change of a level."""
        self.changes += 1

    def matched(self, *_: object) -> None:
        """Count a match."""
        self.matches += 1

    def nothing(self, *_: object) -> None:
        """Do nothing about the rest."""

    order_changed = resolved = reversed = halted = sets_changed = nothing


def build(markets: int) -> World:
    return World.build(
        SEED,
        now_ns=lambda: Ns(START_NS + round(trio.current_time() * 1e9)),
        speed_ppm=MICRO,
        polymarket_cash=Usd(1_000 * MICRO),
        kalshi_cash=Usd(1_000 * MICRO),
        mix=Mix.of(markets),
        pace=Pace.real(markets),
    )


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cold(markets: int) -> dict[str, float]:
    """One start; in this process."""
    begun, begun_cpu = time.perf_counter(), time.process_time()
    found: dict[str, float] = {}

    async def main() -> None:
        world = build(markets)
        with trio.move_on_after(1):
            async with trio.open_nursery() as nursery:
                await nursery.start(world.run)
                found["s"] = time.perf_counter() - begun
                found["cpu_s"] = time.process_time() - begun_cpu
                found["markets"] = world.catalogue.count()
                await trio.sleep_forever()

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return found | {"mb": memory_mb()}


def live(markets: int, seconds: float) -> dict[str, object]:
    """Some virtual time; in this process."""
    tally, found = Tally(), dict[str, object]()

    async def main() -> None:
        world = build(markets)
        for exchange in world.exchanges.values():
            exchange.listeners.append(tally)
        found["markets"] = world.catalogue.count()
        begun, begun_cpu = time.perf_counter(), time.process_time()
        with trio.move_on_after(seconds):
            await world.run()
        found["s"] = time.perf_counter() - begun
        found["cpu_s"] = time.process_time() - begun_cpu
        found["ended"] = world.flow.endings.ended
        found["listed"] = world.flow.endings.listed
        found["refused"] = world.flow.refused.total()
        found["lifetimes_s"] = {
            str(kind): sorted(lives) for kind, lives in world.flow.episodes.lifetimes_s.items()
        }

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    return found | {"changes": tally.changes, "matches": tally.matches, "mb": memory_mb()}


def in_process_of_its_own(*args: str) -> dict[str, object]:
    """Run one measurement where nothing else has used memory yet."""
    done = subprocess.run(  # noqa: S603 - this very file
        [sys.executable, __file__, *args], check=True, capture_output=True, text=True
    )
    found: dict[str, object] = json.loads(done.stdout)
    return found


def say(what: str, value: float, unit: str, goal: float) -> None:
    print(f"  {what:<44} {value:10.1f} {unit:<3} goal {goal:8.0f}   {goal / value:5.1f} x")


def ratio(lived: dict[str, object]) -> float:
    """What part of the wall time the process was running."""
    return float(str(lived["cpu_s"])) / float(str(lived["s"]))


def report(markets: int, seconds: float) -> None:
    start = in_process_of_its_own("--cold", str(markets))
    print(f"cold start of {start['markets']} markets")
    say("until both venues run, all quotes up", float(str(start["s"])), "s", COLD_GOAL_S)
    say("... of one core's own time", float(str(start["cpu_s"])), "s", COLD_GOAL_S)
    say("peak memory", float(str(start["mb"])), "MB", MEMORY_GOAL_MB)
    lived = in_process_of_its_own("--live", str(DAY_MARKETS), str(seconds))
    day_s = float(str(lived["s"])) * DAY_S / seconds
    say("... of one core's own time", day_s * ratio(lived), "s", DAY_GOAL_S)
    changes = int(str(lived["changes"]))
    print(f"{seconds / 3_600:.0f} virtual hours of {lived['markets']} markets")
    say("wall time of a virtual day", day_s, "s", DAY_GOAL_S)
    print(f"  changes of price levels {changes}, {changes / seconds:.1f} a second")
    print(
        f"  one change costs {float(str(lived['s'])) / changes * 1e6:.0f} us, everything included"
    )
    print(f"  matches {lived['matches']}, refused to the flow {lived['refused']}")
    print(f"  questions ended {lived['ended']}, listed {lived['listed']}; {lived['mb']:.0f} MB")
    print("  lifetimes of what was planted, seconds")
    lifetimes = lived["lifetimes_s"]
    if not isinstance(lifetimes, dict):
        raise TypeError("lifetimes by kind were expected")
    for kind, lives in lifetimes.items():
        shown = "  ".join(
            f"p{q * 100:.0f} {lives[int(q * (len(lives) - 1))]:6.1f}" for q in QUANTILES
        )
        print(f"    {kind:<12} {len(lives):6}  {shown}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--cold", type=int)
    parser.add_argument("--live", nargs=2, type=float)
    args = parser.parse_args()
    if args.cold:
        print(json.dumps(cold(args.cold)))
    elif args.live:
        print(json.dumps(live(int(args.live[0]), args.live[1])))
    elif args.quick:
        report(3_000, 3_600.0)
    else:
        report(COLD_MARKETS, DAY_S)


if __name__ == "__main__":
    main()
