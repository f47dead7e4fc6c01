"""Keeps a scene's venues up on real sockets while bots come, die and come again."""

import json
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arb.sim.serve import describe, serve
from arb.sim.world import World
from crash.scenes import Scene

CONNECTIONS = "venues.json"
ORDER_PATHS = ("/order", "/trade-api/v2/portfolio/events/orders")


@attrs.frozen
class Hosted:
    """A world that is up, and what it was sent."""

    world: World
    orders_sent: Counter[bytes]
    """How often each new order came in, by the body of the request, whatever became of it."""


@asynccontextmanager
async def hosted(scene: Scene, home: Path) -> AsyncIterator[Hosted]:
    """Serve a new world of `scene`; `home` gets the file that tells bots where it is."""
    world, sent = scene.build(), Counter[bytes]()
    fronts = {venue: _Counting(app, sent) for venue, app in world.apps.items()}
    async with trio.open_nursery() as nursery:
        served = await nursery.start(serve, attrs.evolve(world, apps=fronts))
        await nursery.start(world.run)
        (home / CONNECTIONS).write_text(json.dumps(describe(world, served)), encoding="utf-8")
        yield Hosted(world, sent)
        nursery.cancel_scope.cancel(reason="the case is over")


@attrs.frozen
class _Counting:
    """Stands before a venue and counts the new orders that come in."""

    app: ASGIApp
    sent: Counter[bytes]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_order = scope["type"] == "http" and scope["method"] == "POST"
        if not is_order or scope["path"] not in ORDER_PATHS:
            await self.app(scope, receive, send)
            return
        body = bytearray()

        async def listen() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self.app(scope, listen, send)
        self.sent[bytes(body)] += 1
