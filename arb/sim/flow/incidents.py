"""What happens to markets now and then besides trading: halts, and finer grids near the edges."""

import attrs

from arb.market.instruments import Venue
from arb.market.units import MICRO
from arb.sim.flow.floor import Floor
from arb.sim.flow.topics import Quoted
from arb.sim.flow.venues import Venues, condition_of
from arb.sim.kalshi.listing import ticker_of

HALT_S = (10.0, 60.0)
EDGE = 40_000
"""Prices this close to 0 or 1 are quoted in finer ticks (docs: the tick changes at 0.04 and 0.96)."""
COARSE, FINE = 10_000, 1_000
FINE_STRUCTURE = "tapered_deci_cent"
TRIES = 30


@attrs.frozen
class Incidents:
    """Halts markets of Kalshi, and refines grids on both venues."""

    floor: Floor
    venues: Venues

    def halt(self) -> None:
        """Halt one market of Kalshi for a while."""
        quoted = self._find(Venue.KALSHI)
        if quoted is None or quoted.exchange.is_halted(quoted.market):
            return
        ticker = ticker_of(quoted.market)
        self.venues.kalshi.halt(ticker)
        self.floor.agenda.after(self.floor.rng.uniform(*HALT_S), lambda: self._resume(quoted))

    def refine(self) -> None:
        """Give a market near an edge a finer grid."""
        for _ in range(TRIES):
            quoted = self._find(self.floor.rng.choice((Venue.POLYMARKET, Venue.KALSHI)))
            if quoted is not None and self._is_coarse(quoted):
                break
        else:
            return
        if quoted.listed.venue is Venue.POLYMARKET:
            self.venues.polymarket.change_tick(condition_of(quoted.market), FINE)
        else:
            self.venues.kalshi.regrid(ticker_of(quoted.market), FINE_STRUCTURE)
        self.floor.makers.quote(quoted)

    def _resume(self, quoted: Quoted) -> None:
        if not quoted.silent:
            self.venues.kalshi.resume(ticker_of(quoted.market))
            self.floor.makers.quote(quoted)

    def _find(self, venue: Venue) -> Quoted | None:
        found = self.floor.topics.pick(self.floor.rng)
        if found is None or found[1].listed.venue is not venue or found[1].silent:
            return None
        return found[1]

    @staticmethod
    def _is_coarse(quoted: Quoted) -> bool:
        grid = quoted.exchange.listing(quoted.market).grid
        return grid.finest_step == COARSE and not EDGE <= quoted.belief <= MICRO - EDGE
