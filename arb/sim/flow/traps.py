"""Traps: quotes that are not there when an order arrives, and markets that only look open."""

import random
from collections.abc import Callable, Iterable, Mapping

from arb.market.instruments import MarketId, Venue
from arb.sim.catalogue import Trap, TrapKind
from arb.sim.flow.episodes import Ending, EpisodeKind
from arb.sim.flow.floor import Floor
from arb.sim.flow.pace import exponential_s, skewed_s
from arb.sim.flow.topics import Quoted

PAUSE_S = 45.0
"""Between two times that one trap is set, on average."""
STALE_S, STALE_SIGMA = 25.0, 1.0
PHANTOM_S, PHANTOM_SIGMA = 6.0, 0.8
LEAST_PHANTOM, MOST_PHANTOM = 80_000, 180_000
"""How large a phantom edge is, in millionths of a dollar."""


class Traps:
    """Sets the traps of the catalogue, and springs them when an order arrives."""

    def __init__(self, floor: Floor, rng: random.Random) -> None:
        """Draw from a generator of its own: orders of clients must not move what others draw."""
        self._floor = floor
        self._rng = rng
        self._armed: dict[MarketId, tuple[Quoted, int]] = {}
        self._times = 0

    def place(self, traps: Iterable[Trap], quoted: Mapping[MarketId, Quoted]) -> None:
        """Begin with the traps of these markets."""
        for trap in traps:
            one = quoted[trap.market]
            if trap.kind is TrapKind.LOOKS_OPEN:
                one.exchange.halt(one.market)
            elif trap.kind is TrapKind.STALE_SIDE:
                self._again(one, self._freeze)
            elif trap.kind is TrapKind.PHANTOM:
                self._again(one, self._conjure)

    def order_arrives(self, venue: Venue) -> None:
        """Let the quotes of one venue's set traps vanish: their makers see orders coming."""
        for quoted, time in list(self._armed.values()):
            if quoted.listed.venue is venue:
                self._disarm(quoted, time, Ending.GONE)

    # --- one trap -------------------------------------------------------------------------------

    def _again(self, quoted: Quoted, act: Callable[[Quoted], None]) -> None:
        def set_it() -> None:
            if not quoted.silent:
                if not quoted.offset and quoted.frozen is None:
                    act(quoted)
                self._floor.agenda.after(exponential_s(self._rng, PAUSE_S), set_it)

        self._floor.agenda.after(exponential_s(self._rng, PAUSE_S), set_it)

    def _freeze(self, quoted: Quoted) -> None:
        quoted.frozen = self._rng.random() < 0.5  # noqa: PLR2004 - either side
        self._arm(quoted, EpisodeKind.STALE_SIDE, skewed_s(self._rng, STALE_S, STALE_SIGMA))

    def _conjure(self, quoted: Quoted) -> None:
        size = self._rng.randrange(LEAST_PHANTOM, MOST_PHANTOM)
        quoted.offset = self._rng.choice((-1, 1)) * size
        self._floor.makers.quote(quoted)
        self._arm(quoted, EpisodeKind.PHANTOM, skewed_s(self._rng, PHANTOM_S, PHANTOM_SIGMA))

    def _arm(self, quoted: Quoted, kind: EpisodeKind, for_s: float) -> None:
        self._times += 1
        time = self._times
        self._armed[quoted.market] = (quoted, time)
        self._floor.episodes.begin(("trap", quoted.market), kind, self._floor.agenda.now_s)
        self._floor.agenda.after(for_s, lambda: self._disarm(quoted, time, Ending.NOTICED))

    def _disarm(self, quoted: Quoted, time: int, how: Ending) -> None:
        """Be honest again; `time` says which of the trap's times is meant."""
        if self._armed.get(quoted.market) != (quoted, time):
            return
        del self._armed[quoted.market]
        self._floor.episodes.end(("trap", quoted.market), how, self._floor.agenda.now_s)
        quoted.frozen, quoted.offset = None, 0
        self._floor.makers.quote(quoted)
