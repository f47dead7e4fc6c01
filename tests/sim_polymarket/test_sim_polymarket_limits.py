"""How often one may ask: the edge's quotas by address, the venue's buckets by signer."""

from typing import TYPE_CHECKING

import pytest
import trio

from arb.market.errors import UnknownRule
from arb.market.units import Ns
from arb.sim.polymarket.conditions import Conditions, IpLimits, SignerLimits, Storm
from arb.sim.polymarket.quotas import TIERS, Bucket, Windows, quotas_of

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Venue

SECOND = 10**9


@pytest.mark.parametrize(
    ("call", "most"),
    [
        ("GET /ok", 100),
        ("GET /book", 1_500),
        ("POST /books", 500),
        ("GET /tick-size", 200),
        ("GET /markets/keyset", 300),
        ("GET /events/keyset", 500),
        ("GET /events/slug/x", 500),
        ("GET /tags", 200),
        ("GET /v2/trades", 300),
        ("GET /v2/positions", 200),
        ("GET /v2/value", 800),
        ("GET /data/orders", 500),
        ("GET /data/order/0x12", 900),
        ("GET /balance-allowance/update", 50),
        ("GET /auth/api-keys", 100),
        ("POST /order", 5_000),
        ("POST /orders", 2_000),
        ("DELETE /orders", 2_000),
        ("DELETE /cancel-all", 250),
        ("GET /clob-markets/0x12", 9_000),
    ],
)
def test_the_table_of_the_docs(call: str, most: int) -> None:
    """Every call has the quota that the docs name, and counts against the wider ones too."""
    quotas = quotas_of(*call.split(" "))
    assert min(quota.most for quota in quotas if quota.window_s == 10) == most
    assert quotas[-1].most == 15_000


def test_a_window_lets_its_number_through() -> None:
    """As many as allowed pass at once; the next waits for the window's end, others do not."""
    windows, now = Windows(), Ns(1_005 * SECOND)
    quotas = quotas_of("GET", "/ok")
    waits = [windows.excess_s("a", quotas, now) for _ in range(101)]
    assert waits == [0.0] * 100 + [5.0]
    assert windows.excess_s("b", quotas, now) == 0
    assert windows.excess_s("a", quotas_of("GET", "/time"), now) == 0
    assert windows.excess_s("a", quotas, Ns(1_010 * SECOND)) == 0


def test_a_bucket_refills_exactly() -> None:
    """Tokens come back by the second, up to the burst, without losing fractions."""
    bucket = Bucket(40, 60, Ns(0))
    bucket.take(60)
    assert bucket.left(Ns(SECOND // 80)) == 0
    assert bucket.left(Ns(SECOND // 40)) == 1
    assert bucket.full_ns(60) == 3 * SECOND // 2
    assert bucket.left(Ns(10 * SECOND)) == 60


async def test_the_edge_delays(venue: "Venue", conditions: Conditions) -> None:
    """By default a request over the quota is answered, later."""
    start = trio.current_time()
    for _ in range(101):
        assert (await venue.ask("GET", "/ok")).body == "OK"
    assert 0 < trio.current_time() - start <= 10
    assert venue.face.counts["requests delayed by the edge"] == 1
    conditions.ip_limits = IpLimits.OFF
    before = trio.current_time()
    for _ in range(300):
        await venue.ask("GET", "/ok")
    assert trio.current_time() == before


async def test_the_edge_refuses_in_html(venue: "Venue", conditions: Conditions) -> None:
    """The other way known: 429 as Cloudflare gives it, without the venue's headers."""
    conditions.ip_limits = IpLimits.REFUSE
    for _ in range(100):
        await venue.ask("GET", "/ok")
    said = await venue.ask("GET", "/ok")
    assert (said.status, said.headers["server"]) == (429, "cloudflare")
    assert "1015" in said.body
    assert 1 <= int(said.headers["retry-after"]) <= 10
    assert "poly-ratelimit-tier" not in said.headers


async def test_a_warning_costs_nothing(
    bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """In warning mode the headers say what would have been refused, and orders are taken."""
    token = markets["plain"].tokens[0]
    headers = []
    for _ in range(5):
        batch = [bot.limit(token, "BUY", "5", "0.01") for _ in range(15)]
        said = await bot.ask("POST", "/orders", batch)
        assert {entry["status"] for entry in said.body} == {"live"}
        headers.append(said.headers)
    left = [int(one["poly-ratelimit-remaining"]) for one in headers]
    assert left == [45, 30, 15, 0, 0]
    assert "poly-ratelimit-warning" not in headers[3]
    assert headers[4]["poly-ratelimit-warning"] == "true"
    assert headers[4]["poly-ratelimit-tier"] == "Standard"
    assert conditions.signer_limits is SignerLimits.WARN


async def test_enforced_limits(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """Enforced, a batch over the limit is refused whole, with headers; later it is taken."""
    conditions.signer_limits = SignerLimits.ENFORCE
    token = markets["plain"].tokens[0]

    async def batch() -> int:
        orders = [bot.limit(token, "BUY", "5", "0.01") for _ in range(15)]
        said = await bot.ask("POST", "/orders", orders)
        if said.status == 429:
            assert int(said.headers["retry-after"]) == 1
            assert said.headers["poly-ratelimit-remaining"] == "0"
        return said.status

    assert [await batch() for _ in range(5)] == [200] * 4 + [429]
    assert len((await bot.ask("GET", "/data/orders")).body["data"]) == 60
    await trio.sleep(1)
    assert await batch() == 200
    assert venue.face.counts["requests refused by the signer's limit"] == 1


async def test_cancels_may_overdraw(bot: "Person", markets: "Markets") -> None:
    """Cancelling everything costs one and the number of orders, below zero if need be."""
    token = markets["plain"].tokens[0]
    for _ in range(10):
        await bot.ask("POST", "/orders", [bot.limit(token, "BUY", "5", "0.01") for _ in range(15)])
    said = await bot.ask("DELETE", "/cancel-all")
    assert len(said.body["canceled"]) == 150
    assert int(said.headers["poly-ratelimit-remaining"]) == 120 - 151
    warned = await bot.ask("DELETE", "/cancel-all")
    assert warned.headers["poly-ratelimit-warning"] == "true"


@pytest.mark.parametrize("tier", list(TIERS))
async def test_tiers(bot: "Person", conditions: Conditions, tier: str) -> None:
    """Each tier has its own numbers, and says so."""
    conditions.tier = tier
    said = (await bot.ask("GET", "/v1/user/rate-limit-tier")).body
    assert (said["tier"], said["orders_per_second"]) == (tier, TIERS[tier].orders)


async def test_a_tier_that_does_not_exist(  # noqa: ASYNC124 - a Trio fixture
    venue: "Venue", conditions: Conditions
) -> None:
    """An unknown tier is an error of whoever set it."""
    conditions.tier = "Wooden"
    with pytest.raises(UnknownRule, match="no tier 'Wooden'"):
        venue.face._meter._tier()  # noqa: SLF001 - an error inside a request would end the venue


@pytest.mark.parametrize("storm", [Storm.BARE, Storm.POLY])
async def test_storms(
    bot: "Person", markets: "Markets", conditions: Conditions, storm: Storm
) -> None:
    """429 at will: Cloudflare's for everything, or the venue's own for orders."""
    conditions.storm = storm
    said = await bot.place(markets["plain"].tokens[0], "BUY", "10", "0.5")
    assert said.status == 429
    assert ("poly-ratelimit-tier" in said.headers) is (storm is Storm.POLY)
    read = await bot.venue.ask("GET", "/time")
    assert read.status == (429 if storm is Storm.BARE else 200)
    conditions.storm = Storm.NONE
    assert (await bot.ask("GET", "/data/orders")).body["data"] == []
