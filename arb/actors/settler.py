"""Turns contracts into cash where that loses nothing: merges, conversions, winners."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import attrs
import trio

from arb.market.errors import ArbError, Refused
from arb.market.instruments import Event, Market, MarketId
from arb.market.units import Clock, Ns, Usd
from arb.messages import Noted, Turn, TurnEnded, TurnId
from arb.ports import DeskPort, HoldingsPort
from arb.store.asking import StoreReader
from arb.store.port import StorePort
from arb.store.sets import left_over, whole_sets
from arb.store.turns import read_open_turns
from arb.trade.turning import Redeem, Wish, conversions, merges
from arb.turning import TurnFollower


@attrs.frozen
class TurnLimits:
    """When a turn is worth its transaction."""

    least: Usd
    """That it must free."""
    redeem_after_ns: int
    """Winners that the venue has not paid by itself for so long are redeemed."""
    every_s: float
    rest_ns: int
    """A market is left alone this long whose turn failed, or that was redeemed: the list of winners
    lags the chain, and what is paid already would be redeemed again."""


@attrs.frozen
class Settler:
    """Own the wallet's transactions: one at a time, because the relayer takes no more.

    Sends each `Turn` once it is durable and before it leaves, then its `TurnEnded`. What a kill
    leaves open the next start finds out. Never returns.
    """

    follower: TurnFollower
    holdings: HoldingsPort
    reader: StoreReader
    markets: Mapping[MarketId, Market]
    events: Sequence[Event]
    outbox: trio.MemorySendChannel[Turn | TurnEnded]
    store: StorePort
    desk: DeskPort
    limits: TurnLimits
    may: Callable[[], bool]
    """Whether anything may be begun."""
    new_id: Callable[[], str]
    now_ns: Clock

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Look, turn what is worth it, one after another, wait."""
        task_status.started()
        for turn in await self.reader.ask(read_open_turns):  # left by a crash of this actor
            self._tell(await self.follower.follow(turn))
        rests: dict[MarketId, Ns] = {}
        seen: dict[MarketId, Ns] = {}
        while True:
            await trio.sleep(self.limits.every_s)
            if not self.may():
                continue
            try:
                wish = await self._next(rests, seen)
                if wish is not None and (not await self._turn(wish) or isinstance(wish, Redeem)):
                    until = Ns(self.now_ns() + self.limits.rest_ns)
                    rests |= {change.market: until for change in wish.changes}
            except ArbError as error:
                self.desk.send(Noted("settling", str(error), self.now_ns()))

    def _rests(self, wish: Wish, rests: Mapping[MarketId, Ns]) -> bool:
        return any(rests.get(change.market, 0) > self.now_ns() for change in wish.changes)

    async def _next(self, rests: Mapping[MarketId, Ns], seen: dict[MarketId, Ns]) -> Wish | None:
        """What comes at once, the most first; else a winner that nobody paid."""
        at_once = (one for one in await self._at_once() if not self._rests(one, rests))
        found = next(at_once, None)
        if found is not None:
            return found
        redemptions = await self._redemptions(seen)
        return next((one for one in redemptions if not self._rests(one, rests)), None)

    async def _at_once(self) -> list[Wish]:
        """Merges and conversions of what nobody else is about to touch."""
        free = await self.holdings.ask()
        kept = await self.reader.ask(left_over)
        free = {market: _less(held, kept.get(market, (0, 0))) for market, held in free.items()}
        sets = await self.reader.ask(partial(whole_sets, listed=self.markets))
        return [
            *merges(free, self.markets, self.limits.least),
            *conversions(free, sets, self.events, self.limits.least),
        ]

    async def _redemptions(self, seen: dict[MarketId, Ns]) -> list[Redeem]:
        """Winners that were there a while ago: the venue pays most of them by itself."""
        held, now_ns = await self.follower.turning.redeemable(), self.now_ns()
        for market in seen.keys() - {one.market for one in held}:
            del seen[market]
        after_ns = self.limits.redeem_after_ns
        old = [one for one in held if now_ns - seen.setdefault(one.market, now_ns) >= after_ns]
        return [Redeem(one) for one in old]

    async def _turn(self, wish: Wish) -> bool:
        """Do one, unless a stop came while it was prepared. False where it failed."""
        turn = await self.follower.turning.prepare(wish, TurnId(self.new_id()))
        if not self.may():
            return True
        await self.store.record(turn)
        self.outbox.send_nowait(turn)
        ended = await self._send(turn)
        self._tell(ended)
        return ended.done

    def _tell(self, ended: TurnEnded) -> None:
        turn = ended.turn
        self.store.record_soon(ended)
        self.outbox.send_nowait(ended)
        words = f"{turn.kind} in {turn.changes[0].market}: {ended.note or f'{turn.usd} came'}"
        self.desk.send(Noted("settling", words, self.now_ns()))

    async def _send(self, turn: Turn) -> TurnEnded:
        try:
            with trio.move_on_after(self.follower.patience.answer_s):
                await self.follower.turning.send(turn)
        except Refused as refusal:
            return self.follower.failed(turn, str(refusal))
        except ArbError as error:  # it may have arrived: only the venue knows
            self.desk.send(Noted("settling", f"unknown: {error}", self.now_ns()))
        return await self.follower.follow(turn)


def _less(held: tuple[int, int], kept: tuple[int, int]) -> tuple[int, int]:
    return max(0, held[0] - kept[0]), max(0, held[1] - kept[1])
