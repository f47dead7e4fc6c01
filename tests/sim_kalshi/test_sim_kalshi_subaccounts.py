"""Subaccounts, and money between them and between shards."""

import uuid
from typing import TYPE_CHECKING

import pytest

from arb.market.units import MICRO, ONE, Usd
from arb.sim.kalshi.auth import ApiKey, Member
from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.limits import ADVANCED, BASIC, PRESTIGE
from arb.sim.kalshi.listing import market_id

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Client, Desk, OpenDesk, Said

ROOT = "/portfolio/subaccounts"
SHARDS = "/portfolio/intra_exchange_instance_transfer"
GTC = "good_till_canceled"
SECOND = 1_000_000_000


async def create(client: "Client") -> int:
    said = await client.ask("POST", ROOT, {})
    assert said.status == 201, said
    number: int = said.body["subaccount_number"]
    return number


async def move(
    client: "Client", cents: int, source: int = 0, destination: int = 1, **more: object
) -> "Said":
    body = {
        "client_transfer_id": str(uuid.UUID(int=cents)),
        "from_subaccount": source,
        "to_subaccount": destination,
        "amount_cents": cents,
        **more,
    }
    return await client.ask("POST", f"{ROOT}/transfer", body)


async def transfer(client: "Client", amount: int, **more: object) -> "Said":
    body = {
        "source": "event_contract",
        "destination": "event_contract",
        "amount": amount,
        "source_exchange_shard": 0,
        "destination_exchange_shard": 2,
        **more,
    }
    return await client.ask("POST", SHARDS, body)


async def balance(client: "Client", **params: object) -> str:
    dollars: str = (await client.get("/portfolio/balance", **params))["balance_dollars"]
    return dollars


async def test_numbered_from_one(desk: "Desk") -> None:
    """Subaccounts are numbered in turn, start without cash, and 63 are the most."""
    bot = desk.client()
    assert [await create(bot) for _ in range(63)] == list(range(1, 64))
    assert (await bot.ask("POST", ROOT, {})).status == 400
    rows = (await bot.get(f"{ROOT}/balances"))["subaccount_balances"]
    cash = {(one["subaccount_number"], one["exchange_index"]): one["balance"] for one in rows}
    assert cash[0, 0] == "1000.0000"
    assert cash[0, 2] == "50.0000"
    assert {usd for (number, _), usd in cash.items() if number} == {"0.0000"}


async def test_basic_members_have_none(open_desk: "OpenDesk") -> None:
    """Subaccounts come with the Advanced tier, which an order by API opens."""
    desk = open_desk(KalshiSettings(tier=BASIC))
    bot = desk.client()
    assert (await bot.ask("POST", ROOT, {})).status == 403
    upgrade = "/account/api_usage_level/upgrade"
    assert (await bot.ask("POST", upgrade)).status == 403
    assert (await bot.order("SIM-1-A", "bid", "1", "0.05")).status == 201
    assert (await bot.ask("POST", upgrade)).status == 201
    limits = await bot.get("/account/limits")
    assert limits["usage_tier"] == ADVANCED.name
    assert limits["grants"] == [
        {"exchange_instance": "event_contract", "level": "advanced", "source": "manual"}
    ]
    assert await create(bot) == 1


async def test_money_moves_at_once_within_a_shard(desk: "Desk") -> None:
    """What one subaccount gives the other has; the movement is listed; an id counts once."""
    bot = desk.client()
    await create(bot)
    assert (await move(bot, 12_345)).body == {}
    assert await balance(bot, exchange_index=0) == "876.5500"
    assert await balance(bot, subaccount=1) == "123.4500"
    said = await move(bot, 12_345)
    assert (said.status, said.body["error"]["code"]) == (409, "transfer_already_exists")
    (row,) = (await bot.get(f"{ROOT}/transfers"))["transfers"]
    assert (row["from_subaccount"], row["to_subaccount"]) == (0, 1)
    assert (row["amount_cents"], row["exchange_index"]) == (12_345, 0)


async def test_impossible_movements(desk: "Desk") -> None:
    """Money that is not there, subaccounts that are not, and nothing at all cannot be moved."""
    bot = desk.client()
    await create(bot)
    said = await move(bot, 100_001)
    assert (said.status, said.body["error"]["code"]) == (400, "insufficient_balance")
    assert (await move(bot, 100_000)).status == 200  # the refused one used up nothing
    assert (await move(bot, 1, 1, 5)).status == 400
    assert (await move(bot, 2, 1, 1)).status == 400
    assert (await move(bot, 0, 1, 0)).status == 400
    assert (await move(bot, 3, 1, 0, exchange_index=7)).status == 400


async def test_held_money_stays(desk: "Desk") -> None:
    """What resting orders may cost cannot be moved away."""
    bot = desk.client()
    await create(bot)
    await bot.order("SIM-1-A", "bid", "1000", "0.40", time_in_force=GTC)
    assert (await move(bot, 60_001)).body["error"]["code"] == "insufficient_balance"
    assert (await move(bot, 60_000)).status == 200


async def test_between_shards_it_takes_a_moment(desk: "Desk") -> None:
    """Money leaves its shard at once, is pending, and arrives complete; it buys there only then."""
    bot = desk.client()
    said = await transfer(bot, 2_500_000)
    path = f"{SHARDS}s/{said.body['transfer_id']}"
    assert (await bot.get(path))["transfer"]["status"] == "pending"
    assert await balance(bot, exchange_index=0) == "750.0000"
    assert await balance(bot, exchange_index=2) == "50.0000"
    desk.offset_ns += SECOND
    row = (await bot.get(path))["transfer"]
    assert (row["status"], row["amount"]) == ("complete", "250.0000")
    assert (row["source_exchange_shard"], row["destination_exchange_shard"]) == (0, 2)
    assert await balance(bot, exchange_index=2) == "300.0000"
    assert await balance(bot) == "1050.0000"
    assert (await bot.get(f"{SHARDS}s"))["transfers"] == [row]
    assert (await desk.client("other").ask("GET", path)).status == 404


async def test_shard_transfers_name_their_client_id_once(desk: "Desk") -> None:
    """A client id counts once on its route, and only for primary accounts."""
    bot = desk.client()
    await create(bot)
    name = str(uuid.UUID(int=7))
    assert (await transfer(bot, 100, client_transfer_id=name)).status == 200
    assert (await transfer(bot, 100, client_transfer_id=name)).status == 409
    back = {"source_exchange_shard": 2, "destination_exchange_shard": 0}
    assert (await transfer(bot, 100, client_transfer_id=name, **back)).status == 200
    said = await transfer(bot, 100, client_transfer_id=name, destination_subaccount=1)
    assert said.status == 400
    assert (await transfer(bot, 100, source="margined")).status == 400
    assert (await transfer(bot, 100, destination_exchange_shard=77)).status == 400


async def test_same_shard_is_a_subaccount_transfer(desk: "Desk") -> None:
    """A transfer that stays on its shard appears among the subaccounts' transfers."""
    bot = desk.client()
    await create(bot)
    said = await transfer(bot, 5_000, destination_exchange_shard=0, destination_subaccount=1)
    (row,) = (await bot.get(f"{ROOT}/transfers"))["transfers"]
    assert (row["transfer_id"], row["amount_cents"]) == (said.body["transfer_id"], 50)
    assert (await bot.get(f"{SHARDS}s"))["transfers"] == []


async def test_subaccounts_trade_for_themselves(desk: "Desk") -> None:
    """Orders, fills and positions are the subaccount's; lists show all or the one asked for."""
    bot = desk.client()
    await create(bot)
    assert (await bot.order("SIM-1-A", "bid", "10", "0.44", subaccount=1)).status == 400
    await move(bot, 1_000)
    said = await bot.order("SIM-1-A", "bid", "10", "0.44", subaccount=1)
    assert said.body["fill_count"] == "10.00"
    for params, count in (({}, 1), ({"subaccount": 1}, 1), ({"subaccount": 0}, 0)):
        assert len((await bot.get("/portfolio/orders", **params))["orders"]) == count
        assert len((await bot.get("/portfolio/fills", **params))["fills"]) == count
    assert (await bot.get("/portfolio/positions"))["market_positions"] == []
    (held,) = (await bot.get("/portfolio/positions", subaccount=1))["market_positions"]
    assert held["position_fp"] == "10.00"
    (fill,) = (await bot.get("/portfolio/fills"))["fills"]
    assert fill["subaccount_number"] == 1


async def test_settlements_of_a_subaccount(desk: "Desk") -> None:
    """A subaccount is paid for itself; its settlement is in the list of all."""
    bot = desk.client()
    await create(bot)
    await move(bot, 1_000)
    await bot.order("SIM-1-A", "bid", "10", "0.44", subaccount=1)
    before = await balance(bot)
    desk.exchange.resolve(market_id("SIM-1-A"), ONE)
    assert await balance(bot) == before
    (row,) = (await bot.get("/portfolio/settlements"))["settlements"]
    assert row["revenue"] == 1_000
    assert (await bot.get("/portfolio/settlements", subaccount=0))["settlements"] == []


async def test_unknown_subaccounts(desk: "Desk") -> None:
    """Orders and balances of a subaccount that was never made are refused."""
    bot = desk.client()
    said = await bot.order("SIM-1-A", "bid", "1", "0.05", subaccount=3)
    assert (said.status, said.body["code"]) == (400, "invalid_parameters")
    for path in ("/portfolio/balance", "/portfolio/positions"):
        assert (await bot.ask("GET", path, subaccount=3)).status == 400


async def test_netting_is_remembered(desk: "Desk") -> None:
    """Netting is off until a member turns it on, subaccount by subaccount."""
    bot = desk.client()
    await create(bot)
    said = await bot.ask("PUT", f"{ROOT}/netting", {"subaccount_number": 1, "enabled": True})
    assert (said.status, said.body) == (200, None)
    assert (await bot.get(f"{ROOT}/netting"))["netting_configs"] == [
        {"subaccount_number": 0, "enabled": False, "exchange_index": 0},
        {"subaccount_number": 1, "enabled": True, "exchange_index": 0},
    ]
    said = await bot.ask("PUT", f"{ROOT}/netting", {"subaccount_number": 9, "enabled": True})
    assert said.status == 400


def lock(desk: "Desk", number: int) -> "Client":
    """A client whose key is restricted to one of the bot's subaccounts."""
    (key,) = desk.face.doorman.keys_of(_bot(desk))
    desk.face.doorman.add(ApiKey("locked", key.public_key, key.member, subaccount=number))
    desk.signers["locked"] = desk.signers["bot"].__class__("locked", desk.signers["bot"].key)
    return desk.client("locked")


def _bot(desk: "Desk") -> Member:
    owner = desk.face.subaccounts.owner("bot")
    assert owner is not None
    return owner[0]


async def test_restricted_keys(desk: "Desk") -> None:
    """A key of one subaccount trades and reads there, and is turned away everywhere else."""
    bot = desk.client()
    await create(bot)
    await move(bot, 1_000)
    locked = lock(desk, 1)
    assert (await locked.order("SIM-1-A", "bid", "1", "0.44")).status == 201
    assert (await locked.order("SIM-1-A", "bid", "1", "0.44", subaccount=0)).status == 403
    row = await locked.get("/portfolio/balance")
    assert row["balance_dollars"].startswith("9.5")
    assert "balance_breakdown" not in row
    assert len((await locked.get("/portfolio/fills"))["fills"]) == 1
    mine = (await bot.order("SIM-1-A", "bid", "1", "0.05", time_in_force=GTC)).body["order_id"]
    assert (await locked.get("/portfolio/orders"))["orders"][0]["subaccount_number"] == 1
    assert (await locked.ask("GET", f"/portfolio/orders/{mine}")).status == 404
    assert (await locked.ask("GET", "/portfolio/fills", subaccount=0)).status == 403
    await locked.ask("DELETE", "/portfolio/events/orders")
    assert (await bot.get(f"/portfolio/orders/{mine}"))["order"]["status"] == "resting"
    for method, path in (("GET", f"{ROOT}/balances"), ("POST", SHARDS), ("GET", "/api_keys")):
        said = await locked.ask(method, path)
        assert said.status == 403
        assert said.body["error"]["message"] == (
            "this API key is restricted to a single sub-account and cannot access this endpoint"
        )


async def test_restricted_sockets(desk: "Desk") -> None:
    """The socket of a restricted key hears of its own subaccount alone."""
    bot = desk.client()
    await create(bot)
    await move(bot, 1_000)
    lock(desk, 1)
    async with desk.listen("locked") as frames, desk.listen() as everything:
        for one in (frames, everything):
            await one.say("subscribe", channels=["fill", "user_orders", "market_positions"])
            await one.hear_all()
        await bot.order("SIM-1-A", "bid", "1", "0.44")
        assert await frames.hear_all() == []
        assert len(await everything.hear_all()) == 3
        await bot.order("SIM-1-A", "bid", "1", "0.44", subaccount=1)
        heard = await frames.hear_all()
    assert [one["type"] for one in heard] == ["fill", "market_position", "user_order"]
    assert heard[0]["msg"]["subaccount"] == heard[1]["msg"]["subaccount"] == 1


async def test_deposits_and_withdrawals(desk: "Desk") -> None:
    """Money that comes in and leaves is listed, newest first."""
    bot, member = desk.client(), _bot(desk)
    desk.face.deposit(member, 0, Usd(25 * MICRO))
    desk.face.deposit(member, 2, Usd(5 * MICRO))
    desk.face.cashbook.withdraw(member, 0, Usd(10 * MICRO))
    assert await balance(bot) == "1070.0000"
    deposits = (await bot.get("/portfolio/deposits"))["deposits"]
    assert [one["amount_cents"] for one in deposits] == [500, 2_500]
    assert {one["status"] for one in deposits} == {"applied"}
    (withdrawal,) = (await bot.get("/portfolio/withdrawals"))["withdrawals"]
    assert withdrawal["amount_cents"] == 1_000
    page = await bot.get("/portfolio/deposits", limit=1)
    rest = await bot.get("/portfolio/deposits", limit=1, cursor=page["cursor"])
    assert [page["deposits"][0], rest["deposits"][0]] == deposits
    assert (await bot.ask("GET", "/portfolio/deposits", limit=501)).status == 400


async def test_resting_order_value(desk: "Desk") -> None:
    """What resting orders may cost is told by shard."""
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "100", "0.40", time_in_force=GTC)
    body = await bot.get("/portfolio/summary/total_resting_order_value")
    assert body["total_resting_order_value"] == 4_000
    assert body["resting_order_value_breakdown"][0] == {"exchange_index": 0, "balance": "40.0000"}


ALLOCATION = "/portfolio/target_balance_allocation"


async def test_allocation_is_for_some(desk: "Desk") -> None:
    """Members without it are refused, reading and writing."""
    bot = desk.client()
    assert (await bot.ask("GET", ALLOCATION)).status == 403
    assert (await bot.ask("POST", ALLOCATION, {"allocations": []})).status == 403


async def test_allocation_spreads_what_is_free(open_desk: "OpenDesk") -> None:
    """Every ten seconds the free cash is spread by its shares; what orders hold stays."""
    desk = open_desk(KalshiSettings(tier=PRESTIGE, target_allocation=True))
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "250", "0.40", time_in_force=GTC)
    shares = [{"exchange_index": 0, "percent": 60}, {"exchange_index": 2, "percent": 40}]
    assert (await bot.ask("POST", ALLOCATION, {"allocations": shares})).status == 200
    assert await bot.get(ALLOCATION) == {
        "allocations": shares,
        "resting_margin_reservation": "sum",
    }
    assert await balance(bot, exchange_index=2) == "50.0000"
    desk.offset_ns += 10 * SECOND
    assert await balance(bot, exchange_index=0) == "670.0000"  # 60 % of 950, and 100 held
    assert await balance(bot, exchange_index=2) == "380.0000"
    assert (await bot.ask("POST", ALLOCATION, {"allocations": []})).status == 200
    desk.face.deposit(_bot(desk), 0, Usd(100 * MICRO))
    desk.offset_ns += 60 * SECOND
    assert await balance(bot, exchange_index=0) == "770.0000"


@pytest.mark.parametrize(
    "shares",
    [[(0, 60), (2, 30)], [(0, 50), (0, 50)], [(0, 50), (9, 50)], [(0, 150), (2, -50)]],
)
async def test_impossible_allocations(open_desk: "OpenDesk", shares: list[tuple[int, int]]) -> None:
    """Shares add up to 100 percent over known shards, each named once."""
    bot = open_desk(KalshiSettings(tier=PRESTIGE, target_allocation=True)).client()
    body = {"allocations": [{"exchange_index": one, "percent": part} for one, part in shares]}
    assert (await bot.ask("POST", ALLOCATION, body)).status == 400
