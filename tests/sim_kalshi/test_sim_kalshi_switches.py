"""Every switch of the settings, off and on: what changes, and that nothing else does."""

import inspect
from typing import TYPE_CHECKING

import attrs
import pytest

from arb.sim.kalshi import settings as module
from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.kalshi.settings import AfterClose, BadTickers, StreamRules

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk, Frames, OpenDesk

GTC = "good_till_canceled"
SECOND = 1_000_000_000
DAY = 86_400 * SECOND
QUIET = KalshiSettings(tier=PRESTIGE, list_cache_s=0)


def test_every_switch_says_what_it_is() -> None:
    """Each setting has a sentence of its own in the source, except the tier, which has a page."""
    source = inspect.getsource(module)
    for kind in (KalshiSettings, StreamRules):
        for field in attrs.fields(kind):
            rest = source.partition(f"    {field.name}:")[2].splitlines()
            documented = any(line.strip().startswith('"""') for line in rest[1:3])
            assert documented or field.name in {
                "tier",
                "post_only",
                "streams",
                "after_close",
                "bad_tickers",
            }


async def test_the_lists_of_the_cdn(open_desk: "OpenDesk") -> None:
    """With the cache a list is as old as 15 seconds and says so; single markets are fresh."""
    desk = open_desk(KalshiSettings(tier=PRESTIGE))
    bot = desk.client()
    before = await bot.get("/markets", tickers="SIM-1-A")
    desk.post("SIM-1-A", "yes", "0.40", "1")
    desk.offset_ns += 14 * SECOND
    assert await bot.get("/markets", tickers="SIM-1-A") == before
    assert (await bot.get("/markets/SIM-1-A"))["market"]["yes_bid_dollars"] == "0.4000"
    fresh = (await bot.get("/markets", tickers="SIM-1-A,SIM-1-B"))["markets"]
    assert fresh[0]["yes_bid_dollars"] == "0.4000"
    desk.offset_ns += SECOND
    (row,) = (await bot.get("/markets", tickers="SIM-1-A"))["markets"]
    assert row["yes_bid_dollars"] == "0.4000"
    got = await bot.http.get("/trade-api/v2/markets")
    assert got.headers["cache-control"] == "public, max-age=15"
    assert (await bot.ask("GET", "/markets", status="active")).status == 400


async def test_no_cache(open_desk: "OpenDesk") -> None:
    """Without the cache every list is as things are, and nothing speaks of caching."""
    desk = open_desk(QUIET)
    bot = desk.client()
    await bot.get("/markets", tickers="SIM-1-A")
    desk.post("SIM-1-A", "yes", "0.40", "1")
    (row,) = (await bot.get("/markets", tickers="SIM-1-A"))["markets"]
    assert row["yes_bid_dollars"] == "0.4000"
    assert "cache-control" not in (await bot.http.get("/trade-api/v2/markets")).headers


@pytest.mark.parametrize("after_close", list(AfterClose))
async def test_after_the_close(open_desk: "OpenDesk", after_close: AfterClose) -> None:
    """The code after `close_time` is the one that was chosen, for orders and cancels alike."""
    desk = open_desk(attrs.evolve(QUIET, after_close=after_close))
    bot = desk.client()
    said = await bot.order("SIM-1-A", "bid", "1", "0.05", time_in_force=GTC)
    desk.face.board.markets["SIM-1-A"].close_ns = desk.now_ns()
    order = await bot.order("SIM-1-A", "bid", "1", "0.05")
    path = f"/portfolio/events/orders/{said.body['order_id']}"
    for answer in (order, await bot.ask("DELETE", path)):
        assert (answer.status, answer.body["error"]["code"]) == (409, after_close.value)


@pytest.mark.parametrize("leaves", [True, False])
async def test_killed_orders(open_desk: "OpenDesk", *, leaves: bool) -> None:
    """A killed fill-or-kill order is refused alike, and leaves a row only where that is on."""
    desk = open_desk(attrs.evolve(QUIET, killed_fok_leaves_row=leaves))
    bot = desk.client()
    said = await bot.order("SIM-1-A", "bid", "1", "0.44", time_in_force="fill_or_kill")
    assert (said.status, said.body["error"]["code"]) == (
        409,
        "fill_or_kill_insufficient_resting_volume",
    )
    rows = (await bot.get("/portfolio/orders"))["orders"]
    assert [one["status"] for one in rows] == (["canceled"] if leaves else [])


@pytest.mark.parametrize(("nets", "left"), [(False, "1000.0000"), (True, "960.0000")])
async def test_balances_and_resting_orders(open_desk: "OpenDesk", left: str, *, nets: bool) -> None:
    """Resting orders are in the balance unless they are netted; buying power is the same."""
    desk = open_desk(attrs.evolve(QUIET, balance_nets_resting=nets))
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "100", "0.40", time_in_force=GTC)
    balance = await bot.get("/portfolio/balance", exchange_index=0)
    assert balance["balance_dollars"] == left
    said = await bot.order("SIM-1-A", "bid", "2410", "0.40", time_in_force=GTC)
    assert said.body["error"]["code"] == "insufficient_balance"


@pytest.mark.parametrize(("skew_s", "status"), [(30, 401), (90, 200)])
async def test_clocks_that_are_off(open_desk: "OpenDesk", skew_s: int, status: int) -> None:
    """A minute of skew is refused by a narrow window and taken by a wide one."""
    desk = open_desk(attrs.evolve(QUIET, skew_s=skew_s))
    path = "/trade-api/v2/portfolio/balance"
    late = desk.signers["bot"].headers("GET", path, desk.now_ns() // 1_000_000 - 60_000)
    assert (await desk.client().http.get(path, headers=late)).status_code == status


@pytest.mark.parametrize(("checks", "status"), [(True, 401), (False, 200)])
async def test_bad_signatures_in_public(
    open_desk: "OpenDesk", status: int, *, checks: bool
) -> None:
    """A bad signature on a public route counts only where it is checked; private ones always."""
    desk = open_desk(attrs.evolve(QUIET, checks_public_signatures=checks))
    desk.signers["forger"] = desk.signers["bot"].__class__("key-other", desk.signers["bot"].key)
    forger = desk.client("forger")
    assert (await forger.ask("GET", "/markets/SIM-1-A")).status == status
    assert (await forger.ask("GET", "/portfolio/balance")).status == 401


async def test_new_markets_take_a_moment(open_desk: "OpenDesk") -> None:
    """A created market is told at once and found by REST, and traded, a moment later."""
    desk = open_desk(attrs.evolve(QUIET, listing_lag_ms=500))
    bot = desk.client()
    facts = attrs.evolve(desk.face.board.markets["SIM-1-A"].facts, ticker="SIM-1-N")
    desk.face.lifecycle.list_market(facts)
    for _ in range(2):
        for path in ("/markets/SIM-1-N", "/markets/SIM-1-N/orderbook"):
            assert (await bot.ask("GET", path)).body["error"]["code"] == "market_not_found"
        said = await bot.order("SIM-1-N", "bid", "1", "0.05")
        assert said.body["error"]["code"] == "market_not_found"
        assert (await bot.get("/markets", tickers="SIM-1-N"))["markets"] == []
        desk.offset_ns += SECOND // 4
    assert (await bot.get("/markets/SIM-1-N"))["market"]["status"] == "active"
    assert (await bot.order("SIM-1-N", "bid", "1", "0.05")).status == 201


async def test_cancel_all_lingers(open_desk: "OpenDesk") -> None:
    """Orders that come within the time after cancel-all are cancelled too, where that is on."""
    desk = open_desk(attrs.evolve(QUIET, cancel_all_lingers_s=60))
    bot = desk.client()
    assert (await bot.ask("DELETE", "/portfolio/events/orders")).status == 204
    statuses = []
    for _ in range(3):
        said = await bot.order("SIM-1-A", "bid", "1", "0.05", time_in_force=GTC)
        row = await bot.get(f"/portfolio/orders/{said.body['order_id']}")
        statuses.append(row["order"]["status"])
        desk.offset_ns += 30 * SECOND
    assert statuses == ["canceled", "canceled", "resting"]


async def snapshots(frames: "Frames") -> list[object]:
    heard = await frames.hear_all()
    return [one["msg"]["no_dollars_fp"] for one in heard if one["type"] == "orderbook_snapshot"]


@pytest.mark.parametrize(("default", "price"), [(False, "0.5600"), (True, "0.4400")])
async def test_the_scale_of_no_prices(open_desk: "OpenDesk", price: str, *, default: bool) -> None:
    """Where a client does not say which scale it wants it gets the default; else its own."""
    streams = StreamRules(yes_price_default=default)
    desk = open_desk(attrs.evolve(QUIET, streams=streams))
    desk.post("SIM-1-A", "no", "0.56", "1")
    for wish, expected in (({}, price), ({"use_yes_price": True}, "0.4400")):
        async with desk.listen() as frames:
            await frames.say(
                "subscribe", channels=["orderbook_delta"], market_tickers=["SIM-1-A"], **wish
            )
            assert await snapshots(frames) == [[[expected, "1.00"]]]


@pytest.mark.parametrize("bad", list(BadTickers))
async def test_subscriptions_with_unknown_markets(open_desk: "OpenDesk", bad: BadTickers) -> None:
    """Unknown markets are skipped and named, or spoil the whole subscription."""
    desk = open_desk(attrs.evolve(QUIET, streams=StreamRules(bad_tickers=bad)))
    async with desk.listen() as frames:
        await frames.say(
            "subscribe", channels=["orderbook_delta"], market_tickers=["SIM-1-A", "NOBODY"]
        )
        heard = await frames.hear_all()
    kinds = [one["type"] for one in heard]
    if bad is BadTickers.SKIP:
        assert kinds == ["subscribed", "orderbook_snapshot", "error"]
        assert (heard[2]["seq"], heard[2]["msg"]["market_ticker"]) == (2, "NOBODY")
    else:
        assert kinds == ["error"]
        assert heard[0]["msg"]["code"] == 16


@pytest.mark.parametrize("wanted", [True, False])
async def test_snapshots_acknowledged(open_desk: "OpenDesk", *, wanted: bool) -> None:
    """`get_snapshot` is followed by an `ok` that counts only where that is switched on."""
    streams = StreamRules(ok_after_snapshots=wanted)
    desk = open_desk(attrs.evolve(QUIET, streams=streams))
    tickers = ["SIM-1-A", "SIM-1-B"]
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["orderbook_delta"], market_tickers=tickers)
        await frames.hear_all()
        await frames.say(
            "update_subscription", sid=1, action="get_snapshot", market_tickers=tickers
        )
        heard = await frames.hear_all()
    assert [(one["type"], one["seq"]) for one in heard] == [
        ("orderbook_snapshot", 3),
        ("orderbook_snapshot", 4),
        *([("ok", 5)] if wanted else []),
    ]


async def test_markets_per_subscription(open_desk: "OpenDesk") -> None:
    """A market too many is named in an error that counts, and nothing is added."""
    streams = StreamRules(markets_per_subscription=2)
    desk = open_desk(attrs.evolve(QUIET, streams=streams))
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["orderbook_delta"], market_tickers=["SIM-1-A"])
        await frames.hear_all()
        await frames.say(
            "update_subscription",
            sid=1,
            action="add_markets",
            market_tickers=["SIM-1-B", "SIM-1-C"],
        )
        (refused,) = await frames.hear_all()
        assert (refused["sid"], refused["seq"]) == (1, 2)
        assert refused["msg"]["market_ticker"] == "SIM-1-C"
        await frames.say(
            "subscribe", channels=["trade"], market_tickers=["SIM-1-A", "SIM-1-B", "SIM-1-C"]
        )
        (too_many,) = await frames.hear_all()
        assert too_many["msg"]["code"] == refused["msg"]["code"] == 26


@pytest.mark.parametrize("sequenced", [True, False])
async def test_trades_with_and_without_numbers(open_desk: "OpenDesk", *, sequenced: bool) -> None:
    """Public trades carry `seq` as recorded, or none as in the docs' examples."""
    streams = StreamRules(sequenced_trades=sequenced)
    desk = open_desk(attrs.evolve(QUIET, streams=streams))
    desk.post("SIM-1-A", "yes", "0.40", "1")
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["trade"])
        await frames.hear_all()
        await desk.client().order("SIM-1-A", "ask", "1", "0.40")
        (heard,) = await frames.hear_all()
    assert ("seq" in heard) is sequenced


async def rest_and_fill(desk: "Desk") -> str:
    said = await desk.client().order("SIM-1-A", "bid", "2", "0.43", time_in_force=GTC)
    desk.post("SIM-1-A", "no", "0.57", "1")
    order_id: str = said.body["order_id"]
    return order_id


async def test_reads_lag_behind(open_desk: "OpenDesk") -> None:
    """Private reads show what was true a moment ago, and the watermark says which moment."""
    desk = open_desk(attrs.evolve(QUIET, read_lag_ms=400))
    bot = desk.client()
    desk.offset_ns += DAY
    order_id = await rest_and_fill(desk)
    path = f"/portfolio/orders/{order_id}"
    assert (await bot.ask("GET", path)).status == 404
    for name, key in (("orders", "orders"), ("fills", "fills"), ("positions", "market_positions")):
        assert (await bot.get(f"/portfolio/{name}"))[key] == []
    assert (await bot.get("/portfolio/balance"))["balance_dollars"] == "1050.0000"
    assert (await bot.get("/exchange/user_data_timestamp"))["as_of_time"] == (
        "2025-10-10T08:53:19.6Z"
    )
    desk.offset_ns += 400_000_000
    assert (await bot.get(path))["order"]["fill_count_fp"] == "1.00"
    assert len((await bot.get("/portfolio/fills"))["fills"]) == 1
    assert (await bot.get("/portfolio/balance"))["balance_dollars"] == "1049.5700"
    await bot.ask("DELETE", f"/portfolio/events/orders/{order_id}")
    assert (await bot.get(path))["order"]["status"] == "resting"
    desk.offset_ns += 400_000_000
    assert (await bot.get(path))["order"]["status"] == "canceled"
