"""The order endpoints: place one or many, cancel one, many or all."""

import random
from collections.abc import Callable, Iterable, Sequence

import attrs
import trio
from starlette.requests import Request

from arb.market.units import MICRO, Ns
from arb.sim.polymarket.checks import CheckedOrder, Checker
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.errors import ApiError, WrongVersion, bad_request, invalid_payload
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.keys import ApiKey
from arb.sim.polymarket.meter import Kind, Meter
from arb.sim.polymarket.payload import (
    OrderRequest,
    parse_object,
    parse_order,
    parse_order_id,
    parse_order_ids,
    parse_orders,
)
from arb.sim.polymarket.placement import Desk
from arb.sim.polymarket.registry import ApiOrder, Registry
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import Json

POST_ONLY_TYPES = "invalid post-only order: only GTC and GTD order types are allowed"


@attrs.frozen
class Trading:
    """Answers everything that moves orders."""

    gate: Gate
    meter: Meter
    checker: Checker
    desk: Desk
    registry: Registry
    conditions: Conditions
    now_ns: Callable[[], Ns]
    rng: random.Random
    """Draws which orders meet a refusal that was switched on."""

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("POST", "/order", self._place),
            ("POST", "/orders", self._place_many),
            ("DELETE", "/order", self._cancel),
            ("DELETE", "/orders", self._cancel_many),
            ("DELETE", "/cancel-all", self._cancel_all),
            ("DELETE", "/cancel-market-orders", self._cancel_market),
        )

    # --- placing --------------------------------------------------------------------------------

    async def _place(self, request: Request) -> Json:
        key = await self.gate.trader(request)
        self.meter.spend(request, key, Kind.ORDERS, 1)
        try:
            order = parse_order(await request.body())
            self._check_terms(order)
            checked = self._check(order, key)
            if self._is_held(checked):
                await trio.sleep(self.conditions.taker_delay_s)
                checked = self._check(order, key)  # makers may have left meanwhile
            return self.desk.place(checked)
        except WrongVersion as error:
            raise self._other_version() from error

    async def _place_many(self, request: Request) -> list[Json]:
        """Place each order on its own: one that is refused does not touch the others."""
        key = await self.gate.trader(request)
        orders = parse_orders(await request.body())
        self.meter.spend(request, key, Kind.ORDERS, len(orders))
        if any(self._would_be_held(order, key) for order in orders):
            await trio.sleep(self.conditions.taker_delay_s)
        return [self._place_entry(order, key) for order in orders]

    def _place_entry(self, order: OrderRequest | WrongVersion, key: ApiKey) -> Json:
        if isinstance(order, WrongVersion):
            return _failed_entry(self._other_version().text)
        try:
            self._check_terms(order)
            return self.desk.place(self._check(order, key))
        except WrongVersion:
            return _failed_entry(self._other_version().text)
        except ApiError as error:
            return _failed_entry(error.text)

    def _check_terms(self, order: OrderRequest) -> None:
        if order.post_only and not order.order_type.rests:
            raise bad_request(POST_ONLY_TYPES)
        self.gate.check_post_only(post_only=order.post_only)
        refusal = self.conditions.refuse
        if refusal is not None and self.rng.randrange(MICRO) < self.conditions.refuse_ppm:
            raise refusal.error

    def _check(self, order: OrderRequest, key: ApiKey) -> CheckedOrder:
        return self.checker.check(order, key, self.now_ns())

    def _other_version(self) -> WrongVersion:
        """The refusal in the words that the venue uses now."""
        return WrongVersion(self.conditions.version_words)

    def _is_held(self, checked: CheckedOrder) -> bool:
        """Say whether the answer waits: short taker delays are part of the call."""
        delayed = checked.state.listing.taker_delay
        return delayed and checked.takes and not checked.request.post_only

    def _would_be_held(self, order: OrderRequest | WrongVersion, key: ApiKey) -> bool:
        if isinstance(order, WrongVersion):
            return False
        found = self.checker.shelf.with_token(order.signed.token)
        if found is None or not found[0].listing.taker_delay:
            return False
        try:
            return self._is_held(self._check(order, key))
        except ApiError:
            return False  # refused when its turn comes

    # --- cancelling -----------------------------------------------------------------------------

    async def _cancel(self, request: Request) -> Json:
        key = await self.gate.canceller(request)
        self.meter.spend(request, key, Kind.CANCELS, 1)
        return self.desk.cancel([parse_order_id(await request.body())], key.address)

    async def _cancel_many(self, request: Request) -> Json:
        key = await self.gate.canceller(request)
        order_ids = parse_order_ids(await request.body(), self.conditions.most_cancels)
        self.meter.spend(request, key, Kind.CANCELS, len(order_ids))
        return self.desk.cancel(order_ids, key.address)

    async def _cancel_all(self, request: Request) -> Json:
        key = await self.gate.canceller(request)
        self.meter.spend(request, key, Kind.CANCELS, 1)
        return self._cancel_these(request, key, self._live(key))

    async def _cancel_market(self, request: Request) -> Json:
        key = await self.gate.canceller(request)
        wanted = parse_object(await request.body())
        market, token = wanted.get("market") or "", wanted.get("asset_id") or ""
        if not market and not token:
            raise invalid_payload()
        self.meter.spend(request, key, Kind.CANCELS, 1)
        found = [order for order in self._live(key) if _is_in(order, market, token)]
        return self._cancel_these(request, key, found)

    def _live(self, key: ApiKey) -> Sequence[ApiOrder]:
        return self.registry.live_of(key.address)

    def _cancel_these(self, request: Request, key: ApiKey, orders: Sequence[ApiOrder]) -> Json:
        """Cancel orders whose number was not known when the call was admitted."""
        self.meter.charge(request, key, len(orders))
        return self.desk.cancel([order.id for order in orders], key.address)


def _is_in(order: ApiOrder, market: object, token: object) -> bool:
    listing = order.state.listing
    in_market = not market or listing.condition_id == market
    return in_market and (not token or order.token == token)


def _failed_entry(text: str) -> Json:
    """A refused order inside an accepted batch: recorded answers call it a success."""
    return {
        "success": True,
        "errorMsg": text,
        "orderID": "",
        "status": "",
        "makingAmount": "",
        "takingAmount": "",
        "transactionsHashes": [],
        "tradeIDs": [],
    }
