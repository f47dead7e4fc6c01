"""Kalshi: orders that the venue refuses, each for one documented reason; how markets end."""

import asyncio
import time
import uuid

from clients.kalshi_setup import Setup, number
from clients.operations import OnKalshi as Row
from clients.reporting import Refused, answers, expect

PATIENCE_S = 90.0
HALTED = 3
"""Place of the market that is halted."""


class Refusals(Setup):
    """The rows in which the venue says no."""

    @answers(Row.POST_ONLY_CROSSES)
    async def post_only_crosses(self) -> Refused:
        price = (await self.best())[1]
        return await self.refused("invalid_order", "bid", price, post_only=True)

    @answers(Row.FOK_UNFILLED)
    async def fok_unfilled(self) -> Refused:
        words = "fill_or_kill_insufficient_resting_volume"
        return await self.refused(words, "bid", "0.0100", time_in_force="fill_or_kill")

    @answers(Row.OFF_GRID)
    async def off_grid(self) -> Refused:
        return await self.refused("invalid_price", "bid", "0.0101")

    @answers(Row.NO_MONEY)
    async def no_money(self) -> Refused:
        return await self.refused("insufficient_balance", "bid", "0.0100", count="99000000.00")

    @answers(Row.DUPLICATE)
    async def duplicate(self) -> Refused:
        used = str(uuid.uuid4())
        await self.api.cancel(await self.rest(client_order_id=used))
        return await self.refused("order_already_exists", "bid", "0.0100", client_order_id=used)

    @answers(Row.BAD_CLIENT_ID)
    async def bad_client_id(self) -> Refused:
        return await self.refused("parameters", "bid", "0.0100", client_order_id="with.a.dot")

    @answers(Row.PAST_EXPIRATION)
    async def past_expiration(self) -> Refused:
        return await self.refused("invalid", "bid", "0.0100", expiration_time=int(time.time()) - 60)

    @answers(Row.REDUCE_ONLY_GTC)
    async def reduce_only_rests(self) -> Refused:
        return await self.refused("invalid", "bid", "0.0100", reduce_only=True)

    @answers(Row.UNKNOWN_TICKER)
    async def unknown_ticker(self) -> Refused:
        return await self.refused("market_not_found", "bid", "0.0100", ticker="KXNOSUCH-1")

    @answers(Row.WRONG_SHARD)
    async def wrong_shard(self) -> Refused:
        here = (await self.found())[0].shard
        other = 2 if here == 0 else 0
        return await self.refused("market_not_found", "bid", "0.0100", exchange_index=other)

    @answers(Row.HALTED)
    async def halted(self) -> Refused:
        ticker = await self.ticker(HALTED)
        self.door.do("/halt", {"market": ticker, "venue": "kalshi"})
        try:
            return await self.refused("trading_is_paused", "bid", "0.0100", ticker=ticker)
        finally:
            self.door.do("/resume", {"market": ticker, "venue": "kalshi"})

    @answers(Row.TRADING_PAUSED)
    async def trading_paused(self) -> Refused:
        return await self._paused("trading_is_paused", trading_only=True)

    @answers(Row.EXCHANGE_PAUSED)
    async def exchange_paused(self) -> Refused:
        return await self._paused("exchange_is_paused", trading_only=False)

    @answers(Row.SETTLED)
    async def settled(self) -> str:
        ticker = self.ending
        expect(ticker, "no game had a book at the start")
        async with asyncio.timeout(PATIENCE_S):
            while not (rows := await self.api.settlements(ticker=ticker)):  # noqa: ASYNC110 - asks
                await asyncio.sleep(0.3)
        expect(rows[0].market_result == "yes", rows)
        return f"{number(rows[0], 'yes_count')} YES paid {rows[0].revenue} cents"

    async def _paused(self, words: str, *, trading_only: bool) -> Refused:
        pause = {"venue": "kalshi", "trading_only": trading_only}
        await self.found()
        self.door.do("/pause", pause)
        try:
            return await self.refused(words, "bid", "0.0100")
        finally:
            self.door.do("/unpause", pause)
