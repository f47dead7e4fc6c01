"""Cash that the venues tell against our own count: what nothing explains stops new risk. Pure."""

import attrs

from arb.market.units import Usd, plain_text
from arb.messages import AccountRead
from arb.risk.ledger import Ledger
from arb.risk.stakes import Pool


@attrs.define
class Drift:
    """Differences between readings and the ledger, by pool, in micro-dollars."""

    borne_usd: Usd
    """A difference up to this is borne."""
    _off: dict[Pool, int] = attrs.field(factory=dict, init=False)
    """What two readings in a row found."""
    _last: dict[Pool, int] = attrs.field(factory=dict, init=False)

    def read(self, account: AccountRead, ledger: Ledger) -> dict[Pool, int]:
        """Compare a reading taken at rest; returns the pools that are off by more than is borne.

        A difference counts once two readings in a row show the same one, because a fill may be
        told after the cash it moved.
        """
        for balance in account.balances:
            pool = (balance.venue, balance.pool)
            off = balance.usd - ledger.cash.get(pool, 0)
            self._off[pool] = off if self._last.get(pool) == off else 0
            self._last[pool] = off
        return self._unexplained()

    def objection(self) -> str:
        """Why nothing may be begun: "" where all cash is explained."""
        for (venue, pool), usd in self._unexplained().items():
            return f"cash on {venue} pool {pool} is off by {plain_text(usd)} dollars, unexplained"
        return ""

    def _unexplained(self) -> dict[Pool, int]:
        return {pool: usd for pool, usd in self._off.items() if abs(usd) > self.borne_usd}
