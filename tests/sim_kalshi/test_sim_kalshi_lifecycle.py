"""What the venue's people do: halts, pauses, new grids, fees and listings, and endings."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import UnknownRule
from arb.market.units import MICRO, ONE, Ns, Px, parse_micros
from arb.sim.engine import Rejection
from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.kalshi.listing import KalshiEvent, KalshiSeries, market_id
from arb.sim.kalshi.pausing import next_maintenance

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Desk, Frames, OpenDesk

GTC = "good_till_canceled"
SECOND = 1_000_000_000
HOUR = 3_600 * SECOND


async def follow(frames: "Frames", *channels: str) -> None:
    await frames.say("subscribe", channels=list(channels))
    await frames.hear_all()


async def kinds(frames: "Frames") -> list[str]:
    heard = [one for one in await frames.hear_all() if one["type"] == "market_lifecycle_v2"]
    return [one["msg"]["event_type"] for one in heard]


async def test_a_halt_stops_everybody(desk: "Desk") -> None:
    """A halted market takes nobody's orders, the flow's neither; reactivation empties its book."""
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "1", "0.05", time_in_force=GTC)
    async with desk.listen() as frames:
        await follow(frames, "market_lifecycle_v2", "user_orders")
        desk.face.halt("SIM-1-A")
        said = await bot.order("SIM-1-A", "bid", "1", "0.05")
        assert (said.status, said.body["error"]["code"]) == (409, "trading_is_paused")
        with pytest.raises(Rejection, match="halted"):
            desk.post("SIM-1-A", "yes", "0.05", "1")
        assert (await bot.get("/markets/SIM-1-A"))["market"]["status"] == "inactive"
        desk.face.resume("SIM-1-A")
        heard = await frames.hear_all()
    told = [one["msg"] for one in heard]
    assert [one.get("event_type", one.get("last_update_reason")) for one in told] == [
        "deactivated",
        "HaltCancel",
        "activated",
    ]
    book = (await bot.get("/markets/SIM-1-A/orderbook"))["orderbook_fp"]
    assert book == {"yes_dollars": [], "no_dollars": []}
    desk.post("SIM-1-A", "yes", "0.05", "1")


async def test_a_pause_stops_everybody_on_its_shard(desk: "Desk") -> None:
    """A paused shard trades with nobody; what rested is there when it works again."""
    bot = desk.client()
    desk.face.pause(2)
    with pytest.raises(Rejection, match="halted"):
        desk.post("SIMB-1-T", "yes", "0.05", "1")
    desk.post("SIM-1-A", "yes", "0.05", "1")
    status = await bot.get("/exchange/status")
    assert status["trading_active"] is True
    (paused,) = (one for one in status["exchange_index_statuses"] if not one["trading_active"])
    assert (paused["exchange_index"], paused["exchange_active"]) == (2, True)
    desk.face.unpause(2)
    desk.post("SIMB-1-T", "yes", "0.05", "1")
    with pytest.raises(KeyError):
        desk.face.pause(77)


async def test_halts_outlast_pauses(desk: "Desk") -> None:  # noqa: ASYNC124 - a Trio fixture
    """A market that is halted stays so when its shard's pause ends, and the other way round."""
    desk.face.halt("SIM-1-A")
    desk.face.pause(0)
    desk.face.unpause(0)
    with pytest.raises(Rejection):
        desk.post("SIM-1-A", "yes", "0.05", "1")
    desk.face.pause(0)
    desk.face.resume("SIM-1-A")
    with pytest.raises(Rejection):
        desk.post("SIM-1-A", "yes", "0.05", "1")
    desk.face.unpause(0)
    desk.post("SIM-1-A", "yes", "0.05", "1")


async def test_new_grids_are_told(desk: "Desk") -> None:
    """Another price structure shows at once in listings, stream and checks; odd orders go."""
    bot = desk.client()
    desk.face.regrid("SIM-1-A", "deci_cent")
    assert (await bot.order("SIM-1-A", "bid", "1", "0.301", time_in_force=GTC)).status == 201
    async with desk.listen() as frames:
        await follow(frames, "market_lifecycle_v2")
        desk.face.regrid("SIM-1-A", "linear_cent")
        (heard,) = await frames.hear_all()
    assert heard["msg"]["event_type"] == "price_level_structure_updated"
    assert heard["msg"]["price_ranges"] == [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]
    assert (await bot.get("/portfolio/orders", status="resting"))["orders"] == []
    row = (await bot.get("/markets/SIM-1-A"))["market"]
    assert row["price_level_structure"] == "linear_cent"
    assert (await bot.order("SIM-1-A", "bid", "1", "0.301")).body["error"]["code"] == (
        "invalid_price"
    )


async def test_a_floor_cancels_what_is_below(desk: "Desk") -> None:
    """A raised settlement floor cancels orders at and below it, and is listed."""
    bot = desk.client()
    for price in ("0.10", "0.20", "0.30"):
        await bot.order("SIM-1-A", "bid", "1", price, time_in_force=GTC)
    async with desk.listen() as frames:
        await follow(frames, "user_orders")
        desk.face.lifecycle.raise_floor("SIM-1-A", Px(200_000))
        heard = await frames.hear_all()
    assert [one["msg"]["last_update_reason"] for one in heard] == ["SettlementBoundsCancel"] * 2
    row = (await bot.get("/markets/SIM-1-A"))["market"]
    assert (row["settlement_bounds_type"], row["settlement_floor_dollars"]) == ("floor", "0.2000")


async def test_event_fees_change_in_mid_session(desk: "Desk") -> None:
    """An override counts from the next order on, is told on the stream, and can be cleared."""
    bot = desk.client()
    async with desk.listen() as frames:
        await follow(frames, "market_lifecycle_v2")
        desk.face.set_fee("SIM-1", "quadratic", 500_000)
        await bot.order("SIM-1-A", "ask", "1", "0.41")
        desk.face.set_fee("SIM-1", None, None)
        await bot.order("SIM-1-A", "ask", "1", "0.41")
        heard = await frames.hear_all()
    assert [one["type"] for one in heard] == ["event_fee_update"] * 2
    assert heard[0]["msg"] == {
        "event_ticker": "SIM-1",
        "fee_type_override": "quadratic",
        "fee_multiplier_override": 0.5,
    }
    assert heard[1]["msg"]["fee_type_override"] is heard[1]["msg"]["fee_multiplier_override"]
    fees = [one["fee_cost"] for one in (await bot.get("/portfolio/fills"))["fills"]]
    assert fees == ["0.017000", "0.008500"]  # newest first; 0.07 * 0.41 * 0.59, and half of it


async def test_scheduled_fees(desk: "Desk") -> None:
    """A change to come is listed until it is due; past ones where they are asked for."""
    bot = desk.client()
    desk.face.set_fee("SIM", "quadratic_with_maker_fees", MICRO, Ns(desk.now_ns() + HOUR))
    desk.face.set_fee("SIM-1", None, None, Ns(desk.now_ns() + HOUR))
    (row,) = (await bot.get("/series/fee_changes"))["series_fee_change_arr"]
    assert (row["series_ticker"], row["fee_multiplier"]) == ("SIM", 1)
    (row,) = (await bot.get("/events/fee_changes"))["event_fee_changes"]
    assert (row["event_ticker"], row["fee_type_override"]) == ("SIM-1", None)
    assert (await bot.get("/series/SIM"))["series"]["fee_type"] == "quadratic"
    desk.offset_ns += HOUR
    assert (await bot.get("/series/SIM"))["series"]["fee_type"] == "quadratic_with_maker_fees"
    assert (await bot.get("/series/fee_changes"))["series_fee_change_arr"] == []
    past = await bot.get("/series/fee_changes", show_historical="true", series_ticker="SIM")
    assert len(past["series_fee_change_arr"]) == 1


async def test_impossible_fees(desk: "Desk") -> None:  # noqa: ASYNC124 - a Trio fixture
    """A fee without a formula, or of nothing that is listed, changes nothing."""
    for ticker, fee_type, error in (
        ("SIM", "flat", UnknownRule),
        ("SIM-1", "flat", UnknownRule),
        ("NOBODY", "quadratic", KeyError),
        ("SIM", None, ValueError),
    ):
        with pytest.raises(error):
            desk.face.set_fee(ticker, fee_type, MICRO)
    assert desk.face.board.series["SIM"].fee_type == "quadratic"


async def test_listing_an_event(desk: "Desk") -> None:
    """A new event with its series and markets is told, listed and traded."""
    bot = desk.client()
    facts = desk.face.board.markets["SIM-1-A"].facts
    async with desk.listen() as frames:
        await follow(frames, "market_lifecycle_v2")
        desk.face.list_event(
            KalshiSeries("NEW", "New", category="Sports", tags=("Tennis",)),
            KalshiEvent("NEW-1", "NEW", "Who?"),
            [attrs.evolve(facts, ticker=f"NEW-1-{one}", event="NEW-1") for one in "XY"],
        )
        heard = await frames.hear_all()
    assert [one["type"] for one in heard] == ["event_lifecycle", *["market_lifecycle_v2"] * 2]
    created = heard[1]["msg"]
    assert (created["event_type"], created["market_ticker"]) == ("created", "NEW-1-X")
    assert created["additional_metadata"]["event_ticker"] == "NEW-1"
    event = await bot.get("/events/NEW-1", with_nested_markets="true")
    assert [one["ticker"] for one in event["event"]["markets"]] == ["NEW-1-X", "NEW-1-Y"]
    assert (await bot.order("NEW-1-X", "bid", "1", "0.05", time_in_force=GTC)).status == 201
    tags = (await bot.get("/search/tags_by_categories"))["tags_by_categories"]
    assert tags == {"Crypto": ["BTC"], "Economics": None, "Sports": ["Tennis"]}


async def test_fee_waivers_end(desk: "Desk") -> None:
    """A market with a waiver charges nobody until its date, and everybody after it."""
    bot = desk.client()
    facts = desk.face.board.markets["SIM-1-A"].facts
    until = Ns(desk.now_ns() + HOUR)
    desk.face.lifecycle.list_market(attrs.evolve(facts, ticker="SIM-1-W", fee_waiver_ns=until))
    desk.post("SIM-1-W", "no", "0.50", "2")
    for _ in range(2):
        await bot.order("SIM-1-W", "bid", "1", "0.50")
        desk.offset_ns += HOUR
    fees = [one["fee_cost"] for one in (await bot.get("/portfolio/fills"))["fills"]]
    assert fees == ["0.017500", "0.000000"]
    row = (await bot.get("/markets/SIM-1-W"))["market"]
    assert row["fee_waiver_expiration_time"] == "2025-10-09T09:53:20Z"


async def settle(desk: "Desk", ticker: str, payout: Px) -> dict[str, Any]:
    """Determine a market, let its timer run, and return the bot's settlement."""
    desk.face.determine(ticker, payout)
    desk.offset_ns += 60 * SECOND
    (row,) = (await desk.client().get("/portfolio/settlements"))["settlements"]
    assert isinstance(row, dict)
    return row


@pytest.mark.parametrize(
    ("payout", "result", "value", "revenue"),
    [
        (ONE, "yes", 100, 425),
        (Px(0), "no", 0, 0),
        (Px(330_000), "scalar", 33, 140),
        (Px(335_500), "scalar", 33, 142),
    ],
)
async def test_settlements(desk: "Desk", payout: Px, result: str, value: int, revenue: int) -> None:
    """YES, NO and fractions pay what they say, in whole cents, and the row says the same."""
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "4.25", "0.44")
    row = await settle(desk, "SIM-1-A", payout)
    assert (row["market_result"], row["value"], row["revenue"]) == (result, value, revenue)
    assert row["yes_count_fp"] == "4.25"
    balance = (await bot.get("/portfolio/balance", exchange_index=0))["balance_dollars"]
    left = parse_micros("998.0566")  # 4.25 at 0.44, and a fee of 0.0734
    assert parse_micros(balance) == left + revenue * 10_000
    market = (await bot.get("/markets/SIM-1-A"))["market"]
    assert (market["status"], market["result"]) == ("finalized", result)
    assert (await bot.get("/portfolio/positions"))["market_positions"] == []


async def test_disputes_hold_the_money_back(desk: "Desk") -> None:
    """A disputed market pays nothing until it is amended, and then by the amended answer."""
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "1", "0.44")
    desk.face.determine("SIM-1-A", ONE)
    desk.face.lifecycle.dispute("SIM-1-A")
    desk.offset_ns += HOUR
    row = (await bot.get("/markets", status="closed"))["markets"][0]
    assert (row["ticker"], row["status"]) == ("SIM-1-A", "disputed")
    assert (await bot.get("/portfolio/settlements"))["settlements"] == []
    desk.face.lifecycle.amend("SIM-1-A", Px(0))
    assert (await bot.get("/markets/SIM-1-A"))["market"]["status"] == "amended"
    desk.offset_ns += 60 * SECOND
    (settled,) = (await bot.get("/portfolio/settlements"))["settlements"]
    assert (settled["market_result"], settled["revenue"]) == ("no", 0)
    for act in (desk.face.lifecycle.dispute, lambda one: desk.face.lifecycle.amend(one, ONE)):
        with pytest.raises(ValueError, match="SIM-1-A"):
            act("SIM-1-A")


async def test_whoever_resolves_the_engine(desk: "Desk") -> None:
    """A market resolved beneath the face is determined and settled in one moment."""
    bot = desk.client()
    async with desk.listen() as frames:
        await follow(frames, "market_lifecycle_v2")
        desk.exchange.resolve(market_id("SIM-1-A"), ONE)
        assert await kinds(frames) == ["determined", "settled"]
    assert (await bot.get("/markets/SIM-1-A"))["market"]["status"] == "finalized"


async def test_combos_have_a_channel_of_their_own(desk: "Desk") -> None:
    """What happens to combos is told to those who follow combos, and only to them."""
    facts = desk.face.board.markets["SIM-1-A"].facts
    combo = attrs.evolve(facts, ticker="KXMVE-1-A", event="KXMVE-1", combo=True, shard=1)
    async with desk.listen() as frames:
        await frames.say("subscribe", channels=["multivariate_market_lifecycle"])
        await frames.say("subscribe", channels=["market_lifecycle_v2"])
        await frames.hear_all()
        desk.face.lifecycle.list_event(KalshiEvent("KXMVE-1", "SIM", "Both?", shard=1))
        desk.face.lifecycle.list_market(combo)
        heard = await frames.hear_all()
    assert [one["type"] for one in heard] == ["event_lifecycle", "multivariate_market_lifecycle"]
    body = await desk.client().get("/events/multivariate", with_nested_markets="true")
    assert [one["event_ticker"] for one in body["events"]] == ["KXMVE-1"]


@given(st.integers(0, 4_000_000_000))
def test_maintenance_is_on_thursday_nights(now_s: int) -> None:
    """The next window is the next Thursday 03:00 to 05:00 in New York, summer and winter."""
    start, end = next_maintenance(Ns(now_s * SECOND))
    assert end - start == 2 * HOUR
    assert now_s * SECOND < start <= (now_s + 7 * 86_400 + 3_600) * SECOND
    moment = datetime.fromtimestamp(start // SECOND, UTC)
    assert moment.hour in {7, 8}
    assert (moment.weekday(), moment.minute, moment.second) == (3, 0, 0)


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        ("2026-03-05", 8),  # the last Thursday of winter time
        ("2026-03-12", 7),
        ("2026-10-29", 7),  # the last Thursday of summer time
        ("2026-11-05", 8),
    ],
)
def test_maintenance_around_the_changes_of_time(day: str, hour: int) -> None:
    """Eastern Time changes on March's second and November's first Sunday."""
    noon_before = datetime.fromisoformat(f"{day}T12:00:00+00:00") - timedelta(days=1)
    start, _ = next_maintenance(Ns(int(noon_before.timestamp()) * SECOND))
    assert (
        datetime.fromtimestamp(start // SECOND, UTC).isoformat() == f"{day}T{hour:02}:00:00+00:00"
    )


async def test_maintenance_happens(open_desk: "OpenDesk") -> None:
    """Where it is switched on, trading pauses on Thursday night and goes on afterwards."""
    desk = open_desk(KalshiSettings(tier=PRESTIGE, maintenance=True))
    bot = desk.client()
    start, end = next_maintenance(desk.now_ns())
    for at_ns, status in ((start - 1, 201), (start, 409), (end - 1, 409), (end, 201)):
        desk.offset_ns += at_ns - desk.now_ns()
        said = await bot.order("SIM-1-A", "bid", "1", "0.05")
        assert said.status == status, at_ns
    again, _ = next_maintenance(desk.now_ns())
    desk.offset_ns += again - desk.now_ns()
    assert (await bot.order("SIM-1-A", "bid", "1", "0.05")).status == 409


async def test_a_hurried_settlement(desk: "Desk") -> None:
    """Whoever ends a market can name another time than its timer's."""
    desk.face.determine("SIM-1-A", ONE, 2)
    for status in ("determined", "determined", "finalized"):
        assert (await desk.client().get("/markets/SIM-1-A"))["market"]["status"] == status
        desk.offset_ns += SECOND
