"""What became of the bets of a run: for people, from messages alone. Pure."""

import attrs

from arb.market.instruments import MarketId, Outcome
from arb.market.units import MICRO, Qty, Usd
from arb.messages import BetSeen, Settlement


@attrs.define
class OpenBets:
    """The bets of one market that is not resolved."""

    yes: Qty = Qty(0)
    no: Qty = Qty(0)
    yes_bets: int = 0
    no_bets: int = 0

    def add(self, outcome: Outcome, contracts: Qty) -> None:
        """One more."""
        if outcome is Outcome.YES:
            self.yes, self.yes_bets = Qty(self.yes + contracts), self.yes_bets + 1
        else:
            self.no, self.no_bets = Qty(self.no + contracts), self.no_bets + 1

    def yes_pays_ppm(self, usd: Usd) -> int | None:
        """What YES paid, in millionths of a dollar; None where the contracts do not tell."""
        if self.yes == self.no:
            return None
        return min(max((usd - self.no) * MICRO // (self.yes - self.no), 0), MICRO)


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
    """Neither: half a dollar to both sides, or as much of the one as of the other."""
    staked: Usd = Usd(0)
    """The most that all bets of the run may have cost, fees included."""
    open: dict[MarketId, OpenBets] = attrs.field(factory=dict)

    def see(self, bet: BetSeen) -> None:
        """Take up how a bet ended at the venue."""
        if not bet.placed:
            self.declined += 1
        elif not bet.bought:
            self.missed += 1
        else:
            self.bought += 1
            self.staked = Usd(self.staked + bet.worst)
            self.open.setdefault(bet.market, OpenBets()).add(bet.outcome, bet.bought)

    def settle(self, settlement: Settlement) -> None:
        """A market was resolved. Where a basket held it as well, what is paid tells less."""
        bets = self.open.pop(settlement.market, None)
        if bets is None:
            return
        match bets.yes_pays_ppm(settlement.usd):
            case 1_000_000:
                self.won, self.lost = self.won + bets.yes_bets, self.lost + bets.no_bets
            case 0:
                self.won, self.lost = self.won + bets.no_bets, self.lost + bets.yes_bets
            case _:
                self.returned += bets.yes_bets + bets.no_bets

    @property
    def counts(self) -> dict[str, int]:
        """Everything by its name, in bets."""
        return {
            "bought": self.bought,
            "open": sum(one.yes_bets + one.no_bets for one in self.open.values()),
            "won": self.won,
            "lost": self.lost,
            "returned": self.returned,
            "missed": self.missed,
            "declined": self.declined,
        }
