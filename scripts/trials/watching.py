"""Looks at a run whenever nothing moves, and says what must not be.

Between two instants of virtual time every task waits: no message is in anybody's hand but in that
of a task that waits for the world. That is when books are looked at: every such moment for what is
cheap, now and then for the rest.
"""

from collections import Counter
from collections.abc import Iterator

import attrs
import trio

from arb.market.instruments import Venue
from arb.market.units import MICRO, complement
from arb.plant import Plant
from arb.settings import Settings
from arb.sim.engine import ROUNDING, Exchange
from arb.sim.faults.rival import RIVAL
from arb.sim.flow.traders import TRADERS
from arb.sim.members import BOT, MEMBERS
from arb.sim.world import World

SLOW_LOOK_S = 0.5
"""Virtual seconds between two looks at everything."""
ANSWERS = "arb.sim.inprocess._Exchange.serve"
"""A venue's answer on its way to a client who may be gone: over a slow line that takes minutes."""
MOST_TOLD = 20
"""A book that is wrong once is wrong at every look."""


@attrs.define(eq=False)
class Watchman(trio.abc.Instrument):
    """Watches one world and every bot that lives in it. `told` is what must not be."""

    world: World
    settings: Settings
    told: list[str] = attrs.field(factory=list)
    looks: int = 0
    thorough_looks: int = 0
    tasks: int = 0
    """That began and did not end since the watch began."""
    most_tasks: int = 0
    _plant: Plant | None = None
    _next_s: float = 0.0
    _worth: dict[Venue, int] = attrs.field(factory=dict)
    _suspect: bool = False
    """Money was set aside for no basket at the last look: once may be a matter of order."""

    def __attrs_post_init__(self) -> None:
        """Count the money that there is."""
        self._worth = {venue: _worth(one) for venue, one in self.world.exchanges.items()}

    def attach(self, plant: Plant) -> None:
        """Watch this run from now on."""
        self._plant = plant

    def detach(self) -> None:
        """The run is over."""
        self._plant = None

    # --- what Trio tells ------------------------------------------------------------------------

    def task_spawned(self, task: trio.lowlevel.Task) -> None:
        """One more."""
        self.tasks += task.name != ANSWERS
        self.most_tasks = max(self.most_tasks, self.tasks)

    def task_exited(self, task: trio.lowlevel.Task) -> None:
        """One less."""
        self.tasks -= task.name != ANSWERS

    def before_io_wait(self, timeout: float) -> None:  # noqa: ARG002 - always 0 on virtual time
        """Nothing can run, or the next instant begins."""
        if not trio.lowlevel.current_statistics().tasks_runnable:
            self._look()

    def _look(self) -> None:
        self.looks += 1
        try:
            self._tell(self._quick())
            if trio.current_time() >= self._next_s:
                self._next_s = trio.current_time() + SLOW_LOOK_S
                self.thorough_looks += 1
                self._tell(self._thorough())
        except Exception as error:  # noqa: BLE001 - Trio would only log it and look no more
            self._tell([f"the watch itself failed: {error!r}"])

    def _tell(self, faults: "Iterator[str] | list[str]") -> None:
        for fault in faults:
            if len(self.told) < MOST_TOLD:
                self.told.append(f"at {trio.current_time():.3f} s: {fault}")

    # --- what must hold -------------------------------------------------------------------------

    def _quick(self) -> Iterator[str]:
        """The ledger promises nothing that it has not, and all that is open at the venues."""
        if self._plant is None:
            return
        ledger = self._plant.recovered.ledger
        for (venue, pool), usd in ledger.cash.items():
            set_aside = ledger.reserved((venue, pool))
            if usd < 0:
                yield f"cash on {venue} pool {pool} is {usd}"
            if set_aside < 0:
                yield f"{set_aside} is set aside on {venue} pool {pool}"
            resting = self.world.exchanges[venue].reserved(BOT).get(pool, 0)
            if resting > set_aside and not self._plant.recovered.unwinds:
                yield f"{resting} is open on {venue} pool {pool}, {set_aside} is set aside"

    def _thorough(self) -> Iterator[str]:
        for venue, exchange in self.world.exchanges.items():
            yield from self._conserves(venue, exchange)
        if self._plant is not None:
            yield from self._reserves(self._plant)
            yield from self._keeps_caps(self._plant)

    def _conserves(self, venue: Venue, exchange: Exchange) -> Iterator[str]:
        """No micro-dollar comes or goes; what payouts round off is less than one a pool."""
        off = _worth(exchange) - self._worth[venue]
        if off < -_CRUMBS or off > _CRUMBS:
            yield f"{venue}: {off} micro-dollars came from nowhere"

    def _reserves(self, plant: Plant) -> Iterator[str]:
        """Nothing is set aside that is not open."""
        ledger = plant.recovered.ledger
        held = sum(ledger.reserved(pool) for pool in ledger.cash)
        open_baskets = [one for one in plant.journal.baskets() if one.outcome is None]
        told = not plant.recovered.tracking.wanting  # of what ended orders got
        suspect = bool(held) and told and not open_baskets
        if suspect and self._suspect:
            yield f"{held} micro-dollars are set aside for no basket"
        self._suspect = suspect

    def _keeps_caps(self, plant: Plant) -> Iterator[str]:
        """What the venues hold for us stays within every cap."""
        limits, ledger = self.settings.limits, plant.recovered.ledger
        stakes, paid = ledger.stakes(), ledger.paid()
        groups: Counter[tuple[str, int]] = Counter()
        for market, usd in paid.items():
            stake = stakes[market]
            groups[f"market {market}", limits.max_market_usd] += usd
            groups[f"event {stake.event}", limits.max_event_usd] += usd
            groups[f"venue {stake.venue}", limits.max_venue_usd] += usd
            groups["all", limits.max_total_usd] += usd
        for (name, cap), usd in groups.items():
            if usd > cap:
                yield f"{name}: {usd} micro-dollars of {cap} are paid or promised"
        yield from self._keeps_contracts()

    def _keeps_contracts(self) -> Iterator[str]:
        most = self.settings.limits.max_market_contracts * MICRO
        for exchange in self.world.exchanges.values():
            for market, held in exchange.positions(BOT).items():
                if max(held) > most:
                    yield f"{market}: {max(held)} micro-contracts of {most}"


_CRUMBS = 4
"""Micro-dollars: one for each pool of cash."""
_EVERYBODY = (*(member.name for member in MEMBERS), *TRADERS, RIVAL, ROUNDING)


def _worth(exchange: Exchange) -> int:
    """What all accounts of a venue have and paid to it, micro-dollars."""
    total, pending = 0, 0
    for name in _EVERYBODY:
        total += sum(exchange.cash(name).values()) + exchange.fees_paid(name)
        for market, (yes, no) in exchange.positions(name).items():
            payout = exchange.payout(market)
            if payout is None:
                pending += (yes + no) * (MICRO // 2)  # a pair is a dollar
            else:
                pending += yes * payout + no * complement(payout)
    return total + pending // MICRO
