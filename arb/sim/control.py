"""The control endpoint: an operator's hands, as a small JSON interface on the loopback interface.

No browser page may use it: requests that name another host, come from another site, or carry a
body that is not declared as JSON (as a form of any page may send) are refused.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from arb.market.errors import ArbError, Refused
from arb.sim.operator import Operator, Unknown
from arb.sim.operator_forms import Deposit, Ending, Named, NewGrid, NewRules, Pause

HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
OWN_SITE = frozenset({"same-origin", "none"})
"""What a browser says of requests that no other page made."""
LONGEST_BODY = 65_536
"""Bytes."""

Endpoint = Callable[[Request], Awaitable[Response]]


def control_app(operator: Operator) -> "Guard":
    """Make the application."""
    control = _Control(operator)
    return Guard(Starlette(routes=control.routes()), control.paths)


class Guard:
    """Lets in what comes from this machine and from no web page."""

    def __init__(self, app: ASGIApp, paths: Sequence[str]) -> None:
        """Stand before `app`, which knows these requests."""
        self.paths = tuple(paths)
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http":
            refusal = _refusal(Request(scope))
            if refusal:
                await _answer({"error": refusal}, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refusal(request: Request) -> str:
    """Why a request is not let in; empty where it is."""
    host = request.headers.get("host", "")
    if _bare(host) not in HOSTS:
        return f"host {host!r} is not this machine"
    site = request.headers.get("sec-fetch-site", "none")
    origin = request.headers.get("origin")
    if site not in OWN_SITE or (origin is not None and origin != f"http://{host}"):
        return f"a page of another site has no business here (origin {origin!r})"
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if request.method == "POST" and kind != "application/json":
        return f"content-type {kind!r}: send application/json"
    return ""


def _bare(host: str) -> str:
    """A host without its port."""
    return host if host.endswith("]") else host.rpartition(":")[0] or host


class _Control:
    """Reads requests, lets the operator act, writes answers."""

    def __init__(self, operator: Operator) -> None:
        self.paths: list[str] = []
        self._operator = operator

    def routes(self) -> list[Route]:
        operator = self._operator
        table: list[tuple[str, str, Endpoint]] = [
            ("GET", "/", self._get(lambda _: self._index())),
            ("GET", "/markets", self._get(self._markets)),
            ("GET", "/markets/{name}", self._get(self._market)),
            ("GET", "/accounts", self._get(lambda _: operator.overview()["accounts"])),
            ("GET", "/accounts/{name}", self._get(self._account)),
            ("GET", "/faults", self._get(lambda _: operator.faults())),
            ("DELETE", "/faults/{name}", self._get(self._clear)),
            ("POST", "/faults", self._post(dict[str, Any] | str, operator.inject)),
            ("POST", "/resolve", self._post(Ending, operator.resolve)),
            ("POST", "/tick", self._post(NewGrid, operator.change_grid)),
            ("POST", "/rules", self._post(NewRules, operator.reword)),
            ("POST", "/halt", self._post(Named, operator.halt)),
            ("POST", "/resume", self._post(Named, operator.resume)),
            ("POST", "/pause", self._post(Pause, operator.pause)),
            ("POST", "/unpause", self._post(Pause, operator.unpause)),
            ("POST", "/deposit", self._post(Deposit, operator.deposit)),
        ]
        self.paths = [f"{method} {path}" for method, path, _ in table]
        return [Route(path, endpoint, methods=[method]) for method, path, endpoint in table]

    def _get(self, look: Callable[[Request], object]) -> Endpoint:
        async def endpoint(request: Request) -> Response:  # noqa: ASYNC124 - routes want coroutines
            return _answer_of(lambda: look(request))

        return endpoint

    def _post(self, form: Any, act: Callable[[Any], object]) -> Endpoint:  # noqa: ANN401 - a type
        async def endpoint(request: Request) -> Response:
            body = await _read(request)
            return _answer_of(lambda: act(_decode(body, form)))

        return endpoint

    # --- reading --------------------------------------------------------------------------------

    def _index(self) -> Mapping[str, object]:
        return {**self._operator.overview(), "paths": self.paths}

    def _markets(self, request: Request) -> object:
        query = dict(request.query_params)
        try:
            limit = int(query.pop("limit", "50"))
        except ValueError as error:
            raise Refused("limit: must be a whole number") from error
        venue, words = query.pop("venue", ""), query.pop("query", "")
        if query:
            raise Refused(f"{', '.join(query)}: known are venue, query, limit")
        return self._operator.markets(venue, words, limit)

    def _market(self, request: Request) -> object:
        return self._operator.market(Named(request.path_params["name"]))

    def _account(self, request: Request) -> object:
        return self._operator.account(request.path_params["name"])

    def _clear(self, request: Request) -> object:
        return self._operator.clear(request.path_params["name"])


async def _read(request: Request) -> bytes:
    """The body, cut off where it is longer than any that makes sense."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk[: LONGEST_BODY + 1 - len(body)]
    return bytes(body)


def _decode(body: bytes, form: Any) -> Any:  # noqa: ANN401 - of the type that is given
    if len(body) > LONGEST_BODY:
        raise Refused(f"body: longer than {LONGEST_BODY} bytes")
    try:
        return msgspec.json.decode(body, type=form)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(f"body: {error}") from error


def _answer_of(act: Callable[[], object]) -> Response:
    """Act, and answer with what came of it: 200, 400 for what cannot be, 404 for unknown names."""
    try:
        return _answer(act(), 200)
    except Unknown as error:
        return _answer({"error": str(error)}, 404)
    except ArbError as error:
        return _answer({"error": str(error)}, 400)


def _answer(body: object, status: int) -> Response:
    return Response(msgspec.json.encode(body) + b"\n", status, media_type="application/json")
