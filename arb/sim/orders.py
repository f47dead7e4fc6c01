"""What the matching engine takes, keeps and tells: listings, orders, matches, refusals."""

import enum
from collections.abc import Mapping
from typing import Protocol

import attrs

from arb.market.errors import Refused
from arb.market.fees import Fees, OrderFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import Ns, Px, Qty, Usd, complement

NOTHING = Qty(0)


class RejectCode(enum.StrEnum):
    """Why an order was not taken; each face has its own words for them."""

    UNKNOWN_MARKET = "unknown_market"
    CLOSED = "closed"
    OFF_GRID = "off_grid"
    BAD_LOT = "bad_lot"
    TOO_SMALL = "too_small"
    CROSSES = "crosses"
    UNFILLABLE = "unfillable"
    SELF_TRADE = "self_trade"
    """A fill-or-kill order that one of its own account's orders stands in the way of."""
    NO_BALANCE = "no_balance"
    NO_POSITION = "no_position"
    DUPLICATE = "duplicate"
    HALTED = "halted"
    """The market takes no orders for the moment."""
    UNKNOWN_ORDER = "unknown_order"
    """There is no such order, or it has ended."""


class Rejection(Refused):
    """The exchange did not take an order, and nothing changed.

    `figures` holds the numbers behind it in millionths, where there are any: for NO_BALANCE and
    NO_POSITION what the account has ("balance"), what its open orders need of that ("active")
    and what this order needs ("order").
    """

    def __init__(
        self, code: RejectCode, detail: str, figures: Mapping[str, int] | None = None
    ) -> None:
        """Keep the reason apart from its words."""
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.figures = dict(figures or {})


class Tif(enum.StrEnum):
    """How long an order stands."""

    GTC = "gtc"
    """Rests until filled or cancelled."""
    IOC = "ioc"
    """Takes what there is; the rest is killed."""
    FOK = "fok"
    """Takes everything at once or is refused."""


class Stp(enum.StrEnum):
    """What happens where an order would meet another of its own account (self-trade prevention).

    Kalshi lets the member choose between the first two (docs: create_order_v2).
    """

    TAKER = "taker"
    """The incoming order ends there and keeps what it got before; fill-or-kill is refused."""
    MAKER = "maker"
    """The resting orders that it would meet are cancelled, and it goes on."""
    NONE = "none"
    """An account's orders match each other like anybody's."""


@attrs.frozen
class Listing:
    """A market as the engine knows it. `pool` is the cash it trades against."""

    id: MarketId
    pool: int
    grid: PriceGrid
    lot: Qty
    min_qty: Qty
    fees: Fees


@attrs.define(eq=False)
class SimOrder:
    """One order. Owned and changed by the exchange alone."""

    id: str
    account: str
    market: MarketId
    outcome: Outcome
    action: Action
    is_bid: bool
    """In YES terms: buying YES and selling NO are bids."""
    px: Px
    """In YES terms."""
    limit: Px
    """As given, in the outcome's own terms."""
    qty: Qty
    tif: Tif
    tag: str
    spend: Usd | None
    """What a buy may cost before fees where that, and not `qty`, is its size."""
    created_ns: Ns
    changed_ns: Ns
    fees: OrderFees
    filled: Qty = NOTHING
    open: bool = True
    end_reason: str = ""
    """"" while open, then "filled", "killed", "self_trade", "resolved", "not_enough_balance", or
    why it was cancelled: "cancelled" or the words that a face gave `cancel`."""
    stp: Stp = Stp.TAKER
    post_only: bool = False
    held: int = 0
    """Micro-dollars that it holds back from its account while it rests."""
    paired: int = 0
    """How much of what rests closes a position, and so costs nothing, where positions net."""

    @property
    def remaining(self) -> Qty:
        """What can still fill; nothing once the order has ended."""
        return Qty(max(self.qty - self.filled, 0)) if self.open else NOTHING

    @property
    def outstanding(self) -> Qty:
        """What an order that has not ended can still fill, whether it rests already or not."""
        return Qty(max(self.qty - self.filled, 0))

    @property
    def cost_px(self) -> Px:
        """What one contract costs at the limit where the order is seen as a purchase.

        A bid buys YES at `px`, an ask buys NO at 1 - `px`.
        """
        return self.px if self.is_bid else complement(self.px)


@attrs.frozen
class Match:
    """Two orders that met, at the maker's price."""

    id: str
    market: MarketId
    maker: SimOrder
    taker: SimOrder
    px: Px
    """In YES terms."""
    qty: Qty
    taker_fee: Usd
    maker_fee: Usd
    at_ns: Ns


class Listener(Protocol):
    """Hears of everything that happens, in order, as it happens.

    For one order: each match as `book_changed`, `matched`, `order_changed` of the maker; then
    `book_changed` where something is left to rest; then `order_changed` of the order itself.
    """

    def book_changed(  # noqa: PLR0913, PLR0917 - one plain call for the most frequent fact
        self,
        market: MarketId,
        is_bid: bool,  # noqa: FBT001 - the side, in YES terms
        px: Px,
        total: Qty,
        delta: int,
        order: SimOrder | None,
    ) -> None:
        """A level's new total and its change, in YES terms; `order` is the one that rests there."""
        ...

    def matched(self, match: Match) -> None:
        """Two orders met."""
        ...

    def order_changed(self, order: SimOrder) -> None:
        """An order was taken, filled or ended."""
        ...

    def resolved(self, market: MarketId, payout: Px) -> None:
        """A market ended: a YES is worth `payout` (0 to a dollar), a NO the rest of a dollar.

        Its orders are gone. Where positions net they are cash already; elsewhere they can be
        redeemed from now on.
        """
        ...

    def reversed(self, match: Match) -> None:
        """A match was taken back: cash, contracts and fees are as if it had never been."""
        ...

    def halted(self, market: MarketId, is_halted: bool) -> None:  # noqa: FBT001 - the fact itself
        """A market stopped taking orders for a while, or takes them again."""
        ...

    def sets_changed(self, account: str, market: MarketId, delta: int) -> None:
        """An account split (`delta` above 0) or merged complete sets, in micro-contracts."""
        ...
