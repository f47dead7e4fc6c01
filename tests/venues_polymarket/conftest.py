"""A scripted venue behind the real HTTP client, and the account of the published vectors."""

from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import Any

import attrs
import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import (
    Action,
    EventId,
    Market,
    MarketId,
    Outcome,
    PolymarketRef,
    Venue,
)
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import BasketId, NewOrder, OrderId, PreparedOrder
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.config import PolymarketCredentials, PolymarketUrls
from arb.venues.polymarket.orders import PolymarketOrders
from arb.venues.polymarket.session import ApiKey, PolymarketSession
from arb.venues.polymarket.signing import PolymarketSigner
from arb.venues.protocols import Orders

HARDHAT_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
"""Published with every Hardhat; never funded."""
HARDHAT_ADDRESS = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
YES = "71321045679252212594626385532706912750332728571942532289631379312455583992563"
NO = "52114319501245915516055106046884209969926127482827954674443846427813813222426"
CONDITION = "0x" + "c8" * 32
API_KEY = {
    "apiKey": "00000000-0000-0000-0000-000000000001",
    "secret": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
    "passphrase": "the-passphrase",
}
LOST = 599
"""The status of an answer that never arrives."""
NOW = Ns(1_790_000_000_000_000_000)


@attrs.define
class Reply:
    """One scripted answer; `body` is sent as JSON unless it is bytes."""

    status: int
    body: object
    headers: dict[str, str] = attrs.field(factory=dict)


@attrs.frozen
class Heard:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


@attrs.define
class ScriptedVenue:
    """Answers each call with the next of its replies, the last one for ever; 404 where it has
    none; a reply that is None hangs up.
    """

    replies: dict[tuple[str, str], list[Reply | None]] = attrs.field(
        factory=lambda: defaultdict(list)
    )
    heard: list[Heard] = attrs.field(factory=list)

    def on(
        self,
        method: str,
        path: str,
        body: object,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.replies[method, path].append(Reply(status, body, headers or {}))

    def hang_up_on(self, method: str, path: str) -> None:
        self.replies[method, path].append(None)

    def transport(self) -> httpx.AsyncBaseTransport:
        methods = ["GET", "POST", "DELETE"]
        app = Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])
        return _HangingUp(httpx.ASGITransport(app))

    async def _answer(self, request: Request) -> Response:
        key = (request.method, request.url.path)
        query, headers = dict(request.query_params), dict(request.headers)
        self.heard.append(Heard(*key, query, headers, await request.body()))
        replies = self.replies.get(key)
        if not replies:
            return Response(b'{"error":"not found"}', 404)
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if reply is None:
            return Response(b"", LOST)
        body = reply.body if isinstance(reply.body, bytes) else msgspec.json.encode(reply.body)
        return Response(body, reply.status, reply.headers)


@attrs.define
class _HangingUp(httpx.AsyncBaseTransport):
    """Loses the answer, but not the request, where the script says so."""

    inner: httpx.ASGITransport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await self.inner.handle_async_request(request)
        if response.status_code == LOST:
            raise httpx.ReadTimeout("the answer was lost", request=request)
        return response


@pytest.fixture
def venue() -> ScriptedVenue:
    return ScriptedVenue()


@pytest.fixture
def urls() -> PolymarketUrls:
    hosts = ("clob", "gamma", "data", "market_ws", "user_ws")
    return PolymarketUrls(
        **{host: f"http://{host}.test" for host in hosts},
        geoblock="http://site.test/api/geoblock",
    )


@pytest.fixture
def clients(venue: ScriptedVenue, urls: PolymarketUrls) -> PolymarketClients:
    return PolymarketClients.open(urls, venue.transport())  # no socket: nothing to close


@pytest.fixture
def make_signer() -> Callable[..., PolymarketSigner]:
    def make(
        wallet: str = HARDHAT_ADDRESS, signature_type: int = 0, rng: Random | None = None
    ) -> PolymarketSigner:
        credentials = PolymarketCredentials(HARDHAT_KEY, wallet, signature_type)
        return PolymarketSigner(credentials, rng or Random(7))

    return make


@pytest.fixture
def session(
    clients: PolymarketClients, make_signer: Callable[..., PolymarketSigner]
) -> PolymarketSession:
    """A session that is logged in."""
    key = ApiKey.parse(msgspec.json.encode(API_KEY))
    return PolymarketSession(make_signer(), clients.clob, lambda: NOW, key)


@pytest.fixture
def make_market() -> Callable[..., Market]:
    def make(number: int | None = None, **changes: Any) -> Market:  # noqa: ANN401 - any field
        """The market of the vectors, or one of a numbered series."""
        condition = CONDITION if number is None else f"0x{number:064x}"
        yes, no = (YES, NO) if number is None else (f"1{number:076d}", f"2{number:076d}")
        market = Market(
            id=MarketId(f"polymarket:{condition}"),
            venue=Venue.POLYMARKET,
            event=EventId("polymarket:1"),
            title="Will it?",
            label="",
            ref=PolymarketRef(condition, yes, no, neg_risk=False, protocol="v1"),
            grid=PriceGrid.of_tick(10_000),
            lot=Qty(10_000),
            min_qty=Qty(5 * MICRO),
            min_take_usd=Usd(MICRO),
            fees=PolymarketFees(50_000),
            closes_ns=None,
        )
        return attrs.evolve(market, **changes)

    return make


@pytest.fixture
def make_order(make_market: Callable[..., Market]) -> Callable[..., NewOrder]:
    def make(**changes: Any) -> NewOrder:  # noqa: ANN401 - any field
        """BUY 10 YES at 0.52, the order of the vectors."""
        order = NewOrder(
            id=OrderId("order-1"),
            basket=BasketId("basket-1"),
            market=make_market(),
            outcome=Outcome.YES,
            action=Action.BUY,
            qty=Qty(10 * MICRO),
            limit=Px(520_000),
            created_ns=NOW,
        )
        return attrs.evolve(order, **changes)

    return make


@pytest.fixture
def orders(session: PolymarketSession) -> PolymarketOrders:
    made = PolymarketOrders(session, lambda: NOW)
    protocol: Orders = made  # mypy holds the adapter to the Protocol here
    assert protocol.venue is Venue.POLYMARKET
    return made


@pytest.fixture
def prepared(orders: PolymarketOrders, make_order: Callable[..., NewOrder]) -> PreparedOrder:
    """BUY 10 at 0.52, as GTC."""
    return orders.prepare(make_order())


@pytest.fixture
def sale(orders: PolymarketOrders, make_order: Callable[..., NewOrder]) -> PreparedOrder:
    """SELL 10 at 0.52, as FAK."""
    return orders.prepare(make_order(action=Action.SELL))
