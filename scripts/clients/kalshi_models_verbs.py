"""The verbs of a trader on Kalshi as kalshi-sdk spells them."""

import uuid
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from kalshi import AsyncKalshiClient
from kalshi.config import KalshiConfig
from kalshi.errors import KalshiError
from kalshi.models.orders import (
    AmendOrderV2Request,
    BatchCancelOrdersV2Request,
    BatchCreateOrdersV2Request,
    CreateOrderV2Request,
    DecreaseOrderV2Request,
)

KEY_BITS = 2048


class Client:
    """kalshi-sdk's asyncio client. It retries reads only, and takes RSA keys only."""

    errors = KalshiError

    def __init__(self, rest: str, ws: str, key_id: str, pem: str) -> None:
        """Sign as this key."""
        self.key_id, self.pem, self.rest, self.ws = key_id, pem, rest, ws
        config = KalshiConfig(base_url=rest, ws_base_url=ws, max_retries=0)
        self.api = AsyncKalshiClient(key_id=key_id, private_key=pem, config=config)

    @staticmethod
    def words(error: Exception) -> str:
        """Status and what the client made of the body."""
        return f"{getattr(error, 'status_code', '')} {error}"

    async def close(self) -> None:
        """Let go of the connections."""
        await self.api.close()

    async def place(self, order: dict[str, Any]) -> Any:
        return await self.api.orders.create_v2(request=CreateOrderV2Request(**order))

    async def place_many(self, orders: list[dict[str, Any]]) -> list[Any]:
        body = BatchCreateOrdersV2Request(orders=[CreateOrderV2Request(**one) for one in orders])
        return list((await self.api.orders.batch_create_v2(request=body)).orders)

    async def cancel(self, order_id: str) -> Any:
        return await self.api.orders.cancel_v2(order_id)

    async def cancel_many(self, orders: list[dict[str, Any]]) -> list[Any]:
        body = BatchCancelOrdersV2Request.model_validate({"orders": orders})
        return list((await self.api.orders.batch_cancel_v2(request=body)).orders)

    async def cancel_all(self) -> None:
        await self.api.orders.cancel_all_v2()

    async def amend(self, order_id: str, body: dict[str, Any]) -> Any:
        return await self.api.orders.amend_v2(order_id, request=AmendOrderV2Request(**body))

    async def decrease(self, order_id: str, body: dict[str, Any]) -> Any:
        return await self.api.orders.decrease_v2(order_id, request=DecreaseOrderV2Request(**body))

    async def order(self, order_id: str) -> Any:
        return await self.api.orders.get(order_id)

    async def orders(self, **query: Any) -> list[Any]:
        return list((await self.api.orders.list(**query)).items)

    async def queue(self, order_id: str, ticker: str) -> tuple[Any, list[Any]]:
        ahead = await self.api.orders.queue_position(order_id)
        return ahead, await self.api.orders.queue_positions(market_tickers=[ticker])

    async def fills(self, **query: Any) -> list[Any]:
        return list((await self.api.portfolio.fills(**query)).items)

    async def positions(self, **query: Any) -> list[Any]:
        return list((await self.api.portfolio.positions(**query)).market_positions)

    async def balance(self, **query: Any) -> Any:
        return await self.api.portfolio.balance(**query)

    async def settlements(self, **query: Any) -> list[Any]:
        return list((await self.api.portfolio.settlements(**query)).items)

    async def money_moves(self) -> tuple[list[Any], list[Any]]:
        portfolio = self.api.portfolio
        deposits, withdrawals = await portfolio.deposits(), await portfolio.withdrawals()
        return list(deposits.items), list(withdrawals.items)

    async def transfer(self, amount: int, source: int, destination: int) -> str:
        raise NotImplementedError(f"{amount} from {source} to {destination}: no such call")

    async def subaccount(self) -> tuple[int, list[Any]]:
        made = (await self.api.subaccounts.create()).subaccount_number
        await self.api.subaccounts.transfer(
            client_transfer_id=uuid.uuid4(), from_subaccount=0, to_subaccount=made, amount_cents=100
        )
        return made, list((await self.api.subaccounts.list_balances()).subaccount_balances)

    async def exchange(self) -> tuple[Any, Any, Any]:
        exchange = self.api.exchange
        return (
            await exchange.status(),
            await exchange.schedule(),
            await exchange.user_data_timestamp(),
        )

    async def series(self, ticker: str = "") -> Any:
        return await (self.api.series.get(ticker) if ticker else self.api.series.list())

    async def events(self, **query: Any) -> list[Any]:
        return list((await self.api.events.list(**query)).items)

    async def event(self, ticker: str) -> Any:
        return await self.api.events.get(ticker)

    async def markets(self, **query: Any) -> tuple[list[Any], str]:
        page = await self.api.markets.list(**query)
        return list(page.items), page.cursor or ""

    async def market(self, ticker: str) -> Any:
        return await self.api.markets.get(ticker)

    async def fee_changes(self) -> int:
        events = await self.api.events.fee_changes()
        return len(list(events.items)) + len(await self.api.series.fee_changes())

    async def book(self, ticker: str) -> tuple[list[Any], list[Any]]:
        book = await self.api.markets.orderbook(ticker)
        return _levels(book.yes), _levels(book.no)

    async def books(self, tickers: list[str]) -> list[Any]:
        return list(await self.api.markets.bulk_orderbooks(tickers=tickers))

    async def trades(self, ticker: str) -> list[Any]:
        return list((await self.api.markets.list_trades(ticker=ticker)).items)

    async def candles(self, series: str, ticker: str, start: int, end: int) -> list[Any]:
        return list(
            await self.api.markets.candlesticks(
                series, ticker, start_ts=start, end_ts=end, period_interval=1
            )
        )

    async def limits(self) -> tuple[Any, Any]:
        return await self.api.account.limits(), await self.api.account.endpoint_costs()

    async def keys(self) -> list[Any]:
        return list((await self.api.api_keys.list()).api_keys)

    async def historical(self) -> tuple[Any, list[Any], list[Any]]:
        old = self.api.historical
        fills, orders = await old.fills(), await old.orders()
        return await old.cutoff(), list(fills.items), list(orders.items)

    async def group(self, limit: int) -> str:
        return str((await self.api.order_groups.create(contracts_limit=limit)).order_group_id)

    async def group_of(self, group_id: str) -> Any:
        return await self.api.order_groups.get(group_id)

    async def groups(self) -> list[Any]:
        return list(await self.api.order_groups.list())

    async def group_do(self, group_id: str, what: str) -> None:
        if what == "limit":
            await self.api.order_groups.update_limit(group_id, contracts_limit=50)
        else:
            await getattr(self.api.order_groups, what)(group_id)

    async def strangers(self) -> tuple["Client", "Client"]:
        wrong = Client(self.rest, self.ws, self.key_id, new_key())
        return wrong, Client(self.rest, self.ws, str(uuid.uuid4()), self.pem)


def new_key() -> str:
    """Make an RSA key, as PEM."""
    key = generate_private_key(65537, KEY_BITS)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _levels(levels: list[Any]) -> list[tuple[Decimal, Decimal]]:
    return [(level.price, level.quantity) for level in levels]
