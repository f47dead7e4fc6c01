"""Creates: what is taken, what is refused and in which words."""

from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.kalshi.settings import PostOnly

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Client, Desk, OpenDesk, Said

ORDERS = "/portfolio/events/orders"
GTC = "good_till_canceled"
FOK = "fill_or_kill"


def code_of(said: "Said") -> tuple[int, str]:
    """Status and code of an error, wherever the code stands."""
    return said.status, said.body.get("error", said.body)["code"]


async def raw(client: "Client", content: bytes, content_type: str) -> "Said":
    signed = client.signer
    assert signed is not None
    headers = signed.headers("POST", f"/trade-api/v2{ORDERS}", client.desk.now_ns() // 1_000_000)
    got = await client.http.post(
        f"/trade-api/v2{ORDERS}",
        content=content,
        headers={**headers, "content-type": content_type},
    )
    return type(await client.ask("GET", "/exchange/status"))(got.status_code, got.json())


# --- time in force ------------------------------------------------------------------------------


async def test_gtc_rests_what_it_cannot_fill(desk: "Desk") -> None:
    """A good-till-cancelled order fills what crosses and rests the remainder."""
    bot = desk.client()
    said = await bot.order("SIM-1-B", "ask", "10", "0.52", time_in_force=GTC)
    assert said.status == 201
    assert (said.body["fill_count"], said.body["remaining_count"]) == ("4.00", "6.00")
    order = (await bot.get(f"/portfolio/orders/{said.body['order_id']}"))["order"]
    assert (order["status"], order["remaining_count_fp"]) == ("resting", "6.00")


async def test_ioc_partial_and_empty(desk: "Desk") -> None:
    """What an immediate order does not fill is gone: remaining is 0 and the order is cancelled."""
    bot = desk.client()
    partly = await bot.order("SIM-1-B", "ask", "10", "0.52")
    nothing = await bot.order("SIM-1-B", "ask", "10", "0.53")
    assert (partly.body["fill_count"], partly.body["remaining_count"]) == ("4.00", "0.00")
    assert (nothing.body["fill_count"], nothing.body["remaining_count"]) == ("0.00", "0.00")
    assert nothing.status == 201
    assert "average_fill_price" not in nothing.body
    for said in (partly, nothing):
        order = (await bot.get(f"/portfolio/orders/{said.body['order_id']}"))["order"]
        assert order["status"] == "canceled"


async def test_fok_all_or_nothing(desk: "Desk") -> None:
    """Fill-or-kill fills whole or answers 409, leaves no order, and uses its id up."""
    bot = desk.client()
    killed = await bot.order(
        "SIM-1-B", "ask", "5", "0.52", time_in_force=FOK, client_order_id="once"
    )
    assert code_of(killed) == (409, "fill_or_kill_insufficient_resting_volume")
    assert (await bot.get("/portfolio/orders"))["orders"] == []
    again = await bot.order(
        "SIM-1-B", "ask", "4", "0.52", time_in_force=FOK, client_order_id="once"
    )
    assert code_of(again) == (409, "order_already_exists")
    filled = await bot.order("SIM-1-B", "ask", "4", "0.52", time_in_force=FOK)
    assert (filled.status, filled.body["fill_count"]) == (201, "4.00")


async def test_price_time_and_makers_price(desk: "Desk") -> None:
    """A taker walks the ladder at the makers' prices; the mean is the YES price."""
    said = await desk.client().order("SIM-1-A", "bid", "20", "0.45")
    assert said.body["fill_count"] == "20.00"
    assert said.body["average_fill_price"] == "0.4450"  # ten at 0.44, ten at 0.45


# --- identity -----------------------------------------------------------------------------------


async def test_client_ids_are_unique_for_ever(desk: "Desk") -> None:
    """An id serves once for a member, also after its order ended; another member may use it."""
    bot, other = desk.client("bot"), desk.client("other")
    first = await bot.order("SIM-1-A", "bid", "1", "0.10", time_in_force=GTC, client_order_id="x")
    assert first.body["client_order_id"] == "x"
    await bot.ask("DELETE", f"{ORDERS}/{first.body['order_id']}")
    again = await bot.order("SIM-1-A", "bid", "1", "0.10", client_order_id="x")
    assert code_of(again) == (409, "order_already_exists")
    assert (await other.order("SIM-1-A", "bid", "1", "0.10", client_order_id="x")).status == 201


async def test_refused_orders_do_not_use_their_id(desk: "Desk") -> None:
    """After a refusal before matching the same id may come again."""
    bot = desk.client()
    poor = await bot.order("SIM-1-A", "bid", "5000", "0.40", client_order_id="x")
    assert code_of(poor) == (400, "insufficient_balance")
    assert (await bot.order("SIM-1-A", "bid", "1", "0.40", client_order_id="x")).status == 201


async def test_same_id_twice_in_a_batch(desk: "Desk") -> None:
    """A batch is taken one by one: the second order of one id fails alone, flat."""
    bot = desk.client()
    body = order_body(client_order_id="x")
    said = await bot.ask("POST", f"{ORDERS}/batched", {"orders": [body, body]})
    first, second = said.body["orders"]
    assert said.status == 201
    assert first["fill_count"] == "0.00"
    assert second["error"]["code"] == "order_already_exists"
    assert second["client_order_id"] == "x"


def order_body(**changes: object) -> dict[str, Any]:
    return {
        "ticker": "SIM-1-A",
        "side": "bid",
        "count": "1",
        "price": "0.10",
        "time_in_force": "immediate_or_cancel",
        "self_trade_prevention_type": "taker_at_cross",
    } | changes


async def test_ids_come_from_the_seed(open_desk: "OpenDesk") -> None:
    """Two venues with one seed give the same order ids."""
    ids = []
    for _ in range(2):
        said = await open_desk().client().order("SIM-1-A", "bid", "1", "0.10")
        ids.append(said.body["order_id"])
    assert ids[0] == ids[1]


# --- schema -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changes",
    [
        {"count": 1},
        {"price": 0.1},
        {"count": "1.001"},
        {"count": "-1"},
        {"price": "abc"},
        {"price": "1e-1"},
        {"side": "yes"},
        {"time_in_force": "gtc"},
        {"self_trade_prevention_type": "none"},
        {"client_order_id": "a.b"},
        {"client_order_id": "a b"},
        {"client_order_id": "x" * 65},
        {"subaccount": 3},
        {"ticker": None},
    ],
)
async def test_broken_bodies(desk: "Desk", changes: dict[str, Any]) -> None:
    """Numbers for strings, foreign words and forms are refused with the flat shape."""
    said = await desk.client().ask("POST", ORDERS, order_body(**changes))
    assert (said.status, said.body["code"]) == (400, "invalid_parameters")
    assert "error" not in said.body


@pytest.mark.parametrize("missing", ["ticker", "side", "count", "price", "time_in_force"])
async def test_missing_fields(desk: "Desk", missing: str) -> None:
    """A required field that is absent is named."""
    body = order_body()
    del body[missing]
    said = await desk.client().ask("POST", ORDERS, body)
    assert (said.status, said.body["code"]) == (400, "invalid_parameters")
    assert missing in said.body["details"]


async def test_content_type(desk: "Desk") -> None:
    """A body that is not declared as JSON is refused before it is read; a charset is fine."""
    content = msgspec.json.encode(order_body())
    for content_type in ("", "text/plain"):
        said = await raw(desk.client(), content, content_type)
        assert (said.status, said.body["code"]) == (400, "invalid_content_type")
    assert (await raw(desk.client(), content, "application/json; charset=utf-8")).status == 201
    broken = await raw(desk.client(), b"{", "application/json")
    assert (broken.status, broken.body["code"]) == (400, "invalid_parameters")


# --- rules --------------------------------------------------------------------------------------


@pytest.mark.parametrize("price", ["0", "1", "0.00", "0.005", "0.415", "1.5"])
async def test_prices_off_the_grid(desk: "Desk", price: str) -> None:
    """Prices between the steps, and 0 and 1 themselves, are invalid prices."""
    said = await desk.client().order("SIM-1-A", "bid", "1", price)
    assert code_of(said) == (400, "invalid_price")


async def test_negative_price_is_no_price(desk: "Desk") -> None:
    """A negative price is off every grid."""
    assert code_of(await desk.client().order("SIM-1-A", "bid", "1", "-0.10")) == (
        400,
        "invalid_price",
    )


async def test_fine_grid(desk: "Desk") -> None:
    """Where the edges are finer, a tenth of a cent is fine at 0.027 and wrong at 0.527."""
    bot = desk.client()
    assert (await bot.order("SIMF-1-X", "bid", "1", "0.0270")).status == 201
    assert (await bot.order("SIMF-1-X", "ask", "1", "0.973000")).status == 201
    assert code_of(await bot.order("SIMF-1-X", "bid", "1", "0.527")) == (400, "invalid_price")


async def test_nothing_to_trade(desk: "Desk") -> None:
    """A count of zero is refused; a hundredth of a contract is enough."""
    bot = desk.client()
    said = await bot.order("SIM-1-A", "bid", "0.00", "0.44")
    assert code_of(said) == (400, "invalid_order_size")
    least = await bot.order("SIM-1-A", "bid", "0.01", "0.44")
    assert (least.status, least.body["fill_count"]) == (201, "0.01")


async def test_cash_is_checked_beside_resting_orders(desk: "Desk") -> None:
    """Resting orders do not lower the balance, but what they may cost cannot be spent again."""
    bot = desk.client()
    resting = await bot.order("SIM-1-A", "bid", "2000", "0.40", time_in_force=GTC)
    assert resting.status == 201
    balance = await bot.get("/portfolio/balance", exchange_index=0)
    assert balance["balance_dollars"] == "1000.0000"
    poor = await bot.order("SIM-1-A", "bid", "1000", "0.30", time_in_force=GTC)
    assert code_of(poor) == (400, "insufficient_balance")
    await bot.ask("DELETE", f"{ORDERS}/{resting.body['order_id']}")
    assert (await bot.order("SIM-1-A", "bid", "1000", "0.30", time_in_force=GTC)).status == 201


async def test_cash_is_per_shard(desk: "Desk") -> None:
    """Money on shard 0 does not pay for an order on shard 2."""
    bot = desk.client()
    said = await bot.order("SIMB-1-T", "bid", "200", "0.50", time_in_force=GTC)
    assert code_of(said) == (400, "insufficient_balance")
    assert (await bot.order("SIMB-1-T", "bid", "90", "0.50", time_in_force=GTC)).status == 201


async def test_routing_by_shard(desk: "Desk") -> None:
    """An explicit wrong shard, or one that does not exist, looks like an unknown market."""
    bot = desk.client()
    for index, status in ((2, 201), (-1, 201), (None, 201), (0, 404), (77, 404)):
        said = await bot.order("SIMB-1-T", "bid", "1", "0.50", exchange_index=index)
        assert said.status == status, index
        if status == 404:
            assert code_of(said) == (404, "market_not_found")
    unknown = await bot.order("NO-SUCH", "bid", "1", "0.50")
    assert code_of(unknown) == (404, "market_not_found")


async def test_expiration_rules(desk: "Desk") -> None:
    """An expiry needs a resting order and must lie ahead."""
    bot = desk.client()
    now_s = desk.now_ns() // 1_000_000_000
    past = await bot.order("SIM-1-A", "bid", "1", "0.1", time_in_force=GTC, expiration_time=now_s)
    assert code_of(past) == (400, "invalid_parameters")
    ioc = await bot.order("SIM-1-A", "bid", "1", "0.1", expiration_time=now_s + 60)
    assert code_of(ioc) == (400, "invalid_parameters")
    fine = await bot.order(
        "SIM-1-A", "bid", "1", "0.1", time_in_force=GTC, expiration_time=now_s + 60
    )
    assert fine.status == 201


async def test_order_groups_are_unknown(desk: "Desk") -> None:
    """An order in a group that nobody made is refused."""
    said = await desk.client().order("SIM-1-A", "bid", "1", "0.1", order_group_id="g")
    assert code_of(said) == (404, "order_group_not_found")


# --- post only, reduce only ---------------------------------------------------------------------


async def test_post_only_is_refused(desk: "Desk") -> None:
    """By default a post-only order that would take is refused; one that would not rests."""
    bot = desk.client()
    taking = await bot.order("SIM-1-A", "bid", "1", "0.44", time_in_force=GTC, post_only=True)
    assert code_of(taking) == (400, "invalid_order")
    assert taking.body["error"]["details"] == "post only cross"
    making = await bot.order("SIM-1-A", "bid", "1", "0.43", time_in_force=GTC, post_only=True)
    assert (making.status, making.body["remaining_count"]) == (201, "1.00")


async def test_post_only_is_cancelled(open_desk: "OpenDesk") -> None:
    """The venue's other way: the order is taken, cancelled at once, and told with its reason."""
    desk = open_desk(KalshiSettings(tier=PRESTIGE, post_only=PostOnly.ACCEPT_AND_CANCEL))
    desk.post("SIM-1-A", "no", "0.56", "5")
    bot = desk.client()
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["user_orders"])
        await frames.hear()
        said = await bot.order("SIM-1-A", "bid", "1", "0.44", time_in_force=GTC, post_only=True)
        told = (await frames.hear())["msg"]
    assert said.status == 201
    assert (said.body["fill_count"], said.body["remaining_count"]) == ("0.00", "0.00")
    assert (told["status"], told["last_update_reason"]) == ("canceled", "PostOnlyCrossCancel")
    order = (await bot.get(f"/portfolio/orders/{said.body['order_id']}"))["order"]
    assert order["status"] == "canceled"
    assert (await bot.ask("DELETE", f"{ORDERS}/{said.body['order_id']}")).status == 404


async def test_reduce_only(desk: "Desk") -> None:
    """A reduce-only order stops at a flat position and never turns it around."""
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "5", "0.44")
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["user_orders"])
        await frames.hear()
        said = await bot.order("SIM-1-A", "ask", "8", "0.40", reduce_only=True)
        told = (await frames.hear())["msg"]
        nothing = await bot.order("SIM-1-A", "ask", "8", "0.40", reduce_only=True)
        told_nothing = (await frames.hear())["msg"]
    assert (said.body["fill_count"], said.body["remaining_count"]) == ("5.00", "0.00")
    assert (told["status"], told["initial_count_fp"]) == ("canceled", "8.00")
    assert told["last_update_reason"] == "ReduceOnlyCancel"
    assert (nothing.status, nothing.body["fill_count"]) == (201, "0.00")
    assert told_nothing["last_update_reason"] == "ReduceOnlyCancel"
    (position,) = (await bot.get("/portfolio/positions"))["market_positions"]
    assert position["position_fp"] == "0.00"


@pytest.mark.parametrize("tif", [GTC, FOK])
async def test_reduce_only_must_be_immediate(desk: "Desk", tif: str) -> None:
    """Reduce-only orders may not rest, nor be all-or-nothing."""
    said = await desk.client().order(
        "SIM-1-A", "ask", "1", "0.41", reduce_only=True, time_in_force=tif
    )
    assert code_of(said) == (400, "invalid_order")


# --- self-trade ---------------------------------------------------------------------------------


async def test_taker_at_cross(desk: "Desk") -> None:
    """An order that meets the member's own keeps its earlier fills and ends; the maker stays."""
    bot = desk.client()
    own = await bot.order("SIM-1-A", "ask", "5", "0.45", time_in_force=GTC)
    taking = await bot.order("SIM-1-A", "bid", "40", "0.45", time_in_force=GTC)
    assert (taking.body["fill_count"], taking.body["remaining_count"]) == ("30.00", "0.00")
    order = (await bot.get(f"/portfolio/orders/{own.body['order_id']}"))["order"]
    assert order["status"] == "resting"


async def test_maker_steps_aside(desk: "Desk") -> None:
    """With `maker`, own resting orders are cancelled as they are met and the taker goes on."""
    bot = desk.client()
    desk.post("SIM-1-A", "no", "0.54", "7")  # an ask at 0.46, behind the bot's own at 0.45
    own = await bot.order("SIM-1-A", "ask", "5", "0.45", time_in_force=GTC)
    taking = await bot.order(
        "SIM-1-A", "bid", "40", "0.46", time_in_force=GTC, self_trade_prevention_type="maker"
    )
    assert (taking.body["fill_count"], taking.body["remaining_count"]) == ("37.00", "3.00")
    cancelled = (await bot.get(f"/portfolio/orders/{own.body['order_id']}"))["order"]
    assert (cancelled["status"], cancelled["fill_count_fp"]) == ("canceled", "0.00")
    rest = (await bot.get(f"/portfolio/orders/{taking.body['order_id']}"))["order"]
    assert (rest["status"], rest["remaining_count_fp"]) == ("resting", "3.00")
    said = await bot.ask("DELETE", f"{ORDERS}/{taking.body['order_id']}")
    assert (said.status, said.body["reduced_by"]) == (200, "3.00")


async def test_only_makers_that_are_met_step_aside(desk: "Desk") -> None:
    """Of several own orders the best-priced is met first; those behind the last fill stay."""
    bot = desk.client()
    behind = await bot.order("SIM-1-A", "ask", "5", "0.45", time_in_force=GTC)
    ahead = await bot.order("SIM-1-A", "ask", "5", "0.43", time_in_force=GTC)
    taking = await bot.order("SIM-1-A", "bid", "10", "0.45", self_trade_prevention_type="maker")
    assert taking.body["fill_count"] == "10.00"
    assert taking.body["average_fill_price"] == "0.4400"
    resting = (await bot.get("/portfolio/orders", status="resting"))["orders"]
    assert [order["order_id"] for order in resting] == [behind.body["order_id"]]
    gone = (await bot.get(f"/portfolio/orders/{ahead.body['order_id']}"))["order"]
    assert gone["status"] == "canceled"


async def test_self_crossing_fok_keeps_its_fills(desk: "Desk") -> None:
    """A fill-or-kill order that meets its own member behaves as immediate-or-cancel."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "5", "0.44", time_in_force=GTC)
    said = await bot.order("SIM-1-A", "bid", "12", "0.44", time_in_force=FOK)
    assert (said.status, said.body["fill_count"]) == (201, "10.00")


# --- old paths ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/portfolio/orders"),
        ("POST", "/portfolio/orders/batched"),
        ("DELETE", "/portfolio/orders/batched"),
        ("DELETE", "/portfolio/orders/abc"),
        ("POST", "/portfolio/orders/abc/amend"),
        ("POST", "/portfolio/orders/abc/decrease"),
    ],
)
async def test_first_version_is_gone(desk: "Desk", method: str, path: str) -> None:
    """Order writes of the first version are answered 410 with the way to the second."""
    said = await desk.client().ask(method, path, {})
    assert code_of(said) == (410, "deprecated_v1_order_endpoint")
    assert said.body["error"]["message"] == "Please switch to the V2 endpoints"
