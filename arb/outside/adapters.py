"""Builds the adapters of both venues: real or simulated, only addresses and keys differ."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import attrs

from arb.market.instruments import Venue
from arb.outside.access import Access, KalshiAccess, PolymarketAccess, SpotAccess
from arb.outside.wire import Surroundings, Wire
from arb.plant import Outside
from arb.settings import SecondSpot, Settings
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
from arb.venues.spot.polymarket import SpotKey
from arb.venues.spot.protocols import SpotLine
from arb.venues.wire import http_client
from arb.wagers import spot_lines


@asynccontextmanager
async def open_adapters(
    settings: Settings, surroundings: Surroundings, access: Access, wire: Wire
) -> AsyncIterator[Outside]:
    """Open both venues for as long as the block lasts."""
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
