"""One case: a bot dies at a moment, another takes over, and a judge looks at what is left."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from arb.crashpoints import CRASH_AT, CRASH_LOG
from arb.venues.polymarket.relayer import DEADLINE_S
from crash.hosting import Hosted, hosted
from crash.judging import Verdict, judge
from crash.process import KILLED, Ended, run_bot
from crash.scene import Scene

QUICK = {
    # Reads of these venues do not lag behind writes, so nobody has to wait long for a lost order.
    "ARB__EXECUTION__ABSENT_MS": "300",
    "ARB__EXECUTION__ORDER_POLL_MS": "50",
    # Everything is there from the first moment, and one life has one basket.
    "ARB__PAIRS__COVERAGE_FLOOR_PPM": "0",
}
RECOVERS_S = 0.8
"""Of the run after the last death."""
COME_BACK = "start again after that"
"""What a start says that cannot know yet whether a transaction that never left will still come."""
SIGNED_FOR_S = DEADLINE_S + 10.0
"""After so long it cannot."""


@attrs.frozen
class Case:
    """The moments at which one bot after the other dies; the last one lives."""

    scene: Scene
    deaths: tuple[str, ...]


@attrs.frozen
class Result:
    """What came of a case."""

    kind: str
    deaths: tuple[str, ...]
    verdict: Verdict
    died: int
    """How many of the deaths came: a moment may not come again."""

    @property
    def is_good(self) -> bool:
        """Whether nothing is as it must not be."""
        return not self.verdict.faults


async def rehearse(scene: Scene, deaths: Sequence[str] = ()) -> list[str]:
    """Every moment of the run after these deaths, in order. Raises RuntimeError where it fails."""
    with tempfile.TemporaryDirectory(prefix="crash") as folder:
        home = Path(folder)
        async with hosted(scene, home) as venues:
            for number, moment in enumerate(deaths):
                await _die(scene, home, number, moment)
            log = home / "moments"
            ended = await _live(scene, home, venues, {CRASH_LOG: str(log)}, scene.trades_s)
            if ended.code:
                raise RuntimeError(f"{scene.kind}: rehearsal ended with {ended.code}: {ended.said}")
            return log.read_text("utf-8").splitlines()


async def attempt(case: Case) -> Result:
    """Let the bots die one after the other and the last one live; judge."""
    scene = case.scene
    with tempfile.TemporaryDirectory(prefix="crash") as folder:
        home = Path(folder)
        async with hosted(scene, home) as venues:
            codes = [
                (await _die(scene, home, number, moment)).code
                for number, moment in enumerate(case.deaths)
            ]
            last = await _live(scene, home, venues, {}, RECOVERS_S)
            if COME_BACK in last.said:
                venues.wall.leap(SIGNED_FOR_S)
                last = await _live(scene, home, venues, {}, RECOVERS_S)
            verdict = judge(venues, home / "var" / "arb.db", last)
    wrong = [
        f"run {n} ended with {code}" for n, code in enumerate(codes) if code not in {0, KILLED}
    ]
    verdict = attrs.evolve(verdict, faults=(*wrong, *verdict.faults))
    return Result(scene.kind, case.deaths, verdict, codes.count(KILLED))


async def _die(scene: Scene, home: Path, number: int, moment: str) -> Ended:
    environment = {**QUICK, **scene.settings, CRASH_AT: moment}
    return await run_bot(home, f"run-{number}", scene.dies_s, environment)


async def _live(
    scene: Scene, home: Path, venues: Hosted, more: Mapping[str, str], for_s: float
) -> Ended:
    environment = {**QUICK, **scene.settings, **more}
    return await run_bot(home, "last", for_s, environment, venues.wall.ahead_ns)
