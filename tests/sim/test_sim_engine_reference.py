"""The exchange against a matcher too slow and too plain to be wrong."""

from collections.abc import Callable
from fractions import Fraction
from itertools import count
from math import ceil, floor

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.sim.engine import Exchange, Listing, Match, Rejection, SimOrder, Stp, Tif

MARKET = MarketId("sim:one")
CENT = 10_000
LOT = Qty(10_000)
ACCOUNTS = ("ann", "bob")


@attrs.frozen
class Request:
    """An order as both sides of the comparison take it; `cents` are in the outcome's terms."""

    account: str
    outcome: Outcome
    action: Action
    cents: int
    lots: int
    tif: Tif
    post_only: bool
    stp: Stp
    spend: int | None

    @property
    def is_bid(self) -> bool:
        return (self.outcome, self.action) in {
            (Outcome.YES, Action.BUY),
            (Outcome.NO, Action.SELL),
        }

    @property
    def yes_cents(self) -> int:
        return self.cents if self.outcome is Outcome.YES else 100 - self.cents


@attrs.define
class Resting:
    """One line of the plain book."""

    id: str
    request: Request
    cents: int
    size: int
    filled: int
    arrived: int

    @property
    def left(self) -> int:
        return self.size - self.filled


Fill = tuple[str, int, int]
"""Maker, price in YES cents, micro-contracts."""


class PlainBook:
    """A list that is sorted anew for every order."""

    def __init__(self) -> None:
        self.lines: list[Resting] = []
        self.clock = count()

    def queue(self, *, bids: bool) -> list[Resting]:
        """One side, in the order in which it fills."""
        side = [line for line in self.lines if line.request.is_bid is bids]
        sign = -1 if bids else 1
        return sorted(side, key=lambda line: (sign * line.cents, line.arrived))

    def place(self, order_id: str, request: Request) -> list[Fill] | None:
        """What the order fills; None where it is refused."""
        line = Resting(order_id, request, request.yes_cents, request.lots * LOT, 0, 0)
        return self.enter(line)

    def amend(self, order_id: str, cents: int, lots: int) -> list[Fill] | None:
        line = next(line for line in self.lines if line.id == order_id)
        size = lots * LOT
        if size < line.filled:
            return None
        yes_cents = cents if line.request.outcome is Outcome.YES else 100 - cents
        if size == line.filled:
            self.lines.remove(line)
            return []
        if yes_cents == line.cents and size <= line.size:
            line.size = size
            return []
        return self.enter(attrs.evolve(line, cents=yes_cents, size=size), instead_of=line)

    def enter(self, line: Resting, instead_of: Resting | None = None) -> list[Fill] | None:
        fills, own, stopped, left = self.look(line)
        request = line.request
        if request.post_only and (fills or own or stopped):
            return None
        if request.tif is Tif.FOK and (left or stopped):
            return None
        self.lines = [other for other in self.lines if other is not instead_of]
        self.lines = [other for other in self.lines if other not in own]
        for maker, _, qty in fills:
            next(other for other in self.lines if other.id == maker).filled += qty
        self.lines = [other for other in self.lines if other.left]
        if left and not stopped and request.tif is Tif.GTC:
            line.filled, line.arrived = line.size - left, next(self.clock)
            self.lines.append(line)
        return fills

    def look(self, line: Resting) -> tuple[list[Fill], list[Resting], bool, int]:
        """Fills, own orders that step aside, whether an own one stops it, and what is left."""
        request = line.request
        fills: list[Fill] = []
        own: list[Resting] = []
        left = line.left if request.spend is None else request.spend
        for other in self.queue(bids=not request.is_bid):
            crosses = other.cents <= line.cents if request.is_bid else other.cents >= line.cents
            if not left or not crosses:
                break
            if other.request.account == request.account and request.stp is Stp.TAKER:
                return fills, own, True, left
            if other.request.account == request.account and request.stp is Stp.MAKER:
                own.append(other)
                continue
            qty, left = _bite(request, other, left)
            fills.append((other.id, other.cents, qty))
        return fills, own, False, left


def _bite(request: Request, other: Resting, left: int) -> tuple[int, int]:
    """How much is taken of a line, and what is wanted after that."""
    if request.spend is None:
        qty = min(left, other.left)
        return qty, left - qty
    cents = other.cents if request.outcome is Outcome.YES else 100 - other.cents
    price = Fraction(cents, 100)
    qty = min(floor(left / price), other.left)
    return qty, left - ceil(qty * price)


class Pair:
    """Both, side by side, with members whom nothing is too expensive for."""

    def __init__(self, *, nets: bool) -> None:
        ids = count()
        self.plain = PlainBook()
        self.exchange = Exchange(nets=nets, now_ns=lambda: Ns(1), ids=lambda: f"m{next(ids)}")
        fees = KalshiFees(70_000, 17_500) if nets else PolymarketFees(40_000)
        grid = PriceGrid.of_tick(CENT)
        self.exchange.list_market(Listing(MARKET, 0, grid, LOT, LOT, fees))
        for account in ACCOUNTS:
            self.exchange.open_account(account, {0: Usd(10**12)})
            if not nets:
                self.exchange.split(account, MARKET, Qty(10**11))

    def place(self, order_id: str, request: Request) -> None:
        def act() -> list[Match]:
            return self.exchange.place(
                id=order_id,
                account=request.account,
                market=MARKET,
                outcome=request.outcome,
                action=request.action,
                limit=Px(request.cents * CENT),
                qty=Qty(request.lots * LOT),
                tif=request.tif,
                post_only=request.post_only,
                spend=None if request.spend is None else Usd(request.spend),
                stp=request.stp,
            )[1]

        self.compare(act, self.plain.place(order_id, request))

    def amend(self, which: int, cents: int, lots: int) -> None:
        name = self.pick(which)
        if name:
            limit, qty = Px(cents * CENT), Qty(lots * LOT)
            expected = self.plain.amend(name, cents, lots)
            self.compare(lambda: self.exchange.amend(name, limit=limit, qty=qty), expected)

    def reduce(self, which: int, lots: int) -> None:
        name = self.pick(which)
        if name:
            line = next(line for line in self.plain.lines if line.id == name)
            by = min(line.left, lots * LOT)
            line.size -= by
            self.plain.lines = [line for line in self.plain.lines if line.left]
            assert self.exchange.reduce(name, Qty(lots * LOT)) == by

    def cancel(self, which: int) -> None:
        name = self.pick(which)
        if name:
            (line,) = [line for line in self.plain.lines if line.id == name]
            self.plain.lines.remove(line)
            assert self.exchange.cancel(name) == line.left

    def pick(self, which: int) -> str:
        return self.plain.lines[which % len(self.plain.lines)].id if self.plain.lines else ""

    def compare(self, act: Callable[[], list[Match]], expected: list[Fill] | None) -> None:
        try:
            matches = act()
        except Rejection:
            assert expected is None
            return
        assert [(m.maker.id, m.px // CENT, m.qty) for m in matches] == expected

    def check(self) -> None:
        """The books are the same, line by line."""
        lines = [*self.plain.queue(bids=True), *self.plain.queue(bids=False)]
        assert [_line(order) for order in self.exchange.resting(MARKET)] == [
            (line.id, line.cents, line.left) for line in lines
        ]


def _line(order: SimOrder) -> Fill:
    return order.id, order.px // CENT, order.remaining


cents = st.integers(1, 99) | st.integers(47, 53)
lots = st.integers(1, 60)
requests = st.builds(
    Request,
    st.sampled_from(ACCOUNTS),
    st.sampled_from(Outcome),
    st.sampled_from(Action),
    cents,
    lots,
    st.sampled_from((Tif.GTC, Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK)),
    st.sampled_from((False, False, False, True)),
    st.sampled_from(Stp),
    st.none() | st.integers(1, MICRO // 2),
)
which = st.integers(0, 30)
steps = st.one_of(
    requests,
    requests,
    requests,
    st.tuples(st.just("amend"), which, cents, lots),
    st.tuples(st.just("reduce"), which, lots, lots),
    st.tuples(st.just("cancel"), which, lots, lots),
)


@settings(max_examples=150, deadline=None)
@given(st.booleans(), st.lists(steps, min_size=1, max_size=50))
def test_price_then_time_at_the_makers_price(
    nets: bool, stream: list[Request | tuple[str, int, int, int]]
) -> None:
    """Every order fills with the same orders, in the same order, at the same prices as in a plain
    book that is sorted for each, and leaves the same book behind.
    """
    pair = Pair(nets=nets)
    for number, step in enumerate(stream):
        match step:
            case Request():
                sized = not nets and step.action is Action.BUY and step.tif is not Tif.GTC
                order = step if sized else attrs.evolve(step, spend=None)
                pair.place(f"o{number}", order)
            case ("amend", index, new_cents, new_lots):
                pair.amend(index, new_cents, new_lots)
            case ("reduce", index, by, _):
                pair.reduce(index, by)
            case (_, index, _, _):
                pair.cancel(index)
        pair.check()
