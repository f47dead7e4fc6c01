"""The wiring of what buys, sells and cashes in: placer, sequencer, unwinds, fills, settler."""

from collections.abc import Callable

import attrs
import trio

from arb.actors.leg_sequencer import LegSequencer
from arb.actors.order_tracker import OrderTracker, TrackerMessage
from arb.actors.reopener import Reopener
from arb.actors.settler import Settler
from arb.actors.treasurer import Report
from arb.actors.unwind_monitor import UnwindMonitor
from arb.guarding import Guards
from arb.knobs import MS, pace, patience, pretrade_limits, turn_limits, unwind_limits
from arb.lookout import Lookout
from arb.messages import Approved, HoldingsChanged, Level, Unwind
from arb.placing import Placer
from arb.plant import Plant
from arb.ports import BookPort, BookQuestion, DeskPort, FlowPort, HoldingsPort, Lossy
from arb.risk.rate import OrderRate
from arb.store.asking import StoreReader
from arb.store.port import StorePort
from arb.turning import TurnFollower

ROOM = 10_000
"""Questions and surprises that may wait: more than baskets can ever be in flight."""


@attrs.frozen
class DealingPorts:
    """Where dealing hears of baskets, and whom it tells."""

    approved: trio.MemoryReceiveChannel[Approved]
    unwinds: tuple[trio.MemorySendChannel[Unwind], trio.MemoryReceiveChannel[Unwind]]
    tracker: tuple[
        trio.MemorySendChannel[TrackerMessage], trio.MemoryReceiveChannel[TrackerMessage]
    ]
    treasurer: trio.MemorySendChannel[Report]
    nudges: Lossy[None]
    store: StorePort
    desk: DeskPort


class Dealing:
    """The actors that buy and sell, and what others need of them."""

    def __init__(self, plant: Plant, guards: Guards, ports: DealingPorts) -> None:
        """Open the channels that only dealing needs."""
        self._plant, self._guards, self._ports = plant, guards, ports
        self._outside = guards.outside
        self._knobs = plant.settings.execution
        self._questions = trio.open_memory_channel[BookQuestion](ROOM)
        self._surprises = trio.open_memory_channel[HoldingsChanged](ROOM)
        self.placer = self._make_placer()
        """Everybody's: the limit of orders in a minute is one for all."""
        self._lookout = self._make_lookout()

    @property
    def questions(self) -> trio.MemoryReceiveChannel[BookQuestion]:
        """What the book cache is asked."""
        return self._questions[1]

    def _make_placer(self) -> Placer:
        return Placer(
            orders=self._outside.orders,
            store=self._ports.store,
            reports=self._ports.tracker[0],
            troubles=self._guards.troubles,
            rate=OrderRate(self._knobs.max_orders_per_minute),
            patience=patience(self._plant.settings),
            now_ns=self._outside.now_ns,
            stops=self._guards.level,
        )

    def _make_lookout(self) -> Lookout:
        return Lookout(
            cache=BookPort(self._questions[0], self._knobs.books_answer_ms / MS),
            data=self._outside.data,
            troubles=self._guards.troubles,
            book_s=self._knobs.book_timeout_ms / MS,
            now_ns=self._outside.now_ns,
        )

    def sequencer(self) -> LegSequencer:
        """Buys baskets."""
        return LegSequencer(
            placer=self.placer,
            lookout=self._lookout,
            inbox=self._ports.approved,
            ended=self._ports.treasurer,
            unwinds=self._ports.unwinds[0],
            store=self._ports.store,
            limits=pretrade_limits(self._plant.settings),
            new_id=self._outside.new_id,
            now_ns=self._outside.now_ns,
            standing=self._guards.level,
        )

    def unwinder(self) -> UnwindMonitor:
        """Sees to what is half done."""
        return UnwindMonitor(
            placer=self.placer,
            lookout=self._lookout,
            flows=FlowPort(self._ports.tracker[0], self._knobs.unwind_fills_ms / MS),
            inbox=self._ports.unwinds[1],
            ended=self._ports.treasurer,
            troubles=self._guards.troubles,
            store=self._ports.store,
            desk=self._ports.desk,
            limits=unwind_limits(self._plant.settings),
            pace=pace(self._plant.settings),
            new_id=self._outside.new_id,
            now_ns=self._outside.now_ns,
            standing=self._guards.level,
        )

    def tracker(self) -> OrderTracker:
        """Follows orders and fills."""
        return OrderTracker(
            tracking=self._plant.recovered.tracking,
            accounts=self._outside.accounts if self._plant.sends else {},
            inbox=self._ports.tracker[1],
            outbox=self._ports.treasurer,
            nudges=self._ports.nudges,
            surprises=self._surprises[0],
            troubles=self._guards.troubles,
            store=self._ports.store,
            desk=self._ports.desk,
            poll_s=self._knobs.fills_poll_ms / MS,
            hurry_s=self._knobs.order_poll_ms / MS,
            now_ns=self._outside.now_ns,
        )

    def settlers(self, going_on: Callable[[], bool]) -> list[Settler]:
        """Whoever turns contracts into cash, where we may; `going_on`: no stop was requested."""
        turning, guards = self._outside.turning, self._guards
        if turning is None or not self._plant.trades:
            return []
        settler = Settler(
            follower=TurnFollower(turning, patience(self._plant.settings), self._outside.now_ns),
            holdings=HoldingsPort(self._ports.treasurer),
            reader=StoreReader(self._plant.journal, self._outside.in_thread),
            markets={market.id: market for market in self._plant.markets},
            events=[event for one in self._plant.catalogues for event in one.events],
            outbox=self._ports.treasurer,
            store=self._ports.store,
            desk=self._ports.desk,
            limits=turn_limits(self._plant.settings),
            may=lambda: going_on() and guards.level(turning.venue) is Level.RUNNING,
            new_id=self._outside.new_id,
            now_ns=self._outside.now_ns,
        )
        return [settler]

    def reopener(self) -> Reopener:
        """Opens baskets again."""
        return Reopener(
            reader=StoreReader(self._plant.journal, self._outside.in_thread),
            markets={market.id: market for market in self._plant.markets},
            inbox=self._surprises[1],
            unwinds=self._ports.unwinds[0],
            store=self._ports.store,
            desk=self._ports.desk,
            every_s=self._knobs.reopen_poll_ms / MS,
            now_ns=self._outside.now_ns,
        )
