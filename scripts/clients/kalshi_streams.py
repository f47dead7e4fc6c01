"""kalshi-sdk: its streams and their models."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from typing import Any

from kalshi.ws.client import KalshiWebSocket
from kalshi.ws.models.orderbook_delta import OrderbookDeltaMessage, OrderbookSnapshotMessage

from clients.kalshi_setup import Setup, number
from clients.operations import OnKalshi as Row
from clients.reporting import answers, expect

PATIENCE_S = 15.0
ENDING = 4
"""Place of the market that ends while its lifecycle is heard."""
Subscribe = Callable[[KalshiWebSocket], Awaitable[AsyncIterator[Any]]]


class Streams(Setup):
    """The rows that listen. Orders that cause what is listened for go through REST."""

    @answers(Row.BOOK_STREAM)
    async def book_stream(self) -> str:
        ticker = await self.ticker()
        heard = await self._hear(
            lambda ws: ws.subscribe_orderbook_delta(tickers=[ticker]),
            self._rest_and_cancel,
            lambda one: (
                isinstance(one, OrderbookDeltaMessage)
                and number(one.msg, "price") == Decimal("0.01")
            ),
        )
        expect(isinstance(heard[0], OrderbookSnapshotMessage), heard[0])
        numbers = [one.seq for one in heard]
        expect(numbers == list(range(1, len(heard) + 1)), numbers)
        return f"a snapshot and {len(heard) - 1} deltas, numbered without a gap"

    @answers(Row.GET_SNAPSHOT)
    async def get_snapshot(self) -> str:
        ticker = await self.ticker()
        async with self._connected() as ws, asyncio.timeout(PATIENCE_S):
            stream = await ws.subscribe_orderbook_delta(tickers=[ticker])
            first = await anext(stream)
            command = {
                "id": 77,
                "cmd": "update_subscription",
                "params": {"sid": first.sid, "action": "get_snapshot", "market_tickers": [ticker]},
            }
            await ws._connection.send(command)  # noqa: SLF001 - it has no public verb for this
            async for message in stream:
                if isinstance(message, OrderbookSnapshotMessage):
                    break
        expect(message.seq > first.seq, (first.seq, message.seq))
        return f"a second snapshot, number {message.seq}"

    @answers(Row.TICKER_STREAM)
    async def ticker_stream(self) -> str:
        ticker = await self.ticker()
        heard = await self._hear(lambda ws: ws.subscribe_ticker(tickers=[ticker]), self._take)
        one = heard[-1].msg
        return f"{number(one, 'yes_bid')}/{number(one, 'yes_ask')}"

    @answers(Row.TRADE_STREAM)
    async def trade_stream(self) -> str:
        ticker = await self.ticker()
        heard = await self._hear(lambda ws: ws.subscribe_trade(tickers=[ticker]), self._take)
        one = heard[-1].msg
        return f"{number(one, 'count')} at {number(one, 'yes_price')}, taker {one.taker_side}"

    @answers(Row.LIFECYCLE_STREAM)
    async def lifecycle_stream(self) -> str:
        ticker = await self.ticker(ENDING)
        kinds: list[str] = []

        def settled(one: Any) -> bool:
            if getattr(one.msg, "market_ticker", "") == ticker:
                kinds.append(one.msg.event_type)
            return "determined" in kinds

        await self._hear(
            lambda ws: ws.subscribe_market_lifecycle(), lambda: self._end(ticker), settled
        )
        return ", ".join(kinds)

    @answers(Row.FILL_STREAM)
    async def fill_stream(self) -> str:
        heard = await self._hear(lambda ws: ws.subscribe_fill(), self._take)
        one = heard[-1].msg
        return f"{number(one, 'count')} at {number(one, 'yes_price')}, fee {one.fee_cost}"

    @answers(Row.ORDER_STREAM)
    async def order_stream(self) -> str:
        heard = await self._hear(
            lambda ws: ws.subscribe_user_orders(),
            self._rest_and_cancel,
            lambda one: one.msg.status == "canceled",
        )
        return ", ".join(one.msg.status for one in heard)

    @answers(Row.POSITION_STREAM)
    async def position_stream(self) -> str:
        heard = await self._hear(lambda ws: ws.subscribe_market_positions(), self._take)
        return f"{number(heard[-1].msg, 'position')} held"

    @answers(Row.GROUP_STREAM)
    async def group_stream(self) -> str:
        async def make_and_delete() -> None:
            await self.api.group_do(await self.api.group(10), "delete")

        heard = await self._hear(
            lambda ws: ws.subscribe_order_group(),
            make_and_delete,
            lambda one: one.msg.event_type == "deleted",
        )
        return ", ".join(one.msg.event_type for one in heard)

    async def _hear(
        self,
        subscribe: Subscribe,
        cause: Callable[[], Awaitable[None]],
        wanted: Callable[[Any], bool] = lambda _: True,
    ) -> list[Any]:
        """Subscribe, cause something, and collect up to the first message that is wanted."""
        heard: list[Any] = []
        async with self._connected() as ws, asyncio.timeout(PATIENCE_S):
            stream = await subscribe(ws)
            await cause()
            async for message in stream:
                heard.append(message)
                if wanted(message):
                    break
        return heard

    def _connected(self) -> Any:
        return self.api.api.ws.connect()  # type: ignore[attr-defined]

    async def _rest_and_cancel(self) -> None:
        await self.api.cancel(await self.rest())

    async def _take(self) -> None:
        await self.take()

    async def _end(self, ticker: str) -> None:
        self.door.do("/resolve", {"market": ticker, "venue": "kalshi", "payout": "0"})
