"""A simulated Kalshi with three events, one bot that signs, and makers that post its books."""

import base64
import itertools
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import attrs
import httpx
import msgspec
import pytest
import trio
import trio.testing
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, Usd, parse_micros
from arb.sim.engine import Exchange, SimOrder, Tif
from arb.sim.inprocess import InProcessNetwork
from arb.sim.kalshi.auth import ApiKey, Member
from arb.sim.kalshi.face import KalshiFace, KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.kalshi.listing import (
    STRUCTURES,
    KalshiCatalogue,
    KalshiEvent,
    KalshiMarket,
    KalshiSeries,
    market_id,
)
from arb.venues.protocols import Socket

HOST = "https://kalshi.test"
ROOT = "/trade-api/v2"
WS_PATH = "/trade-api/ws/v2"
ORDERS = "/portfolio/events/orders"
START_S = 1_760_000_000
DAY_NS = 86_400 * 1_000_000_000
START_NS = START_S * 1_000_000_000

PrivateKey = rsa.RSAPrivateKey | Ed25519PrivateKey

BOT = Member("user-bot", "bot")
OTHER = Member("user-other", "other")
MAKER = Member("user-maker", "maker")


@attrs.frozen
class Signer:
    """Signs as a client does."""

    key_id: str
    key: PrivateKey

    def headers(self, method: str, path: str, now_ms: int) -> dict[str, str]:
        message = f"{now_ms}{method}{path}".encode()
        return {
            "KALSHI-ACCESS-KEY": self.key_id,
            "KALSHI-ACCESS-TIMESTAMP": str(now_ms),
            "KALSHI-ACCESS-SIGNATURE": base64.b64encode(self._sign(message)).decode(),
        }

    def _sign(self, message: bytes) -> bytes:
        if isinstance(self.key, Ed25519PrivateKey):
            return self.key.sign(message)
        digest = hashes.SHA256()
        pss = padding.PSS(padding.MGF1(digest), digest.digest_size)
        return self.key.sign(message, pss, digest)


@attrs.frozen
class Said:
    """One HTTP answer."""

    status: int
    body: Any


@attrs.define
class Client:
    """One member's client: signs everything, in process."""

    desk: "Desk"
    http: httpx.AsyncClient
    signer: Signer | None

    async def ask(self, method: str, path: str, body: object = None, **params: object) -> Said:
        headers: dict[str, str] = {}
        if self.signer is not None:
            headers = self.signer.headers(method, ROOT + path, self.desk.now_ns() // 1_000_000)
        content, query = None, cast("dict[str, str]", params)
        if body is not None:
            headers["content-type"] = "application/json"
            content = msgspec.json.encode(body)
        got = await self.http.request(
            method, ROOT + path, params=query, content=content, headers=headers
        )
        return Said(got.status_code, msgspec.json.decode(got.content) if got.content else None)

    async def get(self, path: str, **params: object) -> dict[str, Any]:
        """The body of a read that must succeed."""
        said = await self.ask("GET", path, **params)
        assert said.status == 200, said
        body: dict[str, Any] = said.body
        return body

    async def order(self, ticker: str, side: str, count: str, price: str, **more: object) -> Said:
        """Send a V2 order; immediate-or-cancel unless said otherwise."""
        return await self.ask("POST", ORDERS, v2(ticker, side, count, price, **more))


def v2(ticker: str, side: str, count: str, price: str, **more: object) -> dict[str, Any]:
    """The body of a create."""
    return {
        "ticker": ticker,
        "side": side,
        "count": count,
        "price": price,
        "time_in_force": "immediate_or_cancel",
        "self_trade_prevention_type": "taker_at_cross",
        **more,
    }


class Frames:
    """A socket that speaks JSON."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self._ids = itertools.count(1)

    async def say(self, cmd: str, **params: object) -> int:
        number = next(self._ids)
        command: dict[str, Any] = {"id": number, "cmd": cmd}
        if params:
            command["params"] = params
        await self.socket.send(msgspec.json.encode(command).decode())
        return number

    async def hear(self) -> dict[str, Any]:
        """The next frame."""
        frame = msgspec.json.decode(await self.socket.receive())
        assert isinstance(frame, dict)
        return frame

    async def hear_all(self) -> list[dict[str, Any]]:
        """Every frame that is on its way."""
        frames: list[dict[str, Any]] = []

        async def collect() -> None:
            while True:
                frames.append(await self.hear())

        async with trio.open_nursery() as nursery:
            nursery.start_soon(collect)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel(reason="heard enough")
        return frames


@attrs.define
class Desk:
    """The venue, and hands to work it."""

    exchange: Exchange
    face: KalshiFace
    network: InProcessNetwork
    signers: dict[str, Signer]
    virtual: bool
    """Follow Trio's clock, which the test mocks; else time stands still but for `offset_ns`."""
    offset_ns: int = 0
    _numbers: Iterator[int] = attrs.field(factory=lambda: itertools.count(1))

    def now_ns(self) -> Ns:
        passed_ns = round(trio.current_time() * 1e9) if self.virtual else 0
        return Ns(START_NS + self.offset_ns + passed_ns)

    def client(self, name: str | None = "bot") -> Client:
        http = httpx.AsyncClient(base_url=HOST, transport=self.network.transport(HOST))
        return Client(self, http, None if name is None else self.signers[name])

    def socket_headers(self, name: str = "bot") -> list[tuple[str, str]]:
        signer = self.signers[name]
        return list(signer.headers("GET", WS_PATH, self.now_ns() // 1_000_000).items())

    @asynccontextmanager
    async def listen(self, name: str = "bot") -> AsyncIterator[Frames]:
        url = HOST.replace("https", "wss") + WS_PATH
        async with self.network.sockets.open(url, self.socket_headers(name)) as socket:
            yield Frames(socket)

    async def pages(self, path: str, key: str, **params: object) -> list[Any]:
        """Every row of one of the bot's lists, page after page."""
        return await read_all(self.client(), path, key, **params)

    def post(self, ticker: str, side: str, price: str, count: str) -> SimOrder:
        """Let a maker of the flow rest an order; `price` and `side` as in a book of bids."""
        order, _ = self.exchange.place(
            id=f"flow-{next(self._numbers)}",
            account="flow",
            market=market_id(ticker),
            outcome=Outcome(side),
            action=Action.BUY,
            limit=Px(parse_micros(price)),
            qty=Qty(parse_micros(count)),
            tif=Tif.GTC,
        )
        return order


async def read_all(client: Client, path: str, key: str, **params: object) -> list[Any]:
    """Follow the cursors of a list to its end."""
    rows, cursor = [], ""
    while True:
        body = await client.get(path, cursor=cursor, **params)
        rows += body[key]
        cursor = body["cursor"]
        if not cursor:
            return rows


def market(
    ticker: str, event: str, *, shard: int = 0, structure: str = "linear_cent"
) -> KalshiMarket:
    created = Ns(START_NS - DAY_NS)
    return KalshiMarket(
        ticker=ticker,
        event=event,
        title=f"Will it be {ticker[-1]}?",
        yes_sub_title=ticker[-1],
        rules_primary=f"If it is {ticker[-1]}, then the market resolves to Yes.",
        created_ns=created,
        open_ns=created,
        close_ns=Ns(START_NS + 30 * DAY_NS),
        expected_expiration_ns=Ns(START_NS + 30 * DAY_NS),
        latest_expiration_ns=Ns(START_NS + 37 * DAY_NS),
        shard=shard,
        structure=structure,
        ranges=STRUCTURES[structure],
    )


def catalogue() -> KalshiCatalogue:
    """SIM-1 has three exclusive outcomes; SIMB is on shard 2, SIMM charges makers, SIMF is finer."""
    return KalshiCatalogue(
        series=(
            KalshiSeries("SIM", "Sim series", sources=(("sim", "https://example.invalid"),)),
            KalshiSeries("SIMB", "Sim crypto", category="Crypto", tags=("BTC",), shard=2),
            KalshiSeries("SIMM", "Sim game", fee_type="quadratic_with_maker_fees"),
            KalshiSeries("SIMF", "Sim fine"),
        ),
        events=(
            KalshiEvent(
                "SIM-1", "SIM", "Which?", mutually_exclusive=True, collateral_return="MECNET"
            ),
            KalshiEvent("SIMB-1", "SIMB", "Above?", shard=2),
            KalshiEvent("SIMM-1", "SIMM", "Who wins?"),
            KalshiEvent("SIMF-1", "SIMF", "How fine?"),
        ),
        markets=(
            *(market(f"SIM-1-{name}", "SIM-1") for name in "ABC"),
            market("SIMB-1-T", "SIMB-1", shard=2),
            market("SIMM-1-H", "SIMM-1"),
            market("SIMF-1-X", "SIMF-1", structure="tapered_deci_cent"),
        ),
    )


FIXTURE_BOOKS = (
    ("SIM-1-A", "yes", "0.40", "50"),
    ("SIM-1-A", "yes", "0.41", "10"),
    ("SIM-1-A", "no", "0.55", "20"),
    ("SIM-1-A", "no", "0.56", "10"),
    ("SIM-1-B", "yes", "0.52", "4"),
    ("SIM-1-B", "no", "0.45", "10"),
    ("SIM-1-C", "yes", "0.12", "25"),
    ("SIM-1-C", "no", "0.86", "5"),
)


@pytest.fixture(scope="session")
def signers() -> dict[str, Signer]:
    """Two kinds of keys: the bot's is RSA, the others' are Ed25519."""
    return {
        "bot": Signer("key-bot", rsa.generate_private_key(public_exponent=65537, key_size=2048)),
        "other": Signer("key-other", Ed25519PrivateKey.generate()),
        "maker": Signer("key-maker", Ed25519PrivateKey.generate()),
    }


OpenDesk = Callable[..., Desk]


@pytest.fixture
def open_desk(
    signers: dict[str, Signer], nursery: trio.Nursery, request: pytest.FixtureRequest
) -> OpenDesk:
    """Open a venue: empty books, the bot with $1000 on shard 0 and $50 on shard 2.

    A test that asks for `autojump_clock` lives on virtual time, in any other time stands still.
    """
    virtual = "autojump_clock" in request.fixturenames

    def build(
        settings: KalshiSettings | None = None,
        precision: int = 100,
        home: trio.Nursery = nursery,
    ) -> Desk:
        made: list[Desk] = []

        def now_ns() -> Ns:
            return made[0].now_ns() if made else Ns(START_NS)

        numbers = itertools.count(1)
        exchange = Exchange(nets=True, now_ns=now_ns, ids=lambda: f"trade-{next(numbers)}")
        listed = catalogue()
        for listing in listed.listings(precision):
            exchange.list_market(listing)
        rich = {0: Usd(1_000_000 * MICRO), 2: Usd(1_000_000 * MICRO)}
        exchange.open_account("flow", rich, remembers=False)
        exchange.open_account("bot", {0: Usd(1_000 * MICRO), 2: Usd(50 * MICRO)})
        exchange.open_account("other", {0: Usd(1_000 * MICRO)})
        exchange.open_account("maker", {0: Usd(100_000 * MICRO), 2: Usd(100_000 * MICRO)})
        keys = [
            ApiKey(signers[name].key_id, signers[name].key.public_key(), member)
            for name, member in (("bot", BOT), ("other", OTHER), ("maker", MAKER))
        ]
        face = KalshiFace(
            exchange,
            listed,
            keys,
            now_ns=now_ns,
            rng=random.Random(7),
            settings=settings or KalshiSettings(tier=PRESTIGE, list_cache_s=0),
        )
        network = InProcessNetwork({HOST: face.app}, home)
        made.append(Desk(exchange, face, network, signers, virtual))
        return made[0]

    return build


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    """A venue with the books of the golden exchange."""
    made = open_desk()
    for ticker, side, price, count in FIXTURE_BOOKS:
        made.post(ticker, side, price, count)
    return made
