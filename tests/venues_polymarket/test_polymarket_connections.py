"""Both conversations over real sockets, against a small server."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest
import trio
from trio_websocket import ConnectionClosed, WebSocketRequest, serve_websocket

from arb.market.instruments import Market, PolymarketRef
from arb.market.units import Ns, Px, Qty
from arb.messages import BookReplaced, OrderState
from arb.venues.polymarket.account import PolymarketAccount
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.config import PolymarketUrls
from arb.venues.polymarket.directory import PolymarketDirectory
from arb.venues.polymarket.market_data import PolymarketMarketData
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.wire import TrioSockets

NOW = Ns(1_790_000_000_000_000_000)


@attrs.define
class SocketVenue:
    """Answers an opening frame with `greeting` and a ping with PONG."""

    greeting: str = "[]"
    heard: list[tuple[str, str | bytes]] = attrs.field(factory=list)
    url: str = ""

    async def serve(self, request: WebSocketRequest) -> None:
        socket = await request.accept()
        while True:
            try:
                frame = await socket.get_message()
            except ConnectionClosed:
                return
            self.heard.append((request.path, frame))
            await socket.send_message("PONG" if frame == "PING" else self.greeting)


@pytest.fixture
async def sockets(nursery: trio.Nursery) -> SocketVenue:
    made = SocketVenue()
    listening = partial(serve_websocket, made.serve, "127.0.0.1", 0, ssl_context=None)
    server = await nursery.start(listening)
    made.url = f"ws://127.0.0.1:{server.port}"
    return made


async def test_books_arrive_over_a_socket(
    sockets: SocketVenue, clients: PolymarketClients, make_market: Callable[..., Market]
) -> None:
    """Open, subscribe, get the first dump, ping: the path is the market channel's."""
    market = make_market()
    assert isinstance(market.ref, PolymarketRef)
    urls = PolymarketUrls(market_ws=f"{sockets.url}/ws/market")
    data = PolymarketMarketData(clients, urls, TrioSockets(), PolymarketDirectory(), lambda: NOW)
    book = {
        "event_type": "book",
        "asset_id": market.ref.yes_token,
        "bids": [{"price": "0.4", "size": "1"}],
        "asks": [],
    }
    sockets.greeting = json.dumps([book])
    stream = data.book_stream([market])
    async with data.connect_books() as socket:
        for frame in stream.opening():
            await socket.send(frame)
        changes = stream.receive(await socket.receive(), NOW)
        await socket.send(stream.keepalive())
        assert stream.receive(await socket.receive(), NOW) == []
    assert changes == [BookReplaced(market.id, ((Px(400_000), Qty(1_000_000)),), ())]
    assert stream.counts == {"frames:book": 1, "frames:pong": 1}
    assert [path for path, _ in sockets.heard] == ["/ws/market"] * 2


async def test_reports_arrive_over_a_socket(
    sockets: SocketVenue, clients: PolymarketClients, session: PolymarketSession
) -> None:
    """Open, authenticate, read an order: the path is the user channel's."""
    urls = PolymarketUrls(user_ws=f"{sockets.url}/ws/user")
    directory = PolymarketDirectory()
    account = PolymarketAccount(clients, urls, session, TrioSockets(), directory, lambda: NOW)
    order: dict[str, Any] = {
        "event_type": "order",
        "type": "PLACEMENT",
        "id": "0x1",
        "size_matched": "0",
        "original_size": "10",
        "status": "LIVE",
    }
    sockets.greeting = json.dumps(order)
    stream = account.user_stream()
    async with account.connect_user() as socket:
        for frame in stream.opening():
            await socket.send(frame)
        (report,) = stream.receive(await socket.receive(), NOW)
        assert isinstance(report, OrderState)
    ((path, opening),) = sockets.heard
    assert path == "/ws/user"
    assert json.loads(opening)["auth"]["apiKey"] == session.key.owner
