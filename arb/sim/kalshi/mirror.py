"""What private reads see: the records as they were a moment ago, where the venue lags behind.

`GET` still showed an order as resting 360 ms after its cancel was acknowledged (recorded traffic).
Without a lag the mirror keeps nothing and shows everything as it is.
"""

import copy
from collections import defaultdict, deque
from typing import Generic, TypeVar

import attrs

from arb.market.units import Ns, Usd
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi.numbers import NS_PER_MS
from arb.sim.kalshi.records import OrderRecord
from arb.sim.kalshi.stakes import Stake

Key = TypeVar("Key")
Value = TypeVar("Value")
Cash = dict[int, Usd]


class Past(Generic[Key, Value]):
    """Versions of things by name, as far back as somebody may still look."""

    def __init__(self) -> None:
        """Start empty."""
        self._versions: dict[Key, deque[tuple[Ns, Value]]] = defaultdict(deque)

    def put(self, key: Key, value: Value, now: Ns) -> None:
        """Keep how something is from now on."""
        self._versions[key].append((now, value))

    def at(self, key: Key, moment: Ns) -> Value | None:
        """How it was at a moment, never earlier than the last one asked for; None: unknown."""
        versions = self._versions.get(key)
        if not versions:
            return None
        while len(versions) > 1 and versions[1][0] <= moment:
            versions.popleft()
        return versions[0][1] if versions[0][0] <= moment else None


@attrs.define(eq=False)
class Mirror:
    """Orders, positions and cash as private reads show them."""

    exchange: Exchange
    now_ns: Clock
    lag_ms: int
    _orders: Past[str, OrderRecord] = attrs.field(factory=Past)
    _stakes: Past[tuple[str, str], Stake] = attrs.field(factory=Past)
    _cash: Past[str, Cash] = attrs.field(factory=Past)

    def moment(self) -> Ns:
        """The moment that reads show."""
        return Ns(self.now_ns() - self.lag_ms * NS_PER_MS)

    # --- what happens ---------------------------------------------------------------------------

    def saw_order(self, record: OrderRecord) -> None:
        """An order changed."""
        if self.lag_ms:
            self._orders.put(record.order_id, copy.copy(record), self.now_ns())

    def saw_stake(self, account: str, stake: Stake) -> None:
        """A position changed."""
        if self.lag_ms:
            self._stakes.put((account, stake.ticker), copy.copy(stake), self.now_ns())

    def saw_cash(self, account: str, *, since: Ns | None = None) -> None:
        """An account's cash changed; `since` is for what it always had."""
        if self.lag_ms:
            at_ns = self.now_ns() if since is None else since
            self._cash.put(account, self.exchange.cash(account), at_ns)

    # --- what reads see -------------------------------------------------------------------------

    def order(self, record: OrderRecord) -> OrderRecord | None:
        """An order as it was; None where it was not there yet."""
        return self._orders.at(record.order_id, self.moment()) if self.lag_ms else record

    def stake(self, account: str, stake: Stake) -> Stake | None:
        """A position as it was; None where it was not there yet."""
        return self._stakes.at((account, stake.ticker), self.moment()) if self.lag_ms else stake

    def cash(self, account: str) -> Cash:
        """An account's cash as it was."""
        kept = self._cash.at(account, self.moment()) if self.lag_ms else None
        return self.exchange.cash(account) if kept is None else kept
