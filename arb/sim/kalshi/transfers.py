"""Money between shards and subaccounts.

Docs: exchange_sharding, subaccounts. Between subaccounts of one shard it moves at once. Between
shards it leaves at once and arrives a moment later; what is on its way belongs to nobody.
"""

from collections import defaultdict
from collections.abc import Callable

import attrs

from arb.market.units import Ns, Usd
from arb.sim.engine import Exchange
from arb.sim.kalshi.agenda import Agenda
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.errors import of_rejection
from arb.sim.kalshi.mirror import Mirror
from arb.sim.kalshi.numbers import NS_PER_S
from arb.sim.orders import Rejection


@attrs.frozen
class Place:
    """Where money lies."""

    shard: int
    subaccount: int


@attrs.define
class Transfer:
    """One movement of a member's money."""

    number: int
    transfer_id: str
    source: Place
    destination: Place
    amount: Usd
    created_ns: Ns
    complete: bool = True

    @property
    def within_shard(self) -> bool:
        """Say whether it only changed the subaccount."""
        return self.source.shard == self.destination.shard


@attrs.define(eq=False)
class Transfers:
    """Moves money and remembers it."""

    exchange: Exchange
    mirror: Mirror
    agenda: Agenda
    ids: Callable[[], str]
    takes_s: int
    """How long money is on its way between shards."""
    _of: dict[str, list[Transfer]] = attrs.field(factory=lambda: defaultdict(list))

    def move(
        self, member: Member, source: Place, destination: Place, amount: Usd, now: Ns
    ) -> Transfer:
        """Start one. Raises ApiError (400) where the money is not there, or held."""
        try:
            self.exchange.withdraw(member.account_of(source.subaccount), source.shard, amount)
        except Rejection as rejection:
            raise of_rejection(rejection) from rejection
        self.mirror.saw_cash(member.account_of(source.subaccount))
        rows = self._of[member.user_id]
        transfer = Transfer(len(rows) + 1, self.ids(), source, destination, amount, now)
        rows.append(transfer)
        if transfer.within_shard:
            self._arrive(member, transfer)
        else:
            transfer.complete = False
            due = Ns(now + self.takes_s * NS_PER_S)
            self.agenda.add(due, lambda: self._arrive(member, transfer))
        return transfer

    def of(self, member: Member, *, within_shard: bool) -> list[Transfer]:
        """A member's transfers of one kind, newest first."""
        rows = self._of[member.user_id]
        return [row for row in reversed(rows) if row.within_shard is within_shard]

    def _arrive(self, member: Member, transfer: Transfer) -> None:
        account = member.account_of(transfer.destination.subaccount)
        self.exchange.deposit(account, transfer.destination.shard, transfer.amount)
        self.mirror.saw_cash(account)
        transfer.complete = True
