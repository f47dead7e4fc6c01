"""The way in over HTTP: who asks, can they afford it, what does the route answer."""

from collections.abc import Awaitable, Callable

import attrs
import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Scope

from arb.sim.engine import Clock
from arb.sim.kalshi.auth import Doorman, Member
from arb.sim.kalshi.calls import Call, Query, Reply, Route
from arb.sim.kalshi.errors import ApiError, not_found, too_many_requests, unauthorised
from arb.sim.kalshi.limits import Governor
from arb.sim.kalshi.numbers import unix_ms

Endpoint = Callable[[Request], Awaitable[Response]]


@attrs.frozen
class Gate:
    """Turns routes into HTTP endpoints."""

    doorman: Doorman
    governor: Governor
    now_ns: Clock
    catch_up: Callable[[], None]
    """Does what is due by now, before anybody looks."""

    def endpoint(self, route: Route) -> Endpoint:
        """The HTTP side of one route."""

        async def answer(request: Request) -> Response:
            try:
                body = await request.body()
            except ClientDisconnect:
                return Response(status_code=400)  # nobody is left to read it
            return response(self._answer(route, request, body))

        return answer

    def _answer(self, route: Route, request: Request, body: bytes) -> Reply:
        self.catch_up()
        try:
            member = self._admit(route, request)
            call = Call(
                query=Query(request.query_params.multi_items()),
                path=request.path_params,
                body=body,
                content_type=request.headers.get("content-type", ""),
                member=member,
                now=self.now_ns(),
            )
            return route.handler(call)
        except ApiError as error:
            return Reply(error.body(), error.status)

    def _admit(self, route: Route, request: Request) -> Member | None:
        """Check the signature where there is one, and bill reads to whoever signed."""
        now = self.now_ns()
        path = signed_path(request.scope)
        member = self.doorman.admit(request.headers, request.method, path, unix_ms(now))
        if member is None:
            if route.private:
                raise unauthorised("token_authentication_failure")
            return None
        if route.cost and not self.governor.read(member.user_id, route.cost, now):
            raise too_many_requests()
        return member


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


async def nothing_here(  # noqa: ASYNC124 - the framework would run it in a thread
    _: Request, __: Exception
) -> Response:
    """Unknown paths, and known ones with a method that they do not have."""
    error = not_found()
    return response(Reply(error.body(), error.status))
