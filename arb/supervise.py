"""Restart what crashes, and give up on a crash loop.

Erlang's rule: more than so many failures within so much time is a loop. The window slides over
the times of the failures, so a successful start in between does not hide them.
"""

import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Protocol

import attrs
import trio

from arb.market.errors import ArbError

log = logging.getLogger(__name__)


class CrashLoop(ArbError):
    """An actor failed too often in too little time: stop safely instead of trying on."""


class Actor(Protocol):
    """Something that runs until its scope ends, and may be started again after a crash."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Work. `task_status.started()` comes when the first useful thing happened."""
        ...


@attrs.frozen
class Restarts:
    """How much crashing is borne. Times in seconds."""

    crashes: int
    window_s: float
    backoff_first_s: float
    backoff_most_s: float


async def supervise(  # noqa: ASYNC128 - the actor reports, through `_Once`
    actor: Actor,
    restarts: Restarts,
    *,
    crashed: Callable[[str], None],
    task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Run `actor` again after every crash, until it returns or its scope ends.

    `crashed` is told of each crash in words. Raises CrashLoop from the last error.
    """
    failures: deque[float] = deque()
    told = _Once(task_status)
    while True:
        try:
            await _run(actor, told)
        except Exception as error:
            failures.append(trio.current_time())
            _forget_before(failures, trio.current_time() - restarts.window_s)
            name = type(actor).__name__
            log.exception("crashed actor=%s failures=%d", name, len(failures))
            crashed(f"{name}: {type(error).__name__}: {error}")
            if len(failures) > restarts.crashes:
                raise CrashLoop(f"{name} crashed {len(failures)} times: {error}") from error
            await trio.sleep(_backoff(len(failures), restarts))
        else:
            return


class _Once:
    """A task status that may be reported at every start but is passed on only once."""

    def __init__(self, task_status: trio.TaskStatus[None]) -> None:
        self._task_status = task_status
        self._told = False

    def started(self, _value: None = None) -> None:
        """Pass the first report on."""
        if not self._told:
            self._told = True
            self._task_status.started()


async def _run(actor: Actor, told: _Once) -> None:
    run: Callable[..., Awaitable[None]] = actor.run
    await run(task_status=told)


def _forget_before(failures: deque[float], then: float) -> None:
    while failures and failures[0] < then:
        failures.popleft()


def _backoff(failures: int, restarts: Restarts) -> float:
    return min(restarts.backoff_most_s, restarts.backoff_first_s * 2.0 ** (failures - 1))
