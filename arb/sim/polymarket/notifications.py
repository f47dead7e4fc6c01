"""Notifications: what the venue would show its user as a bell (docs: clob notifications).

Kept by account, the newest 500; read and dropped with L2 credentials. Kinds and payloads follow
the official client's models.
"""

import enum
from collections import deque
from collections.abc import Callable, Iterable

import attrs
from starlette.requests import Request

from arb.market.instruments import Outcome
from arb.market.units import Ns, Qty, Usd, plain_text
from arb.sim.polymarket.errors import bad_request
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.keys import Wallet, Wallets
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.registry import ApiOrder
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import NS_PER_S, Json, json_number, whole_number

MOST_KEPT = 500


class NoticeKind(enum.IntEnum):
    """The venue's numbers."""

    ORDER_CANCELLED = 1
    ORDER_FILLED = 2
    MARKET_RESOLVED = 4
    FILL_FAILED = 8
    AUTO_REDEEMED = 9


@attrs.frozen
class Notice:
    """One notification."""

    id: int
    kind: NoticeKind
    payload: Json
    at_ns: Ns


@attrs.define(eq=False)
class Notices:
    """Owner of everybody's notifications."""

    gate: Gate
    wallets: Wallets
    now_ns: Callable[[], Ns]
    _kept: dict[str, deque[Notice]] = attrs.field(factory=dict, init=False)
    _count: int = attrs.field(default=0, init=False)

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (("GET", "/notifications", self._list), ("DELETE", "/notifications", self._drop))

    def add(self, account: str, kind: NoticeKind, payload: Json) -> None:
        """Keep a notification for an account."""
        self._count += 1
        kept = self._kept.setdefault(account, deque(maxlen=MOST_KEPT))
        kept.append(Notice(self._count, kind, payload, self.now_ns()))

    async def _list(self, request: Request) -> list[Json]:
        key = await self.gate.key(request)
        return [
            {
                "id": notice.id,
                "owner": key.key,
                "type": int(notice.kind),
                "payload": notice.payload,
                "timestamp": notice.at_ns // NS_PER_S,
            }
            for account in self._accounts(key.address, request)
            for notice in self._kept.get(account, ())
        ]

    async def _drop(self, request: Request) -> str:
        key = await self.gate.key(request)
        named = request.query_params.get("ids", "")
        numbers = [whole_number(text) for text in named.split(",")] if named else []
        if None in numbers:
            raise bad_request("invalid notification ids")
        for account in self._accounts(key.address, request):
            kept = self._kept.get(account, deque())
            for notice in [one for one in kept if one.id in numbers or not named]:
                kept.remove(notice)
        return "OK"

    def _accounts(self, address: str, request: Request) -> list[str]:
        kind = whole_number(request.query_params.get("signature_type", ""))
        mine = self.wallets.of_signer(address)
        return [one.account for one in mine if kind is None or one.signature_type == kind]


def order_notice(order: ApiOrder, transaction: str = "") -> Json:
    """What a notification says of an order."""
    listing, event = order.state.listing, order.state.event
    size = order.shares if order.spend is None else Qty(order.spend)
    return {
        "asset_id": order.token,
        "market": listing.condition_id,
        "order_id": order.id,
        "owner": order.owner,
        "side": order.action.upper(),
        "type": order.order_type.value,
        "price": plain_text(order.limit),
        "original_size": plain_text(size),
        "matched_size": plain_text(order.filled),
        "remaining_size": plain_text(max(order.shares - order.filled, 0)),
        "outcome": listing.label(order.outcome),
        "outcome_index": list(Outcome).index(order.outcome),
        "transaction_hash": transaction,
        "trade_id": order.trades[-1] if order.trades else "",
        "question": listing.question,
        "market_slug": listing.slug,
        "icon": "",
        "image": "",
        "eventSlug": event.slug,
        "seriesSlug": event.series_slug,
    }


def redeemed_notice(wallet: Wallet, state: MarketState, dollars: Usd, transaction: str) -> Json:
    """What a notification says of a position that was paid out without asking."""
    listing = state.listing
    return {
        "proxyWallet": wallet.funder,
        "amount": json_number(dollars),
        "conditionId": listing.condition_id,
        "question": listing.question,
        "image": "",
        "slug": listing.slug,
        "negRisk": listing.neg_risk,
        "txnHash": transaction,
    }
