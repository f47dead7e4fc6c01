"""The face over real sockets: hypercorn on the loopback, httpx and trio-websocket as clients."""

from typing import TYPE_CHECKING

import httpx
import msgspec
import trio
from hypercorn.config import Config
from hypercorn.trio import serve

from arb.venues.wire import TrioSockets, http_client

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk

WS_PATH = "/trade-api/ws/v2"


async def start(desk: "Desk", nursery: trio.Nursery) -> str:
    """Serve the face; returns host and port."""
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.accesslog = None
    config.errorlog = None
    config.websocket_ping_interval = 0.05
    config.graceful_timeout = 0.1
    (bound,) = await nursery.start(serve, desk.face.app, config)
    return str(bound).removeprefix("http://")


async def test_orders_over_http(desk: "Desk", nursery: trio.Nursery) -> None:
    """Signed requests with bodies, a DELETE among them, work over a real connection."""
    address = await start(desk, nursery)
    bot = desk.client()
    bot.http = http_client(f"http://{address}")
    async with bot.http:
        said = await bot.order("SIM-1-A", "bid", "3", "0.05", time_in_force="good_till_canceled")
        assert said.status == 201
        body = {"orders": [{"order_id": said.body["order_id"]}]}
        cancelled = await bot.ask("DELETE", "/portfolio/events/orders/batched", body)
        assert cancelled.body["orders"][0]["reduced_by"] == "3.00"
        said = await bot.order("SIM-1-A", "ask", "10", "0.41")
        balance = await bot.get("/portfolio/balance", exchange_index=0)
        assert balance["balance_dollars"] == "993.9306"
        unsigned = await bot.http.get("/trade-api/v2/portfolio/balance")
        assert unsigned.status_code == 401
        assert unsigned.headers["content-type"] == "application/json"
        assert (await bot.ask("DELETE", "/portfolio/events/orders")).status == 204


async def test_socket_over_tcp(desk: "Desk", nursery: trio.Nursery) -> None:
    """Handshake, subscription, news and pings over a real WebSocket."""
    address = await start(desk, nursery)
    url = f"ws://{address}{WS_PATH}"
    async with TrioSockets().open(url, desk.socket_headers()) as socket:
        command = {
            "id": 1,
            "cmd": "subscribe",
            "params": {"channels": ["orderbook_delta"], "market_tickers": ["SIM-1-A"]},
        }
        await socket.send(msgspec.json.encode(command).decode())
        kinds = [msgspec.json.decode(await socket.receive())["type"] for _ in range(2)]
        assert kinds == ["subscribed", "orderbook_snapshot"]
        await trio.sleep(0.2)  # several pings
        desk.post("SIM-1-A", "yes", "0.42", "1")
        assert msgspec.json.decode(await socket.receive())["seq"] == 2
    with trio.fail_after(10):  # noqa: ASYNC912 - only a bound
        while desk.face.broadcast.connections:  # noqa: ASYNC110 - the server has no bell
            await trio.sleep(0.01)


async def test_handshake_over_tcp(desk: "Desk", nursery: trio.Nursery) -> None:
    """Without credentials the upgrade is answered with 401 and a body."""
    address = await start(desk, nursery)
    upgrade = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version": "13",
    }
    async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
        got = await client.get(WS_PATH, headers=upgrade)
    assert got.status_code == 401
    assert got.json()["error"]["code"] == "token_authentication_failure"


async def test_unread_bodies(desk: "Desk", nursery: trio.Nursery) -> None:
    """A request that breaks off in its body is no order."""
    address = await start(desk, nursery)
    host, _, port = address.partition(":")
    stream = await trio.open_tcp_stream(host, int(port))
    head = b"POST /trade-api/v2/portfolio/events/orders HTTP/1.1\r\nhost: x\r\n"
    await stream.send_all(head + b'content-length: 500\r\n\r\n{"ticker":')
    await stream.aclose()
    async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
        assert (await client.get("/trade-api/v2/exchange/status")).status_code == 200
    assert desk.exchange.orders_of("bot") == ()
