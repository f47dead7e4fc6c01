"""What Kalshi tells of our orders, in REST rows and on the private stream alike, in our words."""

from arb.market.errors import Malformed, Unintelligible
from arb.market.instruments import Action, Outcome, Venue
from arb.market.units import Ns, Px, Qty, complement, parse_px, parse_qty, parse_usd
from arb.messages import Fill, FillId, FillStatus, OrderKey, OrderState, Phase, Role
from arb.venues.kalshi.identity import market_id
from arb.venues.kalshi.schema import FillRow, OrderRow, parse_time

PHASES = {"resting": Phase.OPEN, "canceled": Phase.DONE, "executed": Phase.DONE}
"""A partly filled order that was cancelled is "canceled" too: `filled` says how much."""
BOOK_SIDES = {"bid": Outcome.YES, "ask": Outcome.NO}
OUTCOME_SIDES = {"yes": Outcome.YES, "no": Outcome.NO}
OUR_SUBACCOUNT = 0
NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000


def key_of(client_order_id: str | None) -> OrderKey | None:
    """Our identity of an order; orders made by hand on the site have none."""
    return OrderKey(client_order_id) if client_order_id else None


def order_state(row: OrderRow) -> OrderState:
    """Read an order. Raises Unintelligible, for a status that is not known too."""
    phase = PHASES.get(row.status)
    if phase is None or not row.order_id:
        raise Unintelligible(f"order {row.order_id!r} with status {row.status!r}")
    return OrderState(
        key=key_of(row.client_order_id),
        venue_order_id=row.order_id,
        phase=phase,
        filled=_contracts(row.fill_count_fp),
    )


def fill(row: FillRow) -> Fill:
    """Read a fill; the exact fee comes with it. Raises Unintelligible.

    A member has one net position a market, so every fill is told as a purchase: of YES on the
    bid side, of NO on the ask side. Selling YES at p is buying NO at 1 - p: the venue pays each
    pair out at once, and whoever keeps the ledger nets it in the same way.
    """
    outcome = _bought(row)
    try:
        yes_px = parse_px(row.yes_price_dollars)
        fee = parse_usd(row.fee_cost)
    except Malformed as error:
        raise Unintelligible(f"fill of order {row.order_id}: {error}") from error
    return Fill(
        id=_fill_id(row),
        venue=Venue.KALSHI,
        market=market_id(_ticker(row)),
        key=key_of(row.client_order_id),
        venue_order_id=row.order_id,
        outcome=outcome,
        action=Action.BUY,
        px=Px(yes_px) if outcome is Outcome.YES else complement(yes_px),
        qty=_contracts(row.count_fp),
        fee=fee,
        at_ns=_moment(row),
        status=FillStatus.FIRM,
        role=_role(row),
    )


def _role(row: FillRow) -> Role | None:
    if row.is_taker is None:
        return None
    return Role.TAKER if row.is_taker else Role.MAKER


def is_ours(subaccount: int | None) -> bool:
    """Say whether something happened on the account that we trade with."""
    return subaccount is None or subaccount == OUR_SUBACCOUNT


def _fill_id(row: FillRow) -> FillId:
    """One trade can concern two orders of ours: the order's id belongs to the name."""
    trade = row.trade_id or row.fill_id
    if not (trade and row.order_id):
        raise Unintelligible(f"a fill without its ids: {row}")
    return FillId(f"{trade}/{row.order_id}")


def _bought(row: FillRow) -> Outcome:
    """Read the direction from the two fields that mean it; older ones are not trusted."""
    told = {
        *([BOOK_SIDES.get(row.book_side)] if row.book_side else []),
        *([OUTCOME_SIDES.get(row.outcome_side)] if row.outcome_side else []),
    }
    match list(told):
        case [Outcome() as outcome]:
            return outcome
        case _:
            raise Unintelligible(
                f"fill of order {row.order_id}: side {row.book_side!r}, {row.outcome_side!r}"
            )


def _ticker(row: FillRow) -> str:
    ticker = row.market_ticker or row.ticker
    if not ticker:
        raise Unintelligible(f"fill of order {row.order_id}: no ticker")
    return ticker


def _contracts(text: str) -> Qty:
    try:
        return parse_qty(text)
    except Malformed as error:
        raise Unintelligible(str(error)) from error


def _moment(row: FillRow) -> Ns:
    """The venue's time of a fill, from the finest of its spellings."""
    if row.created_time:
        try:
            return parse_time(row.created_time)
        except Malformed as error:
            raise Unintelligible(str(error)) from error
    if row.ts_ms is not None:
        return Ns(row.ts_ms * NS_PER_MS)
    if isinstance(row.ts, int):
        return Ns(row.ts * NS_PER_S)
    raise Unintelligible(f"fill of order {row.order_id}: no time")
