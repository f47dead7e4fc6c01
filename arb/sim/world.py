"""Both simulated venues, what they list, who trades there, and the life in them."""

import base64
import random
from collections.abc import Mapping
from typing import Any

import attrs
import trio
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from starlette.types import ASGIApp

from arb.market.instruments import Venue
from arb.market.units import Clock, Usd
from arb.sim.catalogue import Catalogue, Mix, draw
from arb.sim.delay import Delay
from arb.sim.engine import Exchange
from arb.sim.flow import Flow
from arb.sim.kalshi.auth import ApiKey, Member, PublicKey
from arb.sim.kalshi.face import KalshiFace, KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.polymarket.face import PolymarketFace
from arb.sim.polymarket.keys import Wallet
from arb.sim.polymarket.listing import exchange_listings

BOT = "bot"
"""The bot's account in both matching engines."""

# The first key of the Hardhat development chain and the first test key of RFC 8032: published,
# known to everybody, and never to hold money.
POLYMARKET_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
POLYMARKET_WALLET = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
KALSHI_SEED = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
KALSHI_KEY_ID = "00000000-0000-4000-8000-000000000001"
PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
"""What comes before 32 bytes of Ed25519 key in PKCS#8 (RFC 8410)."""


@attrs.frozen
class World:
    """Two venues that a bot cannot tell from the real ones. Made by `build`."""

    apps: Mapping[Venue, ASGIApp]
    """The protocol faces, by venue."""
    pairs: tuple[Mapping[str, Any], ...]
    """Candidate pairs across the venues, true and false ones, as plain values."""
    catalogue: Catalogue
    exchanges: Mapping[Venue, Exchange]
    _faces: tuple[PolymarketFace, KalshiFace]
    flow: Flow

    @classmethod
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
    ) -> "World":
        """Make a world from a seed: the same seed and clock make the same world."""
        rng = random.Random(seed)
        catalogue = draw(rng, now_ns(), mix or Mix())
        polymarket, kalshi = _exchanges(now_ns)
        polymarket.open_account(BOT, {0: polymarket_cash})
        kalshi.open_account(BOT, {0: kalshi_cash, 2: Usd(kalshi_cash // 2)})
        for listing in exchange_listings(catalogue.polymarket):
            polymarket.list_market(listing)
        for listing in catalogue.kalshi.listings():
            kalshi.list_market(listing)
        faces = (
            PolymarketFace(polymarket, catalogue.polymarket, [_wallet()], now_ns, rng),
            _kalshi_face(kalshi, catalogue, now_ns, rng),
        )
        return cls(
            apps={
                Venue.POLYMARKET: Delay(faces[0].app, polymarket_delay_s, _child(rng)),
                Venue.KALSHI: Delay(faces[1].app, kalshi_delay_s, _child(rng)),
            },
            pairs=tuple(_pair(catalogue)),
            catalogue=catalogue,
            exchanges={Venue.POLYMARKET: polymarket, Venue.KALSHI: kalshi},
            faces=faces,
            flow=Flow(
                polymarket,
                kalshi,
                catalogue.questions,
                _child(rng),
                speed_ppm=speed_ppm,
            ),
        )

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Live: settle, expire, quote, trade. Never returns."""
        async with trio.open_nursery() as nursery:
            for face in self._faces:
                await nursery.start(face.run)
            await nursery.start(self.flow.run)
            task_status.started()

    @property
    def polymarket_credentials(self) -> dict[str, Any]:
        """Who the bot is on Polymarket: an EOA with a published test key."""
        return {
            "private_key": POLYMARKET_KEY,
            "wallet": POLYMARKET_WALLET,
            "signature_type": 0,
        }

    @property
    def kalshi_credentials(self) -> dict[str, Any]:
        """Who the bot is on Kalshi: a member with a published Ed25519 test key."""
        return {"key_id": KALSHI_KEY_ID, "private_key_pem": _kalshi_pem()}

    def accounts(self) -> dict[str, Any]:
        """What the bot's accounts hold, straight from the matching engines, in millionths."""
        return {
            str(venue): {
                "cash": {str(pool): usd for pool, usd in exchange.cash(BOT).items()},
                "positions": {
                    market: {"yes": yes, "no": no}
                    for market, (yes, no) in sorted(exchange.positions(BOT).items())
                    if yes or no
                },
                "fees": exchange.fees_paid(BOT),
            }
            for venue, exchange in self.exchanges.items()
        }


def _child(rng: random.Random) -> random.Random:
    """A generator of its own, so that one part's draws do not move another's."""
    return random.Random(rng.getrandbits(64))


def _exchanges(now_ns: Clock) -> tuple[Exchange, Exchange]:
    return (
        Exchange(nets=False, now_ns=now_ns, ids=_Names("p").next),
        Exchange(nets=True, now_ns=now_ns, ids=_Names("k").next),
    )


@attrs.define
class _Names:
    """Names of matches, in the form of UUIDs, counting up."""

    venue: str
    count: int = 0

    def next(self) -> str:
        self.count += 1
        return f"00000000-0000-4000-8{ord(self.venue):03x}-{self.count:012x}"


def _wallet() -> Wallet:
    return Wallet(BOT, POLYMARKET_WALLET, POLYMARKET_WALLET)


def _kalshi_face(
    exchange: Exchange, catalogue: Catalogue, now_ns: Clock, rng: random.Random
) -> KalshiFace:
    key = load_pem_private_key(_kalshi_pem().encode(), None).public_key()
    if not isinstance(key, PublicKey):
        raise TypeError("an Ed25519 key was expected")
    return KalshiFace(
        exchange,
        catalogue.kalshi,
        [ApiKey(KALSHI_KEY_ID, key, Member(BOT, BOT))],
        now_ns=now_ns,
        rng=rng,
        settings=KalshiSettings(tier=PRESTIGE),
    )


def _kalshi_pem() -> str:
    body = base64.b64encode(PKCS8_ED25519 + KALSHI_SEED).decode()
    return f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----\n"


def _pair(catalogue: Catalogue) -> list[Mapping[str, Any]]:
    return [
        {
            "kalshi": str(twins.kalshi),
            "polymarket": str(twins.polymarket),
            "polymarket_yes_is_kalshi_yes": True,
            "verified": twins.same,
            "reason": twins.reason,
            "source": "the simulated venues",
        }
        for twins in catalogue.twins
    ]
