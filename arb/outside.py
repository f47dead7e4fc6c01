"""Opens the outside world: the two venues, simulated in this process, simulated elsewhere, real.

The bot cannot tell them apart: only addresses, credentials and transports differ.
"""

import json
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import cattrs
import httpx
import trio

from arb.crashpoints import mortal, refuse_where_real
from arb.credentials import read_credential
from arb.detect.rules import Rule
from arb.detect.rules_file import read_rules
from arb.market.instruments import Venue
from arb.market.units import Clock
from arb.notify.addresses import Addresses
from arb.pairing.decision import Origin
from arb.pairing.pair import Pair
from arb.pairing.pairs_file import read_pairs
from arb.plant import Outside
from arb.ports import InThread
from arb.redaction import SECRETS
from arb.settings import SecondSpot, Settings, SettingsFault, SocketLibrary
from arb.sim.hosting import HOSTS
from arb.sim.inprocess import InProcessNetwork
from arb.sim.members import BOT
from arb.sim.serve import Served, describe, serve
from arb.sim.world import World
from arb.systemd import Supervisor
from arb.venues.kalshi.account import KalshiAccount
from arb.venues.kalshi.config import KalshiCredentials, KalshiUrls
from arb.venues.kalshi.market_data import KalshiMarketData
from arb.venues.kalshi.orders import KalshiOrders
from arb.venues.kalshi.permits import KalshiPermits
from arb.venues.kalshi.rest import Rest
from arb.venues.polymarket.account import PolymarketAccount
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.config import PolymarketCredentials, PolymarketUrls
from arb.venues.polymarket.directory import PolymarketDirectory
from arb.venues.polymarket.heartbeat import PolymarketHeartbeat
from arb.venues.polymarket.market_data import PolymarketMarketData
from arb.venues.polymarket.orders import PolymarketOrders
from arb.venues.polymarket.permits import PolymarketPermits
from arb.venues.polymarket.relayer import DEPOSIT_WALLET, PolymarketRelayer, RelayerKey
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.polymarket.signing import PolymarketSigner
from arb.venues.protocols import Sockets
from arb.venues.sockets.direct import DirectSockets
from arb.venues.sockets.http_connections import HttpConnections
from arb.venues.spot.polymarket import SpotKey
from arb.venues.spot.protocols import SpotLine
from arb.venues.wire import TrioSockets, http_client
from arb.wagers import spot_lines
from arb.worlds import build_world, sim_ports

POLYMARKET_KEY = "ARB_POLYMARKET_PRIVATE_KEY"
POLYMARKET_WALLET = "ARB_POLYMARKET_WALLET"
RELAYER_KEY = "ARB_POLYMARKET_RELAYER_KEY"
"""Made on the venue's site by the wallet's owner; nothing needs it but merging and the like."""
KALSHI_KEY_ID = "ARB_KALSHI_KEY_ID"
KALSHI_KEY = "ARB_KALSHI_PRIVATE_KEY"
CREDENTIALS = (POLYMARKET_KEY, POLYMARKET_WALLET, KALSHI_KEY_ID, KALSHI_KEY)
"""Our credentials on the real venues; `arb/credentials.py` says where they may come from."""


@attrs.frozen
class Surroundings:
    """The clock, the threads, the chance, and whether the venues are reached without sockets."""

    now_ns: Clock
    in_thread: InThread
    rng: random.Random
    in_process: bool
    addresses: Addresses = attrs.field(factory=Addresses)
    web_token: str | None = attrs.field(default=None, repr=False)
    supervisor: Supervisor | None = None
    member: str = BOT
    """Who we are at venues that are simulated here."""


@attrs.frozen
class PolymarketAccess:
    """Where Polymarket is and who we are there."""

    clob: str
    gamma: str
    data: str
    market_ws: str
    user_ws: str
    geoblock: str
    private_key: str = attrs.field(repr=False)
    wallet: str
    signature_type: int
    relayer: str = ""
    relayer_key: str = attrs.field(default="", repr=False)
    """"" where we have none: then nothing is merged, converted or redeemed."""

    def __attrs_post_init__(self) -> None:
        """From here on the key is struck out of everything that is written."""
        SECRETS.add(self.private_key)


@attrs.frozen
class KalshiAccess:
    """Where Kalshi is and who we are there."""

    rest: str
    ws: str
    key_id: str
    private_key_pem: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        """From here on the key is struck out of everything that is written."""
        SECRETS.add(self.private_key_pem)


@attrs.frozen
class SpotAccess:
    """Where simulated venues tell spot prices."""

    polymarket: str
    coinbase: str


@attrs.frozen
class Access:
    """Everything needed to reach both venues; `arb sim` prints one."""

    polymarket: PolymarketAccess
    kalshi: KalshiAccess
    pairs: list[dict[str, Any]]
    spot: SpotAccess | None = None
    """None: where the settings say."""


@attrs.frozen
class Wire:
    """How the venues are reached."""

    sockets: Sockets
    transport: Callable[[str], httpx.AsyncBaseTransport]
    """By base URL."""


@attrs.frozen
class Venues:
    """Both venues, ready, and what goes with them."""

    outside: Outside
    pairs: tuple[Pair, ...]
    """The operator's map; where there is none, what came with simulated venues."""
    pairs_origin: Origin
    store_file: Path
    world: World | None = None
    """The simulated venues themselves, where they run in this process."""
    rules: tuple[Rule, ...] = ()
    """Rules between markets from the operator's file."""


@asynccontextmanager
async def open_venues(settings: Settings, surroundings: Surroundings) -> AsyncIterator[Venues]:
    """Open what `run.venues` names, for as long as the block lasts.

    Raises SettingsFault where it names nothing that can be opened.
    """
    refuse_where_real(settings.run.venues)
    own_pairs, own_rules = _own_pairs(settings), _own_rules(settings)
    world = None
    async with AsyncExitStack() as stack:
        if settings.run.venues == "sim":
            access, wire, world = await stack.enter_async_context(
                _simulated(settings, surroundings)
            )
            store_file = Path(settings.run.data_dir) / "simulated.db"
        else:
            access = (
                _real_access(settings, os.environ)
                if settings.run.venues == "real"
                else read_access(Path(settings.run.venues))
            )
            wire = Wire(*mortal(_sockets(settings), _network))
            store_file = Path(settings.run.data_dir) / "arb.db"
        outside = await stack.enter_async_context(_adapters(settings, surroundings, access, wire))
        own_map = bool(settings.run.pairs_file)
        yield Venues(
            outside,
            own_pairs if own_map else _pairs_of(access),
            Origin.MAP if own_map else Origin.VENUES,
            store_file,
            world,
            own_rules,
        )


def _network(_url: str) -> httpx.AsyncBaseTransport:
    return HttpConnections()


def _sockets(settings: Settings) -> Sockets:
    match settings.feeds.socket_library:
        case SocketLibrary.TRIO_WEBSOCKET:
            return TrioSockets()
        case SocketLibrary.DIRECT:
            return DirectSockets()


# --- access -------------------------------------------------------------------------------------


def read_access(path: Path) -> Access:
    """Read a file that `arb sim` wrote. Raises SettingsFault naming the file and what is wrong."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return _converter().structure(raw, Access)
    except OSError as error:
        raise SettingsFault(f"run.venues: {path}: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise SettingsFault(f"run.venues: {path}: not JSON: {error}") from error
    except cattrs.BaseValidationError as error:
        faults = "; ".join(cattrs.transform_error(error, path="venues"))
        raise SettingsFault(f"run.venues: {path}: {faults}") from error


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(str, _text)
    return converter


def _text(value: Any, _: Any) -> str:  # noqa: ANN401 - the point is to check it
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def _real_access(settings: Settings, environment: Mapping[str, str]) -> Access:
    """Addresses from the settings, credentials from the environment, never from a file of ours."""
    found = _secrets(environment)
    poly, kalshi = settings.polymarket, settings.kalshi
    return Access(
        polymarket=PolymarketAccess(
            clob=poly.clob_url,
            gamma=poly.gamma_url,
            data=poly.data_url,
            market_ws=poly.market_ws_url,
            user_ws=poly.user_ws_url,
            geoblock=poly.geoblock_url,
            private_key=found[POLYMARKET_KEY],
            wallet=found[POLYMARKET_WALLET],
            signature_type=poly.signature_type,
            relayer=poly.relayer_url,
            relayer_key=read_credential(RELAYER_KEY, environment) or "",
        ),
        kalshi=KalshiAccess(
            rest=kalshi.rest_url,
            ws=kalshi.ws_url,
            key_id=found[KALSHI_KEY_ID],
            private_key_pem=found[KALSHI_KEY],
        ),
        pairs=[],
    )


def _secrets(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Everything that real venues need to know us by; SettingsFault names all that is missing."""
    found = {name: read_credential(name, environment) for name in CREDENTIALS}
    missing = [name for name, value in found.items() if value is None]
    if missing:
        raise SettingsFault(
            "\n".join(f"environment: {name}: missing; real venues need it" for name in missing)
        )
    return {name: value for name, value in found.items() if value is not None}


def _own_pairs(settings: Settings) -> tuple[Pair, ...]:
    """Pairs from the operator's file; none where no file is named."""
    if not settings.run.pairs_file:
        return ()
    path = Path(settings.run.pairs_file)
    try:
        return read_pairs(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SettingsFault(f"run.pairs_file: {path}: {error.strerror}") from error


def _own_rules(settings: Settings) -> tuple[Rule, ...]:
    """Rules from the operator's file; none where no file is named."""
    if not settings.run.rules_file:
        return ()
    path = Path(settings.run.rules_file)
    try:
        return read_rules(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SettingsFault(f"run.rules_file: {path}: {error.strerror}") from error


def _pairs_of(access: Access) -> tuple[Pair, ...]:
    """Pairs that came with the venues."""
    return tuple(cattrs.structure(raw, Pair) for raw in access.pairs)


# --- simulated venues ---------------------------------------------------------------------------


@asynccontextmanager
async def _simulated(
    settings: Settings, surroundings: Surroundings
) -> AsyncIterator[tuple[Access, Wire, World]]:
    """Two simulated venues in this process: over loopback sockets, or without any."""
    world = build_world(settings, surroundings.now_ns)
    async with trio.open_nursery() as nursery:
        if surroundings.in_process:
            served = Served(HOSTS)
            apps = {url: world.apps[venue] for venue, url in HOSTS.items()}
            network = InProcessNetwork(apps, nursery)
            wire = Wire(network.sockets, network.transport)
        else:
            served = await nursery.start(serve, world, sim_ports(settings))
            wire = Wire(_sockets(settings), _network)
        await nursery.start(world.run)
        about = describe(world, served, surroundings.member)
        yield _converter().structure(about, Access), wire, world
        nursery.cancel_scope.cancel(reason="the run is over")


# --- adapters -----------------------------------------------------------------------------------


@asynccontextmanager
async def _adapters(
    settings: Settings, surroundings: Surroundings, access: Access, wire: Wire
) -> AsyncIterator[Outside]:
    async with AsyncExitStack() as stack:
        poly = _Polymarket.open(access.polymarket, surroundings, wire, stack)
        kalshi = _Kalshi.open(settings, access.kalshi, surroundings, wire, stack)
        yield Outside(
            data={Venue.POLYMARKET: poly.data, Venue.KALSHI: kalshi.data},
            orders={Venue.POLYMARKET: poly.orders, Venue.KALSHI: kalshi.orders},
            accounts={Venue.POLYMARKET: poly.account, Venue.KALSHI: kalshi.account},
            now_ns=surroundings.now_ns,
            in_thread=surroundings.in_thread,
            rng=surroundings.rng,
            turning=_relayer(access.polymarket, surroundings, wire, poly, stack),
            switches=(PolymarketHeartbeat(poly.session),),
            permits=(PolymarketPermits(poly.session), kalshi.permits),
            spot=_spot(settings, access.spot, wire.sockets, poly.spot_key),
            addresses=surroundings.addresses,
            has_sockets=not surroundings.in_process,
            web_token=surroundings.web_token,
            supervisor=surroundings.supervisor,
        )


def _relayer(
    access: PolymarketAccess,
    around: Surroundings,
    wire: Wire,
    poly: "_Polymarket",
    stack: AsyncExitStack,
) -> PolymarketRelayer | None:
    """The wallet's way to the chain, where it is one that the relayer serves and we have a key."""
    if not access.relayer or not access.relayer_key or access.signature_type != DEPOSIT_WALLET:
        return None
    client = http_client(access.relayer, wire.transport(access.relayer))
    stack.push_async_callback(client.aclose)
    credentials = PolymarketCredentials(access.private_key, access.wallet, access.signature_type)
    key = RelayerKey(poly.session.signer.address, access.relayer_key)
    return PolymarketRelayer(client, credentials, key, poly.account, around.now_ns)


def _spot(
    settings: Settings,
    simulated: SpotAccess | None,
    sockets: Sockets,
    key: Callable[[], SpotKey],
) -> Sequence[SpotLine]:
    """Sources of spot prices, for the lane that wants them. Simulated venues bring their own."""
    knobs = settings.bets
    if not knobs.latency:
        return ()
    if simulated is not None:
        knobs = attrs.evolve(
            knobs,
            spot_second=SecondSpot.COINBASE,
            polymarket_spot_url=simulated.polymarket,
            coinbase_spot_url=simulated.coinbase,
        )
    elif settings.run.venues != "real":
        return ()  # written by an older simulator: real prices say nothing of its questions
    return spot_lines(knobs, sockets, key)


@attrs.frozen
class _Polymarket:
    data: PolymarketMarketData
    orders: PolymarketOrders
    account: PolymarketAccount
    session: PolymarketSession

    def spot_key(self) -> SpotKey:
        """The API key of the session, once it is logged in."""
        key = self.session.key
        return SpotKey(key.owner, key.secret_text, key.passphrase)

    @classmethod
    def open(
        cls, access: PolymarketAccess, around: Surroundings, wire: Wire, stack: AsyncExitStack
    ) -> "_Polymarket":
        urls = PolymarketUrls(
            clob=access.clob,
            gamma=access.gamma,
            data=access.data,
            market_ws=access.market_ws,
            user_ws=access.user_ws,
            geoblock=access.geoblock,
        )
        credentials = PolymarketCredentials(
            private_key=access.private_key,
            wallet=access.wallet,
            signature_type=access.signature_type,
        )
        clients = PolymarketClients.open(urls, wire.transport(urls.clob))
        stack.push_async_callback(clients.close)
        signer = PolymarketSigner(credentials, around.rng)
        session = PolymarketSession(signer, clients.clob, around.now_ns)
        directory = PolymarketDirectory()
        now_ns = around.now_ns
        return cls(
            PolymarketMarketData(clients, urls, wire.sockets, directory, now_ns),
            PolymarketOrders(session, now_ns),
            PolymarketAccount(clients, urls, session, wire.sockets, directory, now_ns),
            session,
        )


@attrs.frozen
class _Kalshi:
    data: KalshiMarketData
    orders: KalshiOrders
    account: KalshiAccount
    permits: KalshiPermits

    @classmethod
    def open(
        cls,
        settings: Settings,
        access: KalshiAccess,
        around: Surroundings,
        wire: Wire,
        stack: AsyncExitStack,
    ) -> "_Kalshi":
        urls = KalshiUrls(rest=access.rest, ws=access.ws)
        credentials = KalshiCredentials(
            key_id=access.key_id, private_key_pem=access.private_key_pem
        )
        client = http_client(access.rest, wire.transport(access.rest))
        stack.push_async_callback(client.aclose)
        step = settings.kalshi.balance_step_micros
        now_ns = around.now_ns
        return cls(
            KalshiMarketData(urls, credentials, client, wire.sockets, now_ns, step),
            KalshiOrders(urls, credentials, client, now_ns),
            KalshiAccount(urls, credentials, client, wire.sockets, now_ns),
            KalshiPermits(Rest(urls, credentials, client, now_ns), credentials.key_id, now_ns),
        )
