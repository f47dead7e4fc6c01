"""Kills the bot before and after every journal write and network step of every kind of basket.

    scripts/crash_matrix                     all of it: half an hour of two cores
    scripts/crash_matrix --quick             each kind at its turning points: two minutes
    scripts/crash_matrix --kind unwind --at "after:http:POST /order:1"     one case again
    scripts/crash_matrix --json              a JSON object a case, one a line

The venues are simulated, stay up, and speak over real sockets; the bot is a process that gets a
real SIGKILL. Exit code 0: everything was turned into cash, hedged, flat or recorded as stuck, nothing
was sent twice, and store, ledger and venues agreed to the micro-dollar; 1: not so.
"""

import argparse
import functools
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import click
import trio

from crash.cases import Case, Result, attempt, rehearse
from crash.scene import Scene
from crash.scenes import SCENES

JOBS = 2
HALF_DONE = {
    "cross-venue": "after:http:POST /order:1",
    "many legs": "after:journal:PreparedOrder:2",
    "unwind": "after:http:POST /order:1",
    "merge": "after:http:POST /submit:1",
    "convert, redeem": "after:http:POST /submit:1",
}
"""Where the first bot dies whose recovery dies too: money is at the venue, nothing of it is known."""
TURNING_POINTS = (
    "journal:PreparedOrder:",
    "journal:Turn",
    "http:POST /order:",
    "http:POST /submit:",
    "http:POST /trade-api/",
    "http:DELETE /order:",
)
"""What is tried of each kind where there is no time for everything."""


async def plan(scenes: Sequence[Scene], *, quick: bool) -> list[Case]:
    """Every case: the moments of each kind come from watching it once."""
    cases: list[Case] = []
    for number, scene in enumerate(scenes):
        moments = await rehearse(scene)
        start = moments.index(scene.first)
        chosen = moments if number == 0 and not quick else moments[start:]
        cases += [Case(scene, (moment,)) for moment in chosen if _wanted(moment, quick=quick)]
        if scene.kind in HALF_DONE:
            first = HALF_DONE[scene.kind]
            again = await rehearse(scene, (first,))
            cases += [Case(scene, (first, moment)) for moment in _recovering(again, quick=quick)]
    return cases


def _wanted(moment: str, *, quick: bool) -> bool:
    return not quick or any(point in moment for point in TURNING_POINTS)


def _recovering(moments: Sequence[str], *, quick: bool) -> Iterable[str]:
    """The moments until recovery is over and trading begins; of these one in eight, quickly."""
    start = next(n for n, moment in enumerate(moments) if "journal:RunStarted" in moment)
    return moments[:start:8] if quick else moments[: start + 2]


async def try_all(cases: Sequence[Case], tell: Callable[[Result], None], jobs: int) -> list[Result]:
    """Try every case, so many at a time."""
    results: list[Result] = []
    waiting = iter(cases)

    async def work() -> None:
        for case in waiting:
            result = await attempt(case)
            results.append(result)
            tell(result)

    async with trio.open_nursery() as nursery:
        for _ in range(jobs):
            nursery.start_soon(work)
    return results


# --- telling ------------------------------------------------------------------------------------


def table(results: Iterable[Result]) -> list[str]:
    """Kind by step by result, and what is wrong."""
    results = list(results)
    cells: dict[tuple[str, str], Counter[str]] = {}
    for result in results:
        cells.setdefault((_label(result), _step(result.deaths[-1])), Counter())[_word(result)] += 1
    lines = [f"{'kind':<30} {'killed before and after':<58} result"]
    for (kind, step), words in sorted(cells.items()):
        told = ", ".join(f"{word} {times}" for word, times in sorted(words.items()))
        lines.append(f"{kind:<30} {step:<58} {told}")
    bad = [result for result in results if not result.is_good]
    for result in bad:
        lines.append(f"VIOLATION {_again(result)}")
        lines += [f"    {fault}" for fault in result.verdict.faults]
    deaths = sum(result.died for result in results)
    return [*lines, f"{len(results)} cases, {deaths} processes killed, {len(bad)} violations"]


def _label(result: Result) -> str:
    return f"{result.kind}, then recovery" if len(result.deaths) > 1 else result.kind


def _step(moment: str) -> str:
    _, _, rest = moment.partition(":")
    return rest.rpartition(":")[0]


def _word(result: Result) -> str:
    return result.verdict.outcome if result.is_good else "VIOLATION"


def _again(result: Result) -> str:
    deaths = " ".join(f"--at {moment!r}" for moment in result.deaths)
    return f"scripts/crash_matrix --kind {result.kind!r} {deaths}"


def as_json(result: Result) -> str:
    """One line."""
    return json.dumps(
        {
            "kind": result.kind,
            "deaths": result.deaths,
            "died": result.died,
            "outcome": result.verdict.outcome,
            "violations": result.verdict.faults,
        }
    )


# --- command line -------------------------------------------------------------------------------


def main() -> int:
    """Do what is asked; returns the exit code."""
    asked = _read_arguments()
    tell = functools.partial(_tell, as_lines=asked.json)
    results = trio.run(_main, asked, tell)
    if not asked.json:
        click.echo("\n".join(table(results)))
    return int(not results or any(not result.is_good for result in results))


async def _main(asked: argparse.Namespace, tell: Callable[[Result], None]) -> list[Result]:
    scenes = [scene for scene in SCENES if asked.kind in {None, scene.kind}]
    if asked.at:
        (scene,) = scenes
        cases = [Case(scene, tuple(asked.at))]
    else:
        cases = await plan(scenes, quick=asked.quick)
    click.echo(f"{len(cases)} cases", err=True)
    return await try_all(cases, tell, asked.jobs)


def _tell(result: Result, *, as_lines: bool) -> None:
    if as_lines:
        click.echo(as_json(result))
    elif not result.is_good:
        click.echo("\n    ".join([_again(result), *result.verdict.faults]), err=True)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/crash_matrix",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kind", choices=[scene.kind for scene in SCENES])
    parser.add_argument("--at", action="append", metavar="MOMENT", help="with --kind: one case")
    parser.add_argument("--quick", action="store_true", help="turning points only")
    parser.add_argument("--jobs", type=int, default=JOBS, metavar="N", help="cases at a time")
    parser.add_argument("--json", action="store_true", help="one JSON object a case")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
