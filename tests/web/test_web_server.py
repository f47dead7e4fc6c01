"""The server on real sockets: where it listens, what it tells, and whom it hangs up on."""

import json
import socket
import stat
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
import trio

from arb.board import Board
from arb.market.errors import ArbError, Refused
from arb.market.instruments import Market, Venue
from arb.market.units import Ns
from arb.metrics.health import HealthLimits
from arb.web import server as server_module
from arb.web.access import KEY_HEADER
from arb.web.broadcast import Broadcast
from arb.web.desks import Verdict
from arb.web.markets import PAGE, Directory
from arb.web.routes import Desk
from arb.web.sections import sections
from arb.web.server import ADDRESS_FILE, Place, WebServer
from tests.fakes.markets import make_market

NOW = Ns(1_760_000_000_000_000_000)
KEY = "the-key"
MANY = 30_000


@attrs.define
class Operator:
    """Takes verbs and decisions, and remembers them."""

    given: list[tuple[str, str, str, str | None]] = attrs.field(factory=list)
    decided: list[tuple[str, Verdict]] = attrs.field(factory=list)

    async def give(self, verb: str, who: str, why: str, venue: str | None) -> str:
        self.given.append((verb, who, why, venue))
        return "" if verb != "dance" else "'dance' is no verb"

    def waiting(self) -> Sequence[dict[str, Any]]:
        return [
            {
                "pair": "aabbccdd",
                "flags": ["vetoed: another day"],
                "kalshi": {"market": "kalshi:M6"},
                "polymarket": {"market": "polymarket:M6"},
            }
        ]

    async def decide(self, pair: str, verdict: Verdict) -> str:
        if pair != "aabbccdd":
            raise Refused(f"no pair goes by {pair!r}")
        self.decided.append((pair, verdict))
        return "heeded"


@attrs.frozen
class Stage:
    """A server that listens, and somebody who asks it."""

    client: httpx.AsyncClient
    operator: Operator
    desk: Desk
    address: Path

    async def post(self, path: str, **said: object) -> httpx.Response:
        return await self.client.post(path, json=said, headers={KEY_HEADER: KEY})


async def nothing_left() -> Sequence[dict[str, Any]]:  # noqa: ASYNC124 - a desk awaits it
    return []


def make_desk(operator: Operator, markets: Sequence[Market]) -> Desk:
    board = Board(lambda: NOW, NOW)
    names = {market.id: market for market in markets}
    return Desk(
        board=board,
        broadcast=Broadcast(lambda: sections(board, names), 2),
        directory=Directory(names),
        run={"mode": "paper"},
        health=HealthLimits(10**12, 500_000, 10**12, 10**12),
        verb_key=KEY,
        give_verb=operator.give,
        leftovers=nothing_left,
        pairs=operator,
    )


@asynccontextmanager
async def serving(
    folder: Path, port: int = 0, markets: Sequence[Market] = ()
) -> AsyncIterator[Stage]:
    operator = Operator()
    desk = make_desk(operator, markets)
    web = WebServer(Place("127.0.0.1", port, None, folder), desk, 0.05)
    async with trio.open_nursery() as nursery:
        await nursery.start(web.run)
        address = folder / ADDRESS_FILE
        url = json.loads(address.read_text())["url"]
        async with httpx.AsyncClient(base_url=url) as client:
            yield Stage(client, operator, desk, address)
        nursery.cancel_scope.cancel()


async def test_commands_find_it_by_a_file_that_only_we_can_read(tmp_path: Path) -> None:
    """Address and key, for as long as it runs."""
    async with serving(tmp_path) as stage:
        assert stat.S_IMODE(stage.address.stat().st_mode) == 0o600
        assert json.loads(stage.address.read_text())["key"] == KEY
        assert (await stage.client.get("/health")).json()["ok"] is True
        assert "arb_" in (await stage.client.get("/metrics")).text
    assert not (tmp_path / ADDRESS_FILE).exists()


async def test_a_port_that_is_taken_is_left_to_whoever_has_it(tmp_path: Path) -> None:
    """One of the next is used, and the file says which."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with serving(tmp_path, port) as stage:
            assert port < int(str(stage.client.base_url.port)) <= port + server_module.PORTS


async def test_a_verb_says_who_and_why_or_is_not_given(tmp_path: Path) -> None:
    """Without a reason, with nonsense, or without the key nothing happens."""
    async with serving(tmp_path) as stage:
        for body in ({}, {"why": ""}, {"why": "  "}, {"why": 5}):
            assert (await stage.post("/api/verbs/pause", **body)).status_code == 400
        blank = await stage.client.post("/api/verbs/pause", json={"why": "x"})
        assert blank.status_code == 403
        long = await stage.post("/api/verbs/pause", why="x" * 20_000)
        assert long.status_code == 400
        assert stage.operator.given == []
        assert (await stage.post("/api/verbs/dance", why="music")).status_code == 400
        said = await stage.post("/api/verbs/pause", why="lunch", who="Ada", venue="kalshi")
        assert said.json() == {"ok": True}
        assert stage.operator.given[-1] == ("pause", "Ada", "lunch", "kalshi")


async def test_a_pair_is_decided_with_every_word_that_was_said(tmp_path: Path) -> None:
    """A pair that does not wait, or a word that is no decision, is refused with a reason."""
    async with serving(tmp_path) as stage:
        assert (await stage.client.get("/api/pairs")).json()["waiting"][0]["pair"] == "aabbccdd"
        assert (await stage.post("/api/pairs/00000000/approve", why="w")).status_code == 400
        assert (await stage.post("/api/pairs/aabbccdd/marry", why="w")).status_code == 400
        said = await stage.post(
            "/api/pairs/aabbccdd/approve", why="read", who="Ada", yes_is="no", despite=True
        )
        assert said.json()["note"] == "heeded"
        verdict = Verdict(approves=True, who="Ada", why="read", yes_is_yes=False, despite=True)
        assert stage.operator.decided == [("aabbccdd", verdict)]


async def test_tens_of_thousands_of_markets_cost_a_page_nothing(tmp_path: Path) -> None:
    """The state has no list of markets; a search brings one page of them."""
    markets = [make_market(f"M{number}", Venue.KALSHI) for number in range(MANY)]
    async with serving(tmp_path, markets=markets) as stage:
        assert len((await stage.client.get("/api/state")).content) < 20_000
        found = (await stage.client.get("/api/markets", params={"search": "kalshi m2999"})).json()
        assert found["found"] == 11  # M2999 and M29990 to M29999
        everything = (await stage.client.get("/api/markets", params={"page": 7})).json()
        assert (everything["found"], len(everything["markets"])) == (MANY, PAGE)
        assert (await stage.client.get("/api/markets?page=-1")).status_code == 400
        one = await stage.client.get("/api/market", params={"id": markets[5].id})
        assert (one.json()["title"], one.json()["waits"]) == ("Will M5?", [])
        (waits,) = (await stage.client.get("/api/market?id=kalshi:M6")).json()["waits"]
        assert waits == {"pair": "aabbccdd", "flags": ["vetoed: another day"]}
        assert (await stage.client.get("/api/market?id=none")).status_code == 404


async def test_a_page_that_goes_is_forgotten_at_once(tmp_path: Path) -> None:
    """And with as many as are allowed, the next is told to come later."""
    async with serving(tmp_path) as stage:
        async with _stream(stage), _stream(stage):
            assert stage.desk.broadcast.watchers == 2
            assert (await stage.client.get("/api/stream")).status_code == 503
        with trio.fail_after(10):  # noqa: ASYNC912 - they may be gone
            while stage.desk.broadcast.watchers:  # noqa: ASYNC110 - it has no event
                await trio.sleep(0.01)


@asynccontextmanager
async def _stream(stage: Stage) -> AsyncIterator[trio.SocketStream]:
    """A page by hand: httpx leaves its generators to the garbage collector."""
    url = stage.client.base_url
    async with await trio.open_tcp_stream(url.host, int(str(url.port))) as browser:
        await browser.send_all(f"GET /api/stream HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
        heard = b""
        while b"data: {" not in heard:
            heard += await browser.receive_some()
        yield browser


async def test_a_page_that_reads_nothing_is_hung_up_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would fill its socket and then hold a task for ever."""
    monkeypatch.setattr(server_module, "SEND_S", 0.2)
    async with serving(tmp_path) as stage, _stream(stage):
        assert stage.desk.broadcast.watchers == 1
        stage.desk.broadcast.read = _heavy()
        with trio.fail_after(20):  # noqa: ASYNC912 - they may be gone
            while stage.desk.broadcast.watchers:  # noqa: ASYNC110 - it has no event
                await trio.sleep(0.05)


def _heavy() -> Callable[[], dict[str, str]]:
    """A state of a megabyte that is another one each time."""
    counted = iter(range(10**9))
    return lambda: {"much": f"{next(counted)}{'x' * 1_000_000}"}


async def test_no_port_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The dashboard is given up with a reason; trading does not need it."""
    monkeypatch.setattr(server_module, "PORTS", 1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        place = Place("127.0.0.1", taken.getsockname()[1], None, tmp_path)
        with pytest.raises(ArbError, match="no port"):
            await WebServer(place, make_desk(Operator(), ()), 1).run()
