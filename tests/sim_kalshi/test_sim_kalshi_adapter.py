"""The bot's own Kalshi adapter against the face: neither knows of the other's code."""

from typing import TYPE_CHECKING

import attrs
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from arb.market.book import Book
from arb.market.errors import Refused, Unreachable
from arb.market.fees import KalshiFees
from arb.market.instruments import Action, Catalogue, Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, ONE, Ns, Px, Qty, Usd
from arb.messages import (
    BasketId,
    BookBroken,
    BookChange,
    BookReplaced,
    Fill,
    FillStatus,
    LevelAdded,
    NewOrder,
    OrderId,
    OrderRef,
    OrderState,
    Phase,
)
from arb.venues.kalshi.account import KalshiAccount
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.market_data import KalshiMarketData
from arb.venues.kalshi.orders import KalshiOrders
from arb.venues.protocols import Account, BookStream, MarketData, Orders, Socket
from arb.venues.wire import http_client

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk

HOST = "https://kalshi.test"
URLS = KalshiUrls(rest=f"{HOST}/trade-api/v2", ws="wss://kalshi.test/trade-api/ws/v2")


@attrs.frozen
class Bot:
    """The three sides of the adapter."""

    data: MarketData
    orders: Orders
    account: Account
    listed: Catalogue

    def market(self, ticker: str) -> Market:
        return next(one for one in self.listed.markets if one.id == f"kalshi:{ticker}")

    def order(self, ticker: str, outcome: Outcome, count: int, limit: int) -> NewOrder:
        """Buy `count` contracts at `limit` cents or better."""
        number = len(self.listed.markets) + count
        return NewOrder(
            id=OrderId(f"o-{number}-{ticker}-{limit}"),
            basket=BasketId("b"),
            market=self.market(ticker),
            outcome=outcome,
            action=Action.BUY,
            qty=Qty(count * MICRO),
            limit=Px(limit * 10_000),
            created_ns=self.market(ticker).closes_ns or NOW,
        )


NOW = Ns(0)


@pytest.fixture
async def bot(desk: "Desk") -> Bot:
    key = desk.signers["bot"].key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    credentials = KalshiCredentials("key-bot", key.decode())
    client = http_client(HOST, desk.network.transport(HOST))
    sockets = desk.network.sockets
    data = KalshiMarketData(URLS, credentials, client, sockets, desk.now_ns)
    return Bot(
        data=data,
        orders=KalshiOrders(URLS, credentials, client, desk.now_ns),
        account=KalshiAccount(URLS, credentials, client, sockets, desk.now_ns),
        listed=await data.discover(),
    )


async def test_discovery(bot: Bot) -> None:  # noqa: ASYNC124 - its fixtures run on Trio
    """Every market is found with its grid, its shard and its fees; nothing is left out."""
    assert bot.listed.venue is Venue.KALSHI
    assert len(bot.listed.markets) == 6
    assert bot.listed.left_out == {}
    assert bot.market("SIM-1-A").fees == KalshiFees(70_000, 0)
    assert bot.market("SIMM-1-H").fees == KalshiFees(70_000, 17_500)
    assert bot.market("SIMF-1-X").grid.holds(27_000)
    assert not bot.market("SIMF-1-X").grid.holds(127_000)
    (event,) = [one for one in bot.listed.events if one.id == "kalshi:SIM-1"]
    assert event.at_most_one.holds
    assert len(event.markets) == 3


async def test_log_in_and_objections(bot: Bot, desk: "Desk") -> None:
    """The key is accepted, nothing speaks against trading, and a pause does."""
    await bot.account.log_in()
    assert await bot.account.objections() == ()
    desk.face.pause(2)
    (objection,) = await bot.account.objections()
    assert "shard 2" in objection


async def test_book_by_rest(bot: Bot, desk: "Desk") -> None:
    """The adapter's book is the engine's."""
    market = bot.market("SIM-1-A")
    view = await bot.data.book(market)
    assert (view.bids, view.asks) == desk.exchange.levels(market.id)


def apply(books: dict[MarketId, Book], changes: list[BookChange]) -> None:
    for change in changes:
        match change:
            case BookReplaced(market, bids, asks):
                books[market].replace(bids, asks)
            case LevelAdded(market, is_bid, px, delta):
                book = books[market]
                (book.add_bid if is_bid else book.add_ask)(px, delta)
            case other:
                pytest.fail(f"{other}")


async def test_books_by_stream(bot: Bot, desk: "Desk") -> None:
    """Books kept by the adapter's stream equal the engine's, after trades and cancels too."""
    markets = bot.listed.markets
    books = {market.id: Book(market) for market in markets}
    stream = bot.data.book_stream(markets)
    async with bot.data.connect_books() as socket:
        for text in stream.opening():
            await socket.send(text)
        for _ in range(1 + len(markets)):
            apply(books, stream.receive(await socket.receive(), desk.now_ns()))
        assert all(book.live for book in books.values())
        desk.exchange.cancel(desk.post("SIM-1-A", "yes", "0.42", "3").id)
        desk.post("SIM-1-B", "no", "0.46", "2.50")
        await bot.orders.send(bot.orders.prepare(bot.order("SIM-1-A", Outcome.NO, 12, 60)))
        for _ in range(5):
            apply(books, stream.receive(await socket.receive(), desk.now_ns()))
    for market in markets:
        view = books[market.id].view(desk.now_ns())
        assert (view.bids, view.asks) == desk.exchange.levels(market.id)
    assert not [key for key in stream.counts if key.startswith(("skipped", "gaps", "errors"))]


async def test_gap_heals(bot: Bot, desk: "Desk") -> None:
    """A lost frame breaks every book of the connection; the snapshots that follow mend them."""
    markets = [bot.market(f"SIM-1-{name}") for name in "ABC"]
    stream = bot.data.book_stream(markets)
    async with bot.data.connect_books() as socket:
        for text in stream.opening():
            await socket.send(text)
        await _changes(socket, stream, len(markets))
        desk.face.broadcast.faults.drop_deltas = 1
        desk.post("SIM-1-A", "yes", "0.42", "1")
        desk.post("SIM-1-B", "yes", "0.42", "1")
        broken = await _changes(socket, stream, len(markets))
        for text in stream.replies():
            await socket.send(text)
        mended = await _changes(socket, stream, len(markets))
    assert all(isinstance(change, BookBroken) for change in broken)
    assert all(isinstance(change, BookReplaced) for change in mended)
    assert stream.counts["gaps"] == 1


async def _changes(socket: Socket, stream: BookStream, least: int) -> list[BookChange]:
    """Read until so many changes came, whatever is said in between."""
    found: list[BookChange] = []
    while len(found) < least:
        found += stream.receive(await socket.receive(), Ns(0))
    return found


async def test_order_and_what_it_leaves(bot: Bot, desk: "Desk") -> None:
    """A NO purchase fills; order, fill, position and cash read back as the engine has them."""
    prepared = bot.orders.prepare(bot.order("SIM-1-A", Outcome.NO, 10, 59))
    state = await bot.orders.send(prepared)
    assert (state.phase, state.filled) == (Phase.DONE, Qty(10 * MICRO))
    ref = OrderRef(prepared.key, prepared.order.market, None)
    read = await bot.orders.read(ref)
    assert read is not None
    assert (read.venue_order_id, read.filled, read.phase) == (
        state.venue_order_id,
        state.filled,
        Phase.DONE,
    )
    (fill,) = await bot.account.fills(desk.now_ns())
    assert (fill.outcome, fill.px, fill.qty) == (Outcome.NO, Px(590_000), Qty(10 * MICRO))
    assert (fill.fee, fill.status) == (Usd(169_400), FillStatus.FIRM)
    (position,) = await bot.account.positions()
    assert (position.yes, position.no) == desk.exchange.position("bot", prepared.order.market.id)
    cash = {one.pool: one.usd for one in await bot.account.balances()}
    assert cash == desk.exchange.cash("bot") == {0: 993_930_600, 2: 50_000_000}


async def test_sending_twice(bot: Bot, desk: "Desk") -> None:
    """The same order sent again is not taken again: the adapter calls its outcome unknown."""
    prepared = bot.orders.prepare(bot.order("SIM-1-A", Outcome.NO, 1, 59))
    await bot.orders.send(prepared)
    with pytest.raises(Unreachable, match="taken before"):
        await bot.orders.send(prepared)
    assert len(desk.exchange.matches_of("bot")) == 1


async def test_refusals(bot: Bot, desk: "Desk") -> None:
    """No money, a pause, a closed market: all of them are `Refused`, and nothing happened."""
    poor = bot.orders.prepare(bot.order("SIMB-1-T", Outcome.YES, 500, 50))
    with pytest.raises(Refused, match="insufficient_balance"):
        await bot.orders.send(poor)
    desk.face.pause(0)
    paused = bot.orders.prepare(bot.order("SIM-1-A", Outcome.YES, 1, 44))
    with pytest.raises(Refused, match="trading_is_paused"):
        await bot.orders.send(paused)
    desk.face.unpause(0)
    desk.face.determine("SIM-1-A", ONE)
    with pytest.raises(Refused, match="market_closed"):
        await bot.orders.send(paused)
    assert desk.exchange.matches_of("bot") == []


async def test_cancelling_what_rests(bot: Bot, desk: "Desk") -> None:
    """Resting orders, made by hand here, are listed, cancelled singly and all together."""
    by_hand = desk.client()
    for ticker in ("SIM-1-A", "SIM-1-B", "SIMB-1-T"):
        said = await by_hand.order(
            ticker, "bid", "1", "0.05", time_in_force="good_till_canceled", client_order_id=ticker
        )
        assert said.status == 201
    first, *_ = await bot.orders.open_orders()
    assert first.phase is Phase.OPEN
    assert first.key is not None
    await bot.orders.cancel(OrderRef(first.key, bot.market(first.key), first.venue_order_id))
    assert len(await bot.orders.open_orders()) == 2
    await bot.orders.cancel_all()
    assert await bot.orders.open_orders() == ()
    await bot.orders.cancel(OrderRef(first.key, bot.market(first.key), first.venue_order_id))


async def test_user_stream(bot: Bot, desk: "Desk") -> None:
    """The private stream tells fill and order as the reads do."""
    stream = bot.account.user_stream()
    heard: list[Fill | OrderState] = []
    async with bot.account.connect_user() as socket:
        for text in stream.opening():
            await socket.send(text)
        for _ in range(2):
            heard += stream.receive(await socket.receive(), desk.now_ns())
        prepared = bot.orders.prepare(bot.order("SIM-1-A", Outcome.NO, 10, 59))
        await bot.orders.send(prepared)
        for _ in range(2):
            heard += stream.receive(await socket.receive(), desk.now_ns())
    fill, order = heard
    assert isinstance(fill, Fill)
    assert isinstance(order, OrderState)
    assert (fill.key, fill.fee) == (prepared.key, Usd(169_400))
    assert (order.key, order.phase, order.filled) == (prepared.key, Phase.DONE, fill.qty)
    assert (fill,) == tuple(
        attrs.evolve(one, key=fill.key) for one in await bot.account.fills(desk.now_ns())
    )
