"""polymarket-client: its streams, which only its asyncio client has."""

import asyncio
from collections.abc import Callable
from typing import Any

from polymarket.clients.async_public import AsyncPublicClient
from polymarket.clients.async_secure import AsyncSecureClient
from polymarket.streams import MarketSpec, UserSpec

from clients.operations import OnPolymarket as Row
from clients.reporting import answers, expect
from clients.unified_orders import STEP
from clients.unified_setup import Setup

PATIENCE_S = 15.0
Wanted = Callable[[Any], bool]


class Streams(Setup):
    """The rows that listen; orders that cause what is listened for go through the sync client."""

    @answers(Row.BOOK_STREAM)
    async def book_stream(self) -> str:
        event = await self._hear(lambda event: event.type == "book", lambda: None)
        payload = event.payload
        return f"{len(payload.bids)} bids, {len(payload.asks)} asks, tick {payload.tick_size}"

    @answers(Row.CHANGE_STREAM)
    async def change_stream(self) -> str:
        event = await self._hear(lambda event: event.type == "price_change", self._rest_and_cancel)
        change = event.payload.price_changes[0]
        return f"{change.side} {change.size} at {change.price}, {change.best_bid}/{change.best_ask}"

    @answers(Row.TRADE_STREAM)
    async def trade_stream(self) -> str:
        event = await self._hear(lambda event: event.type == "last_trade_price", self._take)
        return f"{event.payload.side} {event.payload.size} at {event.payload.price}"

    @answers(Row.TOP_STREAM)
    async def top_stream(self) -> str:
        event = await self._hear(lambda event: event.type == "best_bid_ask", self._better_bid)
        return f"{event.payload.best_bid}/{event.payload.best_ask}"

    @answers(Row.ORDER_STREAM)
    async def orders_stream(self) -> str:
        heard = await self._hear_own(
            self._rest_and_cancel,
            lambda event: (
                event.type == "order" and event.payload.order_event_type == "CANCELLATION"
            ),
        )
        kinds = [event.payload.order_event_type for event in heard if event.type == "order"]
        expect(kinds[:1] == ["PLACEMENT"] and kinds[-1] == "CANCELLATION", kinds)
        return ", ".join(kinds)

    @answers(Row.FILL_STREAM)
    async def fills_stream(self) -> str:
        heard = await self._hear_own(
            self._take,
            _confirms_news(),
        )
        trade = heard[-1].payload.id  # earlier trades are still on their way too
        trades = [event.payload for event in heard if event.type == "trade"]
        states = [str(one.status) for one in trades if one.id == trade]
        expect(states[0].endswith("MATCHED"), states)
        return ", ".join(dict.fromkeys(states))

    async def _hear(self, wanted: Wanted, cause: Callable[[], object]) -> Any:
        async with AsyncPublicClient(environment=self.environment) as client:
            spec = MarketSpec(asset_ids=[self.token], custom_feature_enabled=True)
            heard = await self._listen(await client.subscribe(spec), wanted, cause)
        return heard[-1]

    async def _hear_own(self, cause: Callable[[], object], wanted: Wanted) -> list[Any]:
        client = await AsyncSecureClient.create(
            private_key=self.venue["private_key"],
            wallet=self.venue["wallet"],
            environment=self.environment,
        )
        async with client:
            handle = await client.subscribe(UserSpec())
            await asyncio.sleep(0.5)  # the venue does not say when a subscription has begun
            return await self._listen(handle, wanted, cause)

    async def _listen(
        self,
        handle: Any,
        wanted: Wanted,
        cause: Callable[[], object],
    ) -> list[Any]:
        """Cause something and collect what is heard up to the first event that is wanted."""
        heard: list[Any] = []
        async with handle, asyncio.timeout(PATIENCE_S):
            await asyncio.to_thread(cause)
            async for event in handle:
                heard.append(event)
                if wanted(event):
                    break
        return heard

    def _rest_and_cancel(self) -> None:
        self.client.cancel_order(order_id=self.rest())

    def _take(self) -> None:
        price = self.best()[1] + STEP
        self.client.place_limit_order(asset_id=self.token, price=price, size=5, side="BUY")
        self.client.cancel_all()

    def _better_bid(self) -> None:
        """Take whatever is offered best: the best price moves, or the size behind it."""
        self.client.place_limit_order(asset_id=self.token, price=self.best()[1], size=5, side="BUY")
        self.client.cancel_all()


def _confirms_news() -> Wanted:
    """Recognise the confirmation of a trade whose match was heard too."""
    matched: set[str] = set()

    def wanted(event: Any) -> bool:
        if event.type != "trade":
            return False
        if str(event.payload.status).endswith("MATCHED"):
            matched.add(event.payload.id)
        return str(event.payload.status).endswith("CONFIRMED") and event.payload.id in matched

    return wanted
