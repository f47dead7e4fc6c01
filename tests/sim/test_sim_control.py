"""The control endpoint: what an operator may do to a running world, and who may be one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import attrs
import httpx
import pytest
import trio
import trio.testing

from arb.market.instruments import Venue
from arb.market.units import MICRO, Ns, Usd
from arb.sim.control import LONGEST_BODY, control_app
from arb.sim.inprocess import InProcessNetwork
from arb.sim.operator import Operator
from arb.sim.polymarket.listing import PolymarketListing
from arb.sim.world import World

HOST = "http://127.0.0.1:7000"


def now_ns() -> Ns:
    return Ns(1_790_000_000 * 10**9 + round(trio.current_time() * 1e9))


@attrs.frozen
class Desk:
    """A world, and a client of its control endpoint."""

    world: World
    client: httpx.AsyncClient

    async def get(self, path: str, status: int = 200) -> Any:  # noqa: ANN401 - foreign JSON
        answer = await self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path: str, body: object, status: int = 200) -> Any:  # noqa: ANN401 - foreign JSON
        answer = await self.client.post(path, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def refuses(self, path: str, body: object, words: str, status: int = 400) -> None:
        """The error names the thing that is wrong."""
        assert words in (await self.post(path, body, status))["error"]

    @property
    def ticker(self) -> str:
        return self.world.catalogue.markets[0].ticker

    @property
    def listing(self) -> PolymarketListing:
        return self.world.catalogue.polymarket[0].markets[0]


@asynccontextmanager
async def opened() -> AsyncIterator[Desk]:
    world = World.build(
        3,
        now_ns=now_ns,
        speed_ppm=MICRO,
        polymarket_cash=Usd(1_000 * MICRO),
        kalshi_cash=Usd(1_000 * MICRO),
    )
    async with trio.open_nursery() as nursery:
        network = InProcessNetwork({HOST: control_app(Operator(world, now_ns))}, nursery)
        await nursery.start(world.run)
        async with httpx.AsyncClient(base_url=HOST, transport=network.transport(HOST)) as client:
            yield Desk(world, client)
        nursery.cancel_scope.cancel()


async def test_it_tells_what_there_is(autojump_clock: trio.testing.MockClock) -> None:
    """Markets by venue and words, everybody's accounts, and which requests can be made."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        index = await desk.get("/")
        assert index["accounts"] == ["bot", "alice", "bob"]
        assert index["markets"]["kalshi"] == len(desk.world.catalogue.markets)
        assert "POST /resolve" in index["paths"]
        found = await desk.get(f"/markets?venue=kalshi&query={desk.ticker.lower()}&limit=1")
        assert [(one["venue"], one["name"]) for one in found] == [("kalshi", desk.ticker)]
        assert found[0]["open"] is True
        assert len(await desk.get("/markets?limit=3")) == 3


@pytest.mark.parametrize("name", ["condition_id", "slug", "token", "id"])
async def test_a_market_goes_by_all_of_its_names(
    autojump_clock: trio.testing.MockClock, name: str
) -> None:
    """A condition id, a slug, a token, our own id; a ticker on Kalshi."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        names = {
            "condition_id": desk.listing.condition_id,
            "slug": desk.listing.slug,
            "token": desk.listing.tokens[1],
            "id": desk.listing.id,
        }
        assert (await desk.get(f"/markets/{names[name]}"))["id"] == desk.listing.id
        assert (await desk.get(f"/markets/{desk.ticker}"))["id"] == f"kalshi:{desk.ticker}"


async def test_an_account_is_told_in_dollars(autojump_clock: trio.testing.MockClock) -> None:
    """Cash, what is held back, positions and open orders, on both venues."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        alice = await desk.get("/accounts/alice")
        assert alice["polymarket"]["cash"] == {"0": "1000"}
        assert alice["kalshi"]["cash"] == {"0": "1000", "2": "500"}
        assert alice["kalshi"]["open_orders"] == []
        assert "no account 'zed'" in (await desk.get("/accounts/zed", 404))["error"]


async def test_money_can_be_paid_in(autojump_clock: trio.testing.MockClock) -> None:
    """To either venue, into one pool; nothing, too little and unknown pools are refused."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        await desk.post("/deposit", {"account": "bob", "venue": "polymarket", "amount": "12.5"})
        await desk.post("/deposit", {"account": "bob", "venue": "kalshi", "amount": "1", "pool": 2})
        bob = await desk.get("/accounts/bob")
        assert bob["polymarket"]["cash"]["0"] == "1012.5"
        assert bob["kalshi"]["cash"]["2"] == "501"
        deposit = {"account": "bob", "venue": "kalshi", "amount": "1"}
        await desk.refuses("/deposit", {**deposit, "amount": "-1"}, "amount: '-1'")
        await desk.refuses("/deposit", {**deposit, "amount": "much"}, "amount: 'much'")
        await desk.refuses("/deposit", {**deposit, "venue": "betfair"}, "betfair", 404)
        await desk.refuses("/deposit", {**deposit, "pool": 77}, "no shard 77", 404)
        await desk.refuses("/deposit", {**deposit, "venue": "polymarket", "pool": 2}, "pool: 2")


async def test_faults_come_and_go(autojump_clock: trio.testing.MockClock) -> None:
    """As a line or as a table; listed with how often they acted; ended by their id."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        one = await desk.post("/faults", "server_error venue=kalshi status=502")
        two = await desk.post("/faults", {"kind": "latency", "fixed_ms": 40, "for_s": 5})
        listed = {fault["id"]: fault for fault in await desk.get("/faults")}
        assert listed[one["id"]]["status"] == 502
        assert listed[two["id"]]["active"] is True
        await trio.sleep(6)
        assert (await desk.client.delete(f"/faults/{one['id']}")).status_code == 200
        assert {fault["active"] for fault in await desk.get("/faults")} == {False}
        await desk.refuses("/faults", {"kind": "gremlin"}, "'gremlin' is no kind of fault")
        await desk.refuses("/faults", "latency fast=1", "fast")
        answer = await desk.client.delete("/faults/latency-9")
        assert (answer.status_code, "no fault 'latency-9'" in answer.text) == (404, True)


async def test_markets_end_as_their_venues_end_them(autojump_clock: trio.testing.MockClock) -> None:
    """By payout or by the winning outcome; once; members are paid after each venue's own time."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        desk.world.polymarket.conditions.resolution_s = 3.0
        await desk.post("/resolve", {"market": desk.ticker, "outcome": "yes"})
        await desk.post("/resolve", {"market": desk.listing.slug, "payout": "0"})
        await trio.sleep(5 + desk.world.catalogue.markets[0].settlement_timer_s)
        poly, kalshi = desk.world.exchanges[Venue.POLYMARKET], desk.world.exchanges[Venue.KALSHI]
        assert poly.payout(desk.listing.id) == 0
        assert kalshi.payout(f"kalshi:{desk.ticker}") == MICRO  # type: ignore[arg-type]  # its id
        again = {"market": desk.ticker, "outcome": "no"}
        await desk.refuses("/resolve", again, desk.ticker)
        await desk.refuses("/resolve", {**again, "payout": "1"}, "exactly one")
        await desk.refuses("/resolve", {**again, "outcome": "maybe"}, "'maybe'")
        await desk.refuses("/resolve", {"market": "nothing", "payout": "1"}, "'nothing'", 404)
        await desk.refuses("/resolve", {"market": desk.ticker, "payout": "1.5"}, "payout: '1.5'")


async def test_grids_change(autojump_clock: trio.testing.MockClock) -> None:
    """A tick on Polymarket, a price structure on Kalshi; what a venue does not have is refused."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        await desk.post("/tick", {"market": desk.listing.slug, "tick": "0.001"})
        assert desk.world.polymarket.shelf.markets[desk.listing.id].tick == 1_000
        await desk.post("/tick", {"market": desk.ticker, "structure": "deci_cent"})
        assert desk.world.kalshi.board.markets[desk.ticker].structure == "deci_cent"
        await desk.refuses(
            "/tick", {"market": desk.listing.slug, "tick": "0.3"}, "'0.3' is none of"
        )
        await desk.refuses("/tick", {"market": desk.ticker, "structure": "x"}, "'x' is none of")


async def test_markets_and_venues_stop_and_go_on(autojump_clock: trio.testing.MockClock) -> None:
    """A halt of one market, a pause of shards, a restart of Polymarket's engine."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        await desk.post("/halt", {"market": desk.ticker})
        assert desk.world.kalshi.board.markets[desk.ticker].halted
        await desk.post("/resume", {"market": desk.ticker})
        assert not desk.world.kalshi.board.markets[desk.ticker].halted
        await desk.refuses("/halt", {"market": desk.listing.slug}, "only Kalshi halts")
        switches = desk.world.kalshi.switches.by_shard
        await desk.post("/pause", {"venue": "kalshi", "shard": 2})
        assert (switches[2].trading_active, switches[0].trading_active) == (False, True)
        await desk.post("/unpause", {"venue": "kalshi"})
        assert all(switch.trading_active for switch in switches.values())
        await desk.post("/pause", {"venue": "polymarket", "down_s": 5, "post_only_s": 5})
        assert desk.world.polymarket.conditions.mode != "normal"
        await trio.sleep(11)
        assert desk.world.polymarket.conditions.mode == "normal"
        await desk.refuses("/pause", {"venue": "kalshi", "shard": 99}, "no shard 99", 404)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"host": "127.0.0.1.evil.example:7000"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"host": "localhost:7000"}, 200),
        ({"host": "[::1]:7000"}, 200),
        ({"origin": HOST}, 200),
        ({"sec-fetch-site": "none"}, 200),
    ],
)
async def test_no_other_site_gets_in(
    autojump_clock: trio.testing.MockClock, headers: dict[str, str], status: int
) -> None:
    """Neither by another name of this machine nor from a page in a browser."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        assert (await desk.client.get("/", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("kind", "body", "status", "words"),
    [
        ("text/plain", b'{"market": "X"}', 403, "send application/json"),
        ("application/json", b"{", 400, "body:"),
        ("application/json", b'{"market": 3}', 400, "$.market"),
        ("application/json", b'{"market": "X", "mrket": 1}', 400, "mrket"),
        ("application/json", b"[" * 50_000, 400, "body:"),
        ("application/json", b'"' + b"x" * LONGEST_BODY + b'"', 400, "longer than"),
        ("application/json; charset=utf-8", b'{"market": "X"}', 404, "no market 'X'"),
    ],
)
async def test_what_cannot_be_read_is_refused(
    autojump_clock: trio.testing.MockClock, kind: str, body: bytes, status: int, words: str
) -> None:
    """With what is wrong, and nothing done."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        answer = await desk.client.post("/halt", content=body, headers={"content-type": kind})
        assert (answer.status_code, words in answer.json()["error"]) == (status, True), answer.text


async def test_queries_are_checked(autojump_clock: trio.testing.MockClock) -> None:
    """Unknown keys, limits that are none, venues that are none."""
    assert autojump_clock.autojump_threshold == 0
    async with opened() as desk:
        for query, words in [("limit=x", "limit"), ("limit=0", "limit: 0"), ("page=2", "page")]:
            assert words in (await desk.get(f"/markets?{query}", 400))["error"]
        assert "betfair" in (await desk.get("/markets?venue=betfair", 404))["error"]
