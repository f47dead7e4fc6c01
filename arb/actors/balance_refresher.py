"""Reads settlements, cash and contracts from the venues, now and then and when asked."""

from collections.abc import Mapping

import attrs
import trio

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import Clock, Ns
from arb.messages import AccountRead, Noted, Settlement
from arb.ports import DeskPort
from arb.venues.protocols import Account

SETTLE_S = 1.0
"""Venues' balances lag fills by 100 ms and more; several fills are one reading."""
ANSWER_S = 10.0
"""For all three questions to one venue."""
LOOK_BACK_NS = 3_600_000_000_000
"""How far behind a venue's record of settlements may be; what is told again is not booked again."""


@attrs.frozen
class BalanceRefresher:
    """Own nothing. Receives a nudge where money moved; never returns.

    Sends what was settled and then the `AccountRead` of every venue each `every_s`, and `SETTLE_S`
    after a nudge: cash that a settlement explains is not told before it.
    """

    accounts: Mapping[Venue, Account]
    nudges: trio.MemoryReceiveChannel[None]
    outbox: trio.MemorySendChannel[Settlement | AccountRead]
    desk: DeskPort
    opened_ns: Ns
    """Settlements before that are in the opening balances."""
    every_s: float
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Read, tell, wait."""
        task_status.started()
        since = dict.fromkeys(self.accounts, self.opened_ns)
        while True:
            for venue, account in self.accounts.items():
                asked_ns = self.now_ns()
                if await self._read(account, since[venue]):
                    since[venue] = max(self.opened_ns, Ns(asked_ns - LOOK_BACK_NS))
            with trio.move_on_after(self.every_s):
                await self.nudges.receive()
                await trio.sleep(SETTLE_S)

    async def _read(self, account: Account, since_ns: Ns) -> bool:
        try:
            with trio.fail_after(ANSWER_S):
                settlements = await account.settlements(since_ns)
                balances = await account.balances()
                positions = await account.positions()
        except (ArbError, trio.TooSlowError) as error:
            self.desk.send(Noted("balance", f"{account.venue}: {error!r}", self.now_ns()))
            return False
        for settlement in settlements:
            self.outbox.send_nowait(settlement)
        read = AccountRead(account.venue, balances, positions, self.now_ns())
        self.outbox.send_nowait(read)
        self.desk.send(read)
        return True
