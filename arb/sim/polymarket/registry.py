"""Orders that came through the API, and who stands behind any order on the book."""

import enum
import hashlib
import uuid
from collections.abc import Iterable

import attrs

from arb.market.instruments import Action, Outcome
from arb.market.units import Ns, Px, Qty, Usd, plain_text
from arb.sim.orders import SimOrder
from arb.sim.polymarket.keys import Wallet
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.wire import NS_PER_S, Json, milliseconds, seconds


class OrderType(enum.StrEnum):
    """How long an order stands, in the venue's words (docs: place-orders)."""

    GTC = "GTC"
    GTD = "GTD"
    FOK = "FOK"
    FAK = "FAK"

    @property
    def rests(self) -> bool:
        """Say whether what is not filled stays on the book."""
        return self in {OrderType.GTC, OrderType.GTD}


_STATUS = {
    "filled": "MATCHED",
    "cancelled": "CANCELED",
    "killed": "CANCELED",
    "self_trade": "CANCELED",
    "resolved": "CANCELED_MARKET_RESOLVED",
    "expired": "CANCELED_EXPIRED_ORDER",
    "not_enough_balance": "CANCELED_NOT_ENOUGH_BALANCE",
}


@attrs.define(eq=False)
class ApiOrder:
    """One accepted order. `sim` is what the engine knows of it; None while it is held back."""

    id: str
    wallet: Wallet
    owner: str
    """The API key that placed it."""
    state: MarketState
    outcome: Outcome
    action: Action
    order_type: OrderType
    limit: Px
    """In the outcome's terms."""
    shares: Qty
    spend: Usd | None
    """What a FAK or FOK buy is to cost; those have no size in shares."""
    expiration_s: int
    post_only: bool
    created_ns: Ns
    sim: SimOrder | None = None
    dropped: str = ""
    """Why a held order never reached the book."""
    trades: list[str] = attrs.field(factory=list)
    told_placed: bool = False
    told_filled: int = 0
    told_ended: bool = False

    @property
    def token(self) -> str:
        """What it buys or sells."""
        return self.state.listing.token(self.outcome)

    @property
    def filled(self) -> Qty:
        """Shares."""
        return self.sim.filled if self.sim else Qty(0)

    @property
    def live(self) -> bool:
        """Say whether it rests or is held."""
        return not self.dropped and (self.sim is None or self.sim.open)

    @property
    def status(self) -> str:
        """Its state in the venue's words."""
        if self.dropped:
            return f"CANCELED_{self.dropped}"
        if self.sim is None:
            return "DELAYED"
        if self.sim.open:
            return "LIVE"
        return _STATUS.get(self.sim.end_reason, "CANCELED")


@attrs.frozen
class Party:
    """Who stands behind an order, as other traders see it."""

    order_id: str
    owner: str
    address: str


class Registry:
    """Every order that the API accepted, by its hash, oldest first."""

    def __init__(self) -> None:
        """Start without orders."""
        self._orders: dict[str, ApiOrder] = {}
        self._by_signer: dict[str, dict[str, ApiOrder]] = {}
        self._live: dict[str, dict[str, ApiOrder]] = {}
        """By signer; those that have ended are dropped when somebody looks."""

    def add(self, order: ApiOrder) -> None:
        """Keep an order."""
        self._orders[order.id] = order
        signer = order.wallet.signer.lower()
        self._by_signer.setdefault(signer, {})[order.id] = order
        self._live.setdefault(signer, {})[order.id] = order

    def remove(self, order: ApiOrder) -> None:
        """Forget an order that was refused after all."""
        del self._orders[order.id]
        signer = order.wallet.signer.lower()
        del self._by_signer[signer][order.id]
        self._live[signer].pop(order.id, None)

    def find(self, order_id: str) -> ApiOrder | None:
        """The order of a hash."""
        return self._orders.get(order_id)

    def of_signer(self, address: str) -> Iterable[ApiOrder]:
        """Every order of an address."""
        return tuple(self._by_signer.get(address.lower(), {}).values())

    def live_of(self, address: str) -> list[ApiOrder]:
        """The orders of an address that rest or are held."""
        known = self._live.get(address.lower(), {})
        for order in [order for order in known.values() if not order.live]:
            del known[order.id]
        return list(known.values())

    def party(self, order: SimOrder) -> Party:
        """Who stands behind an order; strangers get a face of their own that never changes."""
        known = self._orders.get(order.id)
        if known is not None:
            return Party(known.id, known.owner, known.wallet.funder)
        return Party(_stranger_order(order.id), *_stranger(order.account))


def order_json(order: ApiOrder) -> Json:
    """An order as `/data/order` gives it: sizes in shares, times in seconds."""
    return {
        "id": order.id,
        "status": order.status,
        "owner": order.owner,
        "maker_address": order.wallet.funder,
        "market": order.state.listing.condition_id,
        "asset_id": order.token,
        "side": order.action.upper(),
        "original_size": plain_text(order.shares),
        "size_matched": plain_text(order.filled),
        "price": plain_text(order.limit),
        "outcome": order.state.listing.label(order.outcome),
        "expiration": str(order.expiration_s),
        "order_type": order.order_type.value,
        "associate_trades": list(order.trades),
        "created_at": order.created_ns // NS_PER_S,
    }


def order_event(order: ApiOrder, kind: str, status: str, filled: Qty, now_ns: Ns) -> Json:
    """An order as the user stream tells of it. A dollar-sized buy shows its dollars as size."""
    size = order.shares if order.spend is None else order.spend
    return {
        "event_type": "order",
        "type": kind,
        "id": order.id,
        "owner": order.owner,
        "order_owner": order.owner,
        "market": order.state.listing.condition_id,
        "asset_id": order.token,
        "side": order.action.upper(),
        "original_size": plain_text(size),
        "size_matched": plain_text(filled),
        "price": plain_text(order.limit),
        "associate_trades": list(order.trades) or None,
        "outcome": order.state.listing.label(order.outcome),
        "created_at": seconds(order.created_ns),
        "expiration": str(order.expiration_s),
        "order_type": order.order_type.value,
        "status": status,
        "maker_address": order.wallet.funder,
        "timestamp": milliseconds(now_ns),
    }


def order_news(order: ApiOrder, now_ns: Ns) -> list[Json]:
    """What the user stream has not told of an order yet; told from here on."""
    news = []
    if order.order_type.rests and not order.told_placed:
        order.told_placed = True
        news.append(order_event(order, "PLACEMENT", "LIVE", Qty(0), now_ns))
    if order.filled > order.told_filled:
        order.told_filled = order.filled
        status = "MATCHED" if order.status == "MATCHED" else "LIVE"
        news.append(order_event(order, "UPDATE", status, order.filled, now_ns))
    if not order.live and order.status != "MATCHED" and not order.told_ended:
        order.told_ended = True
        news.append(order_event(order, "CANCELLATION", order.status, order.filled, now_ns))
    return news


def _stranger_order(order_id: str) -> str:
    return "0x" + hashlib.sha256(order_id.encode()).hexdigest()


def _stranger(account: str) -> tuple[str, str]:
    digest = hashlib.sha256(account.encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4)), "0x" + digest[12:].hex()
