"""Takers: some trade for reasons of their own, others because they know more than a quote does."""

import attrs

from arb.market.instruments import Action, Outcome
from arb.market.units import Px, Qty, complement
from arb.sim.engine import Tif
from arb.sim.flow.floor import Floor
from arb.sim.flow.topics import Quoted, contracts
from arb.sim.flow.traders import INFORMED, NOISE

NOISE_MEDIAN = 12
"""Contracts."""
NOISE_SIGMA = 1.2
MOST_CONTRACTS = 5_000
SELLERS = 0.25
"""Of those who trade for reasons of their own, this part sells what it has."""
ANSWER_S = (0.5, 3.0)
"""How soon a maker looks at a market where somebody traded."""
MARGIN = 15_000
"""What informed takers leave for fees and doubt, in millionths of a dollar."""


@attrs.frozen
class Takers:
    """Trades against what rests."""

    floor: Floor

    def trade_noise(self) -> None:
        """Somebody buys or sells a little at whatever price there is."""
        rng = self.floor.rng
        found = self.floor.topics.pick(rng)
        if found is None:
            return
        quoted = found[1]
        outcome = rng.choice((Outcome.YES, Outcome.NO))
        qty = contracts(
            min(int(rng.lognormvariate(0.0, NOISE_SIGMA) * NOISE_MEDIAN) + 1, MOST_CONTRACTS)
        )
        if rng.random() < SELLERS and self._holds(quoted, outcome, qty):
            self._take(quoted, NOISE, outcome, Action.SELL, qty)
        else:
            self._take(quoted, NOISE, outcome, Action.BUY, qty)
        self.floor.agenda.after(rng.uniform(*ANSWER_S), lambda: self.floor.makers.quote(quoted))

    def trade_through(self, quoted: Quoted, truth: int) -> None:
        """Take everything that is wrong by more than the margin."""
        low, high = truth - MARGIN, truth + MARGIN
        bids, asks = quoted.exchange.levels(quoted.market)
        cheap = Qty(sum(qty for px, qty in asks if px < low))
        dear = Qty(sum(qty for px, qty in bids if px > high))
        if cheap:
            limit = max(px for px, _ in asks if px < low)
            self._send(quoted, INFORMED, Outcome.YES, Action.BUY, limit, cheap)
        elif dear:
            limit = complement(min(px for px, _ in bids if px > high))
            self._send(quoted, INFORMED, Outcome.NO, Action.BUY, limit, dear)

    def _holds(self, quoted: Quoted, outcome: Outcome, qty: Qty) -> bool:
        yes, no = quoted.exchange.position(NOISE, quoted.market)
        return (yes if outcome is Outcome.YES else no) >= qty

    def _take(
        self, quoted: Quoted, account: str, outcome: Outcome, action: Action, qty: Qty
    ) -> None:
        """At the best price of the other side."""
        bids, asks = quoted.exchange.levels(quoted.market)
        buys_yes = (outcome is Outcome.YES) is (action is Action.BUY)
        levels = asks if buys_yes else bids
        if levels:
            px = levels[0][0]
            limit = px if outcome is Outcome.YES else complement(px)
            self._send(quoted, account, outcome, action, limit, qty)

    def _send(  # noqa: PLR0913, PLR0917 - an order has this many parts
        self,
        quoted: Quoted,
        account: str,
        outcome: Outcome,
        action: Action,
        limit: Px,
        qty: Qty,
    ) -> None:
        if not quoted.takes_orders:
            return
        self.floor.traders.place(
            quoted.exchange, quoted.market, account, outcome, action, limit, qty, Tif.IOC
        )
