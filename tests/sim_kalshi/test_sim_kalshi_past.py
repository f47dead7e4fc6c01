"""What was: candlesticks, prices of a day ago, the archive, and the mirror of private reads."""

from typing import TYPE_CHECKING, Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import MICRO, ONE, Ns, Px, Qty
from arb.sim.kalshi.candles import Candles
from arb.sim.kalshi.face import KalshiSettings
from arb.sim.kalshi.limits import PRESTIGE
from arb.sim.kalshi.listing import market_id
from arb.sim.kalshi.mirror import Past

if TYPE_CHECKING:
    from tests.sim_kalshi.conftest import Client, Desk, OpenDesk

START_S = 1_760_000_000
SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
ONE_MARKET = "/series/SIM/markets/SIM-1-A/candlesticks"
SPAN = {"start_ts": START_S - 86_400, "end_ts": START_S + 86_400, "period_interval": 1}


async def candles(client: "Client", **params: object) -> list[Any]:
    body = await client.get(ONE_MARKET, **{**SPAN, **params})
    assert body["ticker"] == "SIM-1-A"
    rows: list[Any] = body["candlesticks"]
    return rows


async def buy(desk: "Desk", price: str, count: str) -> None:
    """Let somebody offer at a YES price, and the bot take it."""
    desk.post("SIM-1-A", "no", f"{1 - float(price):.2f}", count)
    await desk.client().order("SIM-1-A", "bid", count, price)


async def test_a_minute_of_trading(open_desk: "OpenDesk") -> None:
    """A candle has the trades of its minute and where the quotes were; a quiet minute has none."""
    desk = open_desk()
    desk.post("SIM-1-A", "yes", "0.40", "5")
    for price, count in (("0.50", "1"), ("0.60", "3"), ("0.45", "1")):
        await buy(desk, price, count)
    desk.offset_ns += 3 * MINUTE
    await buy(desk, "0.55", "1")
    first, later = await candles(desk.client())
    assert first["price"] == {
        "open_dollars": "0.5000",
        "low_dollars": "0.4500",
        "high_dollars": "0.6000",
        "close_dollars": "0.4500",
        "mean_dollars": "0.5500",
    }
    assert (first["volume_fp"], first["open_interest_fp"]) == ("5.00", "5.00")
    assert first["end_period_ts"] == (START_S // 60 + 1) * 60
    assert first["yes_bid"]["close_dollars"] == "0.4000"
    assert first["yes_ask"]["close_dollars"] == "1.0000"
    assert first["yes_ask"]["low_dollars"] == "0.4500"
    assert later["end_period_ts"] - first["end_period_ts"] == 180
    assert later["price"]["previous_dollars"] == "0.4500"
    assert later["yes_bid"]["open_dollars"] == "0.4000"


async def test_means_are_cut_to_four_decimals(open_desk: "OpenDesk") -> None:
    """A mean that falls between the decimals is written with four of them, rounded down."""
    desk = open_desk()
    await buy(desk, "0.50", "1")
    await buy(desk, "0.51", "2")
    (candle,) = await candles(desk.client())
    assert candle["price"]["mean_dollars"] == "0.5066"


async def test_longer_periods_and_windows(open_desk: "OpenDesk") -> None:
    """Hours and days hold what their minutes hold; the window picks by the period's end."""
    desk = open_desk()
    for _ in range(3):
        await buy(desk, "0.50", "1")
        desk.offset_ns += 30 * MINUTE
    bot = desk.client()
    assert [one["volume_fp"] for one in await candles(bot, period_interval=60)] == ["1.00", "2.00"]
    assert [one["volume_fp"] for one in await candles(bot, period_interval=1440)] == ["3.00"]
    end = (START_S // 60 + 1) * 60
    assert len(await candles(bot, end_ts=end)) == 1
    later = {"start_ts": end + 1, "end_ts": end + 2}
    assert await candles(bot, **later) == []
    (latest,) = await candles(bot, **later, include_latest_before_start="true")
    assert latest["end_period_ts"] == end


async def test_candles_of_many(open_desk: "OpenDesk") -> None:
    """Several markets, an event's markets, and the archive's spelling say the same."""
    desk = open_desk()
    await buy(desk, "0.50", "1")
    bot = desk.client()
    (one,) = await candles(bot)
    many = await bot.get("/markets/candlesticks", market_tickers="SIM-1-A,SIM-1-B,NO", **SPAN)
    assert many["markets"] == [
        {"market_ticker": "SIM-1-A", "candlesticks": [one]},
        {"market_ticker": "SIM-1-B", "candlesticks": []},
    ]
    event = await bot.get("/series/SIM/events/SIM-1/candlesticks", **SPAN)
    assert event["market_tickers"] == ["SIM-1-A", "SIM-1-B", "SIM-1-C"]
    assert event["market_candlesticks"] == [[one], [], []]
    assert event["adjusted_end_ts"] == SPAN["end_ts"]
    old = await bot.get("/historical/markets/SIM-1-A/candlesticks", **SPAN)
    (row,) = old["candlesticks"]
    assert row["price"] == {
        **dict.fromkeys(("open", "low", "high", "close", "mean"), "0.5000"),
        "previous": None,
    }
    assert (row["volume"], row["open_interest"]) == ("1.00", "1.00")


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        (ONE_MARKET, {"start_ts": 1, "end_ts": 2}, 400),
        (ONE_MARKET, {**SPAN, "period_interval": 5}, 400),
        (ONE_MARKET, {**SPAN, "start_ts": SPAN["end_ts"] + 1}, 400),
        ("/series/SIM/markets/NOBODY/candlesticks", SPAN, 404),
        ("/series/SIMB/markets/SIM-1-A/candlesticks", SPAN, 404),
        ("/series/SIM/events/NOBODY/candlesticks", SPAN, 404),
        ("/markets/candlesticks", SPAN, 400),
        ("/markets/candlesticks", {**SPAN, "market_tickers": ",".join(map(str, range(101)))}, 400),
    ],
)
async def test_impossible_candles(
    desk: "Desk", path: str, params: dict[str, int], status: int
) -> None:
    """Windows, lengths and markets that do not exist are refused."""
    assert (await desk.client().ask("GET", path, **params)).status == status


@given(
    st.lists(
        st.tuples(st.integers(0, 7_200), st.integers(1, 999_999), st.integers(1, 50)),
        min_size=1,
        max_size=40,
    )
)
def test_candles_against_the_tape(trades: list[tuple[int, int, int]]) -> None:
    """Every kept candle equals what its trades say, in every length."""
    made, now_s = Candles(), START_S
    tape = []
    for wait, px, qty in trades:
        now_s += wait
        made.trade(Px(px), Qty(qty), Ns(now_s * SECOND))
        tape.append((now_s, px, qty))
    for minutes in (1, 60, 1440):
        for candle in made.of(minutes):
            first_s = candle.end_s - minutes * 60
            inside = [(px, qty) for at, px, qty in tape if first_s <= at < candle.end_s]
            prices = [px for px, _ in inside]
            found = candle.price
            assert found is not None
            assert (found.first, found.last) == (prices[0], prices[-1])
            assert (found.low, found.high) == (min(prices), max(prices))
            assert candle.volume == sum(qty for _, qty in inside)
            assert candle.worth == sum(px * qty for px, qty in inside)


def test_candles_are_bounded() -> None:
    """However long a market trades, it keeps three hours of minutes at most."""
    made = Candles()
    for minute in range(1_000):
        made.trade(Px(500_000), Qty(MICRO), Ns((START_S + 60 * minute) * SECOND))
    assert len(list(made.of(1))) == 180
    assert made.volume_24h(Ns((START_S + 60 * 999) * SECOND)) == 1_000 * MICRO


async def test_prices_of_a_day_ago(open_desk: "OpenDesk") -> None:
    """Listings show what a market was quoted and traded at 24 hours before."""
    desk = open_desk()
    desk.post("SIM-1-A", "yes", "0.40", "5")
    desk.post("SIM-1-A", "no", "0.58", "5")
    await desk.client().order("SIM-1-A", "bid", "1", "0.42")
    desk.offset_ns += DAY
    row = (await desk.client().get("/markets/SIM-1-A"))["market"]
    assert row["previous_price_dollars"] == "0.0000"  # that hour is not over a day ago yet
    desk.offset_ns += HOUR
    desk.post("SIM-1-A", "yes", "0.41", "5")
    row = (await desk.client().get("/markets/SIM-1-A"))["market"]
    assert row["yes_bid_dollars"] == "0.4100"
    assert row["previous_yes_bid_dollars"] == "0.4000"
    assert row["previous_yes_ask_dollars"] == "0.4200"
    assert row["previous_price_dollars"] == "0.4200"
    assert row["volume_24h_fp"] == "0.00"


async def test_the_archive(open_desk: "OpenDesk") -> None:
    """What is older than the window is in the archive and no longer in the live lists."""
    settings = KalshiSettings(
        tier=PRESTIGE, list_cache_s=0, live_window_s=3_600, order_window_s=1_800
    )
    desk = open_desk(settings)
    bot = desk.client()
    await buy(desk, "0.50", "1")
    await bot.order("SIM-1-A", "bid", "1", "0.05", time_in_force="good_till_canceled")
    desk.exchange.resolve(market_id("SIM-1-A"), ONE)
    lists = (
        ("/portfolio/orders", "/historical/orders", "orders", 2),
        ("/portfolio/fills", "/historical/fills", "fills", 1),
        ("/markets/trades", "/historical/trades", "trades", 1),
        ("/markets", "/historical/markets", "markets", 1),
    )
    for live, old, key, count in lists:
        assert (await bot.get(old))[key] == [], old
        assert len((await bot.get(live))[key]) >= count
    desk.offset_ns += HOUR + SECOND
    for live, old, key, count in lists:
        archived = (await bot.get(old))[key]
        assert len(archived) == count, old
        assert not [one for one in (await bot.get(live))[key] if one in archived]
    assert (await bot.ask("GET", "/markets/SIM-1-A")).status == 404
    assert (await bot.get("/historical/markets/SIM-1-A"))["market"]["result"] == "yes"
    assert (await bot.ask("GET", "/historical/markets/SIM-1-B")).status == 404
    event = await bot.get("/events/SIM-1")
    assert [one["ticker"] for one in event["markets"]] == ["SIM-1-B", "SIM-1-C"]
    live_rows = await bot.get("/portfolio/positions", settlement_status="all")
    old_rows = await bot.get("/historical/positions")
    assert live_rows["market_positions"] == []
    assert [one["ticker"] for one in old_rows["market_positions"]] == ["SIM-1-A"]
    cutoff = await bot.get("/historical/cutoff")
    assert cutoff["orders_updated_ts"] > cutoff["market_settled_ts"]


async def test_archive_filters(desk: "Desk") -> None:
    """Only one of tickers, event and series may be named."""
    params = {"event_ticker": "SIM-1", "series_ticker": "SIM"}
    assert (await desk.client().ask("GET", "/historical/markets", **params)).status == 400


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 10))
def test_the_past_against_a_plain_search(waits: list[int], lag: int) -> None:
    """What is shown at a moment is the last version that was put by then, for any lag."""
    past: Past[str, int] = Past()
    versions: list[tuple[int, int]] = []
    now = 0
    for number, wait in enumerate(waits):
        now += wait
        past.put("k", number, Ns(now))
        versions.append((now, number))
        seen = [one for at, one in versions if at <= now - lag]
        assert past.at("k", Ns(now - lag)) == (seen[-1] if seen else None)
    assert past.at("other", Ns(now)) is None


async def test_surroundings_are_well_formed(desk: "Desk") -> None:
    """Lists of what does not exist here are empty and have their cursor."""
    bot = desk.client()
    for path, key, params in (
        ("/milestones", "milestones", {"limit": 10}),
        ("/structured_targets", "structured_targets", {}),
        ("/multivariate_event_collections", "multivariate_contracts", {}),
        ("/communications/rfqs", "rfqs", {}),
        ("/communications/quotes", "quotes", {}),
    ):
        assert await bot.get(path, **params) == {key: [], "cursor": ""}
    assert await bot.get("/incentive_programs") == {"incentive_programs": [], "next_cursor": ""}
    assert (await bot.get("/search/filters_by_sport"))["sport_ordering"] == []
    for path in ("/milestones", "/milestones?limit=501", "/structured_targets?page_size=2001"):
        assert (await bot.http.get(f"/trade-api/v2{path}")).status_code == 400
    for path in ("/milestones/x", "/structured_targets/x", "/multivariate_event_collections/x"):
        assert (await bot.ask("GET", path)).status == 404
    assert (await bot.ask("POST", "/multivariate_event_collections/x", {})).status == 404
    assert (await desk.client(None).ask("GET", "/communications/id")).status == 401


async def test_forecasts_and_pictures(desk: "Desk") -> None:
    """Events have metadata without pictures, and no forecasts."""
    bot = desk.client()
    body = await bot.get("/events/SIM-1/metadata")
    assert [one["market_ticker"] for one in body["market_details"]] == [
        "SIM-1-A",
        "SIM-1-B",
        "SIM-1-C",
    ]
    assert body["settlement_sources"] == [{"name": "sim", "url": "https://example.invalid"}]
    assert (await bot.ask("GET", "/events/NOBODY/metadata")).status == 404
    path = "/series/SIM/events/SIM-1/forecast_percentile_history"
    params = {"percentiles": 5_000, "start_ts": 1, "end_ts": 2, "period_interval": 60}
    assert await bot.get(path, **params) == {"forecast_history": []}
    assert (await bot.ask("GET", path)).status == 400


async def test_volume_progress(desk: "Desk") -> None:
    """What a member traded counts towards the tiers that volume earns."""
    bot = desk.client()
    await bot.order("SIM-1-A", "bid", "3", "0.44")
    (row,) = (await bot.get("/account/api_usage_level/volume_progress"))["volume_progress"]
    assert row["trailing_30d_volume_fp"] == "3.00"
    assert [one["level"] for one in row["goals"]] == [
        "expert",
        "premier",
        "paragon",
        "prime",
        "prestige",
    ]


async def test_scalar_markets_say_so(desk: "Desk") -> None:
    """The kind of a market is what its catalogue says."""
    facts = attrs.evolve(desk.face.board.markets["SIM-1-A"].facts, ticker="SIM-1-S")
    desk.face.lifecycle.list_market(attrs.evolve(facts, market_type="scalar"))
    assert (await desk.client().get("/markets/SIM-1-S"))["market"]["market_type"] == "scalar"
