"""What the balance endpoints say: a cache that may lag behind the matching engine."""

from collections.abc import Iterable, Mapping
from functools import partial

import attrs

from arb.market.instruments import MarketId, Outcome
from arb.sim.engine import Exchange
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.keys import Wallets
from arb.sim.polymarket.listing import POOL

Asset = tuple[MarketId, Outcome] | None
"""A token; None for pUSD."""


@attrs.frozen
class _Seen:
    cash: int
    positions: Mapping[MarketId, tuple[int, int]]


@attrs.define(eq=False)
class BalanceCache:
    """The balances of every wallet as they were a little while ago."""

    exchange: Exchange
    wallets: Wallets
    agenda: Agenda
    conditions: Conditions
    _seen: dict[str, _Seen] = attrs.field(factory=dict, init=False)

    def balance(self, account: str, asset: Asset) -> int:
        """Base units that the venue says a wallet has; what open orders need is not deducted."""
        seen = self._seen.get(account)
        if seen is None or not self.conditions.balance_lag_s:
            seen = self.refresh(account)
        if asset is None:
            return seen.cash
        market, outcome = asset
        yes, no = seen.positions.get(market, (0, 0))
        return yes if outcome is Outcome.YES else no

    def refresh(self, account: str) -> _Seen:
        """Catch up with the engine now."""
        cash = self.exchange.cash(account).get(POOL, 0)
        seen = self._seen[account] = _Seen(cash, self.exchange.positions(account))
        return seen

    def moved(self, accounts: Iterable[str]) -> None:
        """Catch up with what just changed, after the lag."""
        for account in accounts:
            if self.conditions.balance_lag_s:
                catch_up = partial(self.refresh, account)
                self.agenda.after(self.conditions.balance_lag_s, catch_up)
            else:
                self.refresh(account)
