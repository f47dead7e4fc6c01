"""The edge in front of the venue: it counts requests by address before the venue sees them.

Docs: api-reference/rate-limits. What it refuses carries none of the venue's headers, so a client
cannot tell from the answer whether an order arrived; here it never does.
"""

from collections import Counter
from collections.abc import Callable

import attrs
import trio
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from arb.market.units import Ns, ceil_div
from arb.sim.polymarket.conditions import Conditions, IpLimits, Storm
from arb.sim.polymarket.errors import ApiError
from arb.sim.polymarket.quotas import Windows, quotas_of
from arb.sim.polymarket.wire import NS_PER_S

TOO_MANY = 429
_PAGE = "<html><head><title>Access denied</title></head><body>Error 1015: {}</body></html>"


class Turned(ApiError):
    """The edge's own refusal: HTML, not JSON."""

    def __init__(self, wait_s: int) -> None:
        """Ask to come back after `wait_s`."""
        super().__init__(TOO_MANY, "You are being rate limited")
        self.headers = {"server": "cloudflare", "retry-after": str(wait_s)}

    def response(self) -> Response:
        """Cloudflare's page."""
        return HTMLResponse(_PAGE.format(self.text), self.status, headers=self.headers)


@attrs.define(eq=False)
class Edge:
    """Lets requests through, late or not at all. `counts` says how many of each."""

    conditions: Conditions
    now_ns: Callable[[], Ns]
    counts: Counter[str] = attrs.field(factory=Counter)
    _windows: Windows = attrs.field(factory=Windows, init=False)

    async def admit(self, request: Request) -> None:
        """Wait until the request may go on. Raises Turned where it may not."""
        if self.conditions.storm is Storm.BARE:
            self._refuse(1)
        if self.conditions.ip_limits is IpLimits.OFF:
            return
        quotas = quotas_of(request.method, request.url.path)
        address = request.client.host if request.client else ""
        while wait_s := self._windows.excess_s(address, quotas, self.now_ns()):
            if self.conditions.ip_limits is IpLimits.REFUSE:
                self._refuse(ceil_div(round(wait_s * NS_PER_S), NS_PER_S))
            self.counts["requests delayed by the edge"] += 1
            await trio.sleep(wait_s)

    def _refuse(self, wait_s: int) -> None:
        self.counts["requests refused by the edge"] += 1
        raise Turned(wait_s)
