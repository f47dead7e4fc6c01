"""Which contracts are turned into cash, and what that does to the books."""

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Claim, Event, EventId, MarketId, NegRisk, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import Balance, ContractChange, Turn, TurnId, TurnKind
from arb.risk.ledger import Ledger, Stake
from arb.trade.turning import conversions, merges
from tests.fakes.markets import EPOCH_NS, make_fill, make_market

TEN = 10 * MICRO
NAMES = ("a", "b", "c", "d")
MARKETS = {(m := make_market(name, Venue.POLYMARKET, event="e")).id: m for name in NAMES}
IDS = tuple(MARKETS)
GROUP = NegRisk(
    group="0x" + "ab" * 31 + "00",
    indexes=tuple((market, number) for number, market in enumerate(IDS)),
    prepared=len(IDS),
    fee_bips=0,
    augmented=False,
)
YES = Claim(True, "test")
EVENT = Event(EventId("polymarket:e"), Venue.POLYMARKET, "e", IDS, YES, YES, GROUP)


def test_pairs_are_merged_the_most_first_and_only_where_it_is_worth_it() -> None:
    """The smaller of both sides counts; Kalshi does it by itself."""
    kalshi = make_market("k")
    markets = {**MARKETS, kalshi.id: kalshi}
    free = {IDS[0]: (TEN, TEN // 2), IDS[1]: (TEN, TEN), IDS[2]: (1, TEN), kalshi.id: (TEN, TEN)}
    found = merges(free, markets, Usd(MICRO))
    assert [(one.market.id, one.qty) for one in found] == [(IDS[1], TEN), (IDS[0], TEN // 2)]


def test_a_set_of_no_becomes_dollars_and_yes_of_the_others() -> None:
    """Three of four: two dollars a set, and YES of the fourth; no more than is still held."""
    sets = {frozenset(IDS[:3]): TEN}
    free = {IDS[0]: (0, TEN), IDS[1]: (0, TEN), IDS[2]: (0, TEN // 2)}
    (found,) = conversions(free, sets, [EVENT], Usd(MICRO))
    assert (found.qty, found.index_set) == (TEN // 2, 0b0111)
    assert sum(change.usd for change in found.changes) == 2 * found.qty
    assert {c.market: (c.yes, c.no) for c in found.changes} == {
        **dict.fromkeys(IDS[:3], (0, -TEN // 2)),
        IDS[3]: (TEN // 2, 0),
    }


@pytest.mark.parametrize(
    "group",
    [
        attrs.evolve(GROUP, fee_bips=1),
        attrs.evolve(GROUP, fee_bips=None),
        attrs.evolve(GROUP, augmented=True),
        attrs.evolve(GROUP, prepared=None),
        attrs.evolve(GROUP, prepared=5),
    ],
    ids=["fee", "fee unknown", "may grow", "size unknown", "one not listed"],
)
def test_what_a_conversion_would_bring_must_be_known_and_whole(group: NegRisk) -> None:
    """Otherwise the contracts are held until they resolve."""
    free = dict.fromkeys(IDS, (0, TEN))
    event = attrs.evolve(EVENT, neg_risk=group)
    assert conversions(free, {frozenset(IDS[:2]): TEN}, [event], Usd(0)) == []


@given(st.integers(1, TEN), st.integers(2, len(IDS)), st.integers(0, len(IDS) - 1))
def test_a_conversion_is_worth_the_same_whichever_question_wins(
    qty: int, count: int, winner: int
) -> None:
    """Dollars and YES after it pay exactly what the NOs would have paid."""
    given_up = IDS[:count]
    free = dict.fromkeys(IDS, (0, qty))
    (found,) = conversions(free, {frozenset(given_up): qty}, [EVENT], Usd(0))
    before = sum(qty for market in given_up if market != IDS[winner])
    after = sum(c.usd + (c.yes if c.market == IDS[winner] else 0) for c in found.changes)
    assert after == before


def turn(*changes: ContractChange, name: str = "t1", at_ns: int = EPOCH_NS + 1) -> Turn:
    return Turn(
        id=TurnId(name),
        kind=TurnKind.MERGE,
        venue=Venue.POLYMARKET,
        pool=0,
        changes=changes,
        nonce=0,
        deadline_ns=Ns(0),
        body=b"",
        at_ns=Ns(at_ns),
    )


def bought(*, merged_first: bool) -> Ledger:
    """Ten pairs for 4 + 5 dollars, six of them merged; told in either order."""
    ledger, market = Ledger(), MARKETS[IDS[0]]
    ledger.open([Balance(Venue.POLYMARKET, 0, Usd(100 * MICRO))])
    merge = turn(ContractChange(market.id, -6 * MICRO, -6 * MICRO, Usd(6 * MICRO)))
    if merged_first:
        ledger.turn(merge)
    ledger.book(make_fill(market, "f1", px=400_000), Stake.of(market))
    ledger.book(make_fill(market, "f2", outcome=Outcome.NO, px=500_000), Stake.of(market))
    ledger.turn(merge)
    return ledger


@pytest.mark.parametrize("merged_first", [False, True])
def test_a_merge_frees_cash_and_realises_what_the_pairs_cost_less(*, merged_first: bool) -> None:
    """Cash, contracts, cost and profit are the same in whatever order things are told."""
    ledger, market = bought(merged_first=merged_first), IDS[0]
    assert ledger.cash[Venue.POLYMARKET, 0] == (100 - 9 + 6) * MICRO
    assert (ledger.position(market).yes, ledger.position(market).no) == (4 * MICRO, 4 * MICRO)
    assert ledger.basis == 9 * MICRO * 4 // 10
    assert ledger.realised == 6 * MICRO - 9 * MICRO * 6 // 10


def test_a_turn_counts_once() -> None:
    """Told again it changes nothing."""
    ledger = bought(merged_first=False)
    before = (dict(ledger.cash), ledger.realised, ledger.released)
    merge = turn(ContractChange(IDS[0], -6 * MICRO, -6 * MICRO, Usd(6 * MICRO)))
    assert not ledger.turn(merge)
    assert (dict(ledger.cash), ledger.realised, ledger.released) == before
    assert ledger.turn(turn(ContractChange(MarketId(IDS[0]), 0, 0, Usd(0)), name="t2"))
    assert ledger.sellable(IDS[0], Outcome.YES) == Qty(4 * MICRO)
