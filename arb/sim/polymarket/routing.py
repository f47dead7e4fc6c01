"""From handlers that return data, or raise ApiError, to Starlette's routes."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from arb.sim.polymarket.errors import ApiError

Handler = Callable[[Request], Awaitable[object]]
Call = tuple[str, str, Handler]
"""Method, path and what answers."""
Admit = Callable[[Request], Awaitable[None]]
"""Lets a request in, or raises ApiError."""

_encode = msgspec.json.Encoder().encode


def make_routes(calls: Iterable[Call], flush: Callable[[], None], admit: Admit) -> list[Route]:
    """Make the routes; `flush` lets everybody hear of what a request found or did."""
    return [
        Route(path, _endpoint(handler, flush, admit), methods=[m]) for m, path, handler in calls
    ]


def add_headers(request: Request, headers: Mapping[str, str]) -> None:
    """Put headers on the answer of a request, whatever the answer will be."""
    request.scope.setdefault(_HEADERS, {}).update(headers)


def json_response(data: object, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(_encode(data), media_type="application/json", headers=headers)


_HEADERS = "arb.sim.polymarket.headers"
"""Where a request's scope keeps what its answer is to carry."""


def _endpoint(
    handler: Handler, flush: Callable[[], None], admit: Admit
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        flush()
        try:
            await admit(request)
            data = await handler(request)
            response = data if isinstance(data, Response) else json_response(data)
        except ApiError as error:
            response = error.response()
        finally:
            flush()
        for name, value in request.scope.get(_HEADERS, {}).items():
            response.headers[name] = value
        return response

    return answer
