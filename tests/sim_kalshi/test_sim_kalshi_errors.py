"""Every code of the venue's error tables, once, with its status and the shape of its body."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from arb.market.units import ONE
from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from tests.sim_kalshi.conftest import ORDERS, ROOT, Client, Said, v2

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk, OpenDesk

GTC = "good_till_canceled"
Scene = Callable[["Desk", Client], Awaitable[Said]]


async def order(bot: Client, *given: str, **more: object) -> Said:
    ticker, side, count, price = given or ("SIM-1-A", "bid", "1", "0.05")
    return await bot.order(ticker, side, count, price, **more)


async def unsigned(desk: "Desk", _: Client) -> Said:
    return await desk.client(None).ask("GET", "/portfolio/balance")


async def signed(desk: "Desk", bot: Client, **changed: str) -> Said:
    path = f"{ROOT}/portfolio/balance"
    good = desk.signers["bot"].headers("GET", path, desk.now_ns() // 1_000_000)
    headers = {name: value for name, value in {**good, **changed}.items() if value}
    got = await bot.http.get(path, headers=headers)
    return Said(got.status_code, got.json())


async def repeated(_: "Desk", bot: Client) -> Said:
    await order(bot, client_order_id="once")
    return await order(bot, client_order_id="once")


async def after_a_kill(_: "Desk", bot: Client) -> Said:
    whole = {"client_order_id": "once", "time_in_force": "fill_or_kill"}
    await order(bot, "SIM-1-A", "bid", "900", "0.44", **whole)
    return await order(bot, client_order_id="once")


async def paused(desk: "Desk", bot: Client) -> Said:
    desk.face.pause(0)
    return await order(bot)


async def stopped(desk: "Desk", bot: Client) -> Said:
    desk.face.pause(0, trading_only=False)
    return await bot.ask("DELETE", f"{ORDERS}/x")


async def halted(desk: "Desk", bot: Client) -> Said:
    desk.face.halt("SIM-1-A")
    return await order(bot)


async def determined(desk: "Desk", bot: Client) -> Said:
    desk.face.determine("SIM-1-A", ONE)
    return await order(bot)


async def in_a_spent_group(_: "Desk", bot: Client) -> Said:
    path = "/portfolio/order_groups"
    made = await bot.ask("POST", f"{path}/create", {"contracts_limit": 1})
    group = made.body["order_group_id"]
    await bot.ask("PUT", f"{path}/{group}/trigger", {})
    return await order(bot, order_group_id=group)


async def as_text(desk: "Desk", bot: Client) -> Said:
    headers = desk.signers["bot"].headers("POST", ROOT + ORDERS, desk.now_ns() // 1_000_000)
    got = await bot.http.post(ROOT + ORDERS, content=b"{}", headers=headers)
    return Said(got.status_code, got.json())


def placing(*given: str, **more: object) -> Scene:
    return lambda _, bot: order(bot, *given, **more)


def asking(method: str, path: str, body: object = None, **params: object) -> Scene:
    return lambda _, bot: bot.ask(method, path, body, **params)


def sending(**changed: object) -> Scene:
    body = {**v2("SIM-1-A", "bid", "1", "0.05"), **changed}
    return lambda _, bot: bot.ask("POST", ORDERS, body)


NESTED: list[tuple[str, int, str, Scene]] = [
    ("nobody signed", 401, "token_authentication_failure", unsigned),
    (
        "a header is missing",
        401,
        "signature_is_missing_from_headers",
        lambda desk, bot: signed(desk, bot, **{"KALSHI-ACCESS-SIGNATURE": ""}),
    ),
    (
        "unknown key",
        401,
        "authentication_error",
        lambda desk, bot: signed(desk, bot, **{"KALSHI-ACCESS-KEY": "x"}),
    ),
    (
        "wrong signature",
        401,
        "authentication_error",
        lambda desk, bot: signed(desk, bot, **{"KALSHI-ACCESS-SIGNATURE": "AAAA"}),
    ),
    (
        "old timestamp",
        401,
        "header_timestamp_expired",
        lambda desk, bot: signed(desk, bot, **{"KALSHI-ACCESS-TIMESTAMP": "1"}),
    ),
    ("no cash", 400, "insufficient_balance", placing("SIM-1-A", "bid", "9000", "0.40")),
    ("off the grid", 400, "invalid_price", placing("SIM-1-A", "bid", "1", "0.405")),
    ("price of a dollar", 400, "invalid_price", placing("SIM-1-A", "bid", "1", "1.00")),
    ("no contracts", 400, "invalid_order_size", placing("SIM-1-A", "bid", "0", "0.05")),
    (
        "post only that takes",
        400,
        "invalid_order",
        placing("SIM-1-A", "bid", "1", "0.44", time_in_force=GTC, post_only=True),
    ),
    ("resting reduce only", 400, "invalid_order", placing(time_in_force=GTC, reduce_only=True)),
    ("expiry in the past", 400, "invalid_parameters", placing(expiration_time=1)),
    ("unknown market", 404, "market_not_found", placing("NOBODY", "bid", "1", "0.05")),
    ("wrong shard", 404, "market_not_found", placing(exchange_index=2)),
    ("no such shard", 404, "market_not_found", placing(exchange_index=44)),
    ("unknown order", 404, "not_found", asking("DELETE", f"{ORDERS}/x")),
    ("unknown group", 404, "order_group_not_found", placing(order_group_id="x")),
    ("unknown path", 404, "not_found", asking("GET", "/nothing")),
    ("unknown method", 404, "not_found", asking("DELETE", "/markets")),
    ("unknown event", 404, "not_found", asking("GET", "/events/x")),
    ("unknown series", 404, "not_found", asking("GET", "/series/x")),
    ("fees of one series", 404, "not_found", asking("GET", "/series/SIM/fee_changes")),
    ("same client id", 409, "order_already_exists", repeated),
    ("client id of a killed order", 409, "order_already_exists", after_a_kill),
    (
        "not enough to fill",
        409,
        "fill_or_kill_insufficient_resting_volume",
        placing("SIM-1-A", "bid", "31", "0.45", time_in_force="fill_or_kill"),
    ),
    ("trading pause", 409, "trading_is_paused", paused),
    ("halted market", 409, "trading_is_paused", halted),
    ("exchange pause", 409, "exchange_is_paused", stopped),
    ("ended market", 409, "market_closed", determined),
    ("first version", 410, "deprecated_v1_order_endpoint", asking("POST", "/portfolio/orders", {})),
    ("spent group", 400, "exceeded_order_group_risk_limit", in_a_spent_group),
]
FLAT: list[tuple[str, str, Scene]] = [
    ("number for a count", "invalid_parameters", sending(count=1)),
    ("number for a price", "invalid_parameters", sending(price=0.05)),
    ("three decimals of a contract", "invalid_parameters", sending(count="1.001")),
    ("unknown side", "invalid_parameters", sending(side="yes")),
    ("unknown time in force", "invalid_parameters", sending(time_in_force="day")),
    ("dots in a client id", "invalid_parameters", sending(client_order_id="a.b")),
    ("long client id", "invalid_parameters", sending(client_order_id="a" * 65)),
    ("no body", "invalid_parameters", lambda _, bot: bot.ask("POST", ORDERS, [])),
    ("no JSON", "invalid_content_type", as_text),
]
QUERIES: list[tuple[str, dict[str, object]]] = [
    ("/markets", {"status": "active"}),
    ("/markets", {"limit": 1_001}),
    ("/events", {"limit": 201}),
    ("/markets/SIM-1-A/orderbook", {"depth": 101}),
    ("/portfolio/orders", {"status": "pending"}),
    ("/portfolio/fills", {"limit": 0}),
    ("/portfolio/positions", {"count_filter": "everything"}),
    ("/portfolio/fills", {"cursor": "!"}),
]


@pytest.mark.parametrize(
    ("status", "code", "scene"), [row[1:] for row in NESTED], ids=[row[0] for row in NESTED]
)
async def test_nested(desk: "Desk", status: int, code: str, scene: Scene) -> None:
    """The gateway and the matching engine answer with an object under `error`."""
    said = await scene(desk, desk.client())
    assert (said.status, set(said.body)) == (status, {"error"})
    error = said.body["error"]
    assert error["code"] == code
    assert set(error) <= {"code", "message", "details"}
    assert error["message"]


@pytest.mark.parametrize(("code", "scene"), [row[1:] for row in FLAT], ids=[row[0] for row in FLAT])
async def test_flat(desk: "Desk", code: str, scene: Scene) -> None:
    """The body decoder answers with code, message and details at the top."""
    said = await scene(desk, desk.client())
    assert (said.status, said.body["code"]) == (400, code)
    assert set(said.body) == {"code", "message", "details"}


@pytest.mark.parametrize(("path", "params"), QUERIES)
async def test_msg(desk: "Desk", path: str, params: dict[str, object]) -> None:
    """The query decoder answers with `msg` alone."""
    said = await desk.client().ask("GET", path, **params)
    assert (said.status, set(said.body)) == (400, {"msg"})


async def test_bare(open_desk: "OpenDesk") -> None:
    """An empty bucket answers with a bare text and no hint when to come back."""
    bot = open_desk(KalshiSettings()).client()
    for _ in range(10):
        await order(bot)
    said = await order(bot)
    assert (said.status, said.body) == (429, {"error": "too many requests"})


async def test_a_body_without_end(open_desk: "OpenDesk") -> None:
    """A body beyond all measure is refused, not kept."""
    desk = open_desk(KalshiSettings(tier=PRESTIGE))
    said = await desk.client().ask("POST", ORDERS, {"ticker": "x" * (5 << 20)})
    assert (said.status, said.body["code"]) == (400, "invalid_parameters")
