"""Tells people who are elsewhere, in the background: slow services delay nothing but themselves."""

import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, suppress

import attrs
import trio

from arb.market.errors import ArbError, Refused
from arb.notify.digest import Digest, Outbox
from arb.notify.notice import Notice
from arb.notify.senders import Busy, Sender

log = logging.getLogger(__name__)

TRIES = 4
"""Of one message over one service; then it is lost, and counted."""


@attrs.frozen
class Notifier:
    """Own what waits to be told.

    Receives notices; never returns. A service that refuses is left alone until the next start.
    """

    inbox: trio.MemoryReceiveChannel[Notice]
    outbox: Outbox
    open_senders: Callable[[], AbstractAsyncContextManager[Sequence[Sender]]]
    gather_s: float
    """What is not urgent waits this long for more of its kind."""
    answer_s: float
    pause_s: float
    """Between two tries; doubles."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Gather, then tell every service."""
        given_up: set[str] = set()
        async with self.open_senders() as senders:
            task_status.started()
            while True:
                await self._gather()
                digests, self.outbox.in_hand = self.outbox.take(), True
                async with trio.open_nursery() as nursery:
                    for sender in senders:
                        if sender.name not in given_up:
                            nursery.start_soon(self._tell, sender, digests, given_up)
                self.outbox.in_hand = False

    async def _gather(self) -> None:
        """Return once something waits that may be told now."""
        while self.outbox.empty:
            self.outbox.add(await self.inbox.receive())
        with trio.move_on_after(self.gather_s):  # noqa: ASYNC912 - what is urgent does not wait
            while not self.outbox.urgent:
                self.outbox.add(await self.inbox.receive())
        self._take_waiting()

    def _take_waiting(self) -> None:
        with suppress(trio.WouldBlock):
            while True:
                self.outbox.add(self.inbox.receive_nowait())

    async def _tell(self, sender: Sender, digests: Sequence[Digest], given_up: set[str]) -> None:
        pause_s = self.pause_s
        for _ in range(TRIES):
            try:
                with trio.fail_after(self.answer_s):
                    wait_s = await sender.send(digests)
            except Refused as refusal:
                log.warning("notifications given up until the next start: %s", refusal)
                given_up.add(sender.name)
                return
            except Busy as busy:
                await trio.sleep(busy.wait_s)
            except (ArbError, trio.TooSlowError) as error:
                log.info("not told yet: %s: %r", sender.name, error)
                await trio.sleep(pause_s)
                pause_s *= 2
            else:
                await trio.sleep(wait_s)
                return
        log.warning("lost %d notices: %s does not take them", _count(digests), sender.name)


def _count(digests: Sequence[Digest]) -> int:
    return sum(digest.count for digest in digests)
