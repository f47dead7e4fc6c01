"""Trades: what one order took when it was placed, from whom, and how far it got on chain.

One trade names one taker and all of its makers. Where two buys met (a pair was minted) or two
sales (a pair was burned), the maker's entry shows the other token and its price.
"""

import enum
from collections.abc import Iterable, Sequence

import attrs

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, Usd, ceil_div, complement, plain_text
from arb.sim.orders import Match, SimOrder
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.registry import Party, Registry
from arb.sim.polymarket.wire import Json, milliseconds, seconds


class TradeStatus(enum.StrEnum):
    """How far a trade got (docs: order lifecycle)."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    CONFIRMED = "CONFIRMED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"


@attrs.frozen
class MakerPart:
    """What one resting order gave, in its own terms."""

    party: Party
    account: str
    outcome: Outcome
    action: Action
    px: Px
    qty: Qty


@attrs.define(eq=False)
class Trade:
    """One taker's matches of one placement."""

    id: str
    state: MarketState
    party: Party
    account: str
    outcome: Outcome
    action: Action
    px: Px
    """What the taker got on average, in its own terms, rounded against it."""
    qty: Qty
    makers: tuple[MakerPart, ...]
    matches: tuple[Match, ...]
    matched_ns: Ns
    changed_ns: Ns
    transaction: str
    """The hash of the transaction that settles it; told once it is mined."""
    status: TradeStatus = TradeStatus.MATCHED

    @property
    def accounts(self) -> tuple[str, ...]:
        """Everybody who took part, the taker first."""
        return tuple(dict.fromkeys((self.account, *(part.account for part in self.makers))))

    @property
    def shown_transaction(self) -> str:
        """The transaction's hash as far as it is known."""
        settled = self.status in {TradeStatus.MINED, TradeStatus.CONFIRMED}
        return self.transaction if settled else ""


def make_trade(
    trade_id: str,
    transaction: str,
    matches: Sequence[Match],
    state: MarketState,
    registry: Registry,
) -> Trade:
    """Put one taker's matches together."""
    taker = matches[0].taker
    return Trade(
        id=trade_id,
        state=state,
        party=registry.party(taker),
        account=taker.account,
        outcome=taker.outcome,
        action=taker.action,
        px=_average(taker, matches),
        qty=Qty(sum(match.qty for match in matches)),
        makers=tuple(_maker_part(match, registry) for match in matches),
        matches=tuple(matches),
        matched_ns=matches[0].at_ns,
        changed_ns=matches[0].at_ns,
        transaction=transaction,
    )


def worth(match: Match, order: SimOrder) -> Usd:
    """The dollars that changed hands on one order's side of a match, fees apart.

    The two sides of a pair always add up to a dollar a share.
    """
    exact = match.px * match.qty
    yes_side = ceil_div(exact, MICRO) if match.taker.is_bid else exact // MICRO
    return Usd(yes_side if order.outcome is Outcome.YES else match.qty - yes_side)


def own_px(order: SimOrder, px: Px) -> Px:
    """A price in YES terms, in the terms of an order's outcome."""
    return px if order.outcome is Outcome.YES else complement(px)


def trade_json(trade: Trade, account: str) -> Json:
    """A trade as `/data/trades` gives it to one of its accounts."""
    return {
        **_common(trade, account),
        "status": f"TRADE_STATUS_{trade.status}",
        "match_time_nano": str(trade.matched_ns),
        "maker_orders": [_maker_json(part, trade.state) for part in trade.makers],
    }


def trade_event(trade: Trade, account: str, now_ns: Ns) -> Json:
    """A trade as the user stream tells one of its accounts."""
    indexed = [
        {**_maker_json(part, trade.state), "outcome_index": list(Outcome).index(part.outcome)}
        for part in trade.makers
    ]
    return {
        "event_type": "trade",
        "type": "TRADE",
        **_common(trade, account),
        "status": trade.status.value,
        "trade_owner": _owner_of(trade, account),
        "maker_orders": indexed,
        "timestamp": milliseconds(now_ns),
    }


def prints(trade: Trade) -> Iterable[tuple[Px, Qty]]:
    """What the tape shows of a trade: the taker's own prices in order, one line a price."""
    totals: dict[Px, int] = {}
    for match in trade.matches:
        px = own_px(match.taker, match.px)
        totals[px] = totals.get(px, 0) + match.qty
    return [(px, Qty(qty)) for px, qty in totals.items()]


def _common(trade: Trade, account: str) -> Json:
    listing = trade.state.listing
    return {
        "id": trade.id,
        "taker_order_id": trade.party.order_id,
        "market": listing.condition_id,
        "asset_id": listing.token(trade.outcome),
        "side": trade.action.upper(),
        "size": plain_text(trade.qty),
        "fee_rate_bps": "0",
        "price": plain_text(trade.px),
        "status": trade.status.value,
        "match_time": seconds(trade.matched_ns),
        "last_update": seconds(trade.changed_ns),
        "outcome": listing.label(trade.outcome),
        "bucket_index": 0,
        "owner": trade.party.owner,
        "maker_address": trade.party.address,
        "transaction_hash": trade.shown_transaction,
        "trader_side": "TAKER" if account == trade.account else "MAKER",
    }


def _maker_json(part: MakerPart, state: MarketState) -> Json:
    return {
        "order_id": part.party.order_id,
        "owner": part.party.owner,
        "maker_address": part.party.address,
        "matched_amount": plain_text(part.qty),
        "price": plain_text(part.px),
        "fee_rate_bps": "0",
        "asset_id": state.listing.token(part.outcome),
        "outcome": state.listing.label(part.outcome),
        "side": part.action.upper(),
    }


def _maker_part(match: Match, registry: Registry) -> MakerPart:
    maker = match.maker
    px = own_px(maker, match.px)
    party = registry.party(maker)
    return MakerPart(party, maker.account, maker.outcome, maker.action, px, match.qty)


def _owner_of(trade: Trade, account: str) -> str:
    mine = (part.party.owner for part in trade.makers if part.account == account)
    return trade.party.owner if account == trade.account else next(mine, "")


def _average(taker: SimOrder, matches: Sequence[Match]) -> Px:
    dollars = sum(own_px(taker, match.px) * match.qty for match in matches)
    shares = sum(match.qty for match in matches)
    return Px(ceil_div(dollars, shares) if taker.action is Action.BUY else dollars // shares)
