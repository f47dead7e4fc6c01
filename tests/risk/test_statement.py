"""The account drawn up from the store says what is locked, and finds every disagreement."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd, cost
from arb.messages import AccountRead, Balance, BasketId, Position, Settlement, SettlementId
from arb.risk.ledger import Holding, Stake
from arb.risk.statement import BasketLine, Statement, differences, draw_up
from tests.fakes.markets import make_fill, make_market

POLY = make_market("p", Venue.POLYMARKET)
KALSHI = make_market("k")
STAKES = {market.id: Stake.of(market) for market in (POLY, KALSHI)}
OPENING = [
    Balance(Venue.POLYMARKET, 0, Usd(100 * MICRO)),
    Balance(Venue.KALSHI, 0, Usd(50 * MICRO)),
]
TEN = 10 * MICRO


def drawn(sets: int, yes: int, no: int) -> Statement:
    """YES on Polymarket at 0.45 and NO on Kalshi at 0.48, fees 0.01 each."""
    fills = [
        make_fill(POLY, "f1", px=450_000, qty=yes, fee=10_000),
        make_fill(KALSHI, "f2", outcome=Outcome.NO, px=480_000, qty=no, fee=10_000),
    ]
    line = BasketLine("completed", Qty(TEN), Qty(sets), Usd(TEN), BasketId("b"), ())
    return draw_up(OPENING, fills, [], [line], STAKES)


@given(st.integers(1, TEN), st.integers(0, MICRO))
def test_locked_profit_is_payout_less_everything_paid(sets: int, extra: int) -> None:
    """Complete sets pay a dollar each; contracts beyond them count as paid for and as nothing."""
    statement = drawn(sets, sets + extra, sets)
    paid = cost(Px(450_000), Qty(sets + extra)) + cost(Px(480_000), Qty(sets)) + 20_000
    assert statement.cash_change == -paid
    assert statement.locked_profit == sets - paid
    assert (statement.fees, statement.fills, statement.ends) == (20_000, 2, {"completed": 1})


def test_a_pair_already_turned_into_cash_is_not_counted_twice() -> None:
    """YES and NO of one Kalshi market are cash at once: locked profit has them once."""
    fills = [
        make_fill(KALSHI, "f1", px=450_000, qty=TEN),
        make_fill(KALSHI, "f2", outcome=Outcome.NO, px=480_000, qty=TEN),
    ]
    line = BasketLine("completed", Qty(TEN), Qty(TEN), Usd(TEN), BasketId("b"), ())
    statement = draw_up(OPENING, fills, [], [line], STAKES)
    assert statement.guaranteed == 0
    assert statement.positions == {}
    assert statement.locked_profit == TEN - 4_500_000 - 4_800_000


def test_settlement_moves_what_was_guaranteed_into_cash() -> None:
    """A complete set pays the same locked profit before, between and after its settlements."""
    fills = [
        make_fill(POLY, "f1", px=450_000, qty=TEN),
        make_fill(KALSHI, "f2", outcome=Outcome.NO, px=480_000, qty=TEN),
    ]
    line = BasketLine("completed", Qty(TEN), Qty(TEN), Usd(TEN), BasketId("b"), ())
    paid = Settlement(SettlementId("s1"), Venue.POLYMARKET, 0, POLY.id, Usd(TEN), Ns(1))
    lost = Settlement(SettlementId("s2"), Venue.KALSHI, 0, KALSHI.id, Usd(0), Ns(2))
    steps = [
        draw_up(OPENING, fills, settled, [line], STAKES)
        for settled in ([], [paid], [lost], [paid, lost])
    ]
    assert {statement.locked_profit for statement in steps} == {TEN - 9_300_000}
    assert [statement.guaranteed for statement in steps] == [TEN, 0, TEN, 0]
    assert (steps[-1].positions, steps[-1].settled, steps[-1].settlements) == ({}, TEN, 2)


def test_the_same_fill_twice_counts_once() -> None:
    """A statement over repeated fills equals one over each once."""
    fill = make_fill(POLY, "f1")
    assert draw_up(OPENING, [fill, fill], [], [], STAKES) == draw_up(
        OPENING, [fill], [], [], STAKES
    )


def reads(statement: Statement, *, off: int = 0, more_no: int = 0) -> list[AccountRead]:
    poly, kalshi = (statement.cash[venue, 0] for venue in (Venue.POLYMARKET, Venue.KALSHI))
    return [
        AccountRead(
            Venue.POLYMARKET,
            (Balance(Venue.POLYMARKET, 0, Usd(poly + off)),),
            (Position(POLY.id, Qty(TEN), Qty(0)),),
            Ns(0),
        ),
        AccountRead(
            Venue.KALSHI,
            (Balance(Venue.KALSHI, 0, Usd(kalshi)),),
            (Position(KALSHI.id, Qty(0), Qty(TEN + more_no)),),
            Ns(0),
        ),
    ]


@pytest.mark.parametrize(
    ("off", "more_no", "words"),
    [
        (0, 0, []),
        (1, 0, ["+0.000001 dollars"]),
        (-1, 0, ["-0.000001 dollars"]),
        (0, 1, [KALSHI.id]),
    ],
)
def test_a_single_millionth_of_disagreement_is_found(
    off: int, more_no: int, words: list[str]
) -> None:
    """Equal books have no differences; one micro-dollar or micro-contract is one difference."""
    statement = drawn(TEN, TEN, TEN)
    found = differences(
        statement.cash, statement.positions, reads(statement, off=off, more_no=more_no)
    )
    assert len(found) == len(words)
    for text, word in zip(found, words, strict=True):
        assert word in text


def test_contracts_that_only_one_side_knows_are_found() -> None:
    """A position the venue does not list, and one we do not, are both differences."""
    statement = drawn(TEN, TEN, TEN)
    poly, kalshi = reads(statement)
    silent = AccountRead(poly.venue, poly.balances, (), poly.at_ns)
    assert len(differences(statement.cash, statement.positions, [silent, kalshi])) == 1
    assert len(differences(statement.cash, {}, [poly, kalshi])) == 2


def test_what_is_owed_is_no_difference() -> None:
    """Sold before its purchase was taken back: below nothing here, and left out by the venue."""
    statement = drawn(TEN, TEN, TEN)
    poly, kalshi = reads(statement)
    (there,) = poly.positions
    owing = {**statement.positions, there.market: Holding(there.yes, -12 * MICRO)}
    assert there.no == 0
    assert differences(statement.cash, owing, [poly, kalshi]) == ()
    silent = AccountRead(poly.venue, poly.balances, (), poly.at_ns)
    assert len(differences(statement.cash, owing, [silent, kalshi])) == 1
