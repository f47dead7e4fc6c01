"""The way in: who asks, can they afford it, what does the route answer.

A plain ASGI application. Unknown paths, and known ones with a method that they do not have, are
404 alike.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qsl

import attrs
import msgspec
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from arb.market.units import Ns
from arb.sim.engine import Clock
from arb.sim.kalshi.auth import ApiKey, Doorman
from arb.sim.kalshi.calls import Call, Query, Reply, Route
from arb.sim.kalshi.errors import ApiError, bad_body, not_found, too_many_requests
from arb.sim.kalshi.limits import Governor
from arb.sim.kalshi.numbers import NS_PER_S, unix_ms
from arb.sim.kalshi.switchboard import Switchboard

BODY_MOST = 4 << 20
"""Bytes of a request's body; the largest batch of the highest tier is a quarter of it."""
_CACHE_BYTES = 64 << 20

SocketApp = Callable[[Scope, Receive, Send], Awaitable[None]]


@attrs.define(eq=False)
class PageCache:
    """Answers that may be served again for a while, as by a CDN; the oldest make room."""

    for_s: int
    """Seconds an answer may be served; 0: never."""
    _pages: OrderedDict[str, tuple[Ns, bytes]] = attrs.field(factory=OrderedDict)
    _bytes: int = 0

    def find(self, key: str, now: Ns) -> bytes | None:
        """An answer that is still fresh enough."""
        kept = self._pages.get(key)
        return kept[1] if kept is not None and now < kept[0] else None

    def keep(self, key: str, body: bytes, now: Ns) -> None:
        """Serve an answer again from now on."""
        _, old = self._pages.pop(key, (0, b""))
        self._pages[key] = (Ns(now + self.for_s * NS_PER_S), body)
        self._bytes += len(body) - len(old)
        while self._bytes > _CACHE_BYTES:
            self._bytes -= len(self._pages.popitem(last=False)[1][1])


@attrs.frozen
class Gate:
    """Answers requests by their routes; sockets go through a door of their own."""

    board: Switchboard
    doorman: Doorman
    governor: Governor
    now_ns: Clock
    catch_up: Callable[[], None]
    """Does what is due by now, before anybody looks."""
    sockets: SocketApp
    cache: PageCache
    checks_public: bool = True
    """Whether a bad signature on a public route is refused."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection of the ASGI server."""
        match scope["type"]:
            case "http":
                await self._serve(scope, receive, send)
            case "websocket":
                await self.sockets(scope, receive, send)
            case _:
                await _live(receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await _read(receive)
            if body is None:
                return  # nobody is left to read an answer
            answer = self._answer(scope, body)
        except ApiError as error:
            answer = response(Reply(error.body(), error.status))
        await answer(scope, receive, send)

    def _answer(self, scope: Scope, body: bytes) -> Response:
        self.catch_up()
        found = self.board.find(scope["method"], scope["path"])
        if found is None:
            raise not_found()
        route, path = found
        headers = Headers(scope=scope)
        key = self._admit(route, headers, scope)
        call = Call(
            query=Query(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
            path=path,
            body=body,
            content_type=headers.get("content-type", ""),
            key=key,
            now=self.now_ns(),
        )
        if route.cached and self.cache.for_s:
            return self._cached(route, call, scope)
        return response(route.handler(call))

    def _cached(self, route: Route, call: Call, scope: Scope) -> Response:
        name = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
        body = self.cache.find(name, call.now)
        if body is None:
            body = msgspec.json.encode(route.handler(call).data)
            self.cache.keep(name, body, call.now)
        fresh = {"cache-control": f"public, max-age={self.cache.for_s}"}
        return Response(body, 200, fresh, media_type="application/json")

    def _admit(self, route: Route, headers: Headers, scope: Scope) -> ApiKey | None:
        """Check the signature where there is one, and bill reads to whoever signed."""
        key = self._identify(route, headers, scope)
        route.admit(key)
        if key is not None and route.cost:
            user = key.member.user_id
            if not self.governor.read(user, route.cost, self.now_ns()):
                raise too_many_requests()
        return key

    def _identify(self, route: Route, headers: Headers, scope: Scope) -> ApiKey | None:
        now_ms = unix_ms(self.now_ns())
        try:
            return self.doorman.admit(headers, scope["method"], signed_path(scope), now_ms)
        except ApiError:
            if route.scope is None and not self.checks_public:
                return None
            raise


def signed_path(scope: Scope) -> str:
    """The path as it was sent, escapes and all: what the client signed."""
    raw: bytes | None = scope.get("raw_path")
    path: str = scope["path"]
    return path if raw is None else raw.partition(b"?")[0].decode("latin-1")


def response(reply: Reply) -> Response:
    """Write an answer as JSON, or without a body where there is none."""
    if reply.data is None:
        return Response(status_code=reply.status)
    return Response(msgspec.json.encode(reply.data), reply.status, media_type="application/json")


async def _read(receive: Receive) -> bytes | None:
    """The whole body; None where the client left. Raises ApiError for one without end."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        parts.append(part)
        size += len(part)
        if size > BODY_MOST:
            raise bad_body("the body is too large")
        if not message.get("more_body", False):
            return b"".join(parts)


async def _live(receive: Receive, send: Send) -> None:
    """Tell the server that there is nothing to start or to stop."""
    while True:
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
