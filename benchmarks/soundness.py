"""A simulated week on hundreds of questions: did every basket pay, and what became of the traps?

    python -m benchmarks.soundness [--days 7] [--markets 400] [--seed 7]

The whole program on virtual time against both simulated venues, traps included. A day takes some
three minutes of one core, a week twenty; tests/detect/test_detect_soundness.py lives through hours of the same.
"""

import argparse
import tempfile
import time
from pathlib import Path

from arb.market.units import plain_text
from tests.fakes.week import Verdict, Week, live_through

DAY_S = 86_400.0
SPEED_PPM = 20_000
"""The flow is slowed down fifty times: a week has a realistic number of changes a market."""


def tell(verdict: Verdict, seconds: float) -> None:
    """Print the figures."""
    summary = verdict.summary
    print(f"{summary.seconds / DAY_S:.1f} days lived through in {seconds:.0f} s")
    print(
        f"{verdict.questions} questions, {verdict.ended} of them ended; {verdict.markets} markets;"
        f" {summary.changes} book changes"
    )
    print(f"baskets: {summary.baskets}; {verdict.baskets} hold complete sets")
    print(
        f"  all markets resolved: {verdict.settled}; pay less than promised: {len(verdict.short)}"
    )
    for text in verdict.short:
        print(f"  SHORT: {text}")
    print(f"locked {plain_text(verdict.locked)}, in the worst state {plain_text(verdict.worst)}")
    print(f"books: {summary.differences or 'agree to the micro-dollar'}")
    for kind, tally in verdict.traps.items():
        refused = sum(tally.refused.values())
        print(f"{kind}: {tally.markets} markets, {refused} refusals, begun {dict(tally.begun)}")
        for reason, count in sorted(tally.refused.items(), key=lambda one: -one[1])[:6]:
            print(f"  {count:6} {reason}")
    for line in summary.funnel:
        print(line)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--days", type=float, default=7.0)
    parser.add_argument("--markets", type=int, default=400)
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args()
    week = Week(asked.days * DAY_S, asked.markets, SPEED_PPM, asked.seed)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        verdict = live_through(week, Path(home))
    tell(verdict, time.monotonic() - started)
    assert not verdict.short
    assert verdict.worst >= verdict.locked


if __name__ == "__main__":
    main()
