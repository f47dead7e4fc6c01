"""A scripted venue: real HTTP semantics and real signatures, answers written by the test."""

from collections.abc import AsyncIterator, Callable

import attrs
import httpx
import msgspec
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from arb.market.fees import KalshiFees
from arb.market.grid import PriceGrid
from arb.market.instruments import KalshiRef, Market, Venue
from arb.market.units import Ns, Qty, Usd
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.identity import event_id, market_id
from arb.venues.wire import http_client

NOW_NS = Ns(1_760_000_000_000_000_000)
ROOT = "/trade-api/v2"
URLS = KalshiUrls(rest=f"http://venue.test{ROOT}", ws="ws://venue.test/trade-api/ws/v2")
# RFC 8032, section 7.1, test 1: published, worth nothing.
PRIVATE_PEM = (
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"
    "-----END PRIVATE KEY-----\n"
)
PUBLIC_PEM = (
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n"
    "-----END PUBLIC KEY-----\n"
)
CREDENTIALS = KalshiCredentials("key-1", PRIVATE_PEM)


@attrs.frozen
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    params: list[tuple[str, str]]
    body: bytes


@attrs.frozen
class Scripted:
    """One answer."""

    status: int
    body: bytes
    headers: dict[str, str]


@attrs.define
class ScriptedVenue:
    """Answers in the order scripted; the last answer of a path goes on for ever.

    Every signed request is checked with the public key, over time, method and path alone.
    """

    client: httpx.AsyncClient
    urls: KalshiUrls = URLS
    credentials: KalshiCredentials = CREDENTIALS
    asked: list[Asked] = attrs.field(factory=list)
    script: dict[tuple[str, str], list[Scripted]] = attrs.field(factory=dict)

    def now_ns(self) -> Ns:
        return NOW_NS

    def answers(
        self,
        method: str,
        path: str,
        body: object = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self.script.setdefault((method, path), []).append(Scripted(status, raw, headers or {}))

    def requests(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]

    async def serve(self, request: Request) -> Response:
        path = request.url.path.removeprefix(ROOT)
        assert request.url.path.startswith(ROOT)
        if not is_signed(request):
            return Response(b'{"error":{"code":"authentication_error"}}', status_code=401)
        params = request.query_params.multi_items()
        self.asked.append(Asked(request.method, path, params, await request.body()))
        answers = self.script.get((request.method, path))
        if not answers:
            return Response(b'{"error":{"code":"not_found","message":"not found"}}', 404)
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        return Response(answer.body, answer.status, headers=answer.headers)


def is_signed(request: Request) -> bool:
    """Check a signature; requests without any are public ones."""
    if "kalshi-access-signature" not in request.headers:
        return not request.url.path.startswith(f"{ROOT}/portfolio")
    key = load_pem_public_key(PUBLIC_PEM.encode())
    assert isinstance(key, Ed25519PublicKey)
    stamp = request.headers["kalshi-access-timestamp"]
    text = f"{stamp}{request.method}{request.url.path}"
    try:
        key.verify(_unbase64(request.headers["kalshi-access-signature"]), text.encode())
    except InvalidSignature:
        return False
    return stamp == str(NOW_NS // 1_000_000) and request.headers["kalshi-access-key"] == "key-1"


def _unbase64(text: str) -> bytes:
    return msgspec.json.decode(f'"{text}"', type=bytes)


@pytest.fixture
async def venue() -> AsyncIterator[ScriptedVenue]:
    made: list[ScriptedVenue] = []

    async def serve(request: Request) -> Response:
        return await made[0].serve(request)

    route = Route("/{path:path}", serve, methods=["GET", "POST", "DELETE"])
    transport = httpx.ASGITransport(Starlette(routes=[route]))
    async with http_client(URLS.rest, transport) as client:
        made.append(ScriptedVenue(client))
        made[0].answers("GET", "/series/fee_changes", {"series_fee_change_arr": None})
        made[0].answers("GET", "/events/fee_changes", {"event_fee_changes": [], "cursor": ""})
        yield made[0]


@pytest.fixture(scope="session")
def make_market() -> Callable[..., Market]:
    """Build a Kalshi market; whole cents, shard 2, unless said otherwise."""

    def make(
        ticker: str = "KXTEST-1-A",
        *,
        event: str = "KXTEST-1",
        shard: int = 2,
        bands: tuple[tuple[int, int, int], ...] = ((0, 1_000_000, 10_000),),
    ) -> Market:
        return Market(
            id=market_id(ticker),
            venue=Venue.KALSHI,
            event=event_id(event),
            title=f"Will {ticker}?",
            label=ticker[-1],
            ref=KalshiRef(ticker, shard),
            grid=PriceGrid.of_bands(bands),
            lot=Qty(10_000),
            min_qty=Qty(10_000),
            min_take_usd=Usd(0),
            fees=KalshiFees(70_000, 0),
            closes_ns=None,
        )

    return make
