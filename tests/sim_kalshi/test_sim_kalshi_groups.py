"""Order groups: the limit of 15 seconds, and the kill switch."""

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import Ns, Qty
from arb.sim.kalshi.auth import Member
from arb.sim.kalshi.groups import WINDOW_NS, OrderGroup

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Client, Desk, Said

ROOT = "/portfolio/order_groups"
GTC = "good_till_canceled"
SECOND = 1_000_000_000


async def create(client: "Client", limit: str = "10.00", **more: object) -> str:
    said = await client.ask("POST", f"{ROOT}/create", {"contracts_limit_fp": limit, **more})
    assert said.status == 201, said
    group: str = said.body["order_group_id"]
    return group


async def rest(client: "Client", group: str, count: str = "5", price: str = "0.43") -> "Said":
    return await client.order(
        "SIM-1-A", "bid", count, price, time_in_force=GTC, order_group_id=group
    )


async def resting(client: "Client") -> list[Any]:
    body = await client.get("/portfolio/orders", status="resting")
    orders: list[Any] = body["orders"]
    return orders


async def test_a_group_by_its_words(desk: "Desk") -> None:
    """A group is listed and shown with its limit and the orders that rest in it."""
    bot = desk.client()
    said = await bot.ask("POST", f"{ROOT}/create", {"contracts_limit": 10})
    group = said.body["order_group_id"]
    assert said.body == {"order_group_id": group, "subaccount": 0, "exchange_index": 0}
    order_id = (await rest(bot, group)).body["order_id"]
    state = {
        "contracts_limit_fp": "10.00",
        "is_auto_cancel_enabled": True,
        "exchange_index": 0,
    }
    assert await bot.get(ROOT) == {"order_groups": [{"id": group, **state}]}
    assert await bot.get(f"{ROOT}/{group}") == {**state, "orders": [order_id]}
    (row,) = await resting(bot)
    assert row["order_group_id"] == group
    assert (await desk.client("other").get(ROOT))["order_groups"] == []
    assert (await desk.client("other").ask("GET", f"{ROOT}/{group}")).status == 404


async def test_the_limit_ends_everything(desk: "Desk") -> None:
    """Once 15 seconds' fills reach the limit the group's orders end and it takes no more."""
    bot = desk.client()
    group = await create(bot, "10")
    for _ in range(3):
        assert (await rest(bot, group)).status == 201
    desk.post("SIM-1-A", "no", "0.57", "9")
    assert len(await resting(bot)) == 2
    desk.post("SIM-1-A", "no", "0.57", "1")
    assert await resting(bot) == []
    said = await rest(bot, group)
    assert (said.status, said.body["error"]["code"]) == (400, "exceeded_order_group_risk_limit")
    assert (await bot.ask("PUT", f"{ROOT}/{group}/reset", {})).body == {}
    assert (await rest(bot, group)).status == 201


async def test_the_window_moves(desk: "Desk") -> None:
    """Fills older than 15 seconds do not count."""
    bot = desk.client()
    group = await create(bot, "10")
    await rest(bot, group, "30")
    desk.post("SIM-1-A", "no", "0.57", "9")
    desk.offset_ns += 15 * SECOND
    desk.post("SIM-1-A", "no", "0.57", "9")
    assert len(await resting(bot)) == 1
    desk.post("SIM-1-A", "no", "0.57", "1")
    assert await resting(bot) == []


@given(
    st.lists(st.tuples(st.integers(0, 9 * SECOND), st.integers(1, 50)), max_size=30),
    st.integers(1, 200),
)
def test_the_window_against_a_plain_sum(fills: list[tuple[int, int]], limit: int) -> None:
    """The rolling count equals the plain sum over the last 15 seconds, at every fill."""
    group, now = OrderGroup("g", Member("u", "a"), 0, 0, Qty(limit)), 0
    seen: list[tuple[int, int]] = []
    for wait, qty in fills:
        now += wait
        group.note(Qty(qty), Ns(now))
        seen.append((now, qty))
        recent = sum(one for at, one in seen if at > now - WINDOW_NS)
        assert group.is_hit(Ns(now)) is (recent >= limit)


async def test_trigger_is_a_kill_switch(desk: "Desk") -> None:
    """A triggered group has no orders left and takes none until it is reset."""
    bot = desk.client()
    group, other = await create(bot), await create(bot)
    await rest(bot, group)
    await rest(bot, other, price="0.42")
    assert (await bot.ask("PUT", f"{ROOT}/{group}/trigger", {})).status == 200
    (left,) = await resting(bot)
    assert left["order_group_id"] == other
    assert (await rest(bot, group)).body["error"]["code"] == "exceeded_order_group_risk_limit"


async def test_a_lower_limit_bites_at_once(desk: "Desk") -> None:
    """A limit that is hit already when it is set triggers the group."""
    bot = desk.client()
    group = await create(bot)
    await rest(bot, group)
    desk.post("SIM-1-A", "no", "0.57", "3")
    path = f"{ROOT}/{group}/limit"
    assert (await bot.ask("PUT", path, {"contracts_limit_fp": "4.00"})).status == 200
    assert len(await resting(bot)) == 1
    assert (await bot.ask("PUT", path, {"contracts_limit": 3})).status == 200
    assert await resting(bot) == []


async def test_delete(desk: "Desk") -> None:
    """A deleted group takes its orders with it and is not found any more."""
    bot = desk.client()
    group = await create(bot)
    await rest(bot, group)
    assert (await bot.ask("DELETE", f"{ROOT}/{group}")).body == {}
    assert await resting(bot) == []
    assert (await bot.ask("DELETE", f"{ROOT}/{group}")).status == 404
    said = await rest(bot, group)
    assert (said.status, said.body["error"]["code"]) == (404, "order_group_not_found")


async def test_groups_stay_on_their_shard(desk: "Desk") -> None:
    """A group of another shard, or of another member, cannot be joined."""
    bot = desk.client()
    on_two = await create(bot, exchange_index=2)
    assert (await rest(bot, on_two)).body["error"]["code"] == "order_group_not_found"
    foreign = await create(desk.client("other"))
    assert (await rest(bot, foreign)).body["error"]["code"] == "order_group_not_found"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"contracts_limit": 0},
        {"contracts_limit_fp": "0.50"},
        {"contracts_limit": 1_000_001},
        {"contracts_limit": 2, "contracts_limit_fp": "3.00"},
        {"contracts_limit_fp": 3},
        {"contracts_limit": 10**30},
    ],
)
async def test_impossible_limits(desk: "Desk", body: dict[str, object]) -> None:
    """A limit is 1 to 1,000,000 contracts, given once or twice alike."""
    said = await desk.client().ask("POST", f"{ROOT}/create", body)
    assert (said.status, said.body["code"]) == (400, "invalid_parameters")


async def test_the_stream(desk: "Desk") -> None:
    """Everything that happens to a group is told to its member, counted by `seq`."""
    bot = desk.client()
    async with desk.listen() as frames, desk.listen("other") as deaf:
        for one in (frames, deaf):
            await one.say("subscribe", channels=["order_group_updates"])
            await one.hear_all()
        group = await create(bot)
        await rest(bot, group, "10")
        await bot.ask("PUT", f"{ROOT}/{group}/limit", {"contracts_limit_fp": "5.00"})
        desk.post("SIM-1-A", "no", "0.57", "5")
        await bot.get("/exchange/status")  # the venue finishes what the match began
        await bot.ask("PUT", f"{ROOT}/{group}/reset", {})
        await bot.ask("DELETE", f"{ROOT}/{group}")
        heard = await frames.hear_all()
        assert await deaf.hear_all() == []
    kinds = [one["msg"]["event_type"] for one in heard]
    assert kinds == ["created", "limit_updated", "triggered", "reset", "deleted"]
    assert [one["seq"] for one in heard] == [1, 2, 3, 4, 5]
    assert [one["msg"].get("contracts_limit_fp") for one in heard[:3]] == ["10.00", "5.00", None]
    assert all(one["msg"]["order_group_id"] == group and one["msg"]["ts_ms"] for one in heard)
