"""What can be asked for, and how it is answered. Deciding is done elsewhere."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Any

import attrs
import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from arb.board import Board
from arb.detect.basket import TemplateId
from arb.market.errors import ArbError
from arb.market.instruments import MarketId
from arb.metrics.exposition import CONTENT_TYPE, expose
from arb.metrics.health import HealthLimits, judge_health
from arb.web.accounts import curve_as_json
from arb.web.broadcast import Broadcast
from arb.web.desks import Leftovers, PairBook, Verdict
from arb.web.markets import Directory
from arb.web.names import readable
from arb.web.sections import plan_as_json
from arb.web.streaming import EventStream
from arb.web.timelines import score_as_json

STATIC = Path(__file__).parent / "static"
FRESH = {"cache-control": "no-store"}
BUSY = 503
VERDICTS = frozenset({"approve", "reject"})

MOST_NAME = 60
MOST_BODY = 10_000
"""Bytes: more than any reason."""

GiveVerb = Callable[[str, str, str, str | None], Awaitable[str]]
"""Takes verb, who, why and venue (None: all); returns "" or what was wrong with it."""


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
    leftovers: Leftovers
    pairs: PairBook | None = None

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
                Route("/api/stuck", self._stuck),
                Route("/api/pairs", self._pairs),
                Route("/api/pairs/{pair}/{verdict}", self._decide, methods=["POST"]),
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

    async def _stream(self, _: Request) -> ASGIApp:
        if self.broadcast.watchers >= self.broadcast.most_watchers:
            return Response("too many pages are open", BUSY, {"retry-after": "10"})
        return EventStream(self.broadcast.follow())

    async def _curve(self, _: Request) -> Response:
        return JSONResponse(curve_as_json(self.board), headers=FRESH)

    async def _opportunity(self, request: Request) -> Response:
        """One basket on show, with what its grade is made of."""
        known = TemplateId(request.query_params.get("id", ""))
        episode, score = self.board.sightings.current(known), self.board.scores.get(known)
        if episode is None:
            return _wrong(f"no basket {known!r} is on show now", 404)
        said = {
            **plan_as_json(episode.plan, self.directory.markets),
            "score": score and score_as_json(score),
        }
        return JSONResponse(said, headers=FRESH)

    async def _markets(self, request: Request) -> Response:
        page = request.query_params.get("page", "0")
        if not (page.isascii() and page.isdecimal()):
            return _wrong("page: must be a number, 0 or more")
        found = await self.directory.search(request.query_params.get("search", ""), int(page[:9]))
        return JSONResponse(found, headers=FRESH)

    async def _market(self, request: Request) -> Response:
        known = MarketId(request.query_params.get("id", ""))
        said = self.directory.explain(known, self.board)
        if said is None:
            return _wrong(f"no market {known!r}", 404)
        return JSONResponse({**said, "waits": self._waits(known)}, headers=FRESH)

    def _waits(self, known: MarketId) -> list[dict[str, Any]]:
        """Pairs with a market that wait for a person, and what speaks against each."""
        waiting = self.pairs.waiting() if self.pairs is not None else ()
        return [
            {"pair": one["pair"], "flags": one["flags"]}
            for one in waiting
            if known in {one["kalshi"]["market"], one["polymarket"]["market"]}
        ]

    async def _verb(self, request: Request) -> Response:
        said = await _body(request)
        if said is None:
            return _wrong('the body must be {"why": "...", "venue": null or its name}')
        verb, venue = request.path_params["verb"], said.get("venue")
        who = str(said.get("who") or "")[:MOST_NAME]
        fault = await self.give_verb(verb, who, said["why"], None if venue is None else str(venue))
        return _wrong(fault) if fault else JSONResponse({"ok": True})

    async def _stuck(self, _: Request) -> Response:
        try:
            return JSONResponse({"left": await self.leftovers()}, headers=FRESH)
        except ArbError as error:
            return _wrong(str(error), BUSY)

    async def _pairs(self, _: Request) -> Response:
        waiting = self.pairs.waiting() if self.pairs is not None else []
        return JSONResponse({"waiting": waiting}, headers=FRESH)

    async def _decide(self, request: Request) -> Response:
        said, word = await _body(request), request.path_params["verdict"]
        if word not in VERDICTS or said is None or self.pairs is None:
            return _wrong('approve or reject, with {"who": "...", "why": "..."}')
        verdict = Verdict(
            approves=word == "approve",
            who=str(said.get("who") or "dashboard")[:MOST_NAME],
            why=said["why"],
            yes_is_yes={"yes": True, "no": False}.get(str(said.get("yes_is"))),
            despite=said.get("despite") is True,
        )
        try:
            note = await self.pairs.decide(request.path_params["pair"], verdict)
        except ArbError as error:
            return _wrong(readable(str(error), self.directory.markets))
        return JSONResponse({"ok": True, "note": note})


async def _body(request: Request) -> Mapping[str, Any] | None:
    """A small JSON object with a reason in it; None for anything else."""
    raw = bytearray()
    async with aclosing(request.stream()) as parts:
        async for part in parts:
            raw += part
            if len(raw) > MOST_BODY:
                return None
    try:
        said = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return None
    said = said if isinstance(said, dict) else {}
    why = said.get("why")
    return said if isinstance(why, str) and why.strip() else None


def _wrong(text: str, status: int = 400) -> Response:
    return JSONResponse({"error": text}, status)


def _level(board: Board) -> str:
    return board.standing.level.name.lower() if board.standing is not None else "starting"
