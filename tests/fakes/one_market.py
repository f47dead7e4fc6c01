"""An exchange with one market, spoken to in plain decimals, and what it told its listeners."""

from collections.abc import Mapping

import pytest

from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, parse_px, parse_qty, parse_usd
from arb.sim.engine import Exchange, Listing, Match, RejectCode, Rejection, SimOrder, Stp, Tif

MARKET = MarketId("sim:one")
LOT = parse_qty("0.01")
POLYMARKET = PolymarketFees(rate_ppm=40_000)
KALSHI = KalshiFees(taker_ppm=70_000, maker_ppm=0)


class Tape:
    """Everything the exchange told, in order."""

    def __init__(self) -> None:
        self.told: list[tuple[object, ...]] = []

    def book_changed(
        self,
        _market: MarketId,
        is_bid: bool,
        px: Px,
        total: Qty,
        delta: int,
        order: SimOrder | None,
    ) -> None:
        self.told.append(("book", is_bid, px, total, delta, order.id if order else None))

    def matched(self, match: Match) -> None:
        self.told.append(("match", match.maker.id, match.taker.id, match.px, match.qty))

    def order_changed(self, order: SimOrder) -> None:
        self.told.append(("order", order.id, order.filled, order.open, order.end_reason))

    def resolved(self, market: MarketId, payout: Px) -> None:
        self.told.append(("resolved", market, payout))

    def reversed(self, match: Match) -> None:
        self.told.append(("reversed", match.id))

    def halted(self, market: MarketId, is_halted: bool) -> None:
        self.told.append(("halted", market, is_halted))

    def sets_changed(self, account: str, market: MarketId, delta: int) -> None:
        self.told.append(("sets", account, market, delta))


class Venue:
    """An exchange with one market, spoken to in plain decimals."""

    def __init__(  # noqa: PLR0913 - each test names what it cares about
        self,
        *,
        nets: bool,
        cash: Mapping[str, str],
        tick: str = "0.01",
        fees: PolymarketFees | KalshiFees | None = None,
        min_qty: str = "0.01",
        lot: str = "0.01",
    ) -> None:
        ids = iter(range(10**9))
        self.now = 1
        self.exchange = Exchange(nets=nets, now_ns=lambda: Ns(self.now), ids=lambda: str(next(ids)))
        self.tape = Tape()
        self.exchange.listeners.append(self.tape)
        rule = fees or (KALSHI if nets else POLYMARKET)
        grid = PriceGrid.of_tick(parse_px(tick))
        self.exchange.list_market(
            Listing(MARKET, 0, grid, parse_qty(lot), parse_qty(min_qty), rule)
        )
        for name, amount in cash.items():
            self.exchange.open_account(name, {0: parse_usd(amount)})
        self.placed = 0

    def place(  # noqa: PLR0913 - an order has this many parts
        self,
        account: str,
        what: str,
        limit: str,
        qty: str,
        *,
        tif: Tif = Tif.GTC,
        post_only: bool = False,
        spend: str | None = None,
        id: str | None = None,  # noqa: A002 - the engine's word
        stp: Stp = Stp.TAKER,
    ) -> tuple[SimOrder, list[Match]]:
        action, outcome = what.split()
        self.placed += 1
        return self.exchange.place(
            id=id or f"o{self.placed}",
            account=account,
            market=MARKET,
            outcome=Outcome(outcome),
            action=Action(action),
            limit=parse_px(limit),
            qty=parse_qty(qty),
            tif=tif,
            post_only=post_only,
            spend=None if spend is None else parse_usd(spend),
            stp=stp,
        )

    def cash(self, account: str) -> int:
        return self.exchange.cash(account)[0]

    def held(self, account: str) -> tuple[float, float]:
        yes, no = self.exchange.position(account, MARKET)
        return yes / MICRO, no / MICRO


def refusal(error: pytest.ExceptionInfo[Rejection]) -> RejectCode:
    return error.value.code
