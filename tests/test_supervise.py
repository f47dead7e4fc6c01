"""Crashes are followed by a new start, until there are too many in too little time."""

import functools
from collections.abc import Awaitable, Callable
from itertools import pairwise

import attrs
import pytest
import trio

from arb.supervise import CrashLoop, Restarts, supervise
from tests.fakes.clock import virtual

RESTARTS = Restarts(crashes=5, window_s=60.0, backoff_first_s=0.1, backoff_most_s=5.0)


@attrs.define
class Flaky:
    """An actor that does what the test says at each start, and remembers when it started."""

    does: Callable[[int], Awaitable[None]]
    starts: list[float] = attrs.field(factory=list)
    tells: bool = True

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        self.starts.append(trio.current_time())
        if self.tells:
            task_status.started()
        await self.does(len(self.starts))


async def crash(_: int) -> None:
    await trio.lowlevel.checkpoint()
    raise ValueError("broken")


@virtual
async def test_a_crash_right_after_every_start_is_a_loop() -> None:
    """Reporting started() does not hide a loop: the sixth crash within the window ends it."""
    actor, told = Flaky(crash), list[str]()
    with pytest.raises(CrashLoop, match="Flaky crashed 6 times: broken") as caught:
        await supervise(actor, RESTARTS, crashed=told.append)
    assert isinstance(caught.value.__cause__, ValueError)
    assert (len(actor.starts), len(told)) == (6, 6)
    assert told[0] == "Flaky: ValueError: broken"


@virtual
async def test_pauses_double_up_to_the_most() -> None:
    """Each restart waits twice as long as the one before, never longer than the bound."""
    actor = Flaky(crash)
    restarts = attrs.evolve(RESTARTS, crashes=8)
    with pytest.raises(CrashLoop):
        await supervise(actor, restarts, crashed=lambda _: None)
    pauses = [after - before for before, after in pairwise(actor.starts)]
    assert pauses == pytest.approx([0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0])


@virtual
async def test_crashes_far_apart_never_trip() -> None:
    """Fifty crashes, each after 100 seconds of work, are fifty restarts."""

    async def work_a_while(start: int) -> None:
        await trio.sleep(100)
        if start <= 50:
            raise ValueError("broken")

    actor = Flaky(work_a_while)
    await supervise(actor, RESTARTS, crashed=lambda _: None)
    assert len(actor.starts) == 51


@virtual
async def test_a_first_start_that_fails_still_starts() -> None:
    """`nursery.start` returns once a start succeeded, and later starts do not report again."""

    async def fail_twice(start: int) -> None:
        if start <= 2:
            raise ValueError("broken")
        await trio.sleep_forever()

    actor = Flaky(fail_twice)
    start = functools.partial(supervise, actor, RESTARTS, crashed=lambda _: None)
    async with trio.open_nursery() as nursery:
        await nursery.start(start)
        await trio.sleep(10)
        assert len(actor.starts) == 3
        nursery.cancel_scope.cancel()


@virtual
async def test_an_actor_that_returns_is_done() -> None:
    """Returning is no crash."""

    async def done(_: int) -> None:
        await trio.sleep(1)

    actor = Flaky(done)
    await supervise(actor, RESTARTS, crashed=lambda _: None)
    assert len(actor.starts) == 1


@virtual
async def test_a_cancel_during_the_pause_starts_nothing() -> None:
    """Shutting down while an actor waits for its restart does not restart it."""
    actor = Flaky(crash)
    with trio.move_on_after(0.05) as scope:
        await supervise(actor, RESTARTS, crashed=lambda _: None)
    assert scope.cancelled_caught
    await trio.sleep(100)
    assert len(actor.starts) == 1


@virtual
async def test_a_cancelled_actor_is_not_a_crash() -> None:
    """Ending an actor's scope is neither told nor followed by a new start."""

    async def forever(_: int) -> None:
        await trio.sleep_forever()

    actor, told = Flaky(forever), list[str]()
    with trio.move_on_after(1):
        await supervise(actor, RESTARTS, crashed=told.append)
    assert (len(actor.starts), told) == (1, [])


@virtual
async def test_an_actor_that_stumbles_while_being_cancelled_is_not_restarted() -> None:
    """An error on the way out is told, and that is all."""

    async def stumble(_: int) -> None:
        try:
            await trio.sleep_forever()
        finally:
            raise ValueError("on the way out")

    actor, told = Flaky(stumble), list[str]()
    with trio.move_on_after(1):
        await supervise(actor, RESTARTS, crashed=told.append)
    assert (len(actor.starts), len(told)) == (1, 1)


@virtual
async def test_errors_of_a_nursery_are_a_crash() -> None:
    """A group of ordinary errors is one crash."""

    async def nursery_of_crashes(start: int) -> None:
        if start == 1:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(crash, 1)
                nursery.start_soon(crash, 2)

    actor, told = Flaky(nursery_of_crashes), list[str]()
    await supervise(actor, RESTARTS, crashed=told.append)
    assert (len(actor.starts), len(told)) == (2, 1)
