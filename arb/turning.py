"""One turn of contracts into cash, from what was sent to its end."""

import attrs
import trio

from arb.market.errors import ArbError
from arb.market.units import Clock
from arb.messages import Turn, TurnEnded
from arb.placing import Patience
from arb.venues.protocols import Turning, TurnState

LOOK_S = 1.0
"""Between two questions: a block takes two seconds."""
NS_PER_S = 1_000_000_000


@attrs.frozen
class TurnFollower:
    """Asks how a turn ended until somebody knows."""

    turning: Turning
    patience: Patience
    now_ns: Clock

    async def follow(self, turn: Turn) -> TurnEnded:
        """Wait for the end; a venue that does not answer is asked again, for ever.

        What the venue has not heard of may still arrive for as long as its signature holds. Only
        after `turn.deadline_ns`, and `patience.absent_s` for a record that lags, it never did.
        """
        absent_ns = turn.deadline_ns + round(self.patience.absent_s * NS_PER_S)
        while True:
            state = await self._look(turn)
            match state:
                case TurnState.DONE:
                    return TurnEnded(turn, done=True, note="", at_ns=self.now_ns())
                case TurnState.FAILED:
                    return self.failed(turn, "the venue did not do it")
                case TurnState.UNHEARD if self.now_ns() >= absent_ns:
                    return self.failed(turn, "the venue never heard of it")
                case _:
                    await trio.sleep(LOOK_S)

    def failed(self, turn: Turn, note: str) -> TurnEnded:
        """Nothing was done."""
        return TurnEnded(turn, done=False, note=note, at_ns=self.now_ns())

    async def _look(self, turn: Turn) -> TurnState:
        try:
            with trio.fail_after(self.patience.answer_s):
                return await self.turning.look(turn)
        except (ArbError, trio.TooSlowError):
            return TurnState.WAITING  # no answer says nothing
