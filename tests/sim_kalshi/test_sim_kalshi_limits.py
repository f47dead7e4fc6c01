"""Token buckets: exact arithmetic, and what a member sees of them."""

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import Ns
from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.limits import ADVANCED, BASIC, Bucket, Governor

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk, OpenDesk

ORDERS = "/portfolio/events/orders"
SECOND = 1_000_000_000
STEPS = st.lists(st.tuples(st.integers(0, 2 * SECOND), st.integers(1, 120)), max_size=40)


@given(rate=st.sampled_from([100, 200, 300, 9_600]), capacity=st.integers(50, 900), steps=STEPS)
def test_bucket_equals_exact_tokens(rate: int, capacity: int, steps: list[tuple[int, int]]) -> None:
    """The bucket agrees with counting tokens in exact fractions, however long it runs."""
    bucket, tokens, now = Bucket(rate, capacity), Fraction(capacity), Ns(0)
    for wait, want in steps:
        now = Ns(now + wait)
        tokens = min(tokens + Fraction(wait * rate, SECOND), Fraction(capacity))
        assert bucket.holds(want, now) is (tokens >= want)
        if tokens >= want:
            bucket.take(want, now)
            tokens -= want


def test_refill_is_exact() -> None:
    """An empty bucket affords a 10-token call again after exactly its share of a second."""
    bucket = Bucket(300, 900)
    bucket.take(900, Ns(0))
    needed = -(-10 * SECOND // 300)
    assert not bucket.holds(10, Ns(needed - 1))
    assert bucket.holds(10, Ns(needed))


def test_a_clock_that_is_set_back_starves_nobody() -> None:
    """What was taken an hour ahead of now is not owed now."""
    bucket = Bucket(300, 900)
    bucket.take(900, Ns(3_600 * SECOND))
    assert bucket.holds(900, Ns(0))


def test_shards_have_their_own_buckets() -> None:
    """Explicit shards pay alone; finding the shard costs all of them."""
    governor = Governor(BASIC, (0, 1, 2))
    assert governor.write("u", 100, Ns(0), 2)
    assert not governor.write("u", 1, Ns(0), 2)
    assert governor.write("u", 50, Ns(0), 0)
    assert not governor.write("u", 10, Ns(0), None)  # shard 2 is empty
    assert governor.write("u", 50, Ns(0), 0)  # and the refused call took nothing
    assert governor.write("v", 100, Ns(0), None)
    assert not governor.write("v", 1, Ns(0), 1)


def creates(count: int) -> list[dict[str, Any]]:
    return [
        {
            "ticker": "SIM-1-A",
            "side": "bid",
            "count": "1",
            "price": "0.01",
            "time_in_force": "immediate_or_cancel",
            "self_trade_prevention_type": "maker",
        }
    ] * count


async def test_basic_writes(open_desk: "OpenDesk") -> None:
    """Basic affords ten creates at once; the 429 has a bare body; a tenth of a second buys one."""
    desk = open_desk(KalshiSettings())
    bot = desk.client()
    said = await bot.ask("POST", f"{ORDERS}/batched", {"orders": creates(11)})
    assert (said.status, said.body) == (429, {"error": "too many requests"})
    said = await bot.ask("POST", f"{ORDERS}/batched", {"orders": creates(10)})
    assert said.status == 201
    assert (await bot.ask("POST", ORDERS, creates(1)[0])).status == 429
    desk.offset_ns += SECOND // 10
    assert (await bot.ask("POST", ORDERS, creates(1)[0])).status == 201


async def test_cancels_are_cheap(open_desk: "OpenDesk") -> None:
    """A bucket of 100 tokens pays for 50 cancels of 2."""
    bot = open_desk(KalshiSettings()).client()
    statuses = [
        (await bot.ask("DELETE", f"{ORDERS}/x", exchange_index=0)).status for _ in range(51)
    ]
    assert statuses == [404] * 50 + [429]


async def test_basic_reads(open_desk: "OpenDesk") -> None:
    """Signed reads cost 10 of 600 tokens, one order 2; unsigned reads are not counted."""
    desk = open_desk(KalshiSettings())
    bot = desk.client()
    for _ in range(59):
        await bot.get("/markets/SIM-1-A")
    for _ in range(5):
        assert (await bot.ask("GET", "/portfolio/orders/x")).status == 404
    said = await bot.ask("GET", "/markets/SIM-1-A")
    assert (said.status, said.body) == (429, {"error": "too many requests"})
    assert (await desk.client(None).ask("GET", "/markets/SIM-1-A")).status == 200


async def test_limits_route(open_desk: "OpenDesk") -> None:
    """`/account/limits` tells the tier's figures."""
    body = await open_desk(KalshiSettings(tier=ADVANCED)).client().get("/account/limits")
    assert body["usage_tier"] == "advanced"
    assert body["read"] == {"refill_rate": 300, "bucket_capacity": 900}
    assert body["write"] == {"refill_rate": 300, "bucket_capacity": 900}


async def test_costs_route(desk: "Desk") -> None:
    """`/account/endpoint_costs` is public and lists what does not cost 10."""
    body = await desk.client(None).get("/account/endpoint_costs")
    assert body["default_cost"] == 10
    cancel = {"method": "DELETE", "path": f"/trade-api/v2{ORDERS}/:order_id", "cost": 2}
    assert cancel in body["endpoint_costs"]
