"""The wiring of what may stop trading: kill files, operators, breakers, gates, dead man's switches.

All of them say what they hold back to one watchman; he tells the treasurer and the desk. They run
beside the feeds, so that trading can be stopped, and started again, for as long as a run lasts.
"""

from collections.abc import Callable, Sequence
from functools import partial

import attrs
import trio

from arb.actors.breaker_panel import BreakerPanel, Probe
from arb.actors.deadman import DeadManKeeper, not_armed
from arb.actors.gatekeeper import Gatekeeper, closed
from arb.actors.kill_watcher import KillWatcher
from arb.actors.operator_watcher import OperatorWatcher
from arb.actors.watchman import Watchman, Word
from arb.knobs import MS, breaker_limits, vital_limits
from arb.market.instruments import Venue
from arb.market.units import MICRO
from arb.messages import Called, Level, StandingChanged, Trouble, VenueBarred
from arb.plant import Outside, Plant
from arb.ports import DeskPort, Lossy, Vital
from arb.risk.breakers import Breakers
from arb.risk.standing import Standing
from arb.risk.vitals import Vitals
from arb.store.port import StorePort
from arb.store.standing import StandingFile
from arb.supervise import Actor
from arb.venues.protocols import DeadMan
from arb.venues.watched import Watch, WatchedAccount, WatchedOrders

CALLS = 10_000
"""Troubles and calls that wait to be counted: more than a burst of both venues brings."""

VitalChannel = tuple[trio.MemorySendChannel[Vital], trio.MemoryReceiveChannel[Vital]]


@attrs.frozen
class GuardPorts:
    """Where the guards speak to."""

    treasurer: trio.MemorySendChannel[StandingChanged | VenueBarred]
    desk: DeskPort
    store: StorePort
    stop: Callable[[str], None]


class Guards:
    """The actors that may stop trading, and what others need of them."""

    def __init__(self, plant: Plant, file: StandingFile, vitals: VitalChannel) -> None:
        """Open the channels; until every gate was seen green, nothing is begun.

        `vitals` is both ends of where copies of what feeds and books say go.
        """
        self._plant, self._file, self._vitals = plant, file, vitals
        # What holds trading back: rare, and never lost.
        self._holds = trio.open_memory_channel[Word](CALLS)
        self._troubles = trio.open_memory_channel[Trouble](CALLS)
        self._calls = trio.open_memory_channel[Called](CALLS)
        self._standing = Standing.of(file.holds(lasting=True))
        now_ns = plant.outside.now_ns
        self._standing.take(closed("not every gate was seen green yet", now_ns))
        for switch in self._switches:
            self._standing.take(not_armed(switch, "not asked yet", now_ns))
        self.outside = self._watched(plant.outside)
        """The outside world with every call timed and counted."""

    @property
    def _switches(self) -> Sequence[DeadMan]:
        return self._plant.outside.switches if self._plant.sends else ()

    def level(self, *venues: Venue) -> Level:
        """How far everything is stopped now, or what needs all of these venues."""
        return self._standing.level_at(venues)

    def change(self) -> StandingChanged:
        """The same in words, for whoever was not told yet."""
        return self._standing.change(self._plant.outside.now_ns())

    @property
    def halts(self) -> trio.MemorySendChannel[Word]:
        """Where parts of the program halt trading, and lift their halt."""
        return self._holds[0]

    @property
    def troubles(self) -> trio.MemorySendChannel[Trouble]:
        """Where troubles are counted."""
        return self._troubles[0]

    def _watched(self, outside: Outside) -> Outside:
        calls, vitals = Lossy(*self._calls), Lossy(*self._vitals)

        def told(call: Called) -> None:
            calls.send(call)
            vitals.send(call)

        watches = {venue: Watch(venue, told, outside.now_ns) for venue in Venue}
        return attrs.evolve(
            outside,
            orders={v: WatchedOrders(orders, watches[v]) for v, orders in outside.orders.items()},
            accounts={
                v: WatchedAccount(account, watches[v]) for v, account in outside.accounts.items()
            },
        )

    def actors(self, ports: GuardPorts) -> list[Actor]:
        """All of them, to be supervised."""
        return [
            self._watchman(ports),
            self._kill_watcher(),
            self._operator_watcher(),
            self._breaker_panel(ports),
            self._gatekeeper(ports),
            *(self._keeper(switch) for switch in self._switches),
        ]

    def _watchman(self, ports: GuardPorts) -> Watchman:
        return Watchman(
            standing=self._standing,
            file=self._file,
            inbox=self._holds[1],
            treasurer=ports.treasurer,
            desk=ports.desk,
            store=ports.store,
            orders=self.outside.orders if self._plant.sends else {},
            stop=ports.stop,
            in_thread=self.outside.in_thread,
            now_ns=self.outside.now_ns,
        )

    def _kill_watcher(self) -> KillWatcher:
        return KillWatcher(
            file=self._plant.kill_file,
            outbox=self._holds[0],
            every_s=self._plant.settings.run.kill_poll_ms / MS,
            now_ns=self.outside.now_ns,
        )

    def _operator_watcher(self) -> OperatorWatcher:
        return OperatorWatcher(
            file=self._file,
            outbox=self._holds[0],
            every_s=self._plant.settings.run.kill_poll_ms / MS,
        )

    def _breaker_panel(self, ports: GuardPorts) -> BreakerPanel:
        outside = self._plant.outside  # a probe is no call that a breaker counts
        probes: dict[Venue, Probe] = {
            venue: account.balances for venue, account in outside.accounts.items()
        }
        return BreakerPanel(
            breakers=Breakers(breaker_limits(self._plant.settings)),
            inbox=self._troubles[1],
            calls=self._calls[1],
            outbox=self._holds[0],
            probes=probes,
            desk=ports.desk,
            chance_ppm=lambda: outside.rng.randrange(MICRO),
            now_ns=outside.now_ns,
        )

    def _gatekeeper(self, ports: GuardPorts) -> Gatekeeper:
        venues = frozenset(market.venue for market in self._plant.markets)
        return Gatekeeper(
            new_vitals=partial(Vitals, vital_limits(self._plant.settings), venues),
            inbox=self._vitals[1],
            outbox=self._holds[0],
            desk=ports.desk,
            file=self._file,
            in_thread=self.outside.in_thread,
            every_s=self._plant.settings.gates.look_ms / MS,
            now_ns=self.outside.now_ns,
        )

    def _keeper(self, switch: DeadMan) -> DeadManKeeper:
        knobs = self._plant.settings.gates
        return DeadManKeeper(
            switch=switch,
            holds=self._holds[0],
            troubles=self._troubles[0],
            every_s=knobs.dead_man_ms / MS,
            answer_s=knobs.dead_man_answer_ms / MS,
            now_ns=self.outside.now_ns,
        )
