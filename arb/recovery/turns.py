"""How merges, conversions and redemptions ended whose end the journal does not know."""

from datetime import UTC, datetime

import trio

from arb.market.errors import Unreachable
from arb.market.units import Clock
from arb.messages import LineKind, ReconciliationLine, Turn, TurnEnded
from arb.placing import Patience
from arb.store.journal import Journal
from arb.store.turns import read_open_turns
from arb.turning import TurnFollower
from arb.venues.protocols import Turning

NS_PER_S = 1_000_000_000


async def end_turns(
    journal: Journal, turning: Turning | None, patience: Patience, now_ns: Clock
) -> list[ReconciliationLine]:
    """End every open turn; returns what was found.

    Raises Unreachable where nobody can be asked, or nobody knows in time: then nothing is traded.
    """
    found: list[ReconciliationLine] = []
    for turn in journal.ask(read_open_turns):
        if turning is None:
            raise Unreachable(f"{turn.venue}: nobody can be asked how {turn.kind} {turn.id} ended")
        ended = await _end(turn, TurnFollower(turning, patience, now_ns), patience)
        journal.write([ended])
        words = f"{turn.venue}: {turn.kind} {turn.id}: {ended.note or 'done'}"
        found.append(ReconciliationLine(LineKind.TURN, words, explained=True))
    return found


async def _end(turn: Turn, follower: TurnFollower, patience: Patience) -> TurnEnded:
    with trio.move_on_after(patience.resolve_s):
        return await follower.follow(turn)
    until = datetime.fromtimestamp(turn.deadline_ns // NS_PER_S, UTC)
    raise Unreachable(
        f"{turn.venue}: the end of {turn.kind} {turn.id} cannot be found out yet: where nobody has"
        f" heard of it, it may still be done until {until:%H:%M:%S} UTC; start again after that"
    )
