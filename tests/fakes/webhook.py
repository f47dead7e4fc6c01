"""A webhook on a loopback socket that answers as it is told and keeps what it was sent."""

import json
from collections import deque
from collections.abc import Mapping
from typing import Any

import trio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from arb.sim.serve import serve_apps

PATH = "/api/webhooks/1/secret-token"


class Webhook:
    """Answers 204, unless other answers wait in line."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        """Messages that were accepted."""
        self.asked = 0
        self._answers: deque[tuple[int, Mapping[str, str]]] = deque()
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    def will_answer(self, status: int, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._answers.append((status, named))

    async def _take(self, request: Request) -> Response:
        self.asked += 1
        status, headers = self._answers.popleft() if self._answers else (204, {})
        if status < 300:
            self.taken.append(json.loads(await request.body()))
        # A connection that is kept may be closed in the very moment in which it is used again.
        return Response(status_code=status, headers={**headers, "connection": "close"})

    async def serve(self, nursery: trio.Nursery) -> str:
        """Listen; returns the webhook's address."""
        (url,) = await nursery.start(serve_apps, [(self.app, 0)])
        return str(url) + PATH
