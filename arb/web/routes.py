"""What can be asked for, and how it is answered. Deciding is done elsewhere."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import attrs
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from arb.board import Board
from arb.detect.basket import TemplateId
from arb.market.instruments import MarketId
from arb.metrics.exposition import CONTENT_TYPE, expose
from arb.metrics.health import HealthLimits, judge_health
from arb.web.accounts import curve_as_json
from arb.web.broadcast import Broadcast
from arb.web.markets import Directory
from arb.web.sections import plan_as_json
from arb.web.timelines import score_as_json

STATIC = Path(__file__).parent / "static"
FRESH = {"cache-control": "no-store"}
BUSY = 503

GiveVerb = Callable[[str, str, str | None], Awaitable[str]]
"""Takes verb, reason and venue (None: all); returns "" or what was wrong with it."""


@attrs.frozen
class Desk:
    """Everything that a browser may ask about or for."""

    board: Board
    broadcast: Broadcast
    directory: Directory
    run: Mapping[str, Any]
    """What does not change: mode, venues, seed, version, limits."""
    health: HealthLimits
    verb_key: str = attrs.field(repr=False)
    give_verb: GiveVerb

    def app(self) -> Starlette:
        """The routes."""
        return Starlette(
            routes=[
                Route("/", self._page),
                Route("/favicon.ico", self._icon),
                Route("/health", self._health),
                Route("/metrics", self._metrics),
                Route("/api/run", self._run),
                Route("/api/state", self._state),
                Route("/api/stream", self._stream),
                Route("/api/curve", self._curve),
                Route("/api/opportunity", self._opportunity),
                Route("/api/markets", self._markets),
                Route("/api/market", self._market),
                Route("/api/verbs/{verb}", self._verb, methods=["POST"]),
                Mount("/static", StaticFiles(directory=STATIC)),
            ]
        )

    async def _page(self, _: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers=FRESH)

    async def _icon(self, _: Request) -> Response:
        return FileResponse(STATIC / "icon.svg", media_type="image/svg+xml")

    async def _health(self, _: Request) -> Response:
        health = judge_health(self.board, self.health)
        said = {"ok": health.ok, "reasons": health.reasons, "level": _level(self.board)}
        return JSONResponse(said, 200 if health.ok else BUSY, FRESH)

    async def _metrics(self, _: Request) -> Response:
        return Response(expose(self.board), media_type=CONTENT_TYPE)

    async def _run(self, _: Request) -> Response:
        """What a page needs once: the run, and the key that verbs need."""
        return JSONResponse({**self.run, "key": self.verb_key}, headers=FRESH)

    async def _state(self, _: Request) -> Response:
        return Response(self.broadcast.state(), media_type="application/json", headers=FRESH)

    async def _stream(self, _: Request) -> Response:
        if self.broadcast.watchers >= self.broadcast.most_watchers:
            return Response("too many pages are open", BUSY, {"retry-after": "10"})
        return StreamingResponse(
            self.broadcast.follow(), media_type="text/event-stream", headers=FRESH
        )

    async def _curve(self, _: Request) -> Response:
        return JSONResponse(curve_as_json(self.board), headers=FRESH)

    async def _opportunity(self, request: Request) -> Response:
        """One basket on show, with what its grade is made of."""
        known = TemplateId(request.query_params.get("id", ""))
        episode, score = self.board.sightings.current(known), self.board.scores.get(known)
        if episode is None:
            return _wrong(f"no basket {known!r} is on show now", 404)
        said = {**plan_as_json(episode.plan), "score": score and score_as_json(score)}
        return JSONResponse(said, headers=FRESH)

    async def _markets(self, request: Request) -> Response:
        page = request.query_params.get("page", "0")
        if not (page.isascii() and page.isdecimal()):
            return _wrong("page: must be a number, 0 or more")
        found = self.directory.search(request.query_params.get("search", ""), int(page[:9]))
        return JSONResponse(found, headers=FRESH)

    async def _market(self, request: Request) -> Response:
        known = MarketId(request.query_params.get("id", ""))
        said = self.directory.explain(known, self.board)
        return JSONResponse(said, headers=FRESH) if said else _wrong(f"no market {known!r}", 404)

    async def _verb(self, request: Request) -> Response:
        said = await _body(request)
        if said is None:
            return _wrong('the body must be {"why": "...", "venue": null or its name}')
        verb, venue = request.path_params["verb"], said.get("venue")
        fault = await self.give_verb(verb, str(said["why"]), None if venue is None else str(venue))
        return _wrong(fault) if fault else JSONResponse({"ok": True})


async def _body(request: Request) -> Mapping[str, Any] | None:
    """A small JSON object with a reason in it; None for anything else."""
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > 10_000:  # noqa: PLR2004 - more than any reason
            return None
    try:
        said = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
    return said if isinstance(said, dict) and isinstance(said.get("why"), str) else None


def _wrong(text: str, status: int = 400) -> Response:
    return JSONResponse({"error": text}, status)


def _level(board: Board) -> str:
    return board.standing.level.name.lower() if board.standing is not None else "starting"
