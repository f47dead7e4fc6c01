"""From handlers that return data, or raise ApiError, to Starlette's routes."""

from collections.abc import Awaitable, Callable, Iterable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from arb.sim.polymarket.errors import ApiError

Handler = Callable[[Request], Awaitable[object]]
Call = tuple[str, str, Handler]
"""Method, path and what answers."""


def make_routes(calls: Iterable[Call], flush: Callable[[], None]) -> list[Route]:
    """Make the routes; `flush` lets everybody hear of what a request found or did."""
    return [Route(path, _endpoint(handler, flush), methods=[m]) for m, path, handler in calls]


def _endpoint(
    handler: Handler, flush: Callable[[], None]
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        flush()
        try:
            data = await handler(request)
        except ApiError as error:
            return JSONResponse(error.body, error.status, headers=error.headers)
        finally:
            flush()
        return data if isinstance(data, Response) else JSONResponse(data)

    return answer
