"""Self-trades, changed orders, halts and changed fees, one rule at a time."""

import pytest

from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.units import MICRO, Qty, parse_px, parse_qty, parse_usd
from arb.sim.engine import RejectCode, Rejection, SimOrder, Stp, Tif
from tests.fakes.one_market import MARKET, Venue, refusal

RICH = {"a": "1000", "b": "1000", "bot": "1000"}


def queue(venue: Venue) -> list[str]:
    return [order.id for order in venue.exchange.resting(MARKET)]


def test_fill_or_kill_does_nothing_where_its_own_order_is_in_the_way() -> None:
    """It is refused before anything fills, though others' orders came first."""
    venue = Venue(nets=True, cash=RICH)
    venue.place("a", "sell yes", "0.40", "5")
    own, _ = venue.place("bot", "sell yes", "0.41", "5")
    venue.place("a", "sell yes", "0.42", "5")
    told = list(venue.tape.told)
    with pytest.raises(Rejection) as error:
        venue.place("bot", "buy yes", "0.45", "15", tif=Tif.FOK, id="fok")
    assert refusal(error) is RejectCode.SELF_TRADE
    assert venue.exchange.order("fok") is None
    assert (venue.tape.told, own.open, venue.cash("a")) == (told, True, parse_usd("1000"))


def test_fill_or_kill_fills_whole_where_its_own_order_is_further_away() -> None:
    """An own order that it does not reach does not matter."""
    venue = Venue(nets=True, cash=RICH)
    venue.place("a", "sell yes", "0.40", "5")
    venue.place("bot", "sell yes", "0.41", "5")
    order, _ = venue.place("bot", "buy yes", "0.45", "5", tif=Tif.FOK)
    assert order.end_reason == "filled"


def test_own_orders_in_the_way_are_cancelled_where_makers_step_aside() -> None:
    """Only those that would be met; the rest of the incoming order goes on."""
    venue = Venue(nets=True, cash=RICH)
    met, _ = venue.place("bot", "sell yes", "0.40", "5")
    venue.place("a", "sell yes", "0.41", "5")
    behind, _ = venue.place("bot", "sell yes", "0.42", "5")
    order, matches = venue.place("bot", "buy yes", "0.45", "5", stp=Stp.MAKER)
    assert (met.end_reason, behind.open) == ("self_trade", True)
    assert [match.px for match in matches] == [parse_px("0.41")]
    assert order.end_reason == "filled"


def test_nobody_steps_aside_for_an_order_that_is_refused() -> None:
    """Fill-or-kill that cannot fill, and post-only that would meet one's own, change nothing."""
    venue = Venue(nets=True, cash=RICH)
    own, _ = venue.place("bot", "sell yes", "0.40", "5")
    with pytest.raises(Rejection) as killed:
        venue.place("bot", "buy yes", "0.45", "5", tif=Tif.FOK, stp=Stp.MAKER)
    with pytest.raises(Rejection) as crossing:
        venue.place("bot", "buy yes", "0.45", "5", post_only=True, stp=Stp.MAKER)
    assert refusal(killed) is RejectCode.UNFILLABLE
    assert refusal(crossing) is RejectCode.CROSSES
    assert own.open


def test_without_prevention_an_account_trades_with_itself() -> None:
    """Cash only loses the fees, nothing is held in the end, and the match is kept once."""
    venue = Venue(nets=True, cash=RICH)
    venue.place("bot", "sell yes", "0.40", "5")
    order, matches = venue.place("bot", "buy yes", "0.40", "5", stp=Stp.NONE)
    assert (order.end_reason, venue.held("bot")) == ("filled", (0, 0))
    assert venue.exchange.matches_of("bot") == matches
    assert venue.cash("bot") == parse_usd("1000") - venue.exchange.fees_paid("bot")
    assert venue.exchange.fees_paid("bot") == matches[0].taker_fee


# --- amend --------------------------------------------------------------------------------------


def three_asks(venue: Venue) -> SimOrder:
    first, _ = venue.place("bot", "sell yes", "0.40", "10", id="first")
    venue.place("a", "sell yes", "0.40", "10", id="second")
    venue.place("b", "sell yes", "0.41", "10", id="third")
    return first


def test_a_smaller_size_keeps_its_place() -> None:
    """Size counts what has filled; listeners hear of the level and of the order."""
    venue = Venue(nets=True, cash=RICH)
    first = three_asks(venue)
    venue.place("b", "buy yes", "0.40", "2", tif=Tif.IOC)
    venue.tape.told.clear()
    assert venue.exchange.amend("first", limit=first.limit, qty=parse_qty("7")) == []
    assert (first.qty, first.filled, first.remaining) == tuple(map(parse_qty, ("7", "2", "5")))
    assert queue(venue) == ["first", "second", "third"]
    fifteen, three = parse_qty("15"), parse_qty("3")
    assert venue.tape.told == [
        ("book", False, parse_px("0.40"), fifteen, -three, "first"),
        ("order", "first", parse_qty("2"), True, ""),
    ]
    assert venue.exchange.reserved("bot")[0] == parse_usd("3")


@pytest.mark.parametrize(
    ("limit", "qty", "expected"),
    [
        ("0.40", "11", ["second", "first", "third"]),
        ("0.41", "10", ["second", "third", "first"]),
        ("0.39", "5", ["first", "second", "third"]),
    ],
)
def test_anything_else_goes_to_the_back(limit: str, qty: str, expected: list[str]) -> None:
    """A larger size and another price lose the place in the queue."""
    venue = Venue(nets=True, cash=RICH)
    three_asks(venue)
    assert venue.exchange.amend("first", limit=parse_px(limit), qty=parse_qty(qty)) == []
    assert queue(venue) == expected
    order = venue.exchange.order("first")
    assert order is not None
    assert (order.limit, order.remaining) == (parse_px(limit), parse_qty(qty))


def test_an_amended_order_may_trade_as_a_taker() -> None:
    """It fills at the makers' price, pays the taker's fee, and rests with what is left."""
    venue = Venue(nets=True, cash=RICH, fees=KalshiFees(taker_ppm=70_000, maker_ppm=17_500))
    three_asks(venue)
    venue.place("b", "buy yes", "0.30", "4", id="bid")
    matches = venue.exchange.amend("bid", limit=parse_px("0.40"), qty=parse_qty("12"))
    assert [(match.maker.id, match.qty / MICRO) for match in matches] == [
        ("first", 10),
        ("second", 2),
    ]
    assert matches[0].taker_fee == parse_usd("0.168")
    assert matches[0].maker_fee == parse_usd("0.042")
    bid = venue.exchange.order("bid")
    assert bid is not None
    assert bid.end_reason == "filled"


def test_an_amended_no_order_is_told_at_its_yes_price() -> None:
    """The limit stays in the outcome's terms."""
    venue = Venue(nets=True, cash=RICH)
    venue.place("bot", "buy no", "0.30", "4", id="ask")
    venue.exchange.amend("ask", limit=parse_px("0.35"), qty=parse_qty("4"))
    assert venue.exchange.levels(MARKET)[1] == ((parse_px("0.65"), parse_qty("4")),)


def test_the_size_that_has_filled_cancels_and_less_is_refused() -> None:
    """An order cannot be made to have filled less."""
    venue = Venue(nets=True, cash=RICH)
    first = three_asks(venue)
    venue.place("b", "buy yes", "0.40", "2", tif=Tif.IOC)
    with pytest.raises(Rejection) as error:
        venue.exchange.amend("first", limit=first.limit, qty=parse_qty("1.99"))
    assert refusal(error) is RejectCode.TOO_SMALL
    venue.exchange.amend("first", limit=first.limit, qty=parse_qty("2"))
    assert (first.end_reason, first.filled) == ("cancelled", parse_qty("2"))
    with pytest.raises(Rejection) as gone:
        venue.exchange.amend("first", limit=first.limit, qty=parse_qty("3"))
    assert refusal(gone) is RejectCode.UNKNOWN_ORDER


@pytest.mark.parametrize(
    ("limit", "qty", "code"),
    [
        ("0.405", "10", RejectCode.OFF_GRID),
        ("0.40", "10.005", RejectCode.BAD_LOT),
        ("0.40", "99999", RejectCode.NO_BALANCE),
        ("0.30", "10", RejectCode.CROSSES),
    ],
)
def test_a_refused_change_changes_nothing(limit: str, qty: str, code: RejectCode) -> None:
    """Price, size, place and what is held stay as they were."""
    venue = Venue(nets=True, cash=RICH)
    venue.place("bot", "sell yes", "0.40", "10", id="first", post_only=True)
    venue.place("a", "sell yes", "0.40", "10", id="second")
    venue.place("a", "buy yes", "0.35", "10", id="bid")
    told, held = list(venue.tape.told), venue.exchange.reserved("bot")
    with pytest.raises(Rejection) as error:
        venue.exchange.amend("first", limit=parse_px(limit), qty=parse_qty(qty))
    assert refusal(error) is code
    assert (venue.tape.told, venue.exchange.reserved("bot")) == (told, held)
    assert queue(venue) == ["bid", "first", "second"]


def test_a_change_may_use_what_the_order_held() -> None:
    """Cash that only this order holds is there for its own new terms."""
    venue = Venue(nets=False, cash={"bot": "10"}, fees=PolymarketFees(0))
    venue.place("bot", "buy yes", "0.50", "20", id="x")
    venue.exchange.amend("x", limit=parse_px("0.40"), qty=parse_qty("25"))
    assert venue.exchange.reserved("bot") == {0: parse_usd("10")}
    with pytest.raises(Rejection) as error:
        venue.exchange.amend("x", limit=parse_px("0.40"), qty=parse_qty("25.01"))
    assert error.value.figures["active"] == 0


def test_a_closing_order_that_moves_away_lets_the_next_one_close() -> None:
    """What is held pairs with older orders first, and an amended order is the youngest."""
    venue = Venue(nets=True, cash={"a": "100", "bot": "14"}, fees=KalshiFees(0, 0))
    venue.place("a", "sell yes", "0.40", "10")
    venue.place("bot", "buy yes", "0.40", "10", tif=Tif.IOC)
    venue.place("bot", "sell yes", "0.50", "10", id="older")
    venue.place("bot", "sell yes", "0.60", "10", id="younger")
    assert venue.exchange.reserved("bot") == {0: parse_usd("4")}
    venue.exchange.amend("older", limit=parse_px("0.55"), qty=parse_qty("10"))
    assert venue.exchange.reserved("bot") == {0: parse_usd("4.5")}


def test_a_moved_sale_may_use_the_tokens_it_offered() -> None:
    """What only this order has on offer is there for its own new terms."""
    venue = Venue(nets=False, cash={"bot": "10"})
    venue.exchange.split("bot", MARKET, parse_qty("10"))
    venue.place("bot", "sell yes", "0.60", "6", id="x")
    venue.exchange.amend("x", limit=parse_px("0.70"), qty=parse_qty("10"))
    with pytest.raises(Rejection) as error:
        venue.exchange.amend("x", limit=parse_px("0.80"), qty=parse_qty("10.01"))
    assert (refusal(error), error.value.figures["active"]) == (RejectCode.NO_POSITION, 0)


def test_a_moved_order_does_not_use_what_the_others_hold() -> None:
    """A member without a spare dollar cannot let an order grow that others have to pay for."""
    venue = Venue(nets=True, cash={"bot": "10"}, fees=KalshiFees(0, 0))
    venue.place("bot", "buy yes", "0.50", "10", id="x")
    venue.place("bot", "buy yes", "0.40", "10")
    with pytest.raises(Rejection) as error:
        venue.exchange.amend("x", limit=parse_px("0.50"), qty=parse_qty("12.01"))
    assert error.value.figures == {
        "balance": parse_usd("10"),
        "active": parse_usd("4"),
        "order": parse_usd("6.005"),
    }
    venue.exchange.amend("x", limit=parse_px("0.50"), qty=parse_qty("12"))


def test_what_is_owed_for_rounding_goes_on_when_an_order_moves() -> None:
    """Kalshi's accumulator belongs to the order: moved after each fill, it is still one order."""
    venue = Venue(nets=True, cash=RICH)
    venue.place("bot", "buy yes", "0.01", "10", id="x")
    for filled in range(10):
        venue.place("a", "sell yes", "0.33", "1")
        (match,) = venue.exchange.amend("x", limit=parse_px("0.33"), qty=parse_qty("10"))
        assert match.taker is venue.exchange.order("x")
        if filled < 9:
            venue.exchange.amend("x", limit=parse_px("0.01"), qty=parse_qty("10"))
    assert venue.exchange.fees_paid("bot") == parse_usd("0.1548")


# --- reduce -------------------------------------------------------------------------------------


def test_reducing_keeps_the_place_and_ends_at_nothing() -> None:
    """It returns what was taken, never more than there was."""
    venue = Venue(nets=True, cash=RICH)
    first = three_asks(venue)
    assert venue.exchange.reduce("first", parse_qty("4")) == parse_qty("4")
    assert (first.remaining, queue(venue)[0]) == (parse_qty("6"), "first")
    assert venue.exchange.reserved("bot") == {0: parse_usd("3.6")}
    assert venue.exchange.reduce("first", parse_qty("100")) == parse_qty("6")
    assert (first.end_reason, venue.exchange.reserved("bot")) == ("cancelled", {0: 0})
    with pytest.raises(Rejection) as error:
        venue.exchange.reduce("first", parse_qty("1"))
    assert refusal(error) is RejectCode.UNKNOWN_ORDER


@pytest.mark.parametrize("by", ["0", "0.001"])
def test_an_order_is_reduced_by_lots(by: str) -> None:
    """Nothing, and less than a lot, are refused."""
    venue = Venue(nets=True, cash=RICH)
    first = three_asks(venue)
    with pytest.raises(Rejection) as error:
        venue.exchange.reduce("first", parse_qty(by))
    assert (refusal(error), first.remaining) == (RejectCode.BAD_LOT, parse_qty("10"))


def test_a_reduced_sale_frees_its_tokens() -> None:
    """What is no longer on offer can be offered again."""
    venue = Venue(nets=False, cash={"bot": "10"})
    venue.exchange.split("bot", MARKET, parse_qty("10"))
    venue.place("bot", "sell yes", "0.60", "10", id="x")
    venue.exchange.reduce("x", parse_qty("4"))
    venue.place("bot", "sell yes", "0.70", "4")
    with pytest.raises(Rejection) as error:
        venue.place("bot", "sell yes", "0.70", "0.01")
    assert refusal(error) is RejectCode.NO_POSITION


# --- halts and fees -----------------------------------------------------------------------------


def test_a_halted_market_takes_no_orders_but_lets_them_go() -> None:
    """Placing and moving are refused, cancelling and reducing work; then all is as it was."""
    venue = Venue(nets=True, cash=RICH)
    first = three_asks(venue)
    venue.exchange.halt(MARKET)
    venue.exchange.halt(MARKET)
    assert (venue.exchange.is_halted(MARKET), venue.exchange.is_open(MARKET)) == (True, True)
    with pytest.raises(Rejection) as placing:
        venue.place("bot", "buy yes", "0.10", "1")
    with pytest.raises(Rejection) as moving:
        venue.exchange.amend("second", limit=parse_px("0.5"), qty=parse_qty("10"))
    assert {refusal(placing), refusal(moving)} == {RejectCode.HALTED}
    assert venue.exchange.reduce("third", parse_qty("1")) == parse_qty("1")
    assert venue.exchange.cancel("first") == parse_qty("10")
    venue.exchange.resume(MARKET)
    venue.place("bot", "buy yes", "0.10", "1")
    assert first.end_reason == "cancelled"
    assert [told for told in venue.tape.told if told[0] == "halted"] == [
        ("halted", MARKET, True),
        ("halted", MARKET, False),
    ]


def test_new_fees_are_for_new_orders() -> None:
    """What rests is charged as it was promised, whoever takes pays by the rule of now."""
    venue = Venue(nets=True, cash=RICH, fees=KalshiFees(70_000, 17_500))
    venue.place("a", "sell yes", "0.50", "100")
    venue.exchange.set_fees(MARKET, KalshiFees(0, 0))
    venue.place("a", "sell yes", "0.50", "100")
    _, matches = venue.place("bot", "buy yes", "0.50", "200", tif=Tif.IOC)
    assert [match.maker_fee for match in matches] == [parse_usd("0.4375"), 0]
    assert [match.taker_fee for match in matches] == [0, 0]


def test_a_buy_in_dollars_does_not_rest() -> None:
    """No venue takes one, so it is a mistake of the caller's and not a refusal."""
    venue = Venue(nets=False, cash=RICH)
    with pytest.raises(ValueError, match="sized in dollars"):
        venue.place("bot", "buy yes", "0.50", "10", spend="5")
    assert venue.exchange.orders_of("bot") == ()
    assert Qty(0) == venue.exchange.cancel("o1")


def test_a_resting_order_that_closes_a_position_holds_nothing() -> None:
    """Its fees come out of its proceeds, however often they are rounded up on the way."""
    fees = KalshiFees(taker_ppm=70_000, maker_ppm=17_500)
    venue = Venue(nets=True, cash={"a": "1000", "bot": "1000"}, tick="0.001", fees=fees)
    venue.place("a", "sell yes", "0.243", "5")
    venue.place("bot", "buy yes", "0.243", "5", tif=Tif.IOC)
    closing, _ = venue.place("bot", "sell yes", "0.244", "5")
    assert (closing.open, venue.exchange.reserved("bot")) == (True, {0: 0})
    before = venue.cash("bot")
    for _ in range(500):
        spent = venue.cash("bot")
        venue.place("a", "buy yes", "0.244", "0.01", tif=Tif.IOC)
        assert venue.cash("bot") >= spent
    assert venue.held("bot") == (0, 0)
    assert before < venue.cash("bot") <= before + parse_usd("1.22")
