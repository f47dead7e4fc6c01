"""A crowd that does everything to one exchange that members and the venue can do.

It keeps its own account of deposits, of the order in which orders came to rest, and of what
listeners were told, and compares them with the exchange's.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

from arb.market.fees import Fees, KalshiFees, KalshiOrderFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, ONE, Ns, Px, Qty, Usd, ceil_div, cost
from arb.sim.engine import ROUNDING, Exchange, Listing, Match, Rejection, SimOrder, Stp, Tif

ACCOUNTS = ("ann", "bob", "cid", "flow")
"""The last one forgets what has ended."""
EVENT = tuple(MarketId(f"crowd:e{number}") for number in range(4))
"""Markets of which exactly one resolves YES."""
SINGLE = (MarketId("crowd:a"), MarketId("crowd:b"))
MARKETS = (*EVENT, *SINGLE)
DEPOSIT = 60 * MICRO
CENT, MILL = 10_000, 1_000
COARSE, FINE = PriceGrid.of_tick(CENT), PriceGrid.of_tick(MILL)
LOTS = {True: Qty(10_000), False: Qty(1)}
"""By netting: hundredths of a contract at one venue, millionths at the other."""
FEES: dict[bool, tuple[Fees, ...]] = {
    True: (KalshiFees(70_000, 0), KalshiFees(70_000, 17_500), KalshiFees(70_000, 0, 10_000)),
    False: (PolymarketFees(40_000), PolymarketFees(0), PolymarketFees(250_000, 2)),
}


class Crowd:
    """One exchange with some members and markets, and what is known about it from outside."""

    def __init__(self, *, nets: bool) -> None:
        self.nets, self.lot = nets, LOTS[nets]
        ids, clock = count(), count(1)
        self.exchange = Exchange(
            nets=nets, now_ns=lambda: Ns(next(clock)), ids=lambda: f"m{next(ids)}"
        )
        self.exchange.listeners.append(self)
        for number, market in enumerate(MARKETS):
            fees = FEES[nets][number % 3]
            pool = int(nets and market in SINGLE)
            self.exchange.list_market(Listing(market, pool, COARSE, self.lot, self.lot, fees))
        for account in ACCOUNTS:
            cash = {0: Usd(DEPOSIT), 1: Usd(DEPOSIT)} if nets else {0: Usd(DEPOSIT)}
            self.exchange.open_account(account, cash, remembers=account != "flow")
        self.deposits = len(ACCOUNTS) * DEPOSIT * (2 if nets else 1)
        self.numbers = count()
        self.known: list[str] = []
        self.matches: list[Match] = []
        self.levels: dict[tuple[MarketId, bool], dict[Px, int]] = defaultdict(dict)
        self.arrived: dict[str, int] = {}
        self.debtors: set[str] = set()
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()

    # --- what members and the venue do ----------------------------------------------------------

    def place(  # noqa: PLR0913, PLR0917 - an order has this many parts
        self,
        account: str,
        market: MarketId,
        outcome: Outcome,
        action: Action,
        mills: int,
        lots: int,
        tif: Tif,
        post_only: bool,
        spend: int,
        stp: Stp,
    ) -> None:
        in_dollars = spend and not self.nets and action is Action.BUY and tif is not Tif.GTC
        with self._counts("spend" if in_dollars else f"place {tif} {stp}"):
            order_id = f"o{next(self.numbers)}"
            order, matches = self.exchange.place(
                id=order_id,
                account=account,
                market=market,
                outcome=outcome,
                action=action,
                limit=Px(mills * MILL),
                qty=Qty(lots * self.lot),
                tif=tif,
                post_only=post_only,
                spend=Usd(spend) if in_dollars else None,
                stp=stp,
            )
            self.known = [*self.known[-99:], order_id]
            self._check_order(order, matches)

    def cancel(self, which: int) -> None:
        with self._counts("cancel"):
            self.exchange.cancel(self._pick(which))

    def amend(self, which: int, mills: int, lots: int) -> None:
        with self._counts("amend"):
            self.exchange.amend(self._pick(which), limit=Px(mills * MILL), qty=Qty(lots * self.lot))

    def reduce(self, which: int, lots: int) -> None:
        with self._counts("reduce"):
            self.exchange.reduce(self._pick(which), Qty(lots * self.lot))

    def regrid(self, market: MarketId, is_fine: bool) -> None:
        with self._counts("regrid"):
            self.exchange.regrid(market, FINE if is_fine else COARSE)

    def reprice(self, market: MarketId, which: int) -> None:
        with self._counts("set_fees"):
            self.exchange.set_fees(market, FEES[self.nets][which % 3])

    def halt(self, market: MarketId, is_halted: bool) -> None:
        with self._counts("halt"):
            (self.exchange.halt if is_halted else self.exchange.resume)(market)
            assert self.exchange.is_halted(market) is is_halted

    def change_sets(self, account: str, market: MarketId, lots: int, merges: bool) -> None:
        change = self.exchange.merge if merges else self.exchange.split
        with self._counts("merge" if merges else "split"):
            change(account, market, Qty(lots * self.lot))

    def convert(self, account: str, mask: int, lots: int) -> None:
        given = [market for bit, market in enumerate(EVENT) if mask >> bit & 1]
        with self._counts("convert"):
            self.exchange.convert(account, given or EVENT[:1], EVENT, Qty(lots * self.lot))

    def reverse(self, which: int) -> None:
        if not self.matches:
            return
        with self._counts("reverse"):
            match = self.matches.pop(which % len(self.matches))
            self.exchange.reverse(match)
            for order in (match.taker, match.maker):
                if min(self.exchange.cash(order.account).values()) < 0 or self._owes(order):
                    self.debtors.add(order.account)

    def deposit(self, account: str, pool: int, amount: int) -> None:
        with self._counts("deposit"):
            self.exchange.deposit(account, pool % (2 if self.nets else 1), Usd(amount))
            self.deposits += amount

    def withdraw(self, account: str, pool: int, amount: int) -> None:
        with self._counts("withdraw"):
            self.exchange.withdraw(account, pool % (2 if self.nets else 1), Usd(amount))
            self.deposits -= amount

    def transfer(self, account: str, pool: int, amount: int) -> None:
        with self._counts("transfer"):
            self.exchange.transfer(account, pool % 2, 1 - pool % 2, Usd(amount))

    def resolve(self, payouts: dict[MarketId, Px]) -> None:
        """End every market; everybody redeems."""
        for market, payout in payouts.items():
            self.exchange.resolve(market, payout)
            assert self.exchange.payout(market) == payout
        self.redeem()

    def redeem(self) -> None:
        for account in ACCOUNTS:
            for market in MARKETS:
                before = sum(self.exchange.cash(account).values())
                paid = self.exchange.redeem(account, market)
                assert sum(self.exchange.cash(account).values()) == before + paid
                assert not self.exchange.redeem(account, market)

    def _pick(self, which: int) -> str:
        """Mostly an open order, now and then one that may have ended."""
        opened = [o.id for name in ACCOUNTS for o in self.exchange.open_orders(name)]
        names = opened if which % 5 else self.known
        return names[which % len(names)] if names else "nobody's"

    def _owes(self, order: SimOrder) -> bool:
        return min(self.exchange.position(order.account, order.market)) < 0

    @contextmanager
    def _counts(self, what: str) -> Iterator[None]:
        try:
            yield
        except Rejection as rejection:
            self.refused[rejection.code] += 1
        else:
            self.done[what] += 1

    # --- what listeners are told ----------------------------------------------------------------

    def book_changed(  # noqa: PLR0913, PLR0917 - as the engine calls it
        self, market: MarketId, is_bid: bool, px: Px, total: Qty, delta: int, order: SimOrder | None
    ) -> None:
        side = self.levels[market, is_bid]
        assert side.get(px, 0) + delta == total >= 0
        side[px] = total
        if not total:
            del side[px]
        if delta > 0 and order is not None:
            self.arrived[order.id] = len(self.arrived) + next(self.numbers)

    def matched(self, match: Match) -> None:
        assert match.px == match.maker.px
        self.matches = [*self.matches[-99:], match]

    def order_changed(self, order: SimOrder) -> None:
        assert order.open == (not order.end_reason)

    def resolved(self, market: MarketId, payout: Px) -> None:
        assert 0 <= payout <= ONE
        assert not self.exchange.is_open(market)

    def reversed(self, match: Match) -> None:
        assert match not in self.exchange.matches_of(match.taker.account)

    def halted(self, market: MarketId, is_halted: bool) -> None:
        assert self.exchange.is_halted(market) is is_halted

    def sets_changed(self, account: str, _market: MarketId, delta: int) -> None:
        assert account in ACCOUNTS
        assert delta

    # --- what must hold -------------------------------------------------------------------------

    def _check_order(self, order: SimOrder, matches: list[Match]) -> None:
        assert sum(match.qty for match in matches) == order.filled
        if order.tif is Tif.FOK:
            assert order.end_reason == "filled"
        if order.tif is not Tif.GTC or order.post_only:
            assert not (order.open and order.tif is not Tif.GTC)
            assert not (order.post_only and matches)
        if order.spend is None:
            assert order.filled <= order.qty

    def check_money(self) -> None:
        """What everybody has, and what it will be worth, is what was brought, less the fees."""
        yes, no = Counter[MarketId](), Counter[MarketId]()
        for account in ACCOUNTS:
            for market, (held_yes, held_no) in self.exchange.positions(account).items():
                yes[market] += held_yes
                no[market] += held_no
        # Conversions add as many YES to each market of an event as dollars are missing.
        (converted,) = {yes[market] - no[market] for market in EVENT}
        assert all(yes[market] == no[market] for market in SINGLE)
        worth = sum(no.values()) + converted
        assert self.cash() + worth == self.deposits - self.fees()

    def cash(self) -> int:
        everybody = (*ACCOUNTS, ROUNDING)
        return sum(sum(self.exchange.cash(account).values()) for account in everybody)

    def fees(self) -> int:
        return sum(self.exchange.fees_paid(account) for account in ACCOUNTS)

    def check_books(self) -> None:
        """Books hold the open orders and nothing else, never crossed, as listeners heard it."""
        opened = [order for name in ACCOUNTS for order in self.exchange.open_orders(name)]
        for market in MARKETS:
            resting = self.exchange.resting(market)
            here = {order.id for order in opened if order.market == market}
            assert here == {order.id for order in resting}
            assert all(order.open and order.remaining > 0 for order in resting)
            bids, asks = self.exchange.levels(market)
            assert not (bids and asks) or bids[0][0] < asks[0][0]
            assert dict(bids) == self.levels[market, True]
            assert dict(asks) == self.levels[market, False]
            self._check_queues(resting)

    def _check_queues(self, resting: tuple[SimOrder, ...]) -> None:
        """Best price first, and at a price whoever came to rest first."""
        ranks = [(-o.px if o.is_bid else ONE + o.px, self.arrived[o.id]) for o in resting]
        assert ranks == sorted(ranks)

    def check_accounts(self) -> None:
        """What is reserved is what open orders need, worked out anew; nobody owes by trading."""
        for account in ACCOUNTS:
            opened = self.exchange.open_orders(account)
            assert opened == tuple(sorted(opened, key=lambda order: self.arrived[order.id]))
            need: Counter[int] = Counter()
            for market in MARKETS:
                pool = self.exchange.listing(market).pool
                here = [order for order in opened if order.market == market]
                need[pool] += self._need(account, market, here)
            reserved, cash = self.exchange.reserved(account), self.exchange.cash(account)
            for pool, held in reserved.items():
                assert held == need[pool]
                assert not held or held <= cash[pool]
                assert cash[pool] >= 0 or account in self.debtors

    def _need(self, account: str, market: MarketId, orders: list[SimOrder]) -> int:
        yes, no = self.exchange.position(account, market)
        if not self.nets:
            self._check_offers(account, yes, no, orders)
            return sum(cost(o.limit, o.remaining) for o in orders if o.action is Action.BUY)
        assert min(yes, no) == 0
        assert max(yes, no) >= 0
        cover: dict[bool, int] = {True: no, False: yes}
        need = 0
        for order in orders:
            paired = min(cover[order.is_bid], order.remaining)
            cover[order.is_bid] -= paired
            opening = Qty(order.remaining - paired)
            price = Px(order.px if order.is_bid else ONE - order.px)
            need += cost(price, opening) + self._fee_room(order, opening)
        return need

    def _check_offers(self, account: str, yes: int, no: int, orders: list[SimOrder]) -> None:
        assert min(yes, no) >= 0 or account in self.debtors
        for outcome, held in ((Outcome.YES, yes), (Outcome.NO, no)):
            offered = [
                order.remaining
                for order in orders
                if (order.outcome, order.action) == (outcome, Action.SELL)
            ]
            assert sum(offered) <= max(held, 0)

    def _fee_room(self, order: SimOrder, opening: int) -> int:
        """The most that a resting order may be charged, from the rules of rounding.

        Nothing where all of it closes a position: that is charged to its proceeds.
        """
        if not opening:
            return 0
        fees = order.fees
        assert isinstance(fees, KalshiOrderFees)
        spread = order.px * (ONE - order.px)
        formula = ceil_div(fees.coefficient_ppm * opening * spread, MICRO**3)
        fills = order.remaining // self.lot
        if order.px * self.lot // MICRO % fees.precision or order.px * self.lot % MICRO:
            return formula + fills * (fees.precision + 1)
        spare = max(fees.precision - fees.owed, 0)
        return formula + fills + spare if fees.coefficient_ppm else 0

    def check(self) -> None:
        self.check_money()
        self.check_books()
        self.check_accounts()


Payouts = Callable[[], Px]


def all_payouts(winner: int, share: int, others: Payouts) -> dict[MarketId, Px]:
    """How the markets end: in the event one YES, or two that share the dollar."""
    event = dict.fromkeys(EVENT, Px(0))
    event[EVENT[winner % len(EVENT)]] = Px(share)
    event[EVENT[(winner + 1) % len(EVENT)]] = Px(ONE - share)
    return event | {market: others() for market in SINGLE}
