"""Drives the simulated Kalshi with kalshi_python_async: `python -m clients.kalshi_official FILE`."""

import sys
import uuid
from decimal import Decimal
from typing import Any

import kalshi_python_async as kalshi
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from kalshi_python_async.exceptions import ApiException

from clients.kalshi_orders import Orders
from clients.kalshi_reads import Reads
from clients.kalshi_refusals import Refusals
from clients.operations import OnKalshi as Row
from clients.reporting import read_venues, run

NO_STREAMS = "the client has no streams"
ABSENT = {
    **dict.fromkeys((row for row in Row if "stream: " in row), NO_STREAMS),
    Row.V1_ORDER: "the client has no method for it any more",
}


class Client:
    """The verbs as the official client spells them."""

    errors = ApiException

    def __init__(self, rest: str, key_id: str, pem: str) -> None:
        """Sign as this key."""
        configuration = kalshi.Configuration(host=rest)
        configuration.api_key_id = key_id
        configuration.private_key_pem = pem
        self.rest = rest
        self.key_id = key_id
        self.pem = pem
        self.api = kalshi.KalshiClient(configuration)

    @staticmethod
    def words(error: Exception) -> str:
        """The answer's body: the client's own text is lost for some shapes of error."""
        return f"{getattr(error, 'status', '')} {getattr(error, 'body', error)}"

    async def close(self) -> None:
        """Let go of the connections."""
        await self.api.close()

    async def place(self, order: dict[str, Any]) -> Any:
        return await self.api.create_order_v2(**order)

    async def place_many(self, orders: list[dict[str, Any]]) -> list[Any]:
        return list((await self.api.batch_create_orders_v2(orders=orders)).orders)

    async def cancel(self, order_id: str) -> Any:
        return await self.api.cancel_order_v2(order_id)

    async def cancel_many(self, orders: list[dict[str, Any]]) -> list[Any]:
        return list((await self.api.batch_cancel_orders_v2(orders=orders)).orders)

    async def cancel_all(self) -> None:
        await self.api.cancel_all_orders()

    async def amend(self, order_id: str, body: dict[str, Any]) -> Any:
        return await self.api.amend_order_v2(order_id, **body)

    async def decrease(self, order_id: str, body: dict[str, Any]) -> Any:
        return await self.api.decrease_order_v2(order_id, **body)

    async def order(self, order_id: str) -> Any:
        return (await self.api.get_order(order_id)).order

    async def orders(self, **query: Any) -> list[Any]:
        return list((await self.api.get_orders(**query)).orders)

    async def queue(self, order_id: str, ticker: str) -> tuple[Any, list[Any]]:
        one = await self.api.get_order_queue_position(order_id)
        many = await self.api.get_order_queue_positions(market_tickers=ticker)
        return one.queue_position_fp, list(many.queue_positions)

    async def fills(self, **query: Any) -> list[Any]:
        return list((await self.api.get_fills(**query)).fills)

    async def positions(self, **query: Any) -> list[Any]:
        return list((await self.api.get_positions(**query)).market_positions)

    async def balance(self, **query: Any) -> Any:
        return await self.api.get_balance(**query)

    async def settlements(self, **query: Any) -> list[Any]:
        return list((await self.api.get_settlements(**query)).settlements)

    async def money_moves(self) -> tuple[list[Any], list[Any]]:
        deposits, withdrawals = await self.api.get_deposits(), await self.api.get_withdrawals()
        return list(deposits.deposits), list(withdrawals.withdrawals)

    async def transfer(self, amount: int, source: int, destination: int) -> str:
        made = await self.api.intra_exchange_instance_transfer(
            source="event_contract",
            destination="event_contract",
            amount=amount,
            source_exchange_shard=source,
            destination_exchange_shard=destination,
        )
        listed = await self.api.get_intra_exchange_instance_transfers()
        return f"transfer {made.transfer_id}, {len(listed.transfers)} listed"

    async def subaccount(self) -> tuple[int, list[Any]]:
        made = (await self.api.create_subaccount()).subaccount_number
        await self.api.apply_subaccount_transfer(
            client_transfer_id=uuid.uuid4(), from_subaccount=0, to_subaccount=made, amount_cents=100
        )
        return made, list((await self.api.get_subaccount_balances()).subaccount_balances)

    async def exchange(self) -> tuple[Any, Any, Any]:
        return (
            await self.api.get_exchange_status(),
            await self.api.get_exchange_schedule(),
            await self.api.get_user_data_timestamp(),
        )

    async def series(self, ticker: str = "") -> Any:
        if ticker:
            return (await self.api.get_series(ticker)).series
        return list((await self.api.get_series_list()).series)

    async def events(self, **query: Any) -> list[Any]:
        return list((await self.api.get_events(**query)).events)

    async def event(self, ticker: str) -> Any:
        return (await self.api.get_event(ticker)).event

    async def markets(self, **query: Any) -> tuple[list[Any], str]:
        page = await self.api.get_markets(**query)
        return list(page.markets), page.cursor

    async def market(self, ticker: str) -> Any:
        return (await self.api.get_market(ticker)).market

    async def fee_changes(self) -> int:
        series = await self.api.get_series_fee_changes()
        events = await self.api.get_event_fee_changes()
        return len(series.series_fee_change_arr) + len(events.event_fee_changes)

    async def book(self, ticker: str) -> tuple[list[Any], list[Any]]:
        book = (await self.api.get_market_orderbook(ticker)).orderbook_fp
        return _levels(book.yes_dollars), _levels(book.no_dollars)

    async def books(self, tickers: list[str]) -> list[Any]:
        return list((await self.api.get_market_orderbooks(tickers=tickers)).orderbooks)

    async def trades(self, ticker: str) -> list[Any]:
        return list((await self.api.get_trades(ticker=ticker)).trades)

    async def candles(self, series: str, ticker: str, start: int, end: int) -> list[Any]:
        said = await self.api.get_market_candlesticks(
            series, ticker, start_ts=start, end_ts=end, period_interval=1
        )
        return list(said.candlesticks)

    async def limits(self) -> tuple[Any, Any]:
        limits = await self.api.get_account_api_limits()
        return limits, await self.api.get_account_endpoint_costs()

    async def keys(self) -> list[Any]:
        return list((await self.api.get_api_keys()).api_keys)

    async def historical(self) -> tuple[Any, list[Any], list[Any]]:
        cutoff = await self.api.get_historical_cutoff()
        fills = await self.api.get_fills_historical()
        return cutoff, list(fills.fills), list((await self.api.get_historical_orders()).orders)

    async def group(self, limit: int) -> str:
        made = await self.api.create_order_group(contracts_limit=limit)
        return str(made.order_group_id)

    async def group_of(self, group_id: str) -> Any:
        return await self.api.get_order_group(group_id)

    async def groups(self) -> list[Any]:
        return list((await self.api.get_order_groups()).order_groups)

    async def group_do(self, group_id: str, what: str) -> None:
        match what:
            case "limit":
                await self.api.update_order_group_limit(group_id, contracts_limit=50)
            case "trigger":
                await self.api.trigger_order_group(group_id, body={})
            case "reset":
                await self.api.reset_order_group(group_id, body={})
            case _:
                await self.api.delete_order_group(group_id)

    async def strangers(self) -> tuple["Client", "Client"]:
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        unknown = Client(self.rest, str(uuid.uuid4()), self.pem)
        return Client(self.rest, self.key_id, pem), unknown


class Trader(Reads, Orders, Refusals):
    """All rows together."""


def _levels(wire: list[list[str]]) -> list[tuple[Decimal, Decimal]]:
    return [(Decimal(price), Decimal(count)) for price, count in wire]


if __name__ == "__main__":
    VENUES = read_venues(sys.argv)
    KALSHI = VENUES["kalshi"]
    API = Client(KALSHI["rest"], KALSHI["key_id"], KALSHI["private_key_pem"])
    run(Trader(VENUES, API), Row, ABSENT)
