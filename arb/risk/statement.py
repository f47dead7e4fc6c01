"""The account of a store: what was paid, what is held, what it must pay, and who agrees.

Made from the store alone, so that it can be held against the treasurer's ledger and against what
both venues say of themselves.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

import attrs

from arb.detect.basket import Leg
from arb.market.instruments import MarketId
from arb.market.units import MICRO, Ns, Qty, Usd, decimal_text
from arb.messages import AccountRead, Balance, BasketId, Fill, Position, Settlement, Turn
from arb.risk.ledger import Holding, Ledger, Pool, Stake


@attrs.frozen
class BasketLine:
    """One ended basket: `payout` is what its planned `size` was worth, `sets` what was hedged."""

    end: str
    size: Qty
    sets: Qty
    payout: Usd
    basket: BasketId
    legs: tuple[Leg, ...]

    @property
    def guaranteed(self) -> int:
        """What its complete sets had to pay, in micro-dollars."""
        return self.payout * self.sets // self.size


@attrs.frozen
class Statement:
    """Money of one store, in micro-dollars."""

    opening: dict[Pool, int]
    cash: dict[Pool, int]
    positions: dict[MarketId, Holding]
    fees: int
    fills: int
    ends: dict[str, int]
    """Baskets by how they ended."""
    settled: int
    """What resolved markets paid."""
    settlements: int
    """How many markets were settled."""
    guaranteed: int
    """What complete sets must still pay at resolution, over what resolved markets paid already.

    What they had to pay, and markets that resolved otherwise did not, is left out."""

    @property
    def cash_change(self) -> int:
        """What came in less what was paid."""
        return sum(self.cash.values()) - sum(self.opening.values())

    @property
    def locked_profit(self) -> int:
        """Cash now plus what the complete sets must pay, less the cash at the start.

        Contracts outside complete sets count as nothing here: they may pay, or not.
        """
        return self.cash_change + self.guaranteed


def draw_up(  # noqa: PLR0913, PLR0917 - everything that moves money
    opening: Iterable[Balance],
    fills: Iterable[Fill],
    settlements: Iterable[Settlement],
    baskets: Iterable[BasketLine],
    stakes: Mapping[MarketId, Stake],
    held: Iterable[Position] = (),
    turned: Iterable[Turn] = (),
) -> Statement:
    """Count everything again from the beginning.

    `held` was there before the first start, `turned` was merged or converted since.

    Raises KeyError where a fill's market is not among `stakes`.
    """
    ledger = Ledger()
    ledger.open(opening, held)
    start = dict(ledger.cash)
    booked = sum(ledger.book(fill, stakes[fill.market]) for fill in fills)
    for turn in turned:
        ledger.turn(turn)
    for settlement in settlements:
        ledger.settle(settlement)
    lines = list(baskets)
    for line in lines:
        ledger.results.plan(line.basket, Usd(line.payout * MICRO // line.size), line.legs)
        ledger.results.end(line.basket, line.sets, Ns(0), unhedged=False)
    guaranteed = sum(line.guaranteed for line in lines) - ledger.results.short
    return Statement(
        opening=start,
        cash=dict(ledger.cash),
        positions=ledger.positions(),
        fees=ledger.fees,
        fills=booked,
        ends=dict(Counter(line.end for line in lines)),
        settled=ledger.settled,
        settlements=ledger.settlements,
        guaranteed=guaranteed - ledger.released - ledger.settled,
    )


def differences(
    cash: Mapping[Pool, int],
    positions: Mapping[MarketId, Holding],
    accounts: Iterable[AccountRead],
) -> tuple[str, ...]:
    """Every pool and market in which our books and a venue's differ, in words."""
    found: list[str] = []
    for account in accounts:
        found += _cash_differences(cash, account)
        found += _position_differences(positions, account)
    return tuple(found)


def _cash_differences(cash: Mapping[Pool, int], account: AccountRead) -> Iterable[str]:
    for balance in account.balances:
        ours = cash.get((balance.venue, balance.pool), 0)
        if ours != balance.usd:
            off, sign = balance.usd - ours, "+" if balance.usd > ours else ""
            words = f"the venue has {sign}{decimal_text(off)} dollars"
            yield f"{balance.venue} pool {balance.pool}: {words}"


def _position_differences(
    positions: Mapping[MarketId, Holding], account: AccountRead
) -> Iterable[str]:
    """Debts are left out, as venues leave them out.

    Contracts that were sold before their purchase was taken back are owed to the venue; a position
    is what is held, and never less than nothing (docs: get-positions).
    """
    theirs = {held.market: (held.yes, held.no) for held in account.positions}
    ours = {
        market: (max(held.yes, 0), max(held.no, 0))
        for market, held in positions.items()
        if market.startswith(f"{account.venue}:")
    }
    for market in sorted(theirs.keys() | ours.keys()):
        mine, venue = ours.get(market, (0, 0)), theirs.get(market, (0, 0))
        if mine != venue:
            yield f"{market}: we count {mine}, the venue {venue} (YES, NO in micro-contracts)"
