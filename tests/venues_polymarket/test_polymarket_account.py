"""Log-in, objections, cash, positions and fills."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from arb.market.errors import Refused, Unintelligible, Unreachable
from arb.market.instruments import Market, MarketId, Outcome, PolymarketRef, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import Balance, FillStatus, Position
from arb.venues.polymarket.account import PolymarketAccount
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.config import PolymarketUrls
from arb.venues.polymarket.directory import PolymarketDirectory
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.polymarket.signing import PolymarketSigner
from arb.venues.protocols import Account
from arb.venues.wire import TrioSockets

if TYPE_CHECKING:
    from tests.venues_polymarket.conftest import ScriptedVenue

NOW = Ns(1_790_000_000_000_000_000)
NOW_S = 1_790_000_000
OWNER = "00000000-0000-0000-0000-000000000001"
WALLET = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
API_KEY = {"apiKey": OWNER, "secret": "AAEC", "passphrase": "the-passphrase"}
CONDITION = "0x" + "5c" * 32


@pytest.fixture
def directory(make_market: Callable[..., Market]) -> PolymarketDirectory:
    made = PolymarketDirectory()
    made.learn([make_market()])
    return made


@pytest.fixture
def account(
    clients: PolymarketClients,
    urls: PolymarketUrls,
    session: PolymarketSession,
    directory: PolymarketDirectory,
) -> PolymarketAccount:
    made = PolymarketAccount(clients, urls, session, TrioSockets(), directory, lambda: NOW)
    protocol: Account = made  # mypy holds the adapter to the Protocol here
    assert protocol.venue is Venue.POLYMARKET
    return made


@pytest.fixture
def tokens(make_market: Callable[..., Market]) -> PolymarketRef:
    ref = make_market().ref
    assert isinstance(ref, PolymarketRef)
    return ref


# --- log-in -------------------------------------------------------------------------------------


@pytest.fixture
def stranger(
    clients: PolymarketClients, make_signer: Callable[..., PolymarketSigner]
) -> PolymarketSession:
    """A session that has not logged in."""
    return PolymarketSession(make_signer(), clients.clob, lambda: NOW)


async def test_an_existing_api_key_is_derived(
    stranger: PolymarketSession, venue: "ScriptedVenue"
) -> None:
    """One call, signed by the key itself."""
    venue.on("GET", "/auth/derive-api-key", API_KEY)
    await stranger.log_in()
    assert stranger.key.owner == OWNER
    (heard,) = venue.heard
    assert heard.headers["poly_address"] == WALLET
    assert heard.headers["poly_timestamp"] == str(NOW_S)
    assert heard.headers["poly_nonce"] == "0"
    assert len(heard.headers["poly_signature"]) == 132


async def test_the_first_api_key_is_created(
    stranger: PolymarketSession, venue: "ScriptedVenue"
) -> None:
    """An address without a key gets one."""
    venue.on("GET", "/auth/derive-api-key", {"error": "Could not derive api key!"}, 400)
    venue.on("POST", "/auth/api-key", API_KEY)
    await stranger.log_in()
    assert [heard.method for heard in venue.heard] == ["GET", "POST"]
    assert stranger.key.owner == OWNER


async def test_a_log_in_that_is_refused_says_why(
    stranger: PolymarketSession, venue: "ScriptedVenue"
) -> None:
    """In the venue's words."""
    venue.on("GET", "/auth/derive-api-key", {"error": "Invalid L1 Request headers"}, 401)
    venue.on("POST", "/auth/api-key", {"error": "Invalid L1 Request headers"}, 401)
    with pytest.raises(Refused, match="Invalid L1"):
        await stranger.log_in()


@pytest.mark.parametrize("status", [425, 429, 500, 503])
async def test_a_busy_venue_is_not_asked_for_a_new_key(
    stranger: PolymarketSession, venue: "ScriptedVenue", status: int
) -> None:
    """Only a definite no to the derivation leads to a creation."""
    venue.on("GET", "/auth/derive-api-key", {"error": "later"}, status)
    with pytest.raises(Unreachable):
        await stranger.log_in()
    assert len(venue.heard) == 1


@pytest.mark.parametrize(
    "body",
    [
        b'{"apiKey":"a","secret":"topsecret',
        {"apiKey": "a", "secret": "topsecret!", "passphrase": 5},
        {"apiKey": "a", "secret": "topsecret", "passphrase": "p"},  # no base64
    ],
)
async def test_a_key_that_cannot_be_read_is_never_quoted(
    stranger: PolymarketSession, venue: "ScriptedVenue", body: object
) -> None:
    """The error names no part of the answer, and carries no cause that does."""
    venue.on("GET", "/auth/derive-api-key", body)
    with pytest.raises(Unintelligible) as refusal:
        await stranger.log_in()
    assert "topsecret" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


# --- objections ---------------------------------------------------------------------------------


def willing(venue: "ScriptedVenue", **changes: object) -> None:
    """A venue that has nothing against us, but for the changes."""
    venue.on("GET", "/api/geoblock", changes.get("geoblock", {"blocked": False, "country": "IE"}))
    venue.on("GET", "/version", changes.get("version", {"version": 2}))
    venue.on("GET", "/time", changes.get("time", NOW_S))
    closed_only = changes.get("closed_only", {"closed_only": False})
    venue.on("GET", "/auth/ban-status/closed-only", closed_only)


@pytest.mark.parametrize("skew", [0, -2, 1, 2])
async def test_nothing_speaks_against_trading(
    account: PolymarketAccount, venue: "ScriptedVenue", skew: int
) -> None:
    """Right place, right version, right clock within two seconds, open account."""
    willing(venue, time=NOW_S + skew)
    assert await account.objections() == ()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"geoblock": {"blocked": True, "country": "US", "region": "NY"}}, "US NY"),
        ({"version": {"version": 3}}, "version 3"),
        ({"version": {"version": "2"}}, "version '2'"),
        ({"version": {}}, "version None"),
        ({"time": NOW_S - 4}, "clock"),
        ({"time": NOW_S + 4}, "clock"),
        ({"closed_only": {"closed_only": True}}, "only close"),
    ],
)
async def test_each_obstacle_is_an_objection(
    account: PolymarketAccount, venue: "ScriptedVenue", changes: dict[str, Any], words: str
) -> None:
    """Each in words of its own."""
    willing(venue, **changes)
    (objection,) = await account.objections()
    assert words in objection


@pytest.mark.parametrize(
    "changes",
    [
        {"geoblock": {}},
        {"geoblock": {"blocked": "no"}},
        {"time": "soon"},
        {"closed_only": {}},
    ],
)
async def test_an_answer_that_cannot_be_read_is_no_leave_to_trade(
    account: PolymarketAccount, venue: "ScriptedVenue", changes: dict[str, Any]
) -> None:
    """What does not say no does not say yes either."""
    willing(venue, **changes)
    with pytest.raises(Unintelligible):
        await account.objections()


# --- cash and positions -------------------------------------------------------------------------


async def test_cash_is_read_after_a_refresh(
    account: PolymarketAccount, venue: "ScriptedVenue"
) -> None:
    """Base units are micro-dollars; the venue is asked to look again first."""
    venue.on("GET", "/balance-allowance/update", b"")
    venue.on("GET", "/balance-allowance", {"balance": "1000000000", "allowances": {}})
    assert await account.balances() == (Balance(Venue.POLYMARKET, 0, Usd(1_000_000_000)),)
    assert [heard.path for heard in venue.heard] == [
        "/balance-allowance/update",
        "/balance-allowance",
    ]
    for heard in venue.heard:
        assert heard.query == {"asset_type": "COLLATERAL", "signature_type": "0"}


@pytest.mark.parametrize("balance", ["250.500000", "", "-1", 5, None])
async def test_a_balance_that_is_no_base_unit_is_not_read(
    account: PolymarketAccount, venue: "ScriptedVenue", balance: object
) -> None:
    """A sample of another shape has dollars there: a millionth of the truth, or a million times."""
    venue.on("GET", "/balance-allowance/update", {})
    venue.on("GET", "/balance-allowance", {"balance": balance})
    with pytest.raises(Unintelligible):
        await account.balances()


def position(token: str, size: object, **changes: object) -> dict[str, Any]:
    row = {"token_id": token, "condition_id": CONDITION, "current_size": size, "outcome_index": 0}
    return row | changes


async def test_positions_are_gathered_by_market(
    account: PolymarketAccount,
    venue: "ScriptedVenue",
    tokens: PolymarketRef,
    make_market: Callable[..., Market],
) -> None:
    """Page by page, dust included, zeros left out; known tokens by the directory, others by the
    row's own words.
    """
    first = [position(tokens.yes_token, 150.5), position(tokens.no_token, 0.01)]
    second = [position("5", 2, outcome_index=1), position("6", 0)]
    venue.on("GET", "/v2/positions", {"data": first, "pagination": {"next_cursor": "abc"}})
    venue.on("GET", "/v2/positions", {"data": second, "pagination": {"next_cursor": None}})
    assert await account.positions() == (
        Position(make_market().id, Qty(150_500_000), Qty(10_000)),
        Position(MarketId(f"polymarket:{CONDITION}"), Qty(0), Qty(2 * MICRO)),
    )
    first_query, second_query = (heard.query for heard in venue.heard)
    assert first_query["user"] == WALLET
    assert first_query["filter_amount"] == "0"
    assert "cursor" not in first_query
    assert second_query["cursor"] == "abc"


@pytest.mark.parametrize(
    "row",
    [
        position("5", "x"),
        position("5", -1),
        position("5", 1, outcome_index=2),
        position("5", 1, outcome_index=True),
        position("", 1),
    ],
)
async def test_a_position_that_cannot_be_read_is_unintelligible(
    account: PolymarketAccount, venue: "ScriptedVenue", row: dict[str, Any]
) -> None:
    """A holding that is not understood must not look like none."""
    venue.on("GET", "/v2/positions", {"data": [row], "pagination": {}})
    with pytest.raises(Unintelligible):
        await account.positions()


# --- settlements --------------------------------------------------------------------------------

LOSER = {"redeemable": True, "current_price": 0}
WINNER = {"redeemable": True, "current_price": 1}


def redemption(name: str, usd: object, at_s: int) -> dict[str, Any]:
    return {
        "type": "REDEEM",
        "condition_id": f"0x{name}",
        "transaction_hash": f"0xaa{name}",
        "usdc_size": usd,
        "timestamp": at_s,
    }


async def test_redemptions_and_worthless_contracts_are_settlements(
    account: PolymarketAccount, venue: "ScriptedVenue"
) -> None:
    """Redeemed markets paid what their row says; one with nothing but losers paid nothing."""
    redeemed = [redemption("b", 12.345678, NOW_S - 1), redemption("a", 3, NOW_S - 2)]
    venue.on("GET", "/v2/activity", {"data": redeemed, "pagination": {}})
    held = [
        position("5", 2, condition_id="0xlost", **LOSER),
        position("6", 2, condition_id="0xwon", **WINNER),
        position("7", 2, condition_id="0xwon", outcome_index=1, **LOSER),
        position("8", 0, condition_id="0xgone", **LOSER),
        position("9", 2, condition_id="0xopen", redeemable=False, current_price=0),
    ]
    venue.on("GET", "/v2/positions", {"data": held, "pagination": {}})
    told = await account.settlements(Ns(NOW - 3 * 10**9))
    assert [(one.id, one.market, one.usd) for one in told] == [
        ("0xaaa/0xa", "polymarket:0xa", 3 * MICRO),
        ("0xaab/0xb", "polymarket:0xb", 12_345_678),
        ("lost/0xlost", "polymarket:0xlost", 0),
    ]
    query = venue.heard[0].query
    assert (query["type"], query["start"], query["user"]) == ("REDEEM", str(NOW_S - 3), WALLET)


async def test_contracts_that_lost_are_no_position(
    account: PolymarketAccount, venue: "ScriptedVenue"
) -> None:
    """They stay in the wallet for ever; a winner that is not redeemed yet is still held."""
    held = [position("5", 2, **LOSER), position("6", 3, outcome_index=1, **WINNER)]
    venue.on("GET", "/v2/positions", {"data": held, "pagination": {}})
    (left,) = await account.positions()
    assert (left.yes, left.no) == (0, 3 * MICRO)


@pytest.mark.parametrize("usd", ["x", -1, None, True])
async def test_a_redemption_that_cannot_be_read_is_unintelligible(
    account: PolymarketAccount, venue: "ScriptedVenue", usd: object
) -> None:
    """Cash of unknown size must not look like none."""
    venue.on("GET", "/v2/activity", {"data": [redemption("a", usd, NOW_S)], "pagination": {}})
    venue.on("GET", "/v2/positions", {"data": [], "pagination": {}})
    with pytest.raises(Unintelligible):
        await account.settlements(NOW)


# --- fills --------------------------------------------------------------------------------------


def trade(number: int, token: str, **changes: object) -> dict[str, Any]:
    maker = {"order_id": "0xm", "matched_amount": "10", "price": "0.5", "asset_id": token}
    return {
        "id": f"t{number}",
        "taker_order_id": f"0x{number}",
        "market": CONDITION,
        "asset_id": token,
        "side": "BUY",
        "size": "10",
        "price": "0.5",
        "status": "TRADE_STATUS_CONFIRMED",
        "match_time": str(NOW_S + number),
        "owner": OWNER,
        "trader_side": "TAKER",
        "maker_orders": [maker],
    } | changes


async def test_fills_come_oldest_first_from_all_pages(
    account: PolymarketAccount, venue: "ScriptedVenue", tokens: PolymarketRef
) -> None:
    """Asked for from a little before, sorted by the venue's time."""
    venue.on("GET", "/data/trades", {"data": [trade(5, tokens.no_token)], "next_cursor": "Mg=="})
    venue.on("GET", "/data/trades", {"data": [trade(3, tokens.yes_token)], "next_cursor": "LTE="})
    found = await account.fills(NOW)
    assert [(fill.id, fill.outcome) for fill in found] == [
        ("t3:0", Outcome.YES),
        ("t5:0", Outcome.NO),
    ]
    assert all(fill.status is FillStatus.FIRM for fill in found)
    assert venue.heard[0].query["after"] == str(NOW_S - 2)


async def test_an_incomplete_trade_is_told_whole(
    account: PolymarketAccount, venue: "ScriptedVenue", tokens: PolymarketRef
) -> None:
    """REST is the one place where a trade without makers becomes a fill."""
    raw = trade(1, tokens.yes_token, maker_orders=[])
    venue.on("GET", "/data/trades", {"data": [raw], "next_cursor": "LTE="})
    (fill,) = await account.fills(NOW)
    assert (fill.id, fill.px, fill.qty) == ("t1:whole", Px(500_000), Qty(10 * MICRO))


async def test_fills_of_a_market_that_left_the_catalogue_are_looked_up(
    account: PolymarketAccount, venue: "ScriptedVenue"
) -> None:
    """Tokens and fee come from the CLOB, once."""
    venue.on("GET", "/data/trades", {"data": [trade(1, "77"), trade(2, "88")], "next_cursor": ""})
    clob_market = {
        "t": [{"t": "77", "o": "Yes"}, {"t": "88", "o": "No"}],
        "mos": 5,
        "mts": 0.01,
        "fd": {"r": 0.05, "e": 1, "to": True},
    }
    venue.on("GET", f"/clob-markets/{CONDITION}", clob_market)
    yes, no = await account.fills(NOW)
    assert (yes.market, yes.outcome) == (f"polymarket:{CONDITION}", Outcome.YES)
    assert (no.market, no.outcome) == (f"polymarket:{CONDITION}", Outcome.NO)
    assert yes.fee == 125_000  # 10 * 0.05 * 0.5 * 0.5
    assert [heard.path for heard in venue.heard].count(f"/clob-markets/{CONDITION}") == 1
    assert not account.counts


async def test_a_trade_that_nobody_can_explain_is_skipped_and_counted(
    account: PolymarketAccount, venue: "ScriptedVenue", tokens: PolymarketRef
) -> None:
    """A market unknown to the CLOB too does not hide the fills of others."""
    rows = [trade(1, "77"), trade(2, tokens.yes_token)]
    venue.on("GET", "/data/trades", {"data": rows, "next_cursor": "LTE="})
    (fill,) = await account.fills(NOW)
    assert fill.id == "t2:0"
    assert account.counts == {"lookup:unknown_market": 1, "skipped:unknown_token": 1}


async def test_a_trade_of_unknown_status_stops_the_reading(
    account: PolymarketAccount, venue: "ScriptedVenue", tokens: PolymarketRef
) -> None:
    """Money may have moved: that is not to be skipped."""
    raw = trade(1, tokens.yes_token, status="SETTLED")
    venue.on("GET", "/data/trades", {"data": [raw], "next_cursor": "LTE="})
    with pytest.raises(Unintelligible):
        await account.fills(NOW)
