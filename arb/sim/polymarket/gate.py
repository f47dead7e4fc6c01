"""Who may come in: region, engine mode and credentials, in the venue's order."""

from collections.abc import Callable

import attrs
from starlette.requests import Request

from arb.market.units import Ns, ceil_div
from arb.sim.polymarket.auth import check_key, check_wallet
from arb.sim.polymarket.conditions import Conditions, Mode
from arb.sim.polymarket.errors import (
    cancel_only,
    geoblocked,
    post_only_mode,
    restarting,
    trading_disabled,
)
from arb.sim.polymarket.keys import ApiKey, KeyRing
from arb.sim.polymarket.wire import NS_PER_S


@attrs.frozen
class Gate:
    """Checks requests. Every check raises ApiError."""

    ring: KeyRing
    conditions: Conditions
    now_ns: Callable[[], Ns]

    def wallet(self, request: Request) -> tuple[str, int]:
        """L1: the address behind the signature, and its nonce."""
        return check_wallet(request.headers, self.now_ns(), self.conditions.clock_skew_s)

    async def key(self, request: Request) -> ApiKey:
        """L2: the API key behind the HMAC over the request as it was sent."""
        signed = (request.method, request.url.path, await request.body())
        skew_s = self.conditions.clock_skew_s
        return check_key(self.ring, request.headers, signed, self.now_ns(), skew_s)

    async def trader(self, request: Request) -> ApiKey:
        """Somebody who wants to place orders."""
        if self.conditions.geoblocked:
            raise geoblocked()
        self._check_engine()
        if self.conditions.mode is Mode.CANCEL_ONLY:
            raise cancel_only()
        return await self.key(request)

    async def canceller(self, request: Request) -> ApiKey:
        """Somebody who wants to cancel orders."""
        self._check_engine()
        return await self.key(request)

    def check_post_only(self, *, post_only: bool) -> None:
        """After a restart nothing may take."""
        if self.conditions.mode is Mode.POST_ONLY and not post_only:
            raise post_only_mode(self._mode_s_left())

    def _mode_s_left(self) -> int:
        """Whole seconds to the end of the mode, rounded up."""
        ends_ns = self.conditions.mode_ends_ns
        if ends_ns is None:
            return self.conditions.mode_s_left
        return max(ceil_div(ends_ns - self.now_ns(), NS_PER_S), 1)

    def _check_engine(self) -> None:
        if self.conditions.mode is Mode.RESTARTING:
            raise restarting()
        if self.conditions.mode is Mode.DISABLED:
            raise trading_disabled()
