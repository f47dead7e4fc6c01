"""From what crosses to an opportunity: firewall, exact sweep, and a hand-over that never waits."""

import attrs
import trio

from arb.detect.opportunity import Criteria, Opportunity, find
from arb.market.units import Clock
from arb.messages import Crossing, Crossings, Rejected, Sighted
from arb.ports import DeskPort


@attrs.frozen
class Scanner:
    """Own nothing.

    Receives `Crossings`; sends each `Opportunity` to whoever waits for one this very moment: one
    that nobody takes is stale before it is asked for again. Tells people of both kinds. Never
    returns.
    """

    criteria: Criteria
    inbox: trio.MemoryReceiveChannel[Crossings]
    outbox: trio.MemorySendChannel[Opportunity] | None
    """None: nothing is traded, only shown."""
    desk: DeskPort
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Scan what comes."""
        task_status.started()
        async for crossings in self.inbox:
            for crossing in crossings.found.values():
                self._scan(crossing)

    def _scan(self, crossing: Crossing) -> None:
        template = crossing.template
        found = find(template, crossing.views, self.now_ns(), self.criteria)
        if not isinstance(found, Opportunity):
            self.desk.send(Rejected(template.id, template.title, str(found.reason), found.detail))
            return
        self.desk.send(Sighted(found.plan, self._offer(found), self.now_ns()))

    def _offer(self, opportunity: Opportunity) -> str:
        """Offer it; returns why nobody took it, or ""."""
        if self.outbox is None:
            return "dry run"
        try:
            self.outbox.send_nowait(opportunity)
        except trio.WouldBlock:
            return "the treasurer is busy"
        return ""
