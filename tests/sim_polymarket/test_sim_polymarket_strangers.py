"""Strangers at the door: the official client's builder, real sockets, and the bot's own adapter."""

import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import trio
from hypercorn.config import Config
from hypercorn.trio import serve
from py_clob_client_v2.clob_types import CreateOrderOptions, MarketOrderArgsV2, OrderArgsV2
from py_clob_client_v2.order_builder.builder import OrderBuilder
from py_clob_client_v2.order_utils.model.order_data_v2 import order_to_json_v2

from arb.market.instruments import Action, Market, Outcome
from arb.market.units import MICRO, Ns, Px, Qty
from arb.messages import BasketId, Fill, FillStatus, NewOrder, OrderId, OrderRef, OrderState, Phase
from arb.venues.polymarket.account import PolymarketAccount
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.config import PolymarketCredentials, PolymarketUrls
from arb.venues.polymarket.directory import PolymarketDirectory
from arb.venues.polymarket.market_data import PolymarketMarketData
from arb.venues.polymarket.orders import PolymarketOrders
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.polymarket.signing import PolymarketSigner
from arb.venues.wire import TrioSockets

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Venue

HOST = "https://poly.test"


def builder(person: "Person") -> OrderBuilder:
    return OrderBuilder(
        person.signer, signature_type=person.wallet.signature_type, funder=person.wallet.funder
    )


def options(market: Any) -> CreateOrderOptions:  # noqa: ANN401 - a listing
    return CreateOrderOptions(tick_size=str(market.tick / MICRO), neg_risk=market.neg_risk)


@pytest.mark.parametrize("market", ["plain", "fine", "neg1", "v2"])
@pytest.mark.parametrize("who", ["bot", "deposit"])
async def test_the_official_builders_limit_orders_fill(
    venue: "Venue", markets: "Markets", market: str, who: str
) -> None:
    """What the official client builds and signs is taken, for every exchange and wallet."""
    person, listing = venue.people[who], markets[market]
    venue.rest(listing, Action.SELL, "100", "0.5")
    asset = "position_id" if listing.version == "v2" else "token_id"
    args = OrderArgsV2(price=0.52, size=10.0, side="BUY", **{asset: listing.tokens[0]})
    signed = builder(person).build_order(args, options(listing), version=2)
    body = order_to_json_v2(signed, person.creds.api_key, "GTC")
    said = await person.ask("POST", "/order", body)
    assert said.status == 200, said
    assert (said.body["status"], said.body["takingAmount"]) == ("matched", "10")


@pytest.mark.parametrize(("side", "amount"), [("BUY", 10.0), ("SELL", 12.34)])
async def test_the_official_builders_market_orders_fill(
    venue: "Venue", bot: "Person", markets: "Markets", side: str, amount: float
) -> None:
    """Market orders of the official client spend their dollars, or sell their shares."""
    listing = markets["plain"]
    venue.exchange.split("bot", listing.id, Qty(20 * MICRO))
    venue.quote(listing, "0.5", "0.52")
    args = MarketOrderArgsV2(token_id=listing.tokens[0], amount=amount, side=side, price=0.51)
    if side == "BUY":
        args.price = 0.53
    else:
        args.price = 0.49
    signed = builder(bot).build_market_order(args, options(listing), version=2)
    said = await bot.ask("POST", "/order", order_to_json_v2(signed, bot.creds.api_key, "FAK"))
    assert said.status == 200, said
    assert said.body["makingAmount"] == ("10" if side == "BUY" else "12.34")


@asynccontextmanager
async def over_sockets(venue: "Venue") -> AsyncIterator[str]:
    """Serve the venue on loopback."""
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.accesslog = None
    config.errorlog = None
    done = trio.Event()
    async with trio.open_nursery() as nursery:
        start = partial(
            serve,
            venue.face.app,  # type: ignore[arg-type]  # Starlette types its scopes more loosely
            config,
            shutdown_trigger=done.wait,
        )
        (address,) = await nursery.start(start)
        yield address
        done.set()


async def test_over_real_sockets(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """The same application serves REST and both streams over TCP, and lets go of clients."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "100", "0.5")
    async with over_sockets(venue) as address:
        stream = address.replace("http", "ws") + "/ws/market"
        async with (
            httpx.AsyncClient(base_url=address, trust_env=False) as http,
            TrioSockets().open(stream) as socket,
        ):
            frame = {"type": "market", "assets_ids": list(market.tokens)}
            await socket.send(json.dumps(frame))
            books = json.loads(await socket.receive())
            assert [book["asset_id"] for book in books] == list(market.tokens)
            assert (await http.get("/version")).json() == {"version": 2}
            venue.http = http
            said = await bot.place(market.tokens[0], "BUY", "10", "0.5")
            assert said.body["status"] == "matched"
            change = json.loads(await socket.receive())
            assert change["event_type"] == "price_change"
            await socket.send("PING")
            texts = [await socket.receive() for _ in range(4)]
            assert texts[-1] == "PONG"
        await trio.testing.wait_all_tasks_blocked()
    assert venue.face.counts["connected"] == 1


class Bot:
    """The bot's own adapter, pointed at the simulated venue."""

    def __init__(self, venue: "Venue", person: "Person", key: str) -> None:
        urls = PolymarketUrls(
            clob=HOST,
            gamma=HOST,
            data=HOST,
            market_ws="wss://poly.test/ws/market",
            user_ws="wss://poly.test/ws/user",
            geoblock=HOST + "/api/geoblock",
        )
        wallet = person.wallet
        credentials = PolymarketCredentials(key, wallet.funder, wallet.signature_type)
        self.clients = PolymarketClients.open(urls, venue.network.transport(HOST))
        sockets, directory, now_ns = venue.network.sockets, PolymarketDirectory(), venue.now_ns
        signer = PolymarketSigner(credentials, random.Random(1))
        session = PolymarketSession(signer, self.clients.clob, now_ns)
        self.data = PolymarketMarketData(self.clients, urls, sockets, directory, now_ns)
        self.orders = PolymarketOrders(session, now_ns)
        self.account = PolymarketAccount(self.clients, urls, session, sockets, directory, now_ns)


BOT_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


@asynccontextmanager
async def adapter(venue: "Venue", who: str) -> AsyncIterator[tuple[Bot, dict[str, Market]]]:
    """The adapter, logged in, with the markets that it discovered by slug."""
    bot = Bot(venue, venue.people[who], BOT_KEY)
    await bot.account.log_in()
    catalogue = await bot.data.discover()
    yield bot, {market.title.split()[1]: market for market in catalogue.markets}
    await bot.clients.close()


def order_for(market: Market, action: Action, qty: int, limit: int) -> NewOrder:
    return NewOrder(
        id=OrderId("one"),
        basket=BasketId("basket"),
        market=market,
        outcome=Outcome.YES,
        action=action,
        qty=Qty(qty),
        limit=Px(limit),
        created_ns=Ns(0),
    )


@pytest.mark.parametrize("who", ["bot", "deposit"])
@pytest.mark.parametrize("title", ["rain", "fine", "candidate-0", "future"])
async def test_the_bots_adapter_trades(
    venue: "Venue", markets: "Markets", who: str, title: str
) -> None:
    """Discovery, order, fill, balance and position agree with the venue to the micro-dollar."""
    listing = next(one for one in markets.values() if one.slug == title)
    venue.rest(listing, Action.SELL, "4", "0.48")
    venue.rest(listing, Action.SELL, "100", "0.5")
    async with adapter(venue, who) as (bot, found):
        assert await bot.account.objections() == ()
        market = found[title]
        start = venue.now_ns()
        prepared = bot.orders.prepare(order_for(market, Action.BUY, 10 * MICRO, 500_000))
        state = await bot.orders.send(prepared)
        assert (state.phase, state.filled) == (Phase.DONE, 10 * MICRO)
        fills = await bot.account.fills(start)
        assert sorted((fill.px, fill.qty) for fill in fills) == [
            (480_000, 4 * MICRO),
            (500_000, 6 * MICRO),
        ]
        assert sum(fill.fee for fill in fills) == venue.exchange.fees_paid(who)
        (balance,) = await bot.account.balances()
        assert balance.usd == venue.exchange.cash(who)[0]
        (position,) = await bot.account.positions()
        assert (position.market, position.yes, position.no) == (market.id, 10 * MICRO, 0)
        assert await bot.orders.open_orders() == ()


async def test_the_bots_adapter_hears_its_fills(venue: "Venue", markets: "Markets") -> None:
    """The adapter's private stream tells a fill provisionally, then firmly."""
    venue.rest(markets["plain"], Action.SELL, "100", "0.5")
    async with adapter(venue, "bot") as (bot, found), bot.account.connect_user() as socket:
        stream = bot.account.user_stream()
        for frame in stream.opening():
            await socket.send(frame)
        await trio.testing.wait_all_tasks_blocked()
        prepared = bot.orders.prepare(order_for(found["rain"], Action.BUY, 10 * MICRO, 500_000))
        await bot.orders.send(prepared)
        heard: list[Fill | OrderState] = []
        while not any(isinstance(one, Fill) and one.status is FillStatus.FIRM for one in heard):
            heard += stream.receive(await socket.receive(), venue.now_ns())
        fills = [one for one in heard if isinstance(one, Fill)]
        assert {(fill.px, fill.qty, fill.key) for fill in fills} == {
            (500_000, 10 * MICRO, prepared.key)
        }
        assert fills[0].status is FillStatus.PROVISIONAL
        states = [one for one in heard if isinstance(one, OrderState)]
        assert states[-1].filled == 10 * MICRO


async def test_the_bots_adapter_cancels_what_rests(venue: "Venue", markets: "Markets") -> None:
    """What a purchase leaves on the book is seen, cancelled and gone."""
    venue.rest(markets["plain"], Action.SELL, "4", "0.5")
    async with adapter(venue, "bot") as (bot, found):
        market = found["rain"]
        prepared = bot.orders.prepare(order_for(market, Action.BUY, 10 * MICRO, 500_000))
        state = await bot.orders.send(prepared)
        assert (state.phase, state.filled) == (Phase.OPEN, 4 * MICRO)
        assert [one.key for one in await bot.orders.open_orders()] == [prepared.key]
        ref = OrderRef(prepared.key, market, None)
        await bot.orders.cancel(ref)
        after = await bot.orders.read(ref)
        assert after is not None
        assert (after.phase, after.filled) == (Phase.DONE, 4 * MICRO)
        await bot.orders.cancel(ref)
        unknown = OrderRef(type(prepared.key)("0x" + "0" * 64), market, None)
        assert await bot.orders.read(unknown) is None


async def test_the_bots_adapter_keeps_the_book(venue: "Venue", markets: "Markets") -> None:
    """The adapter's stream follows the book through changes and trades."""
    listing = markets["fine"]
    venue.quote(listing, "0.4", "0.6")
    async with adapter(venue, "bot") as (bot, found), bot.data.connect_books() as socket:
        market = found["fine"]
        stream = bot.data.book_stream([market])
        for frame in stream.opening():
            await socket.send(frame)
        changes = list(stream.receive(await socket.receive(), venue.now_ns()))
        venue.rest(listing, Action.BUY, "7", "0.455")
        venue.face.flush()
        changes += stream.receive(await socket.receive(), venue.now_ns())
        assert len(changes) >= 2
        view = await bot.data.book(market)
        assert view.bids[0] == (455_000, 7 * MICRO)
        assert view.asks == ((600_000, 100 * MICRO),)
