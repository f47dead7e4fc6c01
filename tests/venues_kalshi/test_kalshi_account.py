"""The account: objections, balances, positions, fills, and the private connection."""

import json
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import attrs
import pytest
import trio
import trio_websocket

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import Balance, Position
from arb.venues.kalshi.account import KalshiAccount
from arb.venues.kalshi.clock import clock_objection
from arb.venues.kalshi.config import KalshiUrls
from arb.venues.kalshi.identity import market_id
from arb.venues.kalshi.user_stream import KalshiUserStream
from arb.venues.protocols import Account
from arb.venues.wire import TrioSockets

if TYPE_CHECKING:
    from tests.venues_kalshi.conftest import ScriptedVenue

BALANCE = "/portfolio/balance"
STATUS = "/exchange/status"
S = 1_000_000_000
Door = Callable[[trio_websocket.WebSocketRequest], Awaitable[None]]
WORKS = {"exchange_active": True, "trading_active": True}
FILL: dict[str, Any] = {
    "fill_id": "d91b",
    "trade_id": "d91b",
    "order_id": "ee58",
    "ticker": "A",
    "market_ticker": "A",
    "outcome_side": "no",
    "book_side": "ask",
    "side": "no",
    "action": "buy",
    "count_fp": "1.00",
    "yes_price_dollars": "0.8300",
    "no_price_dollars": "0.1700",
    "is_taker": True,
    "fee_cost": "0.009900",
    "created_time": "2026-07-26T18:11:56Z",
    "ts": 1785089516,
    "subaccount_number": 0,
}


# The socket library's nursery is opened with a flag that Trio will drop one day.
OLD_NURSERY = pytest.mark.filterwarnings(r"ignore:open_nursery\(strict_exception_groups")


def account(venue: "ScriptedVenue", urls: KalshiUrls | None = None) -> Account:
    return KalshiAccount(
        urls or venue.urls, venue.credentials, venue.client, TrioSockets(), venue.now_ns
    )


def shard(index: int, name: str, **flags: bool) -> dict[str, object]:
    return {"exchange_index": index, "description": name} | WORKS | flags


async def test_logging_in_shows_that_the_key_is_accepted(venue: "ScriptedVenue") -> None:
    """A key that the venue does not take is Refused at once."""
    venue.answers("GET", BALANCE, {"balance_breakdown": []})
    await account(venue).log_in()
    stranger = attrs.evolve(venue.credentials, key_id="another")
    with pytest.raises(Refused, match="authentication_error"):
        await KalshiAccount(
            venue.urls, stranger, venue.client, TrioSockets(), venue.now_ns
        ).log_in()


async def test_nothing_speaks_against_a_working_exchange(venue: "ScriptedVenue") -> None:
    """All shards working and the key accepted: no objection."""
    shards = [shard(0, "Default"), shard(1, "Combos")]
    venue.answers("GET", STATUS, WORKS | {"exchange_index_statuses": shards})
    venue.answers("GET", BALANCE, {})
    assert await account(venue).objections() == ()


async def test_pauses_are_named_by_shard(venue: "ScriptedVenue") -> None:
    """The body's own flags are shard 0's; every shard is judged by its own."""
    shards = [
        shard(0, "Default"),
        shard(2, "Crypto & Commodities", trading_active=False),
        shard(3, "Tennis", exchange_active=False, trading_active=False),
        shard(9, "Somebody else's", exchange_active=False),
    ]
    venue.answers("GET", STATUS, WORKS | {"exchange_index_statuses": shards}, 503)
    venue.answers("GET", BALANCE, {})
    assert await account(venue).objections() == (
        "Kalshi's shard 2 (Crypto & Commodities): trading is paused",
        "Kalshi's shard 3 (Tennis): the exchange is paused",
    )


async def test_without_shards_the_bodys_own_flags_count(venue: "ScriptedVenue") -> None:
    """An older or shorter answer still stops trading."""
    venue.answers("GET", STATUS, {"exchange_active": True, "trading_active": False})
    venue.answers("GET", BALANCE, {})
    assert await account(venue).objections() == ("Kalshi's shard 0: trading is paused",)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, {}, Unintelligible),
        (200, {"exchange_active": "yes", "trading_active": True}, Unintelligible),
        (503, b"<html>", Unintelligible),
        (502, WORKS, Unreachable),
    ],
)
async def test_an_unread_status_is_an_error(
    venue: "ScriptedVenue", status: int, body: object, error: type[Exception]
) -> None:
    """Not knowing is not the same as no objection."""
    venue.answers("GET", STATUS, body, status)
    venue.answers("GET", BALANCE, {})
    with pytest.raises(error):
        await account(venue).objections()


async def test_a_refused_signature_is_an_objection(venue: "ScriptedVenue") -> None:
    """A clock too far off, or a key no longer accepted, is told in the venue's words."""
    venue.answers("GET", STATUS, WORKS)
    venue.answers("GET", BALANCE, {"error": {"code": "header_timestamp_expired"}}, 401)
    (objection,) = await account(venue).objections()
    assert "header_timestamp_expired" in objection
    venue.script[("GET", BALANCE)].clear()
    venue.answers("GET", BALANCE, b"", 500)
    with pytest.raises(Unreachable):
        await account(venue).objections()


async def test_a_clock_that_is_off_is_an_objection(venue: "ScriptedVenue") -> None:
    """The answer's date is compared with our clock (Thu, 09 Oct 2025 08:53:20 GMT)."""
    venue.answers("GET", STATUS, WORKS)
    venue.answers("GET", BALANCE, {}, headers={"date": "Thu, 09 Oct 2025 08:53:30 GMT"})
    (objection,) = await account(venue).objections()
    assert objection == "our clock is 10.0 s or more behind Kalshi's"


@pytest.mark.parametrize(
    ("date", "sent_s", "received_s", "off"),
    [
        ("Thu, 09 Oct 2025 08:53:20 GMT", 0, 0, None),
        ("Thu, 09 Oct 2025 08:53:20 GMT", 4, 4, None),
        ("Thu, 09 Oct 2025 08:53:20 GMT", 5, 5, "4.0 s or more ahead"),
        ("Thu, 09 Oct 2025 08:53:20 GMT", -3, -3, None),
        ("Thu, 09 Oct 2025 08:53:20 GMT", -4, -4, "4.0 s or more behind"),
        ("Thu, 09 Oct 2025 08:53:20 GMT", -60, 60, None),
        ("yesterday", 60, 60, None),
        ("Thu, 09 Oct 2025 08:53:20", 60, 60, None),
    ],
)
def test_clocks_agree_within_three_seconds(
    date: str, sent_s: int, received_s: int, off: str | None
) -> None:
    """Only what latency and a date cut to its second cannot explain is an objection."""
    base = 1_760_000_000 * S
    told = clock_objection({"date": date}, Ns(base + sent_s * S), Ns(base + received_s * S))
    assert (told is None) if off is None else (told is not None and off in told)


def test_a_cached_answer_has_an_age() -> None:
    """What a cache kept for 15 s is not a clock that is 15 s off."""
    base = Ns(1_760_000_015 * S)
    headers = {"date": "Thu, 09 Oct 2025 08:53:20 GMT", "age": "15"}
    assert clock_objection(headers, base, base) is None
    assert clock_objection({}, base, base) is None


async def test_cash_is_told_shard_by_shard(venue: "ScriptedVenue") -> None:
    """The sum over shards is never told: it buys nothing anywhere."""
    venue.answers(
        "GET",
        BALANCE,
        {
            "balance": 512345,
            "balance_dollars": "5123.4567",
            "balance_breakdown": [
                {"exchange_index": 0, "balance": "4123.4567"},
                {"exchange_index": 2, "balance": "1000.0000"},
            ],
        },
    )
    assert await account(venue).balances() == (
        Balance(Venue.KALSHI, 0, Usd(4_123_456_700)),
        Balance(Venue.KALSHI, 2, Usd(1_000 * MICRO)),
    )


@pytest.mark.parametrize(
    "breakdown",
    [
        None,
        {},
        [{"exchange_index": 0, "balance": 12}],
        [{"exchange_index": 0, "balance": "much"}],
        [{"balance": "1.0000"}],
        [{"exchange_index": 0, "balance": "1"}, {"exchange_index": 0, "balance": "2"}],
    ],
)
async def test_cash_that_cannot_be_read_is_no_cash(
    venue: "ScriptedVenue", breakdown: object
) -> None:
    """Neither the total nor a guess stands in for the shards."""
    body = {"balance": 100, "balance_dollars": "1.0000", "balance_breakdown": breakdown}
    venue.answers("GET", BALANCE, body)
    with pytest.raises(Unintelligible):
        await account(venue).balances()


async def test_positions_are_signed_on_the_wire(venue: "ScriptedVenue") -> None:
    """Above 0 is YES, below is NO, zeros are left out, and every page is read."""
    path = "/portfolio/positions"
    rows = [{"ticker": "A", "position_fp": "-25.00"}, {"ticker": "B", "position_fp": "0.00"}]
    venue.answers("GET", path, {"market_positions": rows, "cursor": "2"})
    venue.answers("GET", path, {"market_positions": [{"ticker": "C", "position_fp": "0.50"}]})
    assert await account(venue).positions() == (
        Position(market_id("A"), yes=Qty(0), no=Qty(25 * MICRO)),
        Position(market_id("C"), yes=Qty(500_000), no=Qty(0)),
    )
    assert ("count_filter", "position") in venue.asked[0].params
    venue.answers("GET", path, {"market_positions": [{"ticker": "D", "position_fp": "x"}]})
    venue.script[("GET", path)].pop(0)
    with pytest.raises(Unintelligible):
        await account(venue).positions()


def settlement(ticker: str, **changes: object) -> dict[str, object]:
    return {
        "ticker": ticker,
        "exchange_index": 2,
        "revenue": 1_050,
        "settled_time": "2026-12-09T20:00:00.5Z",
    } | changes


async def test_settlements_are_told_with_their_shard_and_cash(venue: "ScriptedVenue") -> None:
    """Revenue is in cents; what came before is left out though the filter has whole seconds."""
    path = "/portfolio/settlements"
    early = settlement("EARLY", settled_time="2026-12-09T20:00:00.1Z")
    late = settlement("LATE", revenue=0, settled_time="2026-12-09T20:00:01Z")
    venue.answers("GET", path, {"settlements": [late, settlement("A")], "cursor": "2"})
    venue.answers("GET", path, {"settlements": [early]})
    told = await account(venue).settlements(Ns(1_796_846_400 * S + S // 2))
    assert [(one.id, one.pool, one.usd) for one in told] == [
        ("A", 2, 10_500_000),
        ("LATE", 2, 0),
    ]
    assert ("min_ts", "1796846400") in venue.asked[0].params


@pytest.mark.parametrize(
    "row",
    [
        settlement("A", exchange_index=None),
        settlement("A", revenue=-1),
        settlement("A", revenue="1050"),
        settlement("A", settled_time="yesterday"),
    ],
)
async def test_a_settlement_that_cannot_be_read_is_unintelligible(
    venue: "ScriptedVenue", row: dict[str, object]
) -> None:
    """Cash of unknown size or place must not look like none."""
    venue.answers("GET", "/portfolio/settlements", {"settlements": [row]})
    with pytest.raises(Unintelligible):
        await account(venue).settlements(Ns(0))


async def test_fills_are_told_oldest_first(venue: "ScriptedVenue") -> None:
    """A real row: one contract at 0.83, sold as YES, is NO bought at 0.17, fee 0.0099."""
    later = FILL | {"fill_id": "e", "trade_id": "e", "created_time": "2026-07-26T18:11:57Z"}
    other = FILL | {"subaccount_number": 3}
    venue.answers("GET", "/portfolio/fills", {"fills": [later, other], "cursor": "2"})
    venue.answers("GET", "/portfolio/fills", {"fills": [FILL], "cursor": ""})
    first, second = await account(venue).fills(Ns(1_785_089_516_999_999_999))
    assert (first.id, second.id) == ("d91b/ee58", "e/ee58")
    assert (first.outcome, first.px, first.qty, first.fee) == (Outcome.NO, 170_000, MICRO, 9_900)
    assert (first.key, first.at_ns) == (None, 1_785_089_516 * S)
    assert ("min_ts", "1785089516") in venue.asked[0].params


async def test_both_ways_tell_the_same_fill(venue: "ScriptedVenue") -> None:
    """REST and the stream give one execution one name, price, quantity and fee."""
    venue.answers("GET", "/portfolio/fills", {"fills": [FILL]})
    (by_rest,) = await account(venue).fills(Ns(0))
    msg = FILL | {"fill_id": None, "ticker": None, "created_time": None, "client_order_id": "k"}
    (by_stream,) = KalshiUserStream().receive(json.dumps({"type": "fill", "msg": msg}), Ns(0))
    assert attrs.evolve(by_stream, key=None) == by_rest


async def test_a_fill_that_cannot_be_read_fails_the_whole(venue: "ScriptedVenue") -> None:
    """Money moved that nobody understands is not passed over."""
    venue.answers("GET", "/portfolio/fills", {"fills": [FILL, FILL | {"book_side": "bid"}]})
    with pytest.raises(Unintelligible):
        await account(venue).fills(Ns(0))


@OLD_NURSERY
async def test_the_private_connection_is_signed(
    venue: "ScriptedVenue", nursery: trio.Nursery
) -> None:
    """The handshake carries a signature over GET and the stream's own path; frames flow."""
    seen: dict[str, str] = {}

    async def greet(request: trio_websocket.WebSocketRequest) -> None:
        seen["path"] = request.path
        seen.update({name.decode(): value.decode() for name, value in request.headers})
        connection = await request.accept()
        await connection.send_message(await connection.get_message())

    port = await _serve(greet, nursery)
    urls = KalshiUrls(venue.urls.rest, f"ws://127.0.0.1:{port}/trade-api/ws/v2")
    private = account(venue, urls)
    async with private.connect_user() as socket:
        await socket.send(private.user_stream().opening()[0])
        assert '"user_orders"' in str(await socket.receive())
    assert seen["path"] == "/trade-api/ws/v2"
    assert seen["kalshi-access-timestamp"] == "1760000000000"
    assert seen["kalshi-access-signature"] == (
        "Nkj8l3MhuaUGdsYQ848HKxWsYcKunfgpjQA2vzQuuhoWTMmPm5CbTpHOSwI/NqPrzRcqAEVcv2y1chjxc5q7CQ=="
    )


async def _serve(door: Door, nursery: trio.Nursery) -> int:
    server = await nursery.start(
        partial(trio_websocket.serve_websocket, door, "127.0.0.1", 0, ssl_context=None)
    )
    return int(server.port)
