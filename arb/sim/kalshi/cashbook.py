"""Deposits and withdrawals: what came in from outside and what left."""

from collections import defaultdict
from collections.abc import Callable

import attrs

from arb.market.units import Ns, Usd
from arb.sim.engine import Clock, Exchange
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.calls import Call, Reply, Route, private
from arb.sim.kalshi.filters import before, page_limit
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.mirror import Mirror
from arb.sim.kalshi.numbers import cents, unix_s
from arb.sim.kalshi.paging import cut, read_cursor

_LIMIT_MOST = 500
"""Docs: get_deposits."""


@attrs.frozen
class Payment:
    """Money that came in or left."""

    number: int
    payment_id: str
    amount: Usd
    at_ns: Ns


@attrs.define(eq=False)
class Cashbook:
    """Lets money in and out, and lists it."""

    exchange: Exchange
    mirror: Mirror
    ids: Callable[[], str]
    now_ns: Clock
    _deposits: dict[str, list[Payment]] = attrs.field(factory=lambda: defaultdict(list))
    _withdrawals: dict[str, list[Payment]] = attrs.field(factory=lambda: defaultdict(list))

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            private("/portfolio/deposits", self.deposits, for_restricted=False),
            private("/portfolio/withdrawals", self.withdrawals, for_restricted=False),
        ]

    def deposit(self, member: Member, shard: int, amount: Usd) -> None:
        """Let a member's money in, at once."""
        self.exchange.deposit(member.account, shard, amount)
        self._note(self._deposits, member, amount)

    def withdraw(self, member: Member, shard: int, amount: Usd) -> None:
        """Let a member's money out. Raises Rejection where it is held or not there."""
        self.exchange.withdraw(member.account, shard, amount)
        self._note(self._withdrawals, member, amount)

    def deposits(self, call: Call) -> Reply:
        """`GET /portfolio/deposits`, newest first."""
        return _list(call, "deposits", self._deposits[call.who.user_id])

    def withdrawals(self, call: Call) -> Reply:
        """`GET /portfolio/withdrawals`, newest first."""
        return _list(call, "withdrawals", self._withdrawals[call.who.user_id])

    def _note(self, book: dict[str, list[Payment]], member: Member, amount: Usd) -> None:
        rows = book[member.user_id]
        rows.append(Payment(len(rows) + 1, self.ids(), amount, self.now_ns()))
        self.mirror.saw_cash(member.account)


def _list(call: Call, name: str, payments: list[Payment]) -> Reply:
    rows = before(reversed(payments), read_cursor(call.query))
    page, cursor = cut(rows, page_limit(call.query, _LIMIT_MOST), lambda row: row.number)
    return Reply({name: [_row(row) for row in page], "cursor": cursor})


def _row(row: Payment) -> Fields:
    at_s = unix_s(row.at_ns)
    return {
        "id": row.payment_id,
        "status": "applied",
        "type": "wire",
        "amount_cents": cents(row.amount),
        "fee_cents": 0,
        "created_ts": at_s,
        "finalized_ts": at_s,
    }
