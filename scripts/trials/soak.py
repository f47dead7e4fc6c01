"""Thousands of short lives on virtual time: the whole bot, both venues, everything going wrong.

    scripts/soak --seeds 1000 --jobs 2         a report at the end; some thirty minutes
    scripts/soak --seeds 1 --from 4711         one life again, exactly as it was
    scripts/soak --seeds 50 --json             a JSON object a life, one a line
    scripts/soak --week                        a week of trading, its profit day by day

A seed draws the world, the order of tasks, what goes wrong and how rarely, and how the first bot
ends; a second one then starts in good weather and everything must come right. Exit code 0: nothing
was violated; 1: something was, and the commands that show it again are printed.
"""

import argparse
import json
import logging
import multiprocessing
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial

import attrs
import click

from crash.process import start_server
from trials.life import Report, live
from trials.week import WEEK, live_week, tell_week

SECONDS = 20.0
TOLD_EVERY = 50


def live_all(seeds: Iterable[int], seconds: float, jobs: int) -> Iterator[Report]:
    """Live through every seed, so many at a time, in order."""
    if jobs == 1:
        yield from (_live(seed, seconds) for seed in seeds)
        return
    # A process is given up now and then: what one life leaves in memory does not add up.
    start_server()
    with multiprocessing.get_context("forkserver").Pool(jobs, maxtasksperchild=50) as pool:
        yield from pool.imap(partial(_live, seconds=seconds), seeds)


def _live(seed: int, seconds: float) -> Report:
    logging.disable(logging.CRITICAL)  # in bad weather everything is worth a line
    return live(seed, seconds)


def report(lives: list[Report], real_s: float, seconds: float) -> list[str]:
    """What all lives came to."""
    acted, baskets = Counter[str](), Counter[str]()
    for one in lives:
        acted.update(one.acted)
        baskets.update(one.baskets)
    ends = Counter(_word(one) for one in lives)
    bad = [one for one in lives if one.violations]
    hours = sum(one.virtual_s for one in lives) / 3600
    stuck, orders = sum(one.stuck for one in lives), sum(one.orders for one in lives)
    looks = sum(one.looks for one in lives), sum(one.thorough_looks for one in lives)
    tasks = max((one.most_tasks for one in lives), default=0)
    lines = [
        f"{len(lives)} seeds, {hours:.2f} simulated hours in {real_s:.0f} s",
        f"first bots ended: {_counts(ends)}",
        f"{orders} orders; baskets: {_counts(baskets)}; recorded as stuck: {stuck}",
        f"faults acted {acted.total()} times: {_counts(acted)}",
        f"looked {looks[0]} times at the ledger, {looks[1]} at everything; most tasks {tasks}",
    ]
    for one in bad:
        lines.append(f"VIOLATION scripts/soak --seeds 1 --from {one.seed} --seconds {seconds:g}")
        lines += [f"    {text}" for text in one.violations]
    return [*lines, f"{len(bad)} of {len(lives)} seeds with violations"]


def _word(one: Report) -> str:
    """How a first bot ended, without what differs from life to life."""
    if one.ending.startswith("ran for"):
        return "time"
    return one.ending.partition(":")[0]


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"


# --- command line -------------------------------------------------------------------------------


def main() -> int:
    """Do what is asked; returns the exit code."""
    asked = _read_arguments()
    if asked.week:
        return tell_week(live_week(attrs.evolve(WEEK, days=asked.days, seed=asked.first)))
    started, lives = time.monotonic(), []
    for one in live_all(range(asked.first, asked.first + asked.seeds), asked.seconds, asked.jobs):
        lives.append(one)
        _tell(one, len(lives), as_lines=asked.json)
    if not asked.json:
        click.echo("\n".join(report(lives, time.monotonic() - started, asked.seconds)))
    return int(not lives or any(one.violations for one in lives))


def _tell(one: Report, number: int, *, as_lines: bool) -> None:
    if as_lines:
        click.echo(json.dumps(attrs.asdict(one)))
        return
    if one.violations:
        click.echo(f"seed {one.seed}: {one.violations[0]}", err=True)
    if number % TOLD_EVERY == 0:
        click.echo(f"{number} seeds", err=True)


def _read_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--seeds", type=int, default=50, metavar="N", help="how many lives")
    parser.add_argument("--from", dest="first", type=int, default=0, metavar="N", help="first seed")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="of virtual time, each life")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="lives at a time")
    parser.add_argument("--json", action="store_true", help="one JSON object a life")
    parser.add_argument("--week", action="store_true", help="one week instead")
    parser.add_argument("--days", type=int, default=WEEK.days, help="with --week: so many days")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
