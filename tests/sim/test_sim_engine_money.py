"""What moves money beside orders: reversals, payouts, conversions, deposits, transfers."""

import pytest

from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, ONE, Px, Qty, Usd, parse_px, parse_qty, parse_usd
from arb.sim.engine import ROUNDING, Listing, RejectCode, Rejection, Tif
from tests.fakes.one_market import LOT, MARKET, Venue, refusal

RICH = {"a": "1000", "bot": "1000"}


def state(venue: Venue) -> object:
    accounts = ("a", "bot")
    return [
        (venue.cash(name), venue.held(name), venue.exchange.fees_paid(name)) for name in accounts
    ]


# --- reversal -----------------------------------------------------------------------------------


@pytest.mark.parametrize("nets", [False, True])
@pytest.mark.parametrize("qty", ["10", "0.03"])
def test_a_reversed_match_was_never_made(nets: bool, qty: str) -> None:
    """Cash, contracts and fees of both sides are what they were; listeners are told."""
    venue = Venue(nets=nets, cash=RICH, tick="0.001")
    before = state(venue)
    venue.place("a", "buy no", "0.487", qty)
    _, (match,) = venue.place("bot", "buy yes", "0.60", qty, tif=Tif.IOC)
    assert state(venue) != before
    venue.exchange.reverse(match)
    assert state(venue) == before
    assert venue.tape.told[-1] == ("reversed", match.id)
    assert venue.exchange.matches_of("bot") == []
    with pytest.raises(ValueError, match="already"):
        venue.exchange.reverse(match)
    assert state(venue) == before


def test_the_reversal_of_a_close_opens_the_position_again() -> None:
    """Where positions net, the dollars of the pairs go back too."""
    venue = Venue(nets=True, cash=RICH, fees=KalshiFees(0, 0))
    venue.place("a", "sell yes", "0.40", "10")
    venue.place("bot", "buy yes", "0.40", "10", tif=Tif.IOC)
    before = state(venue)
    venue.place("a", "buy yes", "0.45", "15")
    _, (match,) = venue.place("bot", "sell yes", "0.45", "15", tif=Tif.IOC)
    assert venue.held("bot") == (0, 5)
    venue.exchange.reverse(match)
    assert state(venue) == before


def test_what_was_spent_meanwhile_is_owed() -> None:
    """Cash and tokens fall below zero, and open orders without cover end."""
    venue = Venue(nets=False, cash={"a": "1000", "bot": "5"}, fees=PolymarketFees(0))
    venue.place("a", "buy no", "0.50", "10")
    _, (bought,) = venue.place("bot", "buy yes", "0.50", "10", tif=Tif.IOC)
    venue.place("a", "buy yes", "0.60", "8")
    venue.place("bot", "sell yes", "0.60", "8", tif=Tif.IOC)
    offer, _ = venue.place("bot", "sell yes", "0.90", "2")
    bid, _ = venue.place("bot", "buy yes", "0.10", "40")
    venue.exchange.reverse(bought)
    assert (venue.held("bot"), venue.cash("bot")) == ((-8, 0), parse_usd("9.8"))
    assert (offer.end_reason, bid.open) == ("not_enough_balance", True)
    with pytest.raises(Rejection) as error:
        venue.place("bot", "sell yes", "0.90", "1")
    assert refusal(error) is RejectCode.NO_POSITION


def test_a_reversal_may_leave_an_account_in_debt() -> None:
    """A sale is undone after its dollars were spent: the rest is owed, and bids end."""
    venue = Venue(nets=False, cash={"a": "1000", "bot": "10"}, fees=PolymarketFees(0))
    venue.exchange.split("bot", MARKET, parse_qty("10"))
    venue.place("a", "buy yes", "0.60", "10")
    _, (sold,) = venue.place("bot", "sell yes", "0.60", "10", tif=Tif.IOC)
    venue.place("a", "buy yes", "0.50", "10")
    venue.place("bot", "buy no", "0.50", "10", tif=Tif.IOC)
    bid, _ = venue.place("bot", "buy no", "0.10", "5")
    venue.exchange.reverse(sold)
    assert venue.cash("bot") == -parse_usd("5")
    assert venue.held("bot") == (10, 20)
    assert (bid.end_reason, venue.exchange.reserved("bot")) == ("not_enough_balance", {0: 0})


def test_a_reversal_after_redemption_is_settled_in_dollars() -> None:
    """Whoever was paid for contracts that he never had owes what he was paid."""
    venue = Venue(nets=False, cash=RICH, fees=PolymarketFees(0))
    venue.place("a", "buy no", "0.50", "10")
    _, (match,) = venue.place("bot", "buy yes", "0.50", "10", tif=Tif.IOC)
    venue.exchange.resolve(MARKET, ONE)
    assert venue.exchange.redeem("bot", MARKET) == parse_usd("10")
    venue.exchange.reverse(match)
    assert (venue.cash("bot"), venue.held("bot")) == (parse_usd("1000"), (0, 0))


# --- payouts ------------------------------------------------------------------------------------


@pytest.mark.parametrize("nets", [False, True])
@pytest.mark.parametrize("payout", [0, 370_000, 500_000, MICRO])
def test_yes_is_paid_its_payout_and_no_the_rest(nets: bool, payout: int) -> None:
    """At once where positions net; elsewhere once it is redeemed."""
    venue = Venue(nets=nets, cash=RICH, fees=KalshiFees(0, 0) if nets else PolymarketFees(0))
    venue.place("a", "buy no", "0.50", "10")
    venue.place("bot", "buy yes", "0.50", "10", tif=Tif.IOC)
    assert venue.exchange.payout(MARKET) is None
    venue.exchange.resolve(MARKET, Px(payout))
    assert venue.exchange.payout(MARKET) == payout
    assert venue.tape.told[-1] == ("resolved", MARKET, payout)
    redeemed = {name: venue.exchange.redeem(name, MARKET) for name in ("a", "bot")}
    if nets:
        assert redeemed == {"a": 0, "bot": 0}
    assert venue.cash("bot") == parse_usd("995") + 10 * payout
    assert venue.cash("a") == parse_usd("1005") - 10 * payout


def test_an_account_that_does_not_remember_is_paid_at_once() -> None:
    """The flow's makers never redeem."""
    venue = Venue(nets=False, cash={"bot": "100"}, fees=PolymarketFees(0))
    venue.exchange.open_account("maker", {0: parse_usd("100")}, remembers=False)
    venue.exchange.split("maker", MARKET, parse_qty("10"))
    venue.exchange.resolve(MARKET, ONE)
    assert venue.cash("maker") == parse_usd("100")


def test_what_is_less_than_a_micro_dollar_goes_to_the_venue() -> None:
    """Payouts round down; when everybody is paid, the crumbs are whole again."""
    venue = Venue(nets=False, cash={"a": "1", "bot": "1"}, lot="0.000001", min_qty="0.000001")
    venue.place("a", "buy no", "0.50", "0.000003")
    venue.place("bot", "buy yes", "0.50", "0.000003", tif=Tif.IOC)
    spent = 2 * MICRO - venue.cash("a") - venue.cash("bot") - venue.exchange.fees_paid("bot")
    assert spent == 3
    venue.exchange.resolve(MARKET, Px(500_000))
    assert [venue.exchange.redeem(name, MARKET) for name in ("a", "bot")] == [1, 1]
    assert venue.exchange.cash(ROUNDING) == {0: 1}


def test_a_market_resolves_once_and_within_a_dollar() -> None:
    """A second resolution is refused, an impossible payout is a mistake of the caller's."""
    venue = Venue(nets=False, cash=RICH)
    with pytest.raises(ValueError, match="1000001"):
        venue.exchange.resolve(MARKET, Px(MICRO + 1))
    with pytest.raises(Rejection) as early:
        venue.exchange.redeem("bot", MARKET)
    venue.exchange.resolve(MARKET, Px(0))
    with pytest.raises(Rejection) as again:
        venue.exchange.resolve(MARKET, ONE)
    assert (refusal(early), refusal(again)) == (RejectCode.NO_POSITION, RejectCode.CLOSED)
    assert venue.exchange.payout(MARKET) == 0


# --- sets ---------------------------------------------------------------------------------------


def event(venue: Venue, size: int) -> list[MarketId]:
    """List an event's markets beside the one that is there."""
    markets = [MarketId(f"sim:event-{number}") for number in range(size)]
    grid = PriceGrid.of_tick(10_000)
    for market in markets:
        venue.exchange.list_market(Listing(market, 0, grid, LOT, LOT, PolymarketFees(0)))
    return markets


def test_a_conversion_gives_dollars_and_the_other_yes() -> None:
    """Two NOs of a four-way event become a dollar and a YES of each of the other two."""
    venue = Venue(nets=False, cash={"bot": "100"})
    markets = event(venue, 4)
    for market in markets[:2]:
        venue.exchange.split("bot", market, parse_qty("10"))
    venue.exchange.convert("bot", markets[:2], markets, parse_qty("10"))
    assert venue.cash("bot") == parse_usd("90")
    ten = parse_qty("10")
    assert [venue.exchange.position("bot", market) for market in markets] == [(ten, 0)] * 4
    for number, market in enumerate(markets):
        venue.exchange.resolve(market, ONE if number == 3 else Px(0))
        venue.exchange.redeem("bot", market)
    assert venue.cash("bot") == parse_usd("100")


def test_one_no_becomes_the_yes_of_all_others() -> None:
    """And no dollar."""
    venue = Venue(nets=False, cash={"bot": "10"})
    markets = event(venue, 3)
    venue.exchange.split("bot", markets[1], parse_qty("10"))
    venue.exchange.convert("bot", [markets[1]], markets, parse_qty("4"))
    four, six, ten = parse_qty("4"), parse_qty("6"), parse_qty("10")
    held = [venue.exchange.position("bot", market) for market in markets]
    assert (venue.cash("bot"), held) == (0, [(four, 0), (ten, six), (four, 0)])


def test_a_conversion_needs_free_contracts_and_sensible_sets() -> None:
    """NOs on offer cannot be converted; sets that make no sense are the caller's mistake."""
    venue = Venue(nets=False, cash={"bot": "100"})
    markets = event(venue, 3)
    venue.exchange.split("bot", markets[0], parse_qty("10"))
    order, _ = venue.exchange.place(
        id="x",
        account="bot",
        market=markets[0],
        outcome=Outcome.NO,
        action=Action.SELL,
        limit=parse_px("0.9"),
        qty=parse_qty("1"),
        tif=Tif.GTC,
    )
    assert order.open
    with pytest.raises(Rejection) as error:
        venue.exchange.convert("bot", markets[:1], markets, parse_qty("9.01"))
    assert refusal(error) is RejectCode.NO_POSITION
    for given in ([], [markets[0], markets[0]], [MARKET]):
        with pytest.raises((ValueError, Rejection)):
            venue.exchange.convert("bot", given, markets, parse_qty("1"))
    assert venue.exchange.position("bot", markets[1]) == (0, 0)


def test_splits_and_merges_are_told() -> None:
    """Listeners hear whose sets changed and by how many."""
    venue = Venue(nets=False, cash={"bot": "10"})
    venue.exchange.split("bot", MARKET, Qty(5))
    venue.exchange.merge("bot", MARKET, Qty(2))
    assert venue.tape.told == [("sets", "bot", MARKET, 5), ("sets", "bot", MARKET, -2)]
    with pytest.raises(ValueError, match="amount"):
        venue.exchange.split("bot", MARKET, Qty(-3))


def test_where_positions_net_there_are_no_sets() -> None:
    """Splits, merges and conversions are another venue's."""
    venue = Venue(nets=True, cash={"bot": "10"})
    for change in (venue.exchange.split, venue.exchange.merge):
        with pytest.raises(Rejection):
            change("bot", MARKET, Qty(MICRO))
    with pytest.raises(Rejection):
        venue.exchange.convert("bot", [MARKET], [MARKET], Qty(MICRO))


# --- cash ---------------------------------------------------------------------------------------


def test_cash_moves_between_pools_unless_it_is_held() -> None:
    """A transfer takes free cash only; a deposit opens a pool where there was none."""
    venue = Venue(nets=True, cash={"bot": "10"}, fees=KalshiFees(0, 0))
    venue.place("bot", "buy yes", "0.40", "10")
    with pytest.raises(Rejection) as error:
        venue.exchange.transfer("bot", 0, 2, parse_usd("6.000001"))
    assert error.value.figures == {
        "balance": parse_usd("10"),
        "active": parse_usd("4"),
        "order": parse_usd("6.000001"),
    }
    venue.exchange.transfer("bot", 0, 2, parse_usd("6"))
    venue.exchange.deposit("bot", 3, parse_usd("1.5"))
    venue.exchange.withdraw("bot", 3, parse_usd("0.5"))
    with pytest.raises(Rejection):
        venue.exchange.withdraw("bot", 3, parse_usd("1.000001"))
    assert venue.exchange.cash("bot") == {
        0: parse_usd("4"),
        2: parse_usd("6"),
        3: parse_usd("1"),
    }
    with pytest.raises(ValueError, match="amount"):
        venue.exchange.deposit("bot", 0, Usd(0))
    with pytest.raises(ValueError, match="amount"):
        venue.exchange.transfer("bot", 0, 2, Usd(-5))
