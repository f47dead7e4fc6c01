"""What may forbid a start, and how signals are understood: the standing, as a run begins."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import trio

from arb.actors.kill_watcher import order_of, read_kill_file
from arb.ending import Exit, Stop, Stopped
from arb.market.units import Clock
from arb.messages import Hold, Level
from arb.risk.standing import LEVELS, OPERATOR, RESUME, Verb
from arb.store.standing import NAME, StandingFile

STOPPING = (signal.SIGINT, signal.SIGTERM)
VERBS = {signal.SIGUSR1: Verb.PAUSE, signal.SIGUSR2: Verb.RESUME}
"""Signals that are an operator's verbs."""


@contextmanager
def open_standing(
    data_dir: Path, kill_file: Path, now_ns: Clock, say: Callable[[str], None]
) -> Iterator[StandingFile]:
    """Hold the standing file open for a run.

    Raises Stopped where a kill file or an operator's `kill` forbids to start, StoreFailed where
    the file cannot be read: nobody knows then whether trading was stopped.
    """
    words = read_kill_file(kill_file)
    if words is not None and order_of(kill_file, words)[0] is Level.STOPPED:
        raise Stopped(f"{kill_file} exists: remove it to trade", Exit.KILLED)
    file = StandingFile(data_dir / NAME)
    try:
        file.forget_passing()
        file.take_all(now_ns())
        _check(file.holds(lasting=True), say)
        yield file
        file.forget_passing()
    finally:
        file.close()


def _check(holds: tuple[Hold, ...], say: Callable[[str], None]) -> None:
    for hold in holds:
        where = "" if hold.venue is None else f" on {hold.venue}"
        words = f"{hold.level.name}{where} by {hold.who}: {hold.why}; {hold.clears} lifts it"
        if hold.level is Level.STOPPED and hold.venue is None:
            raise Stopped(words, Exit.KILLED)
        say(f"standing: {words}")


def verb_hold(verb: Verb, who: str, why: str, now_ns: Clock) -> Hold:
    """An operator's verb as the hold it means."""
    level = LEVELS[verb]
    return Hold(
        source=OPERATOR,
        level=level,
        who=who,
        why=why or f"{verb} by {who}",
        clears="" if level is Level.RUNNING else RESUME,
        at_ns=now_ns(),
        lasting=True,
    )


async def heed_signals(
    stop: Stop, file: StandingFile, now_ns: Clock, *, task_status: trio.TaskStatus[None]
) -> None:
    """SIGINT and SIGTERM end the run; SIGUSR1 pauses and SIGUSR2 resumes, as the commands do.

    Those two go through the standing file, so that they are kept and told like every other order.
    """
    with trio.open_signal_receiver(*STOPPING, *VERBS) as signals:
        task_status.started()
        async for number in signals:
            name = signal.Signals(number).name
            if number in STOPPING:
                stop.request(f"{name} received", Exit.OK)
            else:
                hold = verb_hold(VERBS[signal.Signals(number)], name, f"{name} received", now_ns)
                await trio.to_thread.run_sync(file.order, hold)
