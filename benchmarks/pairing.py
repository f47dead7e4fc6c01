"""How long it takes to find candidates among all questions of both venues, and what is missed.

    python benchmarks/pairing.py [--quick]

1. Generated catalogues of 30,000 questions a venue, a third of them asked by both (`question_texts`):
   seconds (of the processor, on one core) and memory of a first search of everything, and the share of the twins that are among the
   first one, five and ten candidates. Goals: 60 s, 1 GB.
2. One metadata refresh: 30 of Kalshi's questions change, 10 go, 10 come; seconds until all
   candidates are right again.
3. Events first: the share of the twins that the candidates of events and their aligned outcomes hold.

`--quick` takes a tenth.
"""

import argparse
import random
import resource
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import attrs

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from question_texts import Lists, lists

from arb.pairing.candidates.document import document_of
from arb.pairing.candidates.events import pair_events
from arb.pairing.candidates.finder import Finder
from arb.pairing.candidates.reach import Reach

MARKETS, SHARED, SEED = 30_000, 1 / 3, 7
CHANGED, GONE = 30, 10
EVENTS = 3
GOAL_S, GOAL_MB = 60.0, 1_000.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the questions")
    quick = parser.parse_args().quick
    made = lists(random.Random(SEED), MARKETS // (10 if quick else 1), SHARED)
    before = memory_mb()
    finder = first_search(made)
    print(f"memory {memory_mb() - before:,.0f} MB above the catalogues (goal {GOAL_MB:,.0f})")
    report_recall(finder, made)
    refresh(finder, made)
    report_events(made)


def first_search(made: Lists) -> Finder:
    started = time.process_time()
    finder = Finder()
    for question in made.kalshi.values():
        finder.put_kalshi(document_of(question))
    for question in made.polymarket.values():
        finder.put_polymarket(document_of(question))
    read = time.process_time()
    count = sum(1 for _ in finder.all())
    done = time.process_time()
    print(
        f"{len(made.polymarket):,} x {len(made.kalshi):,} questions: {done - started:.1f} s"
        f" (goal {GOAL_S:.0f}); reading {read - started:.1f} s, search {done - read:.1f} s;"
        f" {count:,} candidates"
    )
    return finder


def report_recall(finder: Finder, made: Lists) -> None:
    ranks = [
        next((rank for rank, one in enumerate(finder.best(name)) if one.kalshi == twin), 99)
        for name, twin in made.twins.items()
    ]
    for first in (1, 5, 10):
        found = sum(rank < first for rank in ranks)
        print(f"twins among the first {first}: {found / len(ranks):.2%} of {len(ranks):,}")


def refresh(finder: Finder, made: Lists) -> None:
    dice = random.Random(SEED)
    names = dice.sample(sorted(made.kalshi), CHANGED + 2 * GONE)
    new, gone, changed = names[:GONE], names[GONE : 2 * GONE], names[2 * GONE :]
    for name in new:
        finder.drop_kalshi(name)
    settle(finder)
    started = time.process_time()
    for name in gone:
        finder.drop_kalshi(name)
    put(finder, made, new)
    for name in changed:
        other = made.kalshi[dice.choice(names)]
        finder.put_kalshi(document_of(attrs.evolve(made.kalshi[name], rules=other.rules)))
    stale = finder.stale
    settle(finder)
    print(
        f"{CHANGED} changed, {GONE} gone, {GONE} new: {time.process_time() - started:.2f} s,"
        f" {stale:,} of {len(made.polymarket):,} searched anew"
    )


def report_events(made: Lists) -> None:
    started = time.process_time()
    paired = list(pair_events(made.polymarket_events, made.kalshi_events, Reach(best=EVENTS)))
    took = time.process_time() - started
    both = made.polymarket_events.keys() & made.kalshi_events.keys()
    right = sum(found.polymarket == found.kalshi for found in paired)
    aligned = {(one.polymarket, one.kalshi) for found in paired for one in found.outcomes}
    kept = sum(twin in aligned for twin in made.twins.items())
    print(
        f"events first: {took:.1f} s; {right / len(both):.2%} of {len(both):,} events of both venues"
        f" among the first {EVENTS}; {kept / len(made.twins):.2%} of the twins aligned in them"
    )


def put(finder: Finder, made: Lists, names: Iterable[str]) -> None:
    for name in names:
        finder.put_kalshi(document_of(made.kalshi[name]))


def settle(finder: Finder) -> None:
    for _ in finder.all():
        pass


def memory_mb() -> float:
    """The most memory this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
