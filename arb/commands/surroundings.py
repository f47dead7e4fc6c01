"""Real time and virtual time: clock, threads and chance of one run."""

import os
import random
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import trio
import trio.testing

from arb.credentials import read_credential
from arb.market.units import Ns
from arb.notify.addresses import Addresses
from arb.outside import Surroundings
from arb.systemd import Supervisor

VIRTUAL_START_NS = 1_790_000_000 * 1_000_000_000
"""Where virtual time begins: an arbitrary day, always the same."""

WEB_TOKEN = "ARB_WEB_TOKEN"  # noqa: S105 - its name
T = TypeVar("T")


def real_surroundings() -> Surroundings:
    """The real clock, threads, sockets and chance. Raises CredentialFault."""
    return Surroundings(
        now_ns=lambda: Ns(time.time_ns()),
        in_thread=_in_thread,
        rng=random.SystemRandom(),
        in_process=False,
        addresses=Addresses.read(os.environ),
        web_token=read_credential(WEB_TOKEN, os.environ),
        supervisor=Supervisor.of(os.environ),
    )


def virtual_surroundings(seed: int) -> Surroundings:
    """Virtual time, no threads, no sockets, seeded chance."""
    return Surroundings(
        now_ns=lambda: Ns(VIRTUAL_START_NS + round(trio.current_time() * 1e9)),
        in_thread=_in_place,
        rng=random.Random(f"bot {seed}"),  # noqa: S311 - simulated venues only
        in_process=True,
    )


def run_virtually(main: Callable[[], Awaitable[T]], seed: int) -> T:
    """Run on virtual time with a seeded schedule: the same seed is the same run.

    Trio shuffles the tasks of each batch with a generator of its own; it is seeded here, which
    has no public way.
    """
    schedule = trio._core._run  # noqa: SLF001 - see above
    vars(schedule)["_ALLOW_DETERMINISTIC_SCHEDULING"] = True
    schedule._r.seed(seed)  # noqa: SLF001 - see above
    clock = trio.testing.MockClock(autojump_threshold=0)
    ended: T = trio.run(main, clock=clock)
    return ended


async def _in_thread(call: Callable[[], None]) -> None:
    await trio.to_thread.run_sync(call)


async def _in_place(call: Callable[[], None]) -> None:
    call()
    await trio.lowlevel.checkpoint()
