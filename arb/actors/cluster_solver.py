"""From a cluster that moved to the basket that its linear program finds, if there is one."""

from collections import Counter
from collections.abc import Awaitable, Callable

import attrs
import trio

from arb.detect.basket import Template, TemplateId
from arb.detect.portfolio import Certificate, Verdict, costs_of, search
from arb.market.units import Clock
from arb.messages import ClusterSeen, Crossing, Crossings, Rejected
from arb.ports import DeskPort, Lossy


@attrs.frozen
class ClusterSolver:
    """Own nothing. Works beside the books, never between them and the scanner.

    Receives `ClusterSeen`; where the program finds a basket, sends it to the scanner as a
    `Crossing` like any other, together with whatever waited there unseen. Tells people why a
    cluster has neither a basket nor a proof that there is none. Never returns.
    """

    inbox: trio.MemoryReceiveChannel[ClusterSeen]
    outbox: Lossy[Crossings]
    desk: DeskPort
    in_thread: Callable[[Callable[[], None]], Awaitable[None]]
    budget_s: float
    """For one program, in seconds; a cluster takes two at the most."""
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Solve what comes."""
        told: Counter[str] = Counter()
        task_status.started()
        async for seen in self.inbox:
            verdict = await self._solve(seen)
            if isinstance(verdict, Template):
                self._show(verdict, seen)
            elif not isinstance(verdict, Certificate):
                told[verdict.reason] += 1
                self._tell(seen, verdict.reason, told[verdict.reason])

    async def _solve(self, seen: ClusterSeen) -> Verdict:
        """Solve off the event loop: books go on meanwhile."""
        found: list[Verdict] = []
        costs = costs_of(seen.views)
        await self.in_thread(
            lambda: found.append(search(seen.cluster, costs, self.budget_s)),
        )
        return found[0]

    def _show(self, template: Template, seen: ClusterSeen) -> None:
        """Hand a basket to the scanner without taking anything from it."""
        views = {view.market.id: view for view in seen.views}
        crossing = Crossing(template, tuple(views[leg.market] for leg in template.legs))
        waiting = self.outbox.send(Crossings({template.id: crossing}))
        if waiting is not None:
            self.outbox.send(Crossings({template.id: crossing, **waiting.found}))

    def _tell(self, seen: ClusterSeen, reason: str, times: int) -> None:
        cluster = seen.cluster
        self.desk.send(
            Rejected(
                TemplateId(f"cluster:{cluster.id}"),
                f"cluster of {len(cluster.markets)} markets",
                reason,
                f"{cluster.id}, {times} times in all",
                lane="structural",
                markets=cluster.markets,
                at_ns=self.now_ns(),
            )
        )
