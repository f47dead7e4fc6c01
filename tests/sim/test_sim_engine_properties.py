"""What holds for the matching engine whatever its members do."""

from collections import Counter, defaultdict
from contextlib import suppress
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, ONE, Ns, Px, Qty, Usd, cost
from arb.sim.engine import Exchange, Listing, Match, Rejection, SimOrder, Tif

MARKETS = (MarketId("sim:a"), MarketId("sim:b"))
ACCOUNTS = ("ann", "bob", "cid")
DEPOSIT = 60 * MICRO
LOT = Qty(10_000)
CENT, MILL = 10_000, 1_000


class Rules(NamedTuple):
    nets: bool
    tick: int
    fees: PolymarketFees | KalshiFees


RULES = (
    Rules(nets=False, tick=CENT, fees=PolymarketFees(40_000)),
    Rules(nets=False, tick=MILL, fees=PolymarketFees(250_000, 2)),
    Rules(nets=True, tick=CENT, fees=KalshiFees(70_000, 0)),
    Rules(nets=True, tick=CENT, fees=KalshiFees(70_000, 17_500)),
    Rules(nets=True, tick=MILL, fees=KalshiFees(70_000, 17_500)),
    Rules(nets=True, tick=CENT, fees=KalshiFees(70_000, 35_000, precision=10_000)),
)


class Place(NamedTuple):
    account: str
    market: MarketId
    outcome: Outcome
    action: Action
    cents: int
    lots: int
    tif: Tif
    post_only: bool
    spend: int | None


class Cancel(NamedTuple):
    which: int


class Sets(NamedTuple):
    account: str
    market: MarketId
    lots: int
    merges: bool


Step = Place | Cancel | Sets

lots = st.one_of(st.integers(1, 400), st.integers(1, 40).map(lambda whole: whole * 100))
places = st.builds(
    Place,
    st.sampled_from(ACCOUNTS),
    st.sampled_from((MARKETS[0], *MARKETS)),
    st.sampled_from(Outcome),
    st.sampled_from(Action),
    st.integers(1, 99) | st.integers(45, 55),
    lots,
    st.sampled_from((Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK)),
    st.sampled_from((False, False, False, True)),
    st.none() | st.integers(1, 5 * MICRO),
)
sets = st.builds(Sets, st.sampled_from(ACCOUNTS), st.sampled_from(MARKETS), lots, st.booleans())
steps: st.SearchStrategy[Step] = st.one_of(
    places, places, places, st.builds(Cancel, st.integers(0, 60)), sets
)


class Witness:
    """Rebuilds the books from what listeners are told, and keeps the matches."""

    def __init__(self) -> None:
        self.levels: dict[tuple[MarketId, bool], dict[Px, int]] = defaultdict(dict)
        self.arrived: dict[str, int] = {}
        self.matches: list[Match] = []
        self.resolutions: list[MarketId] = []

    def book_changed(  # noqa: PLR0913, PLR0917 - as the engine calls it
        self, market: MarketId, is_bid: bool, px: Px, total: Qty, delta: int, order: SimOrder | None
    ) -> None:
        side = self.levels[market, is_bid]
        assert side.get(px, 0) + delta == total
        side[px] = total
        if not total:
            del side[px]
        if delta > 0 and order is not None:
            self.arrived[order.id] = len(self.arrived)

    def matched(self, match: Match) -> None:
        self.matches.append(match)

    def order_changed(self, order: SimOrder) -> None:
        assert order.open == (not order.end_reason)

    def resolved(self, market: MarketId, _payout: Px) -> None:
        self.resolutions.append(market)

    def reversed(self, match: Match) -> None:
        raise AssertionError(f"nobody reversed {match.id}")

    def halted(self, market: MarketId, _is_halted: bool) -> None:
        raise AssertionError(f"nobody halted {market}")

    def sets_changed(self, account: str, market: MarketId, delta: int) -> None:
        assert account in ACCOUNTS
        assert market in MARKETS
        assert delta


class Run:
    """One exchange under one stream of steps, checked after every one."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        ids = iter(range(10**9))
        self.exchange = Exchange(nets=rules.nets, now_ns=lambda: Ns(7), ids=lambda: str(next(ids)))
        self.witness = Witness()
        self.exchange.listeners.append(self.witness)
        grid = PriceGrid.of_tick(rules.tick)
        for market in MARKETS:
            self.exchange.list_market(Listing(market, 0, grid, LOT, LOT, rules.fees))
        for account in ACCOUNTS:
            self.exchange.open_account(account, {0: Usd(DEPOSIT)})
        self.placed: list[str] = []

    def take(self, step: Step) -> None:
        match step:
            case Place():
                self.place(step)
            case Cancel(which):
                if self.placed:
                    self.exchange.cancel(self.placed[which % len(self.placed)])
            case Sets(account, market, lots, merges):
                change = self.exchange.merge if merges else self.exchange.split
                with suppress(Rejection):
                    change(account, market, Qty(lots * LOT))
        self.check()

    def place(self, step: Place) -> None:
        before = len(self.witness.matches)
        name = str(len(self.placed))
        state = self.state()
        buys = step.action is Action.BUY
        try:
            order, matches = self.exchange.place(
                id=name,
                account=step.account,
                market=step.market,
                outcome=step.outcome,
                action=step.action,
                limit=Px(step.cents * CENT),
                qty=Qty(step.lots * LOT),
                tif=step.tif,
                post_only=step.post_only,
                spend=Usd(step.spend)
                if step.spend and buys and step.tif is not Tif.GTC and not self.rules.nets
                else None,
            )
        except Rejection:
            assert self.state() == state
            return
        self.placed.append(name)
        assert self.witness.matches[before:] == matches
        self.check_order(step, order, matches)

    def state(self) -> object:
        return (
            [self.exchange.levels(market) for market in MARKETS],
            [self.exchange.cash(account) for account in ACCOUNTS],
            [self.exchange.positions(account) for account in ACCOUNTS],
            [self.exchange.reserved(account) for account in ACCOUNTS],
            len(self.witness.matches),
        )

    def check_order(self, step: Place, order: SimOrder, matches: list[Match]) -> None:
        """Never worse than the limit, best price first, oldest first, nobody with himself."""
        sign = 1 if order.is_bid else -1
        ranks = [(sign * match.px, self.witness.arrived[match.maker.id]) for match in matches]
        assert ranks == sorted(ranks)
        assert all(match.px == match.maker.px for match in matches)
        assert all(sign * match.px <= sign * order.px for match in matches)
        assert all(match.maker.account != order.account for match in matches)
        assert sum(match.qty for match in matches) == order.filled
        for other in self.open_orders(step.market):
            if other.is_bid is not order.is_bid and matches and other is not matches[-1].maker:
                rank = (sign * other.px, self.witness.arrived[other.id])
                assert rank > ranks[-1]
        if order.spend is None:
            assert order.filled <= order.qty
        if step.tif is Tif.FOK:
            assert order.end_reason == "filled"
        if step.tif is not Tif.GTC or order.end_reason == "self_trade":
            assert not order.open

    def open_orders(self, market: MarketId | None = None) -> list[SimOrder]:
        return [
            order
            for account in ACCOUNTS
            for order in self.exchange.orders_of(account)
            if order.open and market in {None, order.market}
        ]

    def check(self) -> None:
        self.check_money()
        self.check_books()
        for account in ACCOUNTS:
            self.check_account(account)

    def check_money(self) -> None:
        """No micro-dollar appears or vanishes; a complete set is worth a dollar."""
        yes, no = Counter[MarketId](), Counter[MarketId]()
        for account in ACCOUNTS:
            for market, (held_yes, held_no) in self.exchange.positions(account).items():
                yes[market] += held_yes
                no[market] += held_no
        assert yes == no
        assert self.total("cash") + self.total("fees") + yes.total() == len(ACCOUNTS) * DEPOSIT

    def total(self, what: str) -> int:
        if what == "fees":
            return sum(self.exchange.fees_paid(account) for account in ACCOUNTS)
        return sum(self.exchange.cash(account)[0] for account in ACCOUNTS)

    def check_books(self) -> None:
        """Never crossed; levels are the sums of the open orders and of what listeners heard."""
        for market in MARKETS:
            bids, asks = self.exchange.levels(market)
            assert not (bids and asks) or bids[0][0] < asks[0][0]
            assert list(bids) == sorted(bids, reverse=True)
            assert list(asks) == sorted(asks)
            sums: dict[bool, Counter[Px]] = {True: Counter(), False: Counter()}
            for order in self.open_orders(market):
                sums[order.is_bid][order.px] += order.remaining
            assert (dict(bids), dict(asks)) == (dict(sums[True]), dict(sums[False]))
            assert dict(bids) == self.witness.levels[market, True]
            assert dict(asks) == self.witness.levels[market, False]

    def check_account(self, account: str) -> None:
        """Cash covers what open orders need, tokens cover what they offer."""
        cash, held = self.exchange.cash(account)[0], self.exchange.reserved(account)[0]
        assert 0 <= held <= cash
        mine = [order for order in self.exchange.orders_of(account) if order.open]
        need = sum(self.bare_need(account, market, mine) for market in MARKETS)
        assert need <= held <= need + sum(map(self.fee_room, mine))
        for market in MARKETS:
            yes, no = self.exchange.position(account, market)
            assert yes >= 0
            assert no >= 0
            if self.rules.nets:
                assert not (yes and no)
                continue
            for outcome, have in ((Outcome.YES, yes), (Outcome.NO, no)):
                offered = sum(
                    order.remaining
                    for order in mine
                    if (order.market, order.outcome, order.action) == (market, outcome, Action.SELL)
                )
                assert offered <= have

    def fee_room(self, order: SimOrder) -> int:
        """The most that a resting order can be charged, fill by fill, in micro-dollars."""
        fees = self.rules.fees
        if not isinstance(fees, KalshiFees):
            return 0
        fills = order.remaining // LOT
        formula = fees.maker_ppm * order.remaining * order.px * (MICRO - order.px) // MICRO**3 + 1
        if order.px * LOT % (fees.precision * MICRO):
            return formula + fills * (1 + fees.precision)
        return formula + fills + fees.precision if fees.maker_ppm else 0

    def bare_need(self, account: str, market: MarketId, mine: list[SimOrder]) -> int:
        """What open orders cost at their limits without fees, worked out contract by contract."""
        here = [order for order in mine if order.market == market]
        if not self.rules.nets:
            return sum(cost(o.limit, o.remaining) for o in here if o.action is Action.BUY)
        yes, no = self.exchange.position(account, market)
        need = 0
        for is_bid, held in ((True, no), (False, yes)):
            cover: int = held
            for order in here:
                if order.is_bid is is_bid:
                    paired = min(cover, order.remaining)
                    price = Px(order.px if is_bid else MICRO - order.px)
                    need += cost(price, Qty(order.remaining - paired))
                    cover -= paired
        return need


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(RULES), st.lists(steps, max_size=60), st.booleans())
def test_money_books_and_priorities_hold_over_any_stream_of_orders(
    rules: Rules, stream: list[Step], yes_pays: bool
) -> None:
    """Whatever members do, the books agree with the orders and every micro-dollar is accounted for;
    once resolved, everything is cash again.
    """
    run = Run(rules)
    for step in stream:
        run.take(step)
    for market in MARKETS:
        run.exchange.resolve(market, ONE if yes_pays else Px(0))
        for account in ACCOUNTS:
            run.exchange.redeem(account, market)
        run.check()
    assert run.open_orders() == []
    assert run.total("cash") == len(ACCOUNTS) * DEPOSIT - run.total("fees")
    assert run.witness.resolutions == list(MARKETS)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(RULES), st.lists(places, max_size=40))
def test_the_same_stream_gives_the_same_exchange(rules: Rules, stream: list[Place]) -> None:
    """Nothing in the engine depends on anything but the orders and their order."""
    first, second = Run(rules), Run(rules)
    for step in stream:
        first.take(step)
        second.take(step)
    assert first.state() == second.state()
    assert [(m.id, m.px, m.qty, m.taker_fee) for m in first.witness.matches] == [
        (m.id, m.px, m.qty, m.taker_fee) for m in second.witness.matches
    ]


@settings(max_examples=120, deadline=None)
@given(
    st.sampled_from([rules for rules in RULES if rules.nets]),
    st.integers(1, 99),
    st.lists(st.integers(1, 3), min_size=1, max_size=25),
    st.integers(0, 20_000),
)
def test_a_maker_who_was_let_in_can_pay_however_his_order_is_cut_up(
    rules: Rules, cents: int, pieces: list[int], spare: int
) -> None:
    """An account with hardly more than the price of its order never falls below what it holds."""
    ids = iter(range(10**6))
    exchange = Exchange(nets=True, now_ns=lambda: Ns(7), ids=lambda: str(next(ids)))
    px, qty = Px(cents * CENT + rules.tick % CENT), Qty(sum(pieces) * LOT)
    exchange.list_market(
        Listing(MARKETS[0], 0, PriceGrid.of_tick(rules.tick), LOT, LOT, rules.fees)
    )
    exchange.open_account("ann", {0: Usd(cost(px, qty) + spare)})
    exchange.open_account("bob", {0: Usd(DEPOSIT)})

    def place(account: str, action: Action, size: Qty) -> None:
        exchange.place(
            id=str(next(ids)),
            account=account,
            market=MARKETS[0],
            outcome=Outcome.YES,
            action=action,
            limit=px,
            qty=size,
            tif=Tif.GTC,
        )

    try:
        place("ann", Action.BUY, qty)
    except Rejection as rejection:
        assert rejection.figures["order"] > cost(px, qty) + spare  # noqa: PT017 - may not be raised
        return
    for piece in pieces:
        place("bob", Action.SELL, Qty(piece * LOT))
        assert 0 <= exchange.reserved("ann")[0] <= exchange.cash("ann")[0]
    assert exchange.reserved("ann") == {0: 0}
