"""What became of the bets of a run: for people, from messages alone. Pure."""

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Qty, Usd
from arb.messages import BetSeen, Settlement


@attrs.define
class BetTally:
    """Counts bets as they are decided on and as their markets are resolved."""

    declined: int = 0
    missed: int = 0
    """Placed, and nothing was bought."""
    bought: int = 0
    won: int = 0
    lost: int = 0
    returned: int = 0
    """Resolved at something between: half a dollar to both sides."""
    staked: Usd = Usd(0)
    """The most that all bets of the run may have cost, fees included."""
    open: dict[MarketId, Qty] = attrs.field(factory=dict)
    """Contracts of markets that are not resolved."""

    def see(self, bet: BetSeen) -> None:
        """Take up how a bet ended at the venue."""
        if not bet.placed:
            self.declined += 1
        elif not bet.bought:
            self.missed += 1
        else:
            self.bought += 1
            self.staked = Usd(self.staked + bet.worst)
            self.open[bet.market] = Qty(self.open.get(bet.market, 0) + bet.bought)

    def settle(self, settlement: Settlement) -> None:
        """A market was resolved; where a basket held it as well, what is paid says less.

        A market in which bets were made on both sides counts as won.
        """
        contracts = self.open.pop(settlement.market, None)
        if contracts is None:
            return
        if settlement.usd >= contracts:
            self.won += 1
        elif settlement.usd:
            self.returned += 1
        else:
            self.lost += 1

    @property
    def counts(self) -> dict[str, int]:
        """Everything by its name; "open" counts markets."""
        return {
            "bought": self.bought,
            "open": len(self.open),
            "won": self.won,
            "lost": self.lost,
            "returned": self.returned,
            "missed": self.missed,
            "declined": self.declined,
        }
