"""Serves both simulated venues on loopback sockets."""

from collections.abc import Mapping
from typing import Any, cast

import trio
from hypercorn.config import Config
from hypercorn.trio import serve as serve_app
from hypercorn.typing import Framework

from arb.market.instruments import Venue
from arb.sim.world import World

PING_S = 10.0
"""Kalshi pings its sockets this often (docs: websocket keep-alive); Polymarket's clients ping."""
MANY_REQUESTS = 10**9
"""hypercorn would close a connection after 1,000 requests, in the middle of whatever goes on."""


async def serve(
    world: World, *, task_status: trio.TaskStatus[Mapping[Venue, str]] = trio.TASK_STATUS_IGNORED
) -> None:
    """Serve each venue on a free port of 127.0.0.1; reports the base URLs. Never returns."""
    async with trio.open_nursery() as nursery:
        urls: dict[Venue, str] = {}
        for venue, app in world.apps.items():
            bound = await nursery.start(_serve_one, app)
            urls[venue] = bound[0]
        task_status.started(urls)
        await trio.sleep_forever()


async def _serve_one(  # noqa: ASYNC128 - hypercorn reports
    app: object, *, task_status: trio.TaskStatus[list[str]]
) -> None:
    config = Config()
    config.bind = ["127.0.0.1:0"]
    config.keep_alive_max_requests = MANY_REQUESTS
    config.websocket_ping_interval = PING_S
    config.accesslog = config.errorlog = None
    await serve_app(cast(Framework, app), config, task_status=task_status)


def describe(world: World, urls: Mapping[Venue, str]) -> dict[str, Any]:
    """Everything a bot needs to connect: addresses, credentials, pairs. Plain JSON values."""
    poly, kalshi = urls[Venue.POLYMARKET], urls[Venue.KALSHI]
    return {
        "polymarket": {
            "clob": poly,
            "gamma": poly,
            "data": poly,
            "market_ws": f"{_ws(poly)}/ws/market",
            "user_ws": f"{_ws(poly)}/ws/user",
            "geoblock": f"{poly}/api/geoblock",
            **world.polymarket_credentials,
        },
        "kalshi": {
            "rest": f"{kalshi}/trade-api/v2",
            "ws": f"{_ws(kalshi)}/trade-api/ws/v2",
            **world.kalshi_credentials,
        },
        "pairs": [dict(pair) for pair in world.pairs],
    }


def _ws(url: str) -> str:
    return "ws" + url.removeprefix("http")
