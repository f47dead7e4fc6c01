"""Members' subaccounts: 64 a member, each with its own cash on every shard and its own positions.

Docs: subaccounts. Number 0 is the primary one. In the matching engine each is an account.
"""

from collections.abc import Iterable

import attrs

from arb.market.units import Ns, Usd
from arb.sim.engine import Exchange
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.calls import SUBACCOUNTS_MOST
from arb.sim.kalshi.errors import ApiError, bad_query
from arb.sim.kalshi.mirror import Mirror

_ALWAYS = Ns(0)


@attrs.define
class Family:
    """One member's subaccounts."""

    created_on: dict[int, int] = attrs.field(factory=lambda: {0: 0})
    """The shard that each was created on, by its number."""
    netting: dict[int, bool] = attrs.field(factory=dict)
    """Which of them want collateral returned; off where nobody said. The flag is kept and shown;
    the matching engine returns no collateral."""


@attrs.define(eq=False)
class Subaccounts:
    """Who has which."""

    exchange: Exchange
    mirror: Mirror
    shards: tuple[int, ...]
    _families: dict[str, Family] = attrs.field(factory=dict)
    _owners: dict[str, tuple[Member, int]] = attrs.field(factory=dict)

    def admit(self, members: Iterable[Member]) -> None:
        """Know some members, each with a primary account that is open already."""
        for member in members:
            self._families.setdefault(member.user_id, Family())
            self._owners[member.account] = (member, 0)
            self.mirror.saw_cash(member.account, since=_ALWAYS)

    def create(self, member: Member, shard: int) -> int:
        """Open the next one, without cash. Raises ApiError (400) for one too many."""
        family = self._families[member.user_id]
        number = len(family.created_on)
        if number > SUBACCOUNTS_MOST:
            raise ApiError(400, "invalid_parameters", details="no more subaccounts")
        account = member.account_of(number)
        self.exchange.open_account(account, dict.fromkeys(self.shards, Usd(0)))
        family.created_on[number] = shard
        self._owners[account] = (member, number)
        self.mirror.saw_cash(account, since=_ALWAYS)
        return number

    def has(self, member: Member, number: int) -> bool:
        """Say whether a member has a subaccount."""
        return number in self._families[member.user_id].created_on

    def account(self, member: Member, number: int) -> str:
        """The engine's name of a subaccount. Raises ApiError (400, `msg`) for one not there."""
        if not self.has(member, number):
            raise bad_query("invalid subaccount")
        return member.account_of(number)

    def accounts(self, member: Member, number: int | None) -> list[str]:
        """The same of one, or of all of them."""
        if number is not None:
            return [self.account(member, number)]
        return [member.account_of(one) for one in self._families[member.user_id].created_on]

    def family(self, member: Member) -> Family:
        """Everything about a member's subaccounts."""
        return self._families[member.user_id]

    def owner(self, account: str) -> tuple[Member, int] | None:
        """Whose account of the engine it is; None for those of the flow."""
        return self._owners.get(account)
