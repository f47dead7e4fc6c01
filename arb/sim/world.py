"""Both simulated venues, what they list, who trades there, and the life in them."""

import gc
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import trio
from starlette.types import ASGIApp

from arb.market.instruments import Venue
from arb.market.units import MICRO, Clock, Usd, complement
from arb.sim.catalogue import Catalogue, Draw, Kind, Mix, pairs
from arb.sim.drawing import draw
from arb.sim.engine import Exchange
from arb.sim.faults.board import FaultBoard
from arb.sim.faults.clock import VenueClock
from arb.sim.faults.delays import RoundTrip
from arb.sim.faults.desks import KalshiDesk, PolymarketDesk
from arb.sim.faults.fault import Fault
from arb.sim.faults.hands import FaultHands
from arb.sim.faults.proxy import ChaosProxy
from arb.sim.faults.rival import Rival
from arb.sim.faults.standing import VenueOperators
from arb.sim.flow.flow import Flow
from arb.sim.flow.last_look import LastLook
from arb.sim.flow.pace import Pace
from arb.sim.flow.venues import Venues
from arb.sim.kalshi.face import KalshiFace, KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.members import BOT, MEMBERS, ReadyMember
from arb.sim.polymarket.face import PolymarketFace
from arb.sim.polymarket.listing import exchange_listings
from arb.sim.recorded.flow import RecordedFlow
from arb.sim.recorded.reading import read_recordings
from arb.sim.recorded.recording import Recording
from arb.sim.spot.coinbase import Coinbase
from arb.sim.spot.door import SpotDoor
from arb.sim.spot.hub import SpotHub
from arb.sim.spot.life import SpotLife
from arb.sim.spot.polybolt import PolyBolt
from arb.sim.spot.prices import walks

__all__ = ["BOT", "World"]

CRYPTO_POOL = 2
"""The shard on which members have cash besides shard 0."""


@contextmanager
def _without_collections() -> Iterator[None]:
    """Look for no garbage meanwhile: all that is made stays, and looking takes a third of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@attrs.frozen
class World:
    """Two venues that a bot cannot tell from the real ones. Made by `build`."""

    apps: Mapping[Venue, ASGIApp]
    """The protocol faces as clients reach them: behind delays and faults."""
    catalogue: Catalogue
    exchanges: Mapping[Venue, Exchange]
    polymarket: PolymarketFace
    kalshi: KalshiFace
    flow: Flow
    recorded: RecordedFlow
    faults: FaultBoard
    """What goes wrong, now and later; add to it and take from it at any time."""
    _hands: FaultHands
    _spot: SpotLife
    members: tuple[ReadyMember, ...] = MEMBERS
    """Everybody with an account of their own on both venues, the embedded bot first."""

    @classmethod
    @_without_collections()
    def build(  # noqa: PLR0913 - what a world is made from
        cls,
        seed: int,
        *,
        now_ns: Clock,
        speed_ppm: int,
        polymarket_cash: Usd,
        kalshi_cash: Usd,
        polymarket_delay_s: float = 0.0,
        kalshi_delay_s: float = 0.0,
        mix: Mix | None = None,
        pace: Pace | None = None,
        faults: Sequence[Fault] = (),
        recordings: Sequence[Path] = (),
    ) -> "World":
        """Make a world from a seed: the same seed, clock and faults make the same world.

        Every member gets `polymarket_cash`, `kalshi_cash` on shard 0 and half of that on shard 2.
        `recordings` are files of frames whose markets are listed besides. Raises RecordingFault and
        OSError for a file that cannot be used.
        """
        rng = random.Random(seed)
        catalogue, drawing = draw(rng, now_ns, mix or Mix())
        played = [one for path in recordings for one in _read(path, now_ns)]
        _add_recorded(catalogue, played)
        exchanges = _exchanges(now_ns)
        _admit(exchanges, polymarket_cash, kalshi_cash)
        board = FaultBoard(now_ns, random.Random(f"faults {seed}"))
        venues = _open_venues(exchanges, catalogue, now_ns, board, rng)
        flow = Flow(
            venues, catalogue, drawing, _child(rng), now_ns=now_ns, pace=pace, speed_ppm=speed_ppm
        )
        trips = (RoundTrip(delay, _child(rng)) for delay in (polymarket_delay_s, kalshi_delay_s))
        for fault in faults:
            board.inject(fault)
        spot = _make_spot(seed, venues, flow, now_ns)
        hands = FaultHands(board, VenueOperators(venues.polymarket, venues.kalshi), now_ns)
        return cls(
            apps=_fronts(venues, hands, flow, spot.hubs, trips),
            catalogue=catalogue,
            exchanges=exchanges,
            polymarket=venues.polymarket,
            kalshi=venues.kalshi,
            flow=flow,
            recorded=RecordedFlow(exchanges, played, speed_ppm),
            faults=board,
            hands=hands,
            spot=spot,
        )

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Live: settle, expire, quote, trade. Never returns."""
        async with trio.open_nursery() as nursery:
            await nursery.start(self.polymarket.run)
            await nursery.start(self.kalshi.run)
            await nursery.start(self._hands.run)
            await nursery.start(self.recorded.run)
            if any(one.recipe.kind is Kind.UP_DOWN for one in self.catalogue.questions):
                await nursery.start(self._spot.run)
            await nursery.start(self.flow.run)
            task_status.started()

    def proxy(self, venue: Venue, port: int) -> ChaosProxy:
        """What breaks connections to a venue that is served on `port` of 127.0.0.1."""
        return ChaosProxy(venue, port, self.faults, self._hands.connections)

    @property
    def pairs(self) -> tuple[Mapping[str, Any], ...]:
        """Candidate pairs across the venues, true and false ones, as plain values."""
        return tuple(pairs(self.catalogue.twins))

    def relayer_key(self, member: ReadyMember) -> str:
        """What lets a member at the relayer."""
        return self.polymarket.relayer_key(member.polymarket_signer)

    @property
    def polymarket_credentials(self) -> dict[str, Any]:
        """Who the embedded bot is on Polymarket: an EOA with a published test key."""
        return MEMBERS[0].polymarket_credentials

    @property
    def kalshi_credentials(self) -> dict[str, Any]:
        """Who the embedded bot is on Kalshi: a member with a published Ed25519 test key."""
        return MEMBERS[0].kalshi_credentials

    def accounts(self, member: str = BOT) -> dict[str, Any]:
        """What a member holds on each venue, straight from the matching engines, in millionths.

        "redeemable" is what contracts of ended markets bring once they are redeemed. Raises KeyError
        where nobody has that name.
        """
        return {
            str(venue): _holdings(exchange, member) for venue, exchange in self.exchanges.items()
        }


def _holdings(exchange: Exchange, member: str) -> dict[str, Any]:
    positions = sorted(exchange.positions(member).items())
    redeemable = {}
    for market, (yes, no) in positions:
        payout = exchange.payout(market)
        if payout is not None:
            redeemable[market] = (yes * payout + no * complement(payout)) // MICRO
    return {
        "cash": {str(pool): usd for pool, usd in exchange.cash(member).items()},
        "positions": {market: {"yes": yes, "no": no} for market, (yes, no) in positions},
        "redeemable": redeemable,
        "fees": exchange.fees_paid(member),
    }


# --- putting a world together -------------------------------------------------------------------


def _child(rng: random.Random) -> random.Random:
    """A generator of its own, so that one part's draws do not move another's."""
    return random.Random(rng.getrandbits(64))


def _exchanges(now_ns: Clock) -> dict[Venue, Exchange]:
    return {
        Venue.POLYMARKET: Exchange(nets=False, now_ns=now_ns, ids=_Names("p").next),
        Venue.KALSHI: Exchange(nets=True, now_ns=now_ns, ids=_Names("k").next),
    }


@attrs.define
class _Names:
    """Names of matches, in the form of UUIDs, counting up."""

    venue: str
    count: int = 0

    def next(self) -> str:
        self.count += 1
        return f"00000000-0000-4000-8{ord(self.venue):03x}-{self.count:012x}"


def _read(path: Path, now_ns: Clock) -> list[Recording]:
    return read_recordings(path.read_text(encoding="utf-8"), str(path), now_ns())


def _add_recorded(catalogue: Catalogue, recordings: Iterable[Recording]) -> None:
    for one in recordings:
        new = tuple(series for series in one.series if series.ticker not in catalogue.series)
        catalogue.add(
            Draw((), (), one.events, series=new, events=one.kalshi_events, markets=one.markets)
        )


def _admit(exchanges: Mapping[Venue, Exchange], polymarket: Usd, kalshi: Usd) -> None:
    for member in MEMBERS:
        exchanges[Venue.POLYMARKET].open_account(member.name, {0: polymarket})
        half = Usd(kalshi // 2)
        exchanges[Venue.KALSHI].open_account(member.name, {0: kalshi, CRYPTO_POOL: half})


def _open_venues(
    exchanges: dict[Venue, Exchange],
    catalogue: Catalogue,
    now_ns: Clock,
    board: FaultBoard,
    rng: random.Random,
) -> Venues:
    """List everything, and put the protocol faces in front of the matching engines."""
    poly, kalshi = exchanges[Venue.POLYMARKET], exchanges[Venue.KALSHI]
    for listing in exchange_listings(catalogue.polymarket):
        poly.list_market(listing)
    for listing in catalogue.kalshi.listings():
        kalshi.list_market(listing)
    return Venues(
        PolymarketFace(
            poly,
            catalogue.polymarket,
            [member.wallet for member in MEMBERS],
            VenueClock(now_ns, board, Venue.POLYMARKET),
            rng,
            steady_ns=now_ns,
        ),
        KalshiFace(
            kalshi,
            catalogue.kalshi,
            [member.api_key for member in MEMBERS],
            now_ns=VenueClock(now_ns, board, Venue.KALSHI),
            rng=rng,
            settings=KalshiSettings(tier=PRESTIGE),
        ),
        exchanges,
    )


def _fronts(
    venues: Venues,
    hands: FaultHands,
    flow: Flow,
    hubs: tuple[SpotHub, SpotHub],
    trips: Iterable[RoundTrip],
) -> dict[Venue, ASGIApp]:
    """Each face behind its makers' last look, its faults and its network.

    The streams of spot prices are on Polymarket's host, and suffer what its other sockets suffer.
    """
    poly_trip, kalshi_trip = trips
    poly = LastLook(venues.polymarket.app, Venue.POLYMARKET, flow.traps.order_arrives)
    poly_host = SpotDoor(poly, *hubs)
    kalshi = LastLook(venues.kalshi.app, Venue.KALSHI, flow.traps.order_arrives)
    poly_desk = PolymarketDesk(venues.polymarket, Rival(venues.exchanges[Venue.POLYMARKET]))
    kalshi_desk = KalshiDesk(venues.kalshi, Rival(venues.exchanges[Venue.KALSHI]))
    return {
        Venue.POLYMARKET: hands.front(poly_host, poly_desk, poly_trip),
        Venue.KALSHI: hands.front(kalshi, kalshi_desk, kalshi_trip),
    }


def _make_spot(seed: int, venues: Venues, flow: Flow, now_ns: Clock) -> SpotLife:
    """Coins draw from a generator of their own: with them or without, the rest is the same."""
    rng = random.Random(f"spot {seed}")
    moving = walks(rng, now_ns())
    hubs = PolyBolt(moving, venues.polymarket.keys), Coinbase(moving, _child(rng))
    return SpotLife(moving, hubs, flow.topics, flow.makers, _child(rng), now_ns)
