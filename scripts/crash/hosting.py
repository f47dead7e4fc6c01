"""Keeps a scene's venues up on real sockets while bots come, die and come again."""

import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from arb.sim.serve import describe, serve
from arb.sim.world import World
from crash.scene import NS_PER_S, Scene, Wall

CONNECTIONS = "venues.json"
ORDER_PATHS = ("/order", "/trade-api/v2/portfolio/events/orders")
TURN_PATHS = ("/submit",)


@attrs.frozen
class Hosted:
    """A world that is up, and what it was sent."""

    world: World
    member: str
    """Who the bot is."""
    wall: Wall
    orders_sent: Counter[bytes]
    """How often each new order came in, by the body of the request, whatever became of it."""
    turns_sent: Counter[bytes]
    """The same of the wallet's transactions."""


@asynccontextmanager
async def hosted(scene: Scene, home: Path) -> AsyncIterator[Hosted]:
    """Serve a new world of `scene`; `home` gets the file that tells bots where it is."""
    wall, orders, turns = Wall(), Counter[bytes](), Counter[bytes]()
    world = scene.build(wall)
    counted = {**dict.fromkeys(ORDER_PATHS, orders), **dict.fromkeys(TURN_PATHS, turns)}
    fronts = {venue: _Front(app, wall, counted) for venue, app in world.apps.items()}
    async with trio.open_nursery() as nursery:
        served = await nursery.start(serve, attrs.evolve(world, apps=fronts))
        await nursery.start(world.run)
        nursery.start_soon(scene.goes_on, world)
        about = describe(world, served, scene.member)
        (home / CONNECTIONS).write_text(json.dumps(about), encoding="utf-8")
        yield Hosted(world, scene.member, wall, orders, turns)
        nursery.cancel_scope.cancel(reason="the case is over")


@attrs.frozen
class _Front:
    """Stands before a venue: counts what comes in that moves money, and tells the time."""

    app: ASGIApp
    wall: Wall
    counted: Mapping[str, Counter[bytes]]
    """By path."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_post = scope["type"] == "http" and scope["method"] == "POST"
        if not is_post or scope["path"] not in self.counted:
            await self.app(scope, receive, self._dated(send))
            return
        body = bytearray()

        async def listen() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        await self.app(scope, listen, self._dated(send))
        self.counted[scope["path"]][bytes(body)] += 1

    def _dated(self, send: Send) -> Send:
        """The server below writes the real date into its answers: by so much the wall is ahead."""

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start" and self.wall.ahead_ns:
                age = str(self.wall.ahead_ns // NS_PER_S).encode()
                message = {**message, "headers": [*message["headers"], (b"age", age)]}
            await send(message)

        return tell
