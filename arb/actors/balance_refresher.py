"""Reads cash and contracts from the venues, now and then and when asked."""

from collections.abc import Mapping

import attrs
import trio

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.messages import AccountRead, Noted
from arb.ports import DeskPort
from arb.venues.protocols import Account


@attrs.frozen
class BalanceRefresher:
    """Own nothing. Sends `AccountRead` of every venue each `every_s`. Never returns."""

    accounts: Mapping[Venue, Account]
    outbox: trio.MemorySendChannel[AccountRead]
    desk: DeskPort
    every_s: float
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Read, tell, wait."""
        task_status.started()
        while True:
            for account in self.accounts.values():
                await self._read(account)
            await trio.sleep(self.every_s)

    async def _read(self, account: Account) -> None:
        try:
            balances = await account.balances()
            positions = await account.positions()
        except ArbError as error:
            self.desk.send(Noted("balance", f"{account.venue}: {error}", self.now_ns()))
            return
        read = AccountRead(account.venue, balances, positions, self.now_ns())
        self.outbox.send_nowait(read)
        self.desk.send(read)
