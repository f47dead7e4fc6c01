"""What is listed: exchange, series, events, markets, and the words of their filters."""

from typing import TYPE_CHECKING, Any

import attrs
import msgspec
import pytest

from arb.market.units import ONE, Px
from arb.sim.kalshi.listing import KalshiEvent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.sim_kalshi.conftest import Desk

START_S = 1_760_000_000
DAY_S = 86_400
PRICES = ("yes_bid_dollars", "yes_ask_dollars", "no_bid_dollars", "no_ask_dollars")


async def tickers(desk: "Desk", **params: object) -> list[str]:
    return [row["ticker"] for row in (await desk.client().get("/markets", **params))["markets"]]


# --- exchange -----------------------------------------------------------------------------------


async def test_exchange_status(desk: "Desk") -> None:
    """Everything is on, shard by shard."""
    status = await desk.client(None).get("/exchange/status")
    assert status["exchange_active"] is status["trading_active"] is True
    assert [one["exchange_index"] for one in status["exchange_index_statuses"]] == [0, 1, 2, 3]


async def test_exchange_schedule(desk: "Desk") -> None:
    """The week has its maintenance gap on Thursday morning."""
    (hours,) = (await desk.client(None).get("/exchange/schedule"))["schedule"]["standard_hours"]
    assert hours["thursday"][0] == {"open_time": "00:00", "close_time": "03:00"}
    assert hours["monday"] == [{"open_time": "00:00", "close_time": "00:00"}]


async def test_user_data_timestamp(desk: "Desk") -> None:
    """Reads are as fresh as the clock."""
    body = await desk.client(None).get("/exchange/user_data_timestamp")
    assert body == {"as_of_time": "2025-10-09T08:53:20Z"}


@pytest.mark.parametrize("path", ["/nothing", "/series/SIM/fee_changes", "/markets/A/B/C", "/"])
async def test_unknown_paths(desk: "Desk", path: str) -> None:
    """Paths that do not exist are a nested 404."""
    said = await desk.client().ask("GET", path)
    assert (said.status, said.body["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "PATCH"])
async def test_wrong_methods(desk: "Desk", method: str) -> None:
    """A method that a path does not have is a 404 too."""
    assert (await desk.client().ask(method, "/markets/SIM-1-A")).status == 404


# --- series -------------------------------------------------------------------------------------


async def test_series(desk: "Desk") -> None:
    """All series come at once, with fee type, multiplier as a number, and shard."""
    rows = (await desk.client(None).get("/series"))["series"]
    assert [row["ticker"] for row in rows] == ["SIM", "SIMB", "SIMM", "SIMF"]
    sim = rows[0]
    assert (sim["fee_type"], sim["fee_multiplier"]) == ("quadratic", 1)
    assert sim["settlement_sources"] == [{"name": "sim", "url": "https://example.invalid"}]
    assert rows[1]["exchange_index"] == 2
    assert rows[2]["fee_type"] == "quadratic_with_maker_fees"
    assert "volume_fp" not in sim


async def test_series_filters(desk: "Desk") -> None:
    """By category, by tags; volume where asked."""
    client = desk.client(None)
    assert [
        row["ticker"] for row in (await client.get("/series", category="Crypto"))["series"]
    ] == ["SIMB"]
    assert [row["ticker"] for row in (await client.get("/series", tags="ETH,BTC"))["series"]] == [
        "SIMB"
    ]
    assert (await client.get("/series", min_updated_ts=1))["series"] == []
    await desk.client().order("SIM-1-A", "ask", "10", "0.41")
    one = await client.get("/series/SIM", include_volume="true")
    assert one["series"]["volume_fp"] == "10.00"
    unknown = await client.ask("GET", "/series/NO")
    assert (unknown.status, unknown.body["error"]["code"]) == (404, "not_found")


async def test_fee_changes(desk: "Desk") -> None:
    """Nothing is scheduled."""
    client = desk.client(None)
    assert await client.get("/series/fee_changes") == {"series_fee_change_arr": []}
    assert await client.get("/events/fee_changes") == {"event_fee_changes": [], "cursor": ""}


# --- events -------------------------------------------------------------------------------------


async def test_events_with_markets(desk: "Desk") -> None:
    """Nested markets come inside their event, in their order."""
    rows = (await desk.client(None).get("/events", with_nested_markets="true"))["events"]
    assert [row["event_ticker"] for row in rows] == ["SIM-1", "SIMB-1", "SIMM-1", "SIMF-1"]
    event = rows[0]
    assert event["mutually_exclusive"] is True
    assert event["collateral_return_type"] == "MECNET"
    assert [market["ticker"] for market in event["markets"]] == ["SIM-1-A", "SIM-1-B", "SIM-1-C"]
    plain = (await desk.client(None).get("/events"))["events"]
    assert "markets" not in plain[0]


async def test_one_event(desk: "Desk") -> None:
    """Markets are beside the event, or inside it, never in both places."""
    client = desk.client(None)
    beside = await client.get("/events/SIM-1")
    assert len(beside["markets"]) == 3
    assert "markets" not in beside["event"]
    inside = await client.get("/events/SIM-1", with_nested_markets="true")
    assert len(inside["event"]["markets"]) == 3
    assert inside["markets"] == []
    assert (await client.ask("GET", "/events/NO")).status == 404


async def test_event_pages(desk: "Desk") -> None:
    """Cursors lead through all events once and end empty."""
    rows = await desk.pages("/events", "events", limit=3)
    assert [row["event_ticker"] for row in rows] == ["SIM-1", "SIMB-1", "SIMM-1", "SIMF-1"]


async def test_event_filters(desk: "Desk") -> None:
    """By series, by tickers, by the status of any of its markets, by close."""
    client = desk.client(None)

    async def found(**params: object) -> list[str]:
        body = await client.get("/events", **params)
        return [row["event_ticker"] for row in body["events"]]

    assert await found(series_ticker="SIMB") == ["SIMB-1"]
    assert await found(tickers="SIMM-1,SIM-1") == ["SIM-1", "SIMM-1"]
    desk.face.determine("SIM-1-A", Px(0))
    assert "SIM-1" in await found(status="open")
    assert await found(status="closed") == ["SIM-1"]
    assert await found(min_close_ts=START_S + 31 * DAY_S) == []


@pytest.mark.parametrize(
    ("path", "params", "words"),
    [
        ("/events", {"limit": 201}, "limit"),
        ("/events", {"limit": 0}, "limit"),
        ("/events", {"limit": "many"}, "limit"),
        ("/events", {"status": "active"}, "invalid status filter"),
        ("/events", {"cursor": "%%%"}, "cursor"),
        ("/events", {"with_nested_markets": "perhaps"}, "with_nested_markets"),
        ("/markets", {"limit": 1001}, "limit"),
        ("/markets", {"status": "active"}, "invalid status filter"),
        ("/markets", {"mve_filter": "none"}, "mve_filter"),
        ("/markets", {"min_close_ts": 1, "status": "open"}, "close"),
        ("/markets", {"min_settled_ts": 1, "status": "open"}, "settled"),
        ("/markets", {"min_created_ts": 1, "status": "closed"}, "created"),
        ("/markets", {"min_updated_ts": 1, "status": "open"}, "min_updated_ts"),
        ("/markets/orderbooks", {}, "tickers"),
        ("/markets/SIM-1-A/orderbook", {"depth": 101}, "depth"),
        ("/markets/trades", {"limit": 1001}, "limit"),
        ("/portfolio/orders", {"limit": 0}, "limit"),
        ("/portfolio/orders", {"status": "open"}, "invalid status filter"),
        ("/portfolio/fills", {"limit": 1001}, "limit"),
        ("/portfolio/fills", {"subaccount": 64}, "subaccount"),
        ("/portfolio/positions", {"count_filter": "size"}, "count_filter"),
        ("/portfolio/positions", {"settlement_status": "maybe"}, "settlement_status"),
    ],
)
async def test_bad_queries(desk: "Desk", path: str, params: dict[str, Any], words: str) -> None:
    """A query that breaks a rule is a 400 with `msg`: no cutting down, no guessing."""
    said = await desk.client().ask("GET", path, **params)
    assert said.status == 400
    assert set(said.body) == {"msg"}
    assert words in said.body["msg"]


# --- markets ------------------------------------------------------------------------------------


async def test_market_row(desk: "Desk") -> None:
    """A market shows its best prices, its rules and its grid, all numbers as strings."""
    row = (await desk.client(None).get("/markets/SIM-1-A"))["market"]
    assert [row[name] for name in PRICES] == ["0.4100", "0.4400", "0.5600", "0.5900"]
    assert (row["yes_bid_size_fp"], row["yes_ask_size_fp"]) == ("10.00", "10.00")
    assert row["status"] == "active"
    assert row["result"] == ""
    assert row["price_ranges"] == [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]
    assert row["rules_primary"].startswith("If it is A")
    assert row["close_time"] == "2025-11-08T08:53:20Z"
    assert row["exchange_index"] == 0
    assert row["volume_fp"] == "0.00"


async def test_missing_sides(desk: "Desk") -> None:
    """No bids are written 0, no asks 1, as on the venue."""
    row = (await desk.client(None).get("/markets/SIMM-1-H"))["market"]
    assert [row[name] for name in PRICES] == ["0.0000", "1.0000", "0.0000", "1.0000"]
    assert (row["yes_bid_size_fp"], row["yes_ask_size_fp"]) == ("0.00", "0.00")


async def test_market_figures(desk: "Desk") -> None:
    """Volume, interest and last price follow trades; closing against closing ends interest."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "10", "0.41")
    row = (await bot.get("/markets/SIM-1-A"))["market"]
    assert (row["volume_fp"], row["open_interest_fp"]) == ("10.00", "10.00")
    assert (row["volume_24h_fp"], row["last_price_dollars"]) == ("10.00", "0.4100")
    await bot.order("SIM-1-A", "bid", "10", "0.44")
    row = (await bot.get("/markets/SIM-1-A"))["market"]
    assert (row["volume_fp"], row["open_interest_fp"]) == ("20.00", "0.00")
    desk.offset_ns += 25 * 3_600 * 1_000_000_000
    row = (await bot.get("/markets/SIM-1-A"))["market"]
    assert (row["volume_fp"], row["volume_24h_fp"]) == ("20.00", "0.00")


async def test_market_filters(desk: "Desk") -> None:
    """By event, series, tickers, combo or not, status and times."""
    assert await tickers(desk, event_ticker="SIM-1") == ["SIM-1-A", "SIM-1-B", "SIM-1-C"]
    assert await tickers(desk, series_ticker="SIMB") == ["SIMB-1-T"]
    assert await tickers(desk, tickers="SIMM-1-H,SIM-1-B") == ["SIM-1-B", "SIMM-1-H"]
    assert await tickers(desk, mve_filter="only") == []
    assert len(await tickers(desk, mve_filter="exclude")) == 6
    assert len(await tickers(desk, status="open")) == 6
    assert await tickers(desk, status="unopened") == []
    assert await tickers(desk, min_close_ts=START_S + 31 * DAY_S) == []
    assert len(await tickers(desk, max_close_ts=START_S + 30 * DAY_S)) == 6
    assert len(await tickers(desk, min_created_ts=START_S - DAY_S, status="open")) == 6
    assert await tickers(desk, max_created_ts=START_S - DAY_S - 1) == []


async def test_settled_filter(desk: "Desk") -> None:
    """A settled market is found by `settled` and by when it was settled."""
    desk.face.determine("SIM-1-B", ONE)
    assert await tickers(desk, status="closed") == ["SIM-1-B"]
    desk.offset_ns += 60 * 1_000_000_000
    assert await tickers(desk, status="settled") == ["SIM-1-B"]
    assert await tickers(desk, status="settled", min_settled_ts=START_S + 60) == ["SIM-1-B"]
    assert await tickers(desk, status="settled", min_settled_ts=START_S + 61) == []
    assert await tickers(desk, min_updated_ts=START_S, mve_filter="exclude") == ["SIM-1-B"]


async def test_combos(desk: "Desk") -> None:
    """Combos are no part of `/events`; `/markets` has them unless told otherwise."""
    facts = desk.face.board.markets["SIM-1-A"].facts
    desk.face.lifecycle.list_event(KalshiEvent("KXMVE-1", "SIM", "Both?", shard=1))
    combo = attrs.evolve(facts, ticker="KXMVE-1-X", event="KXMVE-1", combo=True, shard=1)
    desk.face.lifecycle.list_market(combo)
    events = (await desk.client().get("/events"))["events"]
    assert "KXMVE-1" not in [row["event_ticker"] for row in events]
    assert await tickers(desk, mve_filter="only") == ["KXMVE-1-X"]
    assert "KXMVE-1-X" not in await tickers(desk, mve_filter="exclude")
    assert "KXMVE-1-X" in await tickers(desk)


async def test_market_pages(desk: "Desk") -> None:
    """Cursors lead through all markets once, whatever the page size."""
    for limit in (1, 2, 5, 6, 1000):
        rows = await desk.pages("/markets", "markets", limit=limit)
        assert len({row["ticker"] for row in rows}) == len(rows) == 6


async def test_unknown_market(desk: "Desk") -> None:
    """An unknown market is a nested 404 with its own code."""
    for path in ("/markets/NO", "/markets/NO/orderbook"):
        said = await desk.client(None).ask("GET", path)
        assert (said.status, said.body["error"]["code"]) == (404, "market_not_found")


async def test_rows_have_the_recorded_fields(
    desk: "Desk", recorded: "Callable[[str], Path]"
) -> None:
    """Event and market carry every field of a recorded answer, but those removed since then."""
    text = recorded("catalogues/books_and_events_may2026/kalshi_event.json").read_text()
    real = msgspec.json.decode(text)
    mine = await desk.client(None).get("/events/SIM-1")
    removed = {"fractional_trading_enabled", "liquidity_dollars", "response_price_units"}
    optional = {"cap_strike", "floor_strike", "occurrence_datetime", "tick_size"}
    missing = set(real["markets"][0]) - set(mine["markets"][0]) - removed - optional
    assert missing == set()
    assert set(real["event"]) - set(mine["event"]) <= {"available_on_brokers", "strike_date"}
    for name, value in real["markets"][0].items():
        if name in mine["markets"][0]:
            assert type(mine["markets"][0][name]) is type(value), name


# --- books and trades ---------------------------------------------------------------------------


async def test_books(desk: "Desk") -> None:
    """The books of the fixture, ascending, best last; NO bids in NO prices."""
    body = await desk.client(None).get(
        "/markets/orderbooks", tickers=["SIM-1-A", "SIM-1-B", "SIM-1-C", "NO-SUCH"]
    )
    assert body["orderbooks"] == [
        {
            "ticker": "SIM-1-A",
            "orderbook_fp": {
                "yes_dollars": [["0.4000", "50.00"], ["0.4100", "10.00"]],
                "no_dollars": [["0.5500", "20.00"], ["0.5600", "10.00"]],
            },
        },
        {
            "ticker": "SIM-1-B",
            "orderbook_fp": {
                "yes_dollars": [["0.5200", "4.00"]],
                "no_dollars": [["0.4500", "10.00"]],
            },
        },
        {
            "ticker": "SIM-1-C",
            "orderbook_fp": {
                "yes_dollars": [["0.1200", "25.00"]],
                "no_dollars": [["0.8600", "5.00"]],
            },
        },
        {"ticker": "NO-SUCH", "orderbook_fp": {"yes_dollars": [], "no_dollars": []}},
    ]


async def test_joined_tickers_are_one_bogus_book(desk: "Desk") -> None:
    """Comma-joined tickers are one unknown ticker with an empty book, as on the venue."""
    body = await desk.client(None).get("/markets/orderbooks", tickers="SIM-1-A,SIM-1-B")
    assert [book["ticker"] for book in body["orderbooks"]] == ["SIM-1-A,SIM-1-B"]
    assert body["orderbooks"][0]["orderbook_fp"] == {"yes_dollars": [], "no_dollars": []}


async def test_depth(desk: "Desk") -> None:
    """`depth` keeps the best levels; 0 keeps all."""
    client = desk.client(None)
    best = (await client.get("/markets/SIM-1-A/orderbook", depth=1))["orderbook_fp"]
    assert best == {"yes_dollars": [["0.4100", "10.00"]], "no_dollars": [["0.5600", "10.00"]]}
    every = (await client.get("/markets/SIM-1-A/orderbook", depth=0))["orderbook_fp"]
    assert len(every["yes_dollars"]) == 2


async def test_too_many_books(desk: "Desk") -> None:
    """More than a hundred books at once are refused."""
    said = await desk.client(None).ask("GET", "/markets/orderbooks", tickers=["SIM-1-A"] * 101)
    assert said.status == 400


async def test_trades(desk: "Desk") -> None:
    """Public trades: newest first, in both prices, by market and time, page after page."""
    bot = desk.client()
    await bot.order("SIM-1-A", "ask", "12", "0.40")
    desk.offset_ns += 5_000_000_000
    await bot.order("SIM-1-B", "bid", "1", "0.55")
    rows = await desk.pages("/markets/trades", "trades", limit=1)
    assert [(row["ticker"], row["count_fp"]) for row in rows] == [
        ("SIM-1-B", "1.00"),
        ("SIM-1-A", "2.00"),
        ("SIM-1-A", "10.00"),
    ]
    assert (rows[0]["yes_price_dollars"], rows[0]["no_price_dollars"]) == ("0.5500", "0.4500")
    assert (rows[0]["taker_outcome_side"], rows[0]["taker_book_side"]) == ("yes", "bid")
    assert (rows[1]["taker_outcome_side"], rows[1]["taker_book_side"]) == ("no", "ask")
    public = desk.client(None)
    by_market = (await public.get("/markets/trades", ticker="SIM-1-A"))["trades"]
    assert len(by_market) == 2
    late = (await public.get("/markets/trades", min_ts=START_S + 5))["trades"]
    assert len(late) == 1
    early = (await public.get("/markets/trades", max_ts=START_S + 4))["trades"]
    assert len(early) == 2
    assert (await public.get("/markets/trades", is_block_trade="true"))["trades"] == []
