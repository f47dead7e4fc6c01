"""Keeps a venue's dead man's switch from falling: if this process dies, its orders die too."""

import attrs
import trio

from arb.market.errors import ArbError
from arb.market.units import Clock
from arb.messages import Hold, Level, Trouble
from arb.venues.protocols import DeadMan

SOURCE = "dead man"


@attrs.frozen
class DeadManKeeper:
    """Own one switch. Bars its venue until it is armed and whenever it is not renewed in time.

    Sends `Hold` and, for each renewal that failed, `Trouble`. Never returns.
    """

    switch: DeadMan
    holds: trio.MemorySendChannel[Hold]
    troubles: trio.MemorySendChannel[Trouble]
    every_s: float
    answer_s: float
    """For the answer to one renewal."""
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Renew, for ever: once armed, stopping would cancel what rests."""
        told = await self._renew()
        self._tell(told)
        task_status.started()
        while True:
            await trio.sleep(self.every_s)
            fault = await self._renew()
            if fault != told:
                told = fault
                self._tell(told)

    def _tell(self, fault: str) -> None:
        self.holds.send_nowait(not_armed(self.switch, fault, self.now_ns))

    async def _renew(self) -> str:
        try:
            with trio.fail_after(self.answer_s):
                await self.switch.renew()
        except (ArbError, trio.TooSlowError) as error:
            fault = f"{type(error).__name__}: {error}"
            venue, now = self.switch.venue, self.now_ns()
            self.troubles.send_nowait(Trouble(venue, SOURCE, fault, now))
            return fault
        return ""


def not_armed(switch: DeadMan, fault: str, now_ns: Clock) -> Hold:
    """Nothing is begun on its venue; without a fault: something may be."""
    return Hold(
        source=SOURCE,
        level=Level.PAUSED if fault else Level.RUNNING,
        who=SOURCE,
        why=f"dead man's switch is not armed: {fault}" if fault else "",
        clears="the venue's answer to the next renewal",
        at_ns=now_ns(),
        venue=switch.venue,
    )
