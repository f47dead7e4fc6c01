"""Decides on bets and places them: one order each, followed to its end."""

import logging
from collections.abc import Callable

import attrs
import trio

from arb.detect.bet import Bet
from arb.market.instruments import Action
from arb.market.units import Clock, Qty, Usd, ceil_div, plain_text
from arb.messages import BetSeen, NewOrder, Noted, OrderId
from arb.placing import Placer, Refusal, Unknown
from arb.ports import DeskPort
from arb.risk.bet_treasury import ApprovedBet, BetTreasury
from arb.store.journal import StoreFailed
from arb.store.port import StorePort

log = logging.getLogger(__name__)


@attrs.frozen
class BetPlacer:
    """Own the treasury's counter for bets.

    Receives `Bet`; sets money aside or declines, writes down what is about to be bought and why,
    and places one order. A contract once bought is held to the end. Never returns.
    """

    treasury: BetTreasury
    placer: Placer
    inbox: trio.MemoryReceiveChannel[Bet]
    store: StorePort
    desk: DeskPort
    new_id: Callable[[], str]
    now_ns: Clock
    again_s: float
    """Seconds between two questions about an order whose end is not known."""

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Take bets as they come; the caps bound how many are open."""
        async with trio.open_nursery() as nursery:
            task_status.started()
            async for bet in self.inbox:
                verdict = self.treasury.decide(bet, self.now_ns())
                if isinstance(verdict, ApprovedBet):
                    nursery.start_soon(self._place, verdict)
                else:
                    self._note(f"{bet.id}: declined: {verdict}")
                    self._tell(bet, Qty(0), Usd(0), f"declined: {verdict}")

    async def _place(self, approved: ApprovedBet) -> None:
        """Place it. An order whose end nobody knows keeps its money set aside until one does."""
        result: Qty | Refusal | Unknown = Qty(0)
        try:
            await self.store.record(Noted("bet", _words(approved), self.now_ns()))
            result = await self.placer.place(self._order(approved))
            while isinstance(result, Unknown):
                await trio.sleep(self.again_s)
                result = await self.placer.resolve(result.prepared)
        except StoreFailed:
            log.exception("abandoned bet=%s", approved.basket)
        finally:
            self._close(approved, result)

    def _close(self, approved: ApprovedBet, result: Qty | Refusal | Unknown) -> None:
        """Free what was not spent, without a checkpoint: a kill in this moment loses nothing."""
        if isinstance(result, Unknown):
            self._note(f"{approved.basket}: its end is not known; the next start finds out")
            return
        refused = isinstance(result, Refusal)
        filled = Qty(0) if isinstance(result, Refusal) else result
        self.treasury.ended(approved, filled, refused, self.now_ns())
        why = f": {result.why}" if isinstance(result, Refusal) else ""
        self._note(f"{approved.basket}: bought {plain_text(filled)}{why}")
        worst = Usd(ceil_div(approved.worst * filled, approved.bet.size))
        self._tell(approved.bet, filled, worst, why.removeprefix(": "))

    def _order(self, approved: ApprovedBet) -> NewOrder:
        bet = approved.bet
        return NewOrder(
            id=OrderId(self.new_id()),
            basket=approved.basket,
            market=bet.market,
            outcome=bet.estimate.leg.outcome,
            action=Action.BUY,
            qty=bet.size,
            limit=bet.limit,
            created_ns=self.now_ns(),
        )

    def _tell(self, bet: Bet, bought: Qty, worst: Usd, note: str) -> None:
        leg, lane = bet.estimate.leg, str(bet.estimate.lane)
        placed = not note.startswith("declined")
        self.desk.send(
            BetSeen(leg.market, leg.outcome, lane, placed, bought, worst, note, self.now_ns())
        )

    def _note(self, text: str) -> None:
        self.desk.send(Noted("bet", text, self.now_ns()))


def _words(approved: ApprovedBet) -> str:
    """What is bought and what it rests on, for whoever asks later."""
    bet, leg = approved.bet, approved.bet.estimate.leg
    reasons = "; ".join(f"{part.name} {part.value}" for part in bet.estimate.evidence)
    return (
        f"{approved.basket} {bet.estimate.lane}: {plain_text(bet.size)} {leg.outcome} of"
        f" {leg.market} up to {plain_text(bet.limit)}, {plain_text(bet.at_risk)} at risk,"
        f" {plain_text(bet.expected)} expected at {plain_text(bet.fair_ppm)}: {reasons}"
    )
