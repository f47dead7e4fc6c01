"""The receive paths of others on the same frames: NautilusTrader, polymarket-client, kalshi-sdk.

Each peer lives in an environment of its own (pins with hashes in peers/, kept in .conformance),
in which our code runs too: same interpreter, same process, same frames, turn by turn. What is
compared with what stands in peer_polymarket.py and peer_kalshi.py. A peer that cannot be
installed here is skipped with the reason.

Run: scripts/peers [--rounds N]
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from clients.environments import Broken, Client, Unavailable, prepare

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
INSIDE = HERE / "peer_rounds.py"


class Peer(Client):
    """A peer's environment, apart from that of the client of the same name."""

    @property
    def pins(self) -> Path:
        """What is installed, with hashes."""
        return HERE / "peers" / f"{self.name.removeprefix('peer-')}.lock"


class Contest(NamedTuple):
    """One comparison, and how many times faster we mean to be."""

    peer: Peer
    title: str
    goal: int


CONTESTS = (
    Contest(
        Peer("peer-nautilus_trader", "nautilus", "Polymarket"),
        "frame to decision, against frame to best ask",
        4,
    ),
    Contest(
        Peer("peer-polymarket-client", "polymarket", "Polymarket"),
        "frame to typed changes",
        8,
    ),
    Contest(Peer("peer-kalshi-sdk", "kalshi", "Kalshi"), "frame to book", 7),
)


def compete(contest: Contest, rounds: int) -> str:
    """Run one contest; returns its line."""
    try:
        python = prepare(contest.peer)
    except (Unavailable, Broken) as why:
        return f"skipped: {why}"
    path = os.pathsep.join((str(ROOT), str(HERE)))
    done = subprocess.run(  # noqa: S603 - a list of our own
        [str(python), str(INSIDE), contest.peer.driver, str(rounds)],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return f"failed:\n{done.stderr[-2000:]}"
    told = json.loads(done.stdout)
    ratio = told["theirs_us"] / told["ours_us"]
    return (
        f"ours {told['ours_us']:.2f} us, theirs {told['theirs_us']:.2f} us, x {ratio:.1f} "
        f"(rounds x {told['least']:.1f} to {told['most']:.1f}; Python {told['python']})"
    )


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=9, help="of each side, turn by turn")
    rounds = asked.parse_args().rounds
    failed = False
    for contest in CONTESTS:
        line = compete(contest, rounds)
        failed |= line.startswith("failed")
        print(
            f"{contest.peer.title:<36} {contest.title:<46} {line}  >= x {contest.goal}", flush=True
        )
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
