"""A simulated Polymarket with markets of every kind, two wallets that sign, and a maker.

Orders are signed by the official client's own builder: a stranger to the code under test.
"""

import inspect
import itertools
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, TypedDict, Unpack

import attrs
import httpx
import pytest
import trio
import trio.abc
import trio.testing
from py_clob_client_v2.clob_types import ApiCreds, RequestArgs
from py_clob_client_v2.headers.headers import create_level_1_headers, create_level_2_headers
from py_clob_client_v2.order_utils.exchange_order_builder_v2 import ExchangeOrderBuilderV2
from py_clob_client_v2.order_utils.model.order_data_v2 import OrderDataV2, order_to_json_v2
from py_clob_client_v2.order_utils.model.side import Side
from py_clob_client_v2.order_utils.model.signature_type_v2 import SignatureTypeV2
from py_clob_client_v2.signer import Signer

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Qty, Usd, parse_px, parse_qty
from arb.sim.engine import Exchange
from arb.sim.inprocess import InProcessNetwork
from arb.sim.orders import Match, SimOrder, Tif
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.face import PolymarketFace
from arb.sim.polymarket.keys import Wallet
from arb.sim.polymarket.listing import (
    FeeSchedule,
    PolymarketEvent,
    PolymarketListing,
    exchange_listings,
)
from arb.sim.polymarket.settlement import Reverse
from arb.venues.protocols import Socket

HOST = "https://poly.test"
START_S = 1_790_000_000
DAY_NS = 86_400 * 1_000_000_000
BOT_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
OTHER_KEY = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"
DEPOSIT_WALLET = "0x1111111111111111111111111111111111111111"
SAFE_WALLET = "0x3333333333333333333333333333333333333333"
PROXY_WALLET = "0x4444444444444444444444444444444444444444"
EXCHANGES = {
    "v2": ("2", "0xE111180000d2663C0091e4f400237545B87B996B"),
    "neg": ("2", "0xe2222d279d744050d28e00520010520000310F59"),
    "v3": ("3", "0xe3333700cA9d93003F00f0F71f8515005F6c00Aa"),
}
ZERO32 = "0x" + "0" * 64


def condition(number: int) -> str:
    return f"0x{number:064x}"


def listing(number: int, slug: str) -> PolymarketListing:
    return PolymarketListing(
        gamma_id=str(number),
        condition_id=condition(number),
        question=f"Will {slug} happen?",
        slug=slug,
        tokens=(str(10**70 + 2 * number), str(10**70 + 2 * number + 1)),
        end_ns=Ns((START_S + 86_400) * 10**9),
        fee_schedule=FeeSchedule(50_000),
    )


PLAIN = listing(1, "rain")
FREE = attrs.evolve(listing(2, "peace"), fee_schedule=None)
FINE = attrs.evolve(listing(3, "fine"), tick=1_000)
SPORT = attrs.evolve(listing(4, "match"), outcomes=("Suns", "Lakers"), seconds_delay=3)
CRYPTO = attrs.evolve(listing(5, "btc"), outcomes=("Up", "Down"), taker_delay=True)
POSITIONS = (str(1 << 248 | 7 << 120), str((1 << 248 | 7 << 120) + 1))
FUTURE = attrs.evolve(
    listing(6, "future"),
    version="v2",
    tokens=POSITIONS,
    condition_id=f"0x{int(POSITIONS[0]) >> 8:062x}00",
)
NEG_MARKET_ID = "0x" + "ab" * 31 + "00"
CANDIDATES = tuple(
    attrs.evolve(
        listing(10 + index, f"candidate-{index}"),
        neg_risk=True,
        neg_risk_market_id=NEG_MARKET_ID,
        question_id=NEG_MARKET_ID[:-2] + f"{index:02x}",
        group_item_title=f"Candidate {index}",
        group_item_threshold=str(index),
        fee_schedule=FeeSchedule(40_000, kind="politics_fees"),
        placeholder=index == 2,
        other=index == 3,
    )
    for index in range(4)
)


def event_of(number: int, *markets: PolymarketListing) -> PolymarketEvent:
    return PolymarketEvent(
        gamma_id=str(900 + number),
        slug=f"event-{number}",
        title=f"Event {number}",
        markets=markets,
        end_ns=markets[0].end_ns,
        version=markets[0].version,
    )


EVENTS = (
    attrs.evolve(event_of(1, PLAIN), tags=(("84", "weather", "Weather"),)),
    event_of(2, FREE),
    event_of(3, FINE),
    event_of(4, SPORT),
    event_of(5, CRYPTO),
    event_of(6, FUTURE),
    attrs.evolve(
        event_of(7, *CANDIDATES),
        neg_risk=True,
        neg_risk_augmented=True,
        neg_risk_market_id=NEG_MARKET_ID,
    ),
)


class More(TypedDict, total=False):
    """What may be said of an order beyond token, side and amounts."""

    exchange: str
    """Whose signing domain: "v2", "neg" or "v3"."""
    kind: int
    funder: str
    expiration: int
    order_type: str
    post_only: bool


@attrs.frozen
class Said:
    """One HTTP answer. `body` is text where it is not JSON."""

    status: int
    body: Any
    headers: httpx.Headers = attrs.field(factory=httpx.Headers)


@attrs.define
class Person:
    """Somebody with a key of their own."""

    venue: "Venue"
    signer: Signer
    wallet: Wallet
    creds: ApiCreds = attrs.field(factory=lambda: ApiCreds("", "", ""))

    async def log_in(self, nonce: int = 0) -> "Person":
        """Make API keys with a wallet signature."""
        said = await self.ask_with_wallet("POST", "/auth/api-key", nonce)
        assert said.status == 200, said
        self.creds = ApiCreds(said.body["apiKey"], said.body["secret"], said.body["passphrase"])
        return self

    async def ask_with_wallet(self, method: str, path: str, nonce: int = 0) -> Said:
        headers = create_level_1_headers(self.signer, nonce, self.venue.now_s())
        return await self.venue.ask(method, path, headers=headers)

    async def ask(self, method: str, path: str, body: object = None, **params: str) -> Said:
        """Send a request with the HMAC of the official client."""
        text = None if body is None else json.dumps(body, separators=(",", ":"))
        arguments = RequestArgs(method, path, body, serialized_body=text)
        headers = create_level_2_headers(self.signer, self.creds, arguments, self.venue.now_s())
        return await self.venue.ask(method, path, text, headers, **params)

    def sign(
        self, token: str, side: str, maker: int, taker: int, **more: Unpack[More]
    ) -> dict[str, Any]:
        """The body of one order."""
        version, contract = EXCHANGES[more.get("exchange", "v2")]
        kind = more.get("kind", self.wallet.signature_type)
        funder = more.get("funder", self.wallet.funder)
        builder = ExchangeOrderBuilderV2(
            contract, 137, self.signer, lambda: str(next(self.venue.salts)), version
        )
        order = OrderDataV2(
            maker=funder,
            signer=funder if kind == 3 else self.signer.address(),
            tokenId=token,
            makerAmount=str(maker),
            takerAmount=str(taker),
            side=Side[side],
            signatureType=SignatureTypeV2(kind),
            timestamp=str(self.venue.now_ns() // MICRO),
            metadata=ZERO32,
            builder=ZERO32,
            expiration=str(more.get("expiration", 0)),
        )
        terms = (more.get("order_type", "GTC"), more.get("post_only", False))
        return dict(order_to_json_v2(builder.build_signed_order(order), self.creds.api_key, *terms))

    def limit(
        self, token: str, side: str, size: str, price: str, **more: Unpack[More]
    ) -> dict[str, Any]:
        """The body of an order sized in shares."""
        shares, dollars = parse_qty(size), parse_qty(size) * parse_px(price) // MICRO
        maker, taker = (dollars, shares) if side == "BUY" else (shares, dollars)
        return self.sign(token, side, maker, taker, **more)

    async def place(
        self, token: str, side: str, size: str, price: str, **more: Unpack[More]
    ) -> Said:
        """Place an order sized in shares."""
        return await self.ask("POST", "/order", self.limit(token, side, size, price, **more))

    async def order(self, order_id: str) -> dict[str, Any]:
        said = await self.ask("GET", f"/data/order/{order_id}")
        assert said.status == 200, said
        return dict(said.body)

    @property
    def cash(self) -> int:
        return int(self.venue.exchange.cash(self.wallet.account)[0])


class Frames:
    """A socket that speaks JSON."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket

    async def say(self, frame: object) -> None:
        await self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    async def text(self) -> str:
        """The next frame as it is."""
        text = await self.socket.receive()
        assert isinstance(text, str)
        return text

    async def hear(self) -> dict[str, Any]:
        """The next frame, an object."""
        frame = json.loads(await self.text())
        assert isinstance(frame, dict), frame
        return frame

    async def dump(self) -> list[dict[str, Any]]:
        """The next frame, an array of objects."""
        frame = json.loads(await self.text())
        assert isinstance(frame, list), frame
        return frame

    async def hear_all(self) -> list[dict[str, Any]]:
        """Every frame that comes without waiting for anything."""
        frames = []
        while True:
            with trio.move_on_after(0.001) as silence:
                frames.append(await self.hear())
            if silence.cancelled_caught:
                return frames


Markets = dict[str, PolymarketListing]
"""Markets by what is special about them."""


OpenVenue = Callable[[Conditions], AbstractAsyncContextManager["Venue"]]
Restricted = Callable[..., AbstractAsyncContextManager["Venue"]]


@attrs.define
class Venue:
    """The simulated venue and everybody around it."""

    exchange: Exchange
    face: PolymarketFace
    network: InProcessNetwork
    http: httpx.AsyncClient
    salts: Any = attrs.field(factory=lambda: itertools.count(1))
    numbers: Any = attrs.field(factory=lambda: itertools.count(1))
    people: dict[str, Person] = attrs.field(factory=dict)

    def now_ns(self) -> Ns:
        return clock_ns()

    def now_s(self) -> int:
        return clock_ns() // 10**9

    async def ask(
        self,
        method: str,
        path: str,
        body: str | None = None,
        headers: dict[str, str] | None = None,
        **params: str,
    ) -> Said:
        got = await self.http.request(
            method,
            path,
            params=params,
            headers=headers,
            content=None if body is None else body.encode(),
        )
        is_json = got.headers.get("content-type", "") == "application/json"
        body = got.json() if got.content and is_json else got.text or None
        return Said(got.status_code, body, got.headers)

    async def ask_json(self, method: str, path: str, body: object, headers: dict[str, str]) -> Said:
        """Send a JSON body with headers of one's own."""
        return await self.ask(method, path, json.dumps(body), headers)

    async def read(self, path: str, **params: str) -> dict[str, Any]:
        """The body of a public read that must succeed."""
        said = await self.ask("GET", path, None, None, **params)
        assert said.status == 200, said
        return dict(said.body)

    def rest(
        self,
        market: PolymarketListing,
        action: Action,
        size: str,
        price: str,
        outcome: Outcome = Outcome.YES,
    ) -> tuple[SimOrder, list[Match]]:
        """An order of the maker, straight into the engine."""
        return self.exchange.place(
            id=f"maker-{next(self.numbers)}",
            account="maker",
            market=market.id,
            outcome=outcome,
            action=action,
            limit=parse_px(price),
            qty=parse_qty(size),
            tif=Tif.GTC,
        )

    def quote(self, market: PolymarketListing, bid: str, ask: str, size: str = "100") -> None:
        """A bid and an ask of the maker."""
        self.rest(market, Action.BUY, size, bid)
        self.rest(market, Action.SELL, size, ask)

    def socket(self, path: str) -> AbstractAsyncContextManager[Frames]:
        return self._socket(path)

    @asynccontextmanager
    async def _socket(self, path: str) -> AsyncIterator[Frames]:
        url = HOST.replace("https", "wss") + path
        async with self.network.sockets.open(url) as socket:
            yield Frames(socket)


def clock_ns() -> Ns:
    return Ns(START_S * 10**9 + round(trio.current_time() * 10**9))


def wallets(**bots: bool) -> dict[str, tuple[str, Wallet]]:
    bot, other = Signer(BOT_KEY, 137).address(), Signer(OTHER_KEY, 137).address()
    return {
        "bot": (BOT_KEY, Wallet("bot", bot, bot, **bots)),
        "other": (OTHER_KEY, Wallet("other", other, other)),
        "deposit": (BOT_KEY, Wallet("deposit", bot, DEPOSIT_WALLET, 3)),
        "safe": (BOT_KEY, Wallet("safe", bot, SAFE_WALLET, 2)),
        "proxy": (BOT_KEY, Wallet("proxy", bot, PROXY_WALLET, 1)),
    }


def open_exchange(now_ns: Callable[[], Ns]) -> Exchange:
    numbers = itertools.count(1)
    exchange = Exchange(nets=False, now_ns=now_ns, ids=lambda: f"match-{next(numbers)}")
    for one in exchange_listings(EVENTS):
        exchange.list_market(one)
    for name in ("bot", "other", "deposit", "safe", "proxy"):
        exchange.open_account(name, {0: Usd(1000 * MICRO)})
    exchange.open_account("maker", {0: Usd(10_000_000 * MICRO)}, remembers=False)
    for event in EVENTS:
        for market in event.markets:
            exchange.split("maker", market.id, Qty(100_000 * MICRO))
    return exchange


@asynccontextmanager
async def run_venue(
    conditions: Conditions, reverse: Reverse | None = None, **bots: bool
) -> AsyncIterator[Venue]:
    """A running venue with two people logged in; `bots` restricts the first one's wallet."""
    exchange = open_exchange(clock_ns)
    people = wallets(**bots)
    owners = [wallet for _, wallet in people.values()]
    face = PolymarketFace(
        exchange,
        EVENTS,
        owners,
        clock_ns,
        random.Random(7),
        conditions=conditions,
        reverse=reverse,
    )
    async with trio.open_nursery() as nursery:
        network = InProcessNetwork({HOST: face.app}, nursery)
        await nursery.start(face.run)
        async with httpx.AsyncClient(
            base_url=HOST, transport=network.transport(HOST), timeout=3600.0
        ) as http:
            venue = Venue(exchange, face, network, http)
            for name, (key, wallet) in people.items():
                venue.people[name] = Person(venue, Signer(key, 137), wallet)
            await venue.people["bot"].log_in()
            await venue.people["other"].log_in()
            for name in ("deposit", "safe", "proxy"):
                venue.people[name].creds = venue.people["bot"].creds
            yield venue
        nursery.cancel_scope.cancel()


@pytest.fixture
def conditions() -> Conditions:
    """What a test may change while the venue runs."""
    return Conditions()


def run_virtually(
    main: Callable[[], Awaitable[object]],
    *,
    clock: None,
    instruments: Sequence[trio.abc.Instrument],
) -> object:
    """Run a test under a clock that jumps to the next thing that is due."""
    assert clock is None
    virtual = trio.testing.MockClock(autojump_threshold=0)
    return trio.run(main, clock=virtual, instruments=instruments)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run every test of this folder under virtual time."""
    for item in items:
        is_ours = item.path.parent == Path(__file__).parent
        if is_ours and inspect.iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.trio(run=run_virtually))


@pytest.fixture
async def venue(conditions: Conditions) -> AsyncIterator[Venue]:
    """A running venue under virtual time."""
    async with run_venue(conditions) as running:
        yield running


@pytest.fixture
def restricted(conditions: Conditions) -> Restricted:
    """Opens a venue where the bot's wallet is under restrictions."""
    return lambda **bots: run_venue(conditions, **bots)


@pytest.fixture
def failing(
    conditions: Conditions,
) -> Callable[[Reverse | None], AbstractAsyncContextManager[Venue]]:
    """Opens a venue where every settlement fails."""
    conditions.settlement.retry_ppm = conditions.settlement.fail_ppm = 1_000_000
    return lambda reverse: run_venue(conditions, reverse)


@pytest.fixture
def open_venue() -> OpenVenue:
    """Opens one venue after the other."""
    return run_venue


@pytest.fixture
def bot(venue: Venue) -> Person:
    """The person under observation."""
    return venue.people["bot"]


@pytest.fixture
def other(venue: Venue) -> Person:
    """Somebody else."""
    return venue.people["other"]


@pytest.fixture
def markets() -> Markets:
    """The listed markets by what is special about them."""
    named = {"plain": PLAIN, "free": FREE, "fine": FINE, "sport": SPORT}
    candidates = {f"neg{index}": one for index, one in enumerate(CANDIDATES)}
    return {**named, **candidates, "crypto": CRYPTO, "v2": FUTURE}
