"""Trades of the venue and the fills that they are to us."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.errors import Unintelligible
from arb.market.fees import PolymarketFees
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Px, Qty
from arb.messages import FillStatus
from arb.venues.polymarket.directory import Contract
from arb.venues.polymarket.fills import Identity, IncompleteTrade, UnknownToken, fills_of

ME = Identity("our-key", "0xA3D82Ed56F4c68d2328Fb8c29e568Ba2cAF7d7c8")
MARKET = MarketId("polymarket:0x1")
FEES = PolymarketFees(50_000)
CONTRACTS = {
    "11": Contract(MARKET, Outcome.YES, FEES),
    "22": Contract(MARKET, Outcome.NO, FEES),
}


def maker(**changes: object) -> dict[str, Any]:
    return {
        "order_id": "0xmaker",
        "owner": "somebody",
        "maker_address": "0xsomebody",
        "matched_amount": "10",
        "price": "0.5",
        "asset_id": "11",
        "side": "SELL",
    } | changes


def trade(*makers: dict[str, Any], **changes: object) -> dict[str, Any]:
    """Our purchase of 10 YES at 0.5."""
    return {
        "id": "t1",
        "taker_order_id": "0xours",
        "market": "0x1",
        "asset_id": "11",
        "side": "BUY",
        "size": "10",
        "price": "0.5",
        "status": "MATCHED",
        "match_time": "1790000001",
        "owner": "our-key",
        "maker_address": ME.wallet,
        "trader_side": "TAKER",
        "maker_orders": list(makers or [maker()]),
    } | changes


def fills(raw: dict[str, Any], *, whole: bool = False) -> list[Any]:
    return fills_of(raw, ME, CONTRACTS.get, whole=whole)


def test_a_taker_has_one_fill_for_each_maker() -> None:
    """Each at the maker's exact price; a maker of the other token is at the mirrored price."""
    raw = trade(
        maker(matched_amount="4", price="0.49"),
        maker(matched_amount="6", price="0.5", asset_id="22", side="BUY"),
    )
    first, second = fills(raw)
    assert (first.id, first.px, first.qty) == ("t1:0", Px(490_000), Qty(4 * MICRO))
    assert (second.id, second.px, second.qty) == ("t1:1", Px(500_000), Qty(6 * MICRO))
    for fill in (first, second):
        assert (fill.market, fill.outcome, fill.action) == (MARKET, Outcome.YES, Action.BUY)
        assert (fill.key, fill.venue_order_id) == ("0xours", "0xours")
        assert fill.fee == FEES.taker_fee(fill.px, fill.qty)
        assert fill.at_ns == 1_790_000_001_000_000_000
        assert fill.status is FillStatus.PROVISIONAL


@pytest.mark.parametrize(
    ("maker_price", "px"), [("0.482", 518_000), ("0.3", 700_000), ("0.999", 1_000)]
)
def test_a_minted_or_merged_pair_is_priced_from_our_side(maker_price: str, px: int) -> None:
    """Buying YES from a buyer of NO costs one less his price."""
    (fill,) = fills(trade(maker(asset_id="22", price=maker_price, side="BUY")))
    assert fill.px == px


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("MATCHED", FillStatus.PROVISIONAL),
        ("MATCHED_NOT_BROADCASTED", FillStatus.PROVISIONAL),
        ("RETRYING", FillStatus.PROVISIONAL),
        ("MINED", FillStatus.FIRM),
        ("CONFIRMED", FillStatus.FIRM),
        ("TRADE_STATUS_CONFIRMED", FillStatus.FIRM),
        ("TRADE_STATUS_FAILED", FillStatus.REVERSED),
    ],
)
def test_settlement_decides_how_final_a_fill_is(word: str, status: FillStatus) -> None:
    """The same fill, by id, from provisional to firm or reversed."""
    (fill,) = fills(trade(status=word))
    assert (fill.id, fill.status) == ("t1:0", status)


def test_a_maker_reads_its_own_entry_and_pays_nothing() -> None:
    """Price, size, token, side and order are the entry's: the trade's are the taker's."""
    ours = maker(
        owner="our-key",
        order_id="0xrested",
        matched_amount="3",
        price="0.4",
        asset_id="22",
        side="BUY",
    )
    raw = trade(
        maker(matched_amount="7"), ours, owner="other", maker_address="0xo", trader_side="MAKER"
    )
    (fill,) = fills(raw)
    assert (fill.id, fill.key) == ("t1:maker1", "0xrested")
    assert (fill.outcome, fill.action) == (Outcome.NO, Action.BUY)
    assert (fill.px, fill.qty, fill.fee) == (Px(400_000), Qty(3 * MICRO), 0)


@pytest.mark.parametrize(("token", "action"), [("11", Action.SELL), ("22", Action.BUY)])
def test_a_makers_missing_side_follows_from_the_tokens(token: str, action: Action) -> None:
    """Same token: the other side of the taker's; other token: the same side."""
    ours = maker(owner="our-key", asset_id=token)
    del ours["side"]
    (fill,) = fills(trade(ours, owner="other", maker_address="0xo", trader_side="MAKER"))
    assert fill.action is action


def test_without_a_trader_side_the_owner_tells() -> None:
    """The stream may leave it out: the trade is ours as taker where key or wallet is."""
    raw = trade(trader_side=None)
    assert len(fills(raw)) == 1
    assert len(fills(raw | {"owner": "other"})) == 1
    assert len(fills(raw | {"owner": "other", "maker_address": ME.wallet.lower()})) == 1
    assert fills(raw | {"owner": "other", "maker_address": "0xo"}) == []


def test_makers_that_do_not_add_up_leave_the_price_open() -> None:
    """The stream waits for the complete story; the one reader of whole trades takes one fill."""
    for raw in (trade(maker(matched_amount="9")), trade() | {"maker_orders": []}):
        with pytest.raises(IncompleteTrade):
            fills(raw)
        (fill,) = fills(raw, whole=True)
        assert (fill.id, fill.px, fill.qty) == ("t1:whole", Px(500_000), Qty(10 * MICRO))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "SETTLED"},
        {"status": None},
        {"id": ""},
        {"side": "HOLD"},
        {"trader_side": "BOTH"},
        {"size": "x"},
        {"match_time": "soon"},
        {"taker_order_id": None},
        {"maker_orders": "x"},
        {"maker_orders": [maker(price="1.2")]},
        {"maker_orders": [maker(asset_id=None)]},
    ],
)
def test_a_trade_that_cannot_be_read_is_unintelligible(changes: dict[str, Any]) -> None:
    """No field is guessed."""
    with pytest.raises(Unintelligible):
        fills(trade(**changes))


def test_a_trade_in_an_unknown_token_says_so() -> None:
    """Market and fee of a token come from the directory or not at all."""
    with pytest.raises(UnknownToken):
        fills(trade(maker(asset_id="99"), asset_id="99"))


@given(st.lists(st.tuples(st.integers(1, 99), st.integers(1, 10**9), st.booleans()), min_size=1))
def test_fills_add_up_to_the_trade(makers: list[tuple[int, int, bool]]) -> None:
    """Whatever the makers: sizes add up, and cash is the sum over the makers' own prices."""
    entries = [
        maker(
            price=f"0.{price:02d}",
            matched_amount=f"{size // MICRO}.{size % MICRO:06d}",
            asset_id="22" if mirrored else "11",
        )
        for price, size, mirrored in makers
    ]
    total = sum(size for _, size, _ in makers)
    found = fills(trade(*entries, size=f"{total // MICRO}.{total % MICRO:06d}"))
    assert sum(fill.qty for fill in found) == total
    cash = sum((MICRO - p * 10_000 if m else p * 10_000) * size for p, size, m in makers)
    assert sum(fill.px * fill.qty for fill in found) == cash
    assert len({fill.id for fill in found}) == len(makers)


SAMPLE_YES = "21742633143463906290569050155826241533067272736897614950488156847949938836455"
SAMPLE_NO = "48331043336612883890938759509493159234755048973500640148014422747788308965732"


@pytest.mark.parametrize(
    ("sample", "expected"),
    [
        ("py_user_trade1.json", [("maker3", "sell", 518_000, 5)]),
        ("py_user_trade2.json", [("0", "buy", 520_000, 5)]),
        ("py_user_trade3.json", [("maker0", "buy", 513_000, 5)]),
        ("py_user_trade4.json", [("maker0", "buy", 400_000, 5), ("maker2", "buy", 300_000, 5)]),
        ("py_trades.json", [("0", "buy", 489_000, 5)]),
    ],
)
def test_captured_trades_are_read(
    recorded: Callable[[str], Path], sample: str, expected: list[tuple[str, str, int, int]]
) -> None:
    """Captured in 2024 and 2025, as taker, as maker and as maker of two orders at once."""
    raw = json.loads(recorded(f"orders/samples/user_channel/{sample}").read_bytes())
    contracts = {
        SAMPLE_YES: Contract(MARKET, Outcome.YES, FEES),
        SAMPLE_NO: Contract(MARKET, Outcome.NO, FEES),
    }
    found = fills_of(raw, ME, contracts.get, whole=False)
    made = [(fill.id.split(":")[1], fill.action, fill.px, fill.qty // MICRO) for fill in found]
    assert made == expected
