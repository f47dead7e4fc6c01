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

SETTLE_S = 1.0
"""Venues' balances lag fills by 100 ms and more; several fills are one reading."""
ANSWER_S = 10.0
"""For both questions to one venue."""


@attrs.frozen
class BalanceRefresher:
    """Own nothing. Receives a nudge where money moved; never returns.

    Sends `AccountRead` of every venue each `every_s`, and `SETTLE_S` after a nudge.
    """

    accounts: Mapping[Venue, Account]
    nudges: trio.MemoryReceiveChannel[None]
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
            with trio.move_on_after(self.every_s):
                await self.nudges.receive()
                await trio.sleep(SETTLE_S)

    async def _read(self, account: Account) -> None:
        try:
            with trio.fail_after(ANSWER_S):
                balances = await account.balances()
                positions = await account.positions()
        except (ArbError, trio.TooSlowError) as error:
            self.desk.send(Noted("balance", f"{account.venue}: {error!r}", self.now_ns()))
            return
        read = AccountRead(account.venue, balances, positions, self.now_ns())
        self.outbox.send_nowait(read)
        self.desk.send(read)
