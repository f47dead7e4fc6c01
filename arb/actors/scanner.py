"""From what crosses to an opportunity: firewall, exact sweep, and a hand-over that never waits.

Each lane is looked at by itself: it has a budget of time for each message, and one that fails is
counted, reported and left alone for a while. No lane can stop another.
"""

import logging
from collections.abc import Callable

import attrs
import trio

from arb.detect.doubts import DoubtLimits, Doubts
from arb.detect.isolation import Isolation, LaneLimits
from arb.detect.opportunity import Criteria, Opportunity, find
from arb.detect.reasons import Reason
from arb.detect.reasons import Rejected as Refusal
from arb.market.instruments import MarketId
from arb.market.units import Clock
from arb.messages import Crossing, Crossings, LanesSeen, Noted, Rejected, Sighted
from arb.ports import DeskPort

log = logging.getLogger(__name__)

TELL_EVERY_S = 1.0
"""How often people are told what the lanes did."""


@attrs.frozen
class Scanner:
    """Own nothing.

    Receives `Crossings`; sends each `Opportunity` to whoever waits for one this very moment, the
    best score first: one that nobody takes is stale before it is asked for again. Tells people of
    both kinds, and what each lane did. Never returns.
    """

    criteria: Criteria
    lanes: LaneLimits
    inbox: trio.MemoryReceiveChannel[Crossings]
    outbox: trio.MemorySendChannel[Opportunity] | None
    """None: nothing is traded, only shown."""
    desk: DeskPort
    now_ns: Clock
    doubts: "Snapshots | None" = None
    """None: no book is asked for again."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Scan what comes."""
        work = _Work(self)
        task_status.started()
        async for crossings in self.inbox:
            work.scan(crossings)


@attrs.frozen
class Snapshots:
    """Where a book is asked for anew when a basket is refused on doubt, and how often."""

    limits: DoubtLimits
    ask: Callable[[MarketId], None]
    """Never waits."""


class _Work:
    """What the scanner knows while it runs."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._lanes: dict[str, Isolation] = {}
        self._told_at = 0.0
        self._doubts = None if scanner.doubts is None else Doubts(scanner.doubts.limits)

    def scan(self, crossings: Crossings) -> None:
        """Look at everything, then offer what is left, the best first."""
        for lane in self._lanes.values():
            lane.begin_turn()
        found = [one for one in map(self._look, crossings.found.values()) if one is not None]
        for opportunity in sorted(found, key=_preference):
            why_not = self._offer(opportunity)
            self._scanner.desk.send(
                Sighted(opportunity.plan, why_not, self._scanner.now_ns(), opportunity.score)
            )
        self._tell()

    def _look(self, crossing: Crossing) -> Opportunity | None:
        """Look at one basket on its lane's own account."""
        lane = self._lane(crossing)
        started_ns = self._scanner.now_ns()
        reason = lane.objection(started_ns)
        if reason is not None:
            self._reject(crossing, reason, crossing.template.title)
            return None
        try:
            found = find(
                crossing.template,
                crossing.views,
                started_ns,
                self._scanner.criteria,
                crossing.twins,
            )
        except Exception as error:  # noqa: BLE001 - whatever it is, it stops this lane alone
            self._failed(crossing, lane, started_ns, error)
            return None
        spent_ns = self._scanner.now_ns() - started_ns
        if isinstance(found, Opportunity):
            lane.looked(spent_ns=spent_ns, found=True)
            return found
        lane.looked(spent_ns=spent_ns, found=False)
        self._reject(crossing, found.reason, found.detail)
        self._doubt(found)
        return None

    def _doubt(self, refusal: Refusal) -> None:
        """Have a book told anew that a refusal is about."""
        if self._doubts is None or self._scanner.doubts is None:
            return
        market = self._doubts.ask(refusal, self._scanner.now_ns())
        if market is not None:
            self._scanner.doubts.ask(market)

    def _lane(self, crossing: Crossing) -> Isolation:
        name = str(crossing.template.lane)
        if name not in self._lanes:
            self._lanes[name] = Isolation(name, self._scanner.lanes)
        return self._lanes[name]

    def _failed(
        self, crossing: Crossing, lane: Isolation, started_ns: int, error: Exception
    ) -> None:
        now_ns = self._scanner.now_ns()
        words = f"{crossing.template.title}: {error!r}"
        log.error("lane %s failed and is left alone", lane.lane, exc_info=error)
        lane.failed(spent_ns=now_ns - started_ns, now_ns=now_ns, words=words)
        self._scanner.desk.send(Noted("lane failed", f"{lane.lane}: {words}", now_ns))
        self._reject(crossing, Reason.LANE_FAILED, words)

    def _reject(self, crossing: Crossing, reason: Reason, detail: str) -> None:
        template = crossing.template
        self._scanner.desk.send(
            Rejected(
                template.id,
                template.title,
                str(reason),
                detail,
                lane=str(template.lane),
                markets=tuple(leg.market for leg in template.legs),
                at_ns=self._scanner.now_ns(),
            )
        )

    def _offer(self, opportunity: Opportunity) -> str:
        """Offer it; returns why nobody took it, or ""."""
        if self._scanner.outbox is None:
            return "dry run"
        try:
            self._scanner.outbox.send_nowait(opportunity)
        except trio.WouldBlock:
            return "the treasurer is busy"
        return ""

    def _tell(self) -> None:
        if trio.current_time() - self._told_at < TELL_EVERY_S:
            return
        self._told_at = trio.current_time()
        now_ns = self._scanner.now_ns()
        lanes = tuple(lane.figures(now_ns) for lane in self._lanes.values())
        asked = self._doubts.asked if self._doubts else 0
        self._scanner.desk.send(LanesSeen(lanes, asked))


def _preference(opportunity: Opportunity) -> tuple[int, str]:
    return -opportunity.score.rank, opportunity.id
