"""Orders and fills in the venue's words, as far as REST and streams use the same ones."""

from arb.market.units import complement
from arb.sim.kalshi.errors import ApiError
from arb.sim.kalshi.numbers import cost, count, dollars, rfc3339, unix_ms
from arb.sim.kalshi.records import FillRow, OrderRecord

Fields = dict[str, object]


def direction(*, is_bid: bool) -> Fields:
    """A bid holds YES, an ask holds NO; `side` and `action` are the words of the first version."""
    outcome = "yes" if is_bid else "no"
    return {
        "outcome_side": outcome,
        "book_side": "bid" if is_bid else "ask",
        "side": outcome,
        "action": "buy",
    }


def order_figures(record: OrderRecord) -> Fields:
    """Counts, costs and fees of an order."""
    return {
        "initial_count_fp": count(record.initial),
        "fill_count_fp": count(record.filled),
        "remaining_count_fp": count(record.remaining),
        "taker_fill_cost_dollars": cost(record.taker_cost),
        "maker_fill_cost_dollars": cost(record.maker_cost),
        "taker_fees_dollars": cost(record.taker_fees),
        "maker_fees_dollars": cost(record.maker_fees),
    }


def order_row(record: OrderRecord) -> Fields:
    """An order as `GET /portfolio/orders` shows it."""
    terms = record.terms
    expires = terms.expires_ns
    return {
        "order_id": record.order_id,
        "user_id": terms.member.user_id,
        "client_order_id": terms.client_id,
        "ticker": terms.ticker,
        **direction(is_bid=terms.is_bid),
        "type": "limit",
        "status": record.status,
        "yes_price_dollars": dollars(terms.px),
        "no_price_dollars": dollars(complement(terms.px)),
        **order_figures(record),
        "created_time": rfc3339(record.created_ns),
        "last_update_time": rfc3339(record.changed_ns),
        "expiration_time": None if expires is None else rfc3339(expires),
        "self_trade_prevention_type": terms.self_trade,
        "order_group_id": terms.group_id or None,
        "cancel_order_on_pause": terms.cancel_on_pause,
        "subaccount_number": terms.subaccount,
        "exchange_index": terms.shard,
    }


def created(record: OrderRecord) -> Fields:
    """The answer to a create or an amend: no status, and means too coarse for accounts."""
    fields: Fields = {
        "order_id": record.order_id,
        "fill_count": count(record.filled),
        "remaining_count": count(record.remaining),
        "ts_ms": unix_ms(record.changed_ns),
    }
    if record.terms.client_id:
        fields["client_order_id"] = record.terms.client_id
    if record.filled:
        fields["average_fill_price"] = dollars(record.average_px)
        fields["average_fee_paid"] = dollars(record.average_fee)
    return fields


def failed(client_id: str | None, error: ApiError) -> Fields:
    """One item of a batch that was refused; the error is flat here."""
    fields: Fields = {"error": error.flat()}
    if client_id:
        fields["client_order_id"] = client_id
    return fields


def fill_figures(row: FillRow) -> Fields:
    """What REST and stream say alike of a fill. Prices are those of the match, in both terms."""
    terms = row.record.terms
    return {
        "trade_id": row.trade_id,
        "order_id": row.record.order_id,
        "market_ticker": terms.ticker,
        "exchange_index": terms.shard,
        **direction(is_bid=terms.is_bid),
        "count_fp": count(row.qty),
        "yes_price_dollars": dollars(row.px),
        "is_taker": row.is_taker,
        "fee_cost": cost(row.fee),
    }
