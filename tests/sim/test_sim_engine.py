"""The matching engine, one rule at a time."""

import gc
import weakref

import pytest

from arb.market.errors import UnknownRule
from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, ONE, Ns, Usd, parse_px, parse_qty, parse_usd
from arb.sim.engine import Exchange, Listing, RejectCode, Rejection, Tif
from tests.fakes.one_market import KALSHI, LOT, MARKET, Venue, refusal


def test_a_kalshi_taker_pays_what_the_documented_example_says() -> None:
    """Selling 10 at .41 costs 10 x .59 and a fee of .1694, and opens 10 NO."""
    venue = Venue(nets=True, cash={"maker": "100", "bot": "1000"})
    venue.place("maker", "buy yes", "0.41", "10")
    order, matches = venue.place("bot", "sell yes", "0.41", "10", tif=Tif.IOC)
    assert venue.cash("bot") == parse_usd("993.9306")
    assert venue.held("bot") == (0, 10)
    assert matches[0].taker_fee == parse_usd("0.1694")
    assert matches[0].maker_fee == 0
    assert (order.open, order.end_reason, order.filled) == (False, "filled", parse_qty("10"))
    assert venue.cash("maker") == parse_usd("95.9")


def test_ten_small_fills_cost_one_kalshi_order_the_fee_of_a_single_fill() -> None:
    """The accumulator belongs to the order: ten 1-lots at .33 are charged .1548 together."""
    venue = Venue(nets=True, cash={"maker": "100", "bot": "100"})
    for _ in range(10):
        venue.place("maker", "sell yes", "0.33", "1")
    _, matches = venue.place("bot", "buy yes", "0.33", "10", tif=Tif.IOC)
    assert len(matches) == 10
    assert sum(match.taker_fee for match in matches) == parse_usd("0.1548")
    assert venue.exchange.fees_paid("bot") == parse_usd("0.1548")


def test_a_kalshi_order_that_takes_and_then_makes_keeps_its_accumulator() -> None:
    """Taker and maker fills of one order share the rounding; the coefficient changes."""
    fees = KalshiFees(taker_ppm=70_000, maker_ppm=17_500)
    venue = Venue(nets=True, cash={"a": "100", "b": "100"}, fees=fees)
    venue.place("a", "sell yes", "0.33", "1")
    order, first = venue.place("b", "buy yes", "0.33", "2")
    assert first[0].taker_fee == parse_usd("0.0155")  # .015477 up to .0155, .000023 owed
    _, second = venue.place("a", "sell yes", "0.33", "1", tif=Tif.IOC)
    assert second[0].maker is order
    assert second[0].maker_fee == parse_usd("0.0039")  # .00386925; .000023 + .00003 < .0001
    assert order.end_reason == "filled"


def test_buying_no_against_held_yes_releases_a_dollar_a_pair_at_once() -> None:
    """Where positions net, the member is left with what does not pair, and with the cash."""
    venue = Venue(nets=True, cash={"a": "1000", "bot": "1000"}, fees=KalshiFees(0, 0))
    venue.place("a", "sell yes", "0.40", "10")
    venue.place("bot", "buy yes", "0.40", "10", tif=Tif.IOC)
    assert (venue.cash("bot"), venue.held("bot")) == (parse_usd("996"), (10, 0))
    venue.place("a", "buy yes", "0.45", "15")
    venue.place("bot", "buy no", "0.55", "15", tif=Tif.IOC)
    # 15 x .55 paid, 10 pairs released: 996 - 8.25 + 10
    assert (venue.cash("bot"), venue.held("bot")) == (parse_usd("997.75"), (0, 5))
    assert venue.held("a") == (5, 0)


def test_a_closing_order_needs_no_cash() -> None:
    """Cover is asked for the opening part of an order alone."""
    venue = Venue(nets=True, cash={"a": "1000", "bot": "4.2"}, fees=KALSHI)
    venue.place("a", "sell yes", "0.40", "10")
    venue.place("bot", "buy yes", "0.40", "10", tif=Tif.IOC)
    assert venue.cash("bot") < parse_usd("0.1")
    venue.place("bot", "sell yes", "0.50", "10")
    assert venue.exchange.reserved("bot") == {0: 0}
    with pytest.raises(Rejection) as error:
        venue.place("bot", "sell yes", "0.50", "10")
    assert refusal(error) is RejectCode.NO_BALANCE


def test_two_buyers_of_opposite_outcomes_mint_a_pair_at_the_makers_price() -> None:
    """Buying NO at .48 and buying YES at .55 meet at .52, the maker's price, on one book."""
    venue = Venue(nets=False, cash={"a": "100", "b": "100"}, fees=PolymarketFees(0))
    venue.place("a", "buy no", "0.48", "10")
    _, matches = venue.place("b", "buy yes", "0.55", "10")
    assert matches[0].px == parse_px("0.52")
    assert (venue.held("a"), venue.held("b")) == ((0, 10), (10, 0))
    assert (venue.cash("a"), venue.cash("b")) == (parse_usd("95.2"), parse_usd("94.8"))


def test_two_sellers_of_opposite_outcomes_burn_a_pair() -> None:
    """Selling YES at .52 and selling NO at .45 meet at .52 and pay out a dollar between them."""
    venue = Venue(nets=False, cash={"a": "10", "b": "10"}, fees=PolymarketFees(0))
    venue.exchange.split("a", MARKET, parse_qty("10"))
    venue.exchange.split("b", MARKET, parse_qty("10"))
    venue.place("a", "sell yes", "0.52", "10")
    venue.place("b", "sell no", "0.45", "10")
    assert (venue.held("a"), venue.held("b")) == ((0, 10), (10, 0))
    assert (venue.cash("a"), venue.cash("b")) == (parse_usd("5.2"), parse_usd("4.8"))


def test_polymarket_charges_the_taker_on_top_of_a_buy_and_out_of_a_sale() -> None:
    """100 at .50 and 4 %: a dollar, on top for the buyer and out of the seller's proceeds."""
    venue = Venue(nets=False, cash={"maker": "200", "bot": "100"})
    venue.place("maker", "buy no", "0.50", "100")
    venue.place("bot", "buy yes", "0.50", "100", tif=Tif.IOC)
    assert venue.cash("bot") == parse_usd("49")
    venue.place("maker", "buy yes", "0.50", "100")
    venue.place("bot", "sell yes", "0.50", "100", tif=Tif.IOC)
    assert venue.cash("bot") == parse_usd("98")
    assert venue.exchange.fees_paid("maker") == 0


def test_a_buy_reserves_its_worst_fee() -> None:
    """The account must cover limit and fee, though a resting order then holds the limit alone."""
    venue = Venue(nets=False, cash={"bot": "50.99"})
    with pytest.raises(Rejection) as error:
        venue.place("bot", "buy yes", "0.50", "100")
    assert error.value.figures == {
        "balance": parse_usd("50.99"),
        "active": 0,
        "order": parse_usd("51"),
    }
    venue.place("bot", "buy yes", "0.50", "99")
    assert venue.exchange.reserved("bot") == {0: parse_usd("49.5")}


def test_a_resting_order_holds_the_fee_that_a_maker_may_pay() -> None:
    """The formula at its price, a micro-dollar for each fill that it may be cut into, a step."""
    fees = KalshiFees(taker_ppm=70_000, maker_ppm=17_500)
    venue = Venue(nets=True, cash={"bot": "100"}, fees=fees)
    venue.place("bot", "buy yes", "0.50", "100")
    assert venue.exchange.reserved("bot") == {0: parse_usd("50.4375") + 10_000 + 100}


def test_spending_buys_more_contracts_where_the_price_is_better() -> None:
    """A buy that targets dollars gets them spent to the last micro-dollar, whatever it receives."""
    venue = Venue(nets=False, cash={"maker": "1000", "bot": "100"})
    venue.place("maker", "buy no", "0.50", "10")
    venue.place("maker", "buy no", "0.40", "100")
    order, _ = venue.place("bot", "buy yes", "0.60", "13.33", tif=Tif.FOK, spend="8")
    assert order.filled == 15 * MICRO  # 10 at .50 and 5 at .60
    assert order.end_reason == "filled"
    assert venue.cash("bot") == parse_usd("92") - venue.exchange.fees_paid("bot")


def test_what_does_not_divide_is_rounded_against_the_taker() -> None:
    """A millionth of a contract at .50 costs its taker a micro-dollar, and brings him none."""
    venue = Venue(
        nets=False,
        cash={"maker": "10", "bot": "1"},
        lot="0.000001",
        min_qty="0.000001",
        fees=PolymarketFees(0),
    )
    venue.place("maker", "buy no", "0.50", "1")
    venue.place("bot", "buy yes", "0.50", "0.000001", tif=Tif.IOC)
    assert venue.cash("bot") == parse_usd("0.999999")
    venue.place("maker", "buy yes", "0.50", "0.000001")
    venue.exchange.cancel("o1")
    venue.place("bot", "sell yes", "0.50", "0.000001", tif=Tif.IOC)
    assert venue.cash("bot") == parse_usd("0.999999")
    assert venue.cash("maker") == parse_usd("10")


def test_a_fee_on_a_sale_is_never_more_than_its_proceeds() -> None:
    """Fees round up, yet a seller without cash is not driven below zero."""
    venue = Venue(nets=False, cash={"maker": "10", "bot": "1"}, lot="0.000001", min_qty="0.000001")
    venue.exchange.split("bot", MARKET, parse_qty("1"))
    venue.place("maker", "buy yes", "0.50", "0.000004")
    _, matches = venue.place("bot", "sell yes", "0.50", "0.000004", tif=Tif.IOC)
    assert matches[0].taker_fee == 2
    assert venue.cash("bot") == 0


def test_fill_or_kill_leaves_no_trace_where_it_cannot_fill() -> None:
    """Without the volume nothing happens and the order does not exist."""
    venue = Venue(nets=True, cash={"a": "100", "bot": "100"})
    venue.place("a", "sell yes", "0.40", "5")
    told = len(venue.tape.told)
    with pytest.raises(Rejection) as error:
        venue.place("bot", "buy yes", "0.40", "6", tif=Tif.FOK, id="fok")
    assert refusal(error) is RejectCode.UNFILLABLE
    assert venue.exchange.order("fok") is None
    assert len(venue.tape.told) == told


def test_immediate_or_cancel_keeps_what_it_got() -> None:
    """What is not there is killed; nothing rests."""
    venue = Venue(nets=True, cash={"a": "100", "bot": "100"})
    venue.place("a", "sell yes", "0.40", "5")
    order, matches = venue.place("bot", "buy yes", "0.40", "6", tif=Tif.IOC)
    assert (len(matches), order.filled, order.remaining) == (1, parse_qty("5"), 0)
    assert order.end_reason == "killed"
    assert venue.exchange.levels(MARKET) == ((), ())


def test_a_post_only_order_that_would_take_is_refused() -> None:
    """It rests or it does not exist."""
    venue = Venue(nets=True, cash={"a": "100", "bot": "100"})
    venue.place("a", "sell yes", "0.40", "5")
    with pytest.raises(Rejection) as error:
        venue.place("bot", "buy yes", "0.40", "5", post_only=True)
    assert refusal(error) is RejectCode.CROSSES
    order, _ = venue.place("bot", "buy yes", "0.39", "5", post_only=True)
    assert order.open


def test_an_order_ends_where_it_meets_one_of_its_own_account() -> None:
    """What it took before stays; its own resting order stands."""
    venue = Venue(nets=True, cash={"a": "100", "bot": "100"})
    venue.place("a", "sell yes", "0.40", "5")
    own, _ = venue.place("bot", "sell yes", "0.41", "5")
    venue.place("a", "sell yes", "0.42", "5")
    order, matches = venue.place("bot", "buy yes", "0.45", "15")
    assert (order.end_reason, order.filled, len(matches)) == ("self_trade", parse_qty("5"), 1)
    assert own.open


def test_older_orders_at_a_price_fill_first() -> None:
    """Better prices first, then earlier ones; a partly filled order keeps its place."""
    venue = Venue(nets=True, cash={"a": "100", "b": "100", "bot": "100"})
    venue.place("a", "sell yes", "0.41", "5", id="late price")
    venue.place("a", "sell yes", "0.40", "5", id="first")
    venue.place("b", "sell yes", "0.40", "5", id="second")
    venue.place("bot", "buy yes", "0.40", "2", tif=Tif.IOC)
    _, matches = venue.place("bot", "buy yes", "0.41", "10", tif=Tif.IOC)
    assert [(m.maker.id, m.qty / MICRO) for m in matches] == [
        ("first", 3),
        ("second", 5),
        ("late price", 2),
    ]


def test_a_sale_needs_tokens_that_are_not_on_offer_already() -> None:
    """Where positions do not net, nobody sells what they do not hold."""
    venue = Venue(nets=False, cash={"bot": "10"})
    venue.exchange.split("bot", MARKET, parse_qty("10"))
    venue.place("bot", "sell yes", "0.60", "6")
    with pytest.raises(Rejection) as error:
        venue.place("bot", "sell yes", "0.70", "5")
    assert refusal(error) is RejectCode.NO_POSITION
    assert error.value.figures == {
        "balance": parse_qty("10"),
        "active": parse_qty("6"),
        "order": parse_qty("5"),
    }
    with pytest.raises(Rejection):
        venue.exchange.merge("bot", MARKET, parse_qty("5"))
    venue.exchange.merge("bot", MARKET, parse_qty("4"))
    assert (venue.cash("bot"), venue.held("bot")) == (parse_usd("4"), (6, 6))


@pytest.mark.parametrize(
    ("limit", "qty", "code"),
    [
        ("0.405", "10", RejectCode.OFF_GRID),
        ("0.4", "10.005", RejectCode.BAD_LOT),
        ("0.4", "0", RejectCode.BAD_LOT),
        ("0.4", "4.99", RejectCode.TOO_SMALL),
    ],
)
def test_a_malformed_order_is_refused_by_its_fault(limit: str, qty: str, code: RejectCode) -> None:
    """Grid, lot and minimum are checked before anything else."""
    venue = Venue(nets=False, cash={"bot": "100"}, min_qty="5")
    with pytest.raises(Rejection) as error:
        venue.place("bot", "buy yes", limit, qty)
    assert refusal(error) is code


def test_an_id_is_used_once() -> None:
    """Also after the order has ended."""
    venue = Venue(nets=False, cash={"bot": "100"})
    venue.place("bot", "buy yes", "0.40", "10", id="x")
    assert venue.exchange.cancel("x") == parse_qty("10")
    assert venue.exchange.cancel("x") == 0
    with pytest.raises(Rejection) as error:
        venue.place("bot", "buy yes", "0.40", "10", id="x")
    assert refusal(error) is RejectCode.DUPLICATE


def test_a_closed_market_cancels_what_rests_and_takes_nothing() -> None:
    """Closing is final and holds nothing back."""
    venue = Venue(nets=False, cash={"bot": "100"})
    order, _ = venue.place("bot", "buy yes", "0.40", "10")
    venue.exchange.close(MARKET)
    assert (order.end_reason, venue.exchange.reserved("bot")) == ("cancelled", {0: 0})
    with pytest.raises(Rejection) as error:
        venue.place("bot", "buy yes", "0.40", "10")
    assert refusal(error) is RejectCode.CLOSED


def test_a_coarser_grid_cancels_what_no_longer_lies_on_it() -> None:
    """A tick change leaves the orders that the new grid can show."""
    venue = Venue(nets=False, cash={"bot": "100"}, tick="0.001")
    fine, _ = venue.place("bot", "buy yes", "0.405", "10")
    plain, _ = venue.place("bot", "buy yes", "0.40", "10")
    venue.exchange.regrid(MARKET, PriceGrid.of_tick(10_000))
    assert (fine.open, plain.open) == (False, True)
    assert venue.exchange.levels(MARKET)[0] == ((parse_px("0.4"), parse_qty("10")),)


def test_resolution_pays_the_winning_side_and_forgets_the_rest() -> None:
    """Orders are cancelled as resolved, then each winning contract is a dollar."""
    venue = Venue(nets=False, cash={"a": "100", "bot": "100"}, fees=PolymarketFees(0))
    venue.place("a", "buy no", "0.60", "10")
    venue.place("bot", "buy yes", "0.40", "10")
    resting, _ = venue.place("bot", "buy yes", "0.40", "10")
    venue.exchange.resolve(MARKET, ONE)
    assert resting.end_reason == "resolved"
    assert venue.held("bot") == (10, 0)
    assert venue.exchange.redeem("bot", MARKET) == parse_usd("10")
    assert venue.exchange.redeem("bot", MARKET) == 0
    assert (venue.cash("bot"), venue.cash("a")) == (parse_usd("106"), parse_usd("94"))
    assert venue.exchange.positions("bot") == {}
    assert venue.tape.told[-1] == ("resolved", MARKET, ONE)


def test_listeners_hear_a_match_book_first_and_the_taker_last() -> None:
    """The order of the calls is part of the contract: faces turn them into frames."""
    venue = Venue(nets=True, cash={"a": "100", "bot": "100"})
    venue.place("a", "sell yes", "0.40", "5", id="m")
    venue.tape.told.clear()
    venue.place("bot", "buy yes", "0.41", "8", id="t")
    five, three = parse_qty("5"), parse_qty("3")
    at, rests_at = parse_px("0.40"), parse_px("0.41")
    assert venue.tape.told == [
        ("book", False, at, 0, -five, "m"),
        ("match", "m", "t", at, five),
        ("order", "m", five, False, "filled"),
        ("book", True, rests_at, three, three, "t"),
        ("order", "t", five, True, ""),
    ]


def test_an_account_that_does_not_remember_keeps_its_open_orders_only() -> None:
    """The flow trades for days: what ended is forgotten, what rests is not."""
    venue = Venue(nets=True, cash={"bot": "100"})
    venue.exchange.open_account("maker", {0: parse_usd("100")}, remembers=False)
    venue.place("maker", "sell yes", "0.40", "5", id="gone")
    venue.place("maker", "sell yes", "0.45", "5", id="rests")
    venue.place("bot", "buy yes", "0.40", "5", tif=Tif.IOC)
    assert venue.exchange.order("gone") is None
    assert [order.id for order in venue.exchange.orders_of("maker")] == ["rests"]
    assert venue.exchange.matches_of("maker") == []
    assert len(venue.exchange.matches_of("bot")) == 1


def test_orders_and_matches_among_those_who_forget_leave_no_trace() -> None:
    """Nothing of the exchange's refers to them any more, so a simulated year needs no more memory
    than a day.
    """
    venue = Venue(nets=True, cash={})
    for name in ("maker", "noise"):
        venue.exchange.open_account(name, {0: parse_usd("100")}, remembers=False)
    venue.exchange.listeners.clear()
    maker, _ = venue.place("maker", "sell yes", "0.40", "5")
    taker, (match,) = venue.place("noise", "buy yes", "0.40", "6")
    venue.exchange.cancel(taker.id)
    traces = [weakref.ref(thing) for thing in (maker, taker, match)]
    del maker, taker, match
    gc.collect()
    assert [trace() for trace in traces] == [None, None, None]


def test_unknown_markets_and_fee_rules_are_refused() -> None:
    """Unknown means no trade."""
    venue = Venue(nets=True, cash={"bot": "100"})
    with pytest.raises(Rejection) as error:
        venue.exchange.levels(MarketId("sim:other"))
    assert refusal(error) is RejectCode.UNKNOWN_MARKET
    grid = PriceGrid.of_tick(10_000)
    odd = Listing(MarketId("sim:odd"), 0, grid, LOT, LOT, PolymarketFees(2_000_000))
    with pytest.raises(UnknownRule):
        venue.exchange.list_market(odd)


def test_cash_of_one_pool_does_not_pay_for_another() -> None:
    """Kalshi keeps cash per shard."""
    ids = iter(range(99))
    exchange = Exchange(nets=True, now_ns=lambda: Ns(1), ids=lambda: str(next(ids)))
    grid = PriceGrid.of_tick(10_000)
    exchange.list_market(Listing(MARKET, 2, grid, LOT, LOT, KALSHI))
    exchange.open_account("bot", {0: Usd(100 * MICRO), 2: Usd(MICRO)})
    with pytest.raises(Rejection) as error:
        exchange.place(
            id="x",
            account="bot",
            market=MARKET,
            outcome=Outcome.YES,
            action=Action.BUY,
            limit=parse_px("0.40"),
            qty=parse_qty("10"),
            tif=Tif.GTC,
        )
    assert error.value.figures["balance"] == MICRO
