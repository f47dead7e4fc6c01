"""Inside a peer's environment: our path and theirs on the same frames, turn by turn.

3,000 markets: books of more would fill the memory with the peers'. Counted in this process's own CPU
time: others on the machine delay both sides, but not alike. Prints one line of JSON.
"""

import gc
import importlib
import json
import platform
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

import universe

MARKETS = 3_000
FRAMES = 6_000


class Contest(Protocol):
    """Both sides, with their books full."""

    def frames(self, count: int) -> list[bytearray]:
        """The next frames."""
        ...

    def ours(self, frames: Iterable[bytes]) -> None:
        """Take them all."""
        ...

    def theirs(self, frames: Iterable[bytes]) -> None:
        """Take them all."""
        ...

    def check(self) -> None:
        """Make sure that both sides have understood the same. Raises AssertionError."""
        ...


CONTESTS = {
    "nautilus": ("peer_polymarket", "NautilusContest"),
    "polymarket": ("peer_polymarket", "PolymarketClientContest"),
    "kalshi": ("peer_kalshi", "KalshiContest"),
}
"""Module and class; only what is asked for is imported."""


def play(contest: Contest, rounds: int) -> tuple[list[float], list[float]]:
    """Microseconds a frame, round by round: ours, theirs."""
    ours, theirs = list[float](), list[float]()
    for turn in range(rounds + 1):
        frames = [bytes(frame) for frame in contest.frames(FRAMES)]
        took = [timed(contest.ours, frames), timed(contest.theirs, frames)]
        if turn:  # the first one warms up
            ours.append(took[0])
            theirs.append(took[1])
    return ours, theirs


def timed(side: Any, frames: Sequence[bytes]) -> float:  # noqa: ANN401 - either side's method
    start = time.process_time_ns()
    side(frames)
    return (time.process_time_ns() - start) / len(frames) / 1e3


def main() -> None:
    universe.MARKETS = MARKETS
    module, name = CONTESTS[sys.argv[1]]
    contest: Contest = getattr(importlib.import_module(module), name)()
    gc.collect()
    gc.freeze()
    ours, theirs = play(contest, int(sys.argv[2]))
    contest.check()
    ratios = [slow / fast for fast, slow in zip(ours, theirs, strict=True)]
    told = {
        "ours_us": statistics.median(ours),
        "theirs_us": statistics.median(theirs),
        "least": min(ratios),
        "most": max(ratios),
        "python": platform.python_version(),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
