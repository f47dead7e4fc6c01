"""The time that a request needs to reach a venue: what makes legs miss.

Half of a round trip before the venue sees a request, half before the caller hears back; drawn anew
for each request, never below half of the mean. Streams are not delayed.
"""

import random

import trio
from starlette.types import ASGIApp, Receive, Scope, Send


class Delay:
    """An application behind a network. `mean_s` is the mean round trip in seconds; 0: none."""

    def __init__(self, app: ASGIApp, mean_s: float, rng: random.Random) -> None:
        """Put `app` behind it."""
        self._app = app
        self._mean_s = mean_s
        self._rng = rng

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass one request on, later."""
        if scope["type"] != "http" or not self._mean_s:
            await self._app(scope, receive, send)
            return
        one_way_s = self._mean_s / 4 + self._rng.expovariate(4 / self._mean_s)
        await trio.sleep(one_way_s)
        await self._app(scope, receive, send)
        await trio.sleep(one_way_s)
