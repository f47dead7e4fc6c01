"""What the streams say: the `msg` of every kind of frame."""

import attrs

from arb.market.book import Ladder
from arb.market.units import MICRO, Ns, Px, complement
from arb.sim.kalshi.board import MarketState
from arb.sim.kalshi.forms import Fields, direction, fill_figures, order_figures
from arb.sim.kalshi.groups import OrderGroup
from arb.sim.kalshi.listing import KalshiEvent, KalshiMarket
from arb.sim.kalshi.listing_forms import ask_levels, bid_levels, ranges
from arb.sim.kalshi.numbers import count, dollars, money, number, rfc3339, unix_ms, unix_s
from arb.sim.kalshi.records import FillRow, OrderRecord
from arb.sim.kalshi.stakes import Stake
from arb.sim.kalshi.tape import Print


def snapshot(state: MarketState, book: tuple[Ladder, Ladder], *, yes_price: bool) -> Fields:
    """A whole book; the key of an empty side is left out."""
    msg: Fields = {"market_ticker": state.facts.ticker, "market_id": state.uuid}
    bids, asks = book
    if bids:
        msg["yes_dollars_fp"] = bid_levels(bids)
    if asks:
        msg["no_dollars_fp"] = ask_levels(asks, yes_price=yes_price)
    return msg


@attrs.frozen
class LevelChange:
    """What happened to one level, in YES terms."""

    state: MarketState
    is_bid: bool
    px: Px
    change: int
    at_ns: Ns


def delta(level: LevelChange, *, yes_price: bool) -> Fields:
    """The change of one level; an ask is a NO bid, in NO prices unless `yes_price`."""
    as_given = level.is_bid or yes_price
    return {
        "market_ticker": level.state.facts.ticker,
        "market_id": level.state.uuid,
        "price_dollars": dollars(level.px if as_given else complement(level.px)),
        "delta_fp": count(level.change),
        "side": "yes" if level.is_bid else "no",
        "ts": rfc3339(level.at_ns),
        "ts_ms": unix_ms(level.at_ns),
    }


def ticker(state: MarketState, now: Ns) -> Fields:
    """Best prices and last trade of a market."""
    return {
        "market_ticker": state.facts.ticker,
        "market_id": state.uuid,
        "price_dollars": dollars(state.last_px),
        "yes_bid_dollars": dollars(state.bid_px),
        "yes_ask_dollars": dollars(state.ask_px),
        "yes_bid_size_fp": count(state.bid_qty),
        "yes_ask_size_fp": count(state.ask_qty),
        "volume_fp": count(state.volume),
        "open_interest_fp": count(state.open_interest),
        "dollar_volume": state.dollar_volume // MICRO,
        "dollar_open_interest": state.open_interest // MICRO,
        "last_trade_size_fp": count(state.last_qty),
        "ts": unix_s(now),
        "ts_ms": unix_ms(now),
        "time": rfc3339(now),
    }


def trade(made: Print) -> Fields:
    """One public trade."""
    return {
        "market_ticker": made.ticker,
        **made.fields(),
        "ts": unix_s(made.at_ns),
        "ts_ms": unix_ms(made.at_ns),
    }


def fill(row: FillRow) -> Fields:
    """One fill of a member's order."""
    figures = fill_figures(row)
    msg: Fields = {
        **figures,
        "purchased_side": figures["outcome_side"],
        "post_position_fp": count(row.net_after),
        "ts": unix_s(row.at_ns),
        "ts_ms": unix_ms(row.at_ns),
        "subaccount": row.record.terms.subaccount,
    }
    if row.record.terms.client_id:
        msg["client_order_id"] = row.record.terms.client_id
    return msg


def user_order(record: OrderRecord) -> Fields:
    """A member's order as it stands; here the ticker is called `ticker`."""
    terms = record.terms
    words = direction(is_bid=terms.is_bid)
    msg: Fields = {
        "order_id": record.order_id,
        "user_id": terms.member.user_id,
        "client_order_id": terms.client_id,
        "ticker": terms.ticker,
        "exchange_index": terms.shard,
        "status": record.status,
        "side": words["side"],
        "is_yes": terms.is_bid,
        "outcome_side": words["outcome_side"],
        "book_side": words["book_side"],
        "yes_price_dollars": dollars(terms.px),
        **order_figures(record),
        "created_time": rfc3339(record.created_ns),
        "created_ts_ms": unix_ms(record.created_ns),
        "last_update_time": rfc3339(record.changed_ns),
        "last_updated_ts_ms": unix_ms(record.changed_ns),
        "self_trade_prevention_type": terms.self_trade,
        "subaccount_number": terms.subaccount,
    }
    if terms.group_id:
        msg["order_group_id"] = terms.group_id
    if record.reason is not None:
        msg["last_update_reason"] = record.reason
    if terms.expires_ns is not None:
        msg["expiration_time"] = rfc3339(terms.expires_ns)
        msg["expiration_ts_ms"] = unix_ms(terms.expires_ns)
    return msg


def position(user_id: str, subaccount: int, stake: Stake) -> Fields:
    """A member's position after it changed."""
    return {
        "user_id": user_id,
        "market_ticker": stake.ticker,
        "position_fp": count(stake.net),
        "position_cost_dollars": money(stake.basis),
        "realized_pnl_dollars": money(stake.realised),
        "fees_paid_dollars": money(stake.fees),
        "position_fee_cost_dollars": money(stake.fees),
        "volume_fp": count(stake.volume),
        "subaccount": subaccount,
    }


def order_group(group: OrderGroup, kind: str, now: Ns) -> Fields:
    """Something that happened to an order group."""
    msg: Fields = {"event_type": kind, "order_group_id": group.group_id, "ts_ms": unix_ms(now)}
    if kind in {"created", "limit_updated"}:
        msg["contracts_limit_fp"] = count(group.limit)
    return msg


# --- lifecycle: times are whole seconds here ----------------------------------------------------


def market_event(kind: str, facts: KalshiMarket, **more: object) -> Fields:
    """Something that happened to a market."""
    return {
        "event_type": kind,
        "market_ticker": facts.ticker,
        "exchange_index": facts.shard,
        **more,
    }


def market_created(state: MarketState, event: KalshiEvent) -> Fields:
    """A new market, with its words."""
    facts = state.facts
    about: Fields = {
        "name": facts.yes_sub_title,
        "title": facts.title,
        "yes_sub_title": facts.yes_sub_title,
        "no_sub_title": facts.yes_sub_title,
        "rules_primary": facts.rules_primary,
        "rules_secondary": facts.rules_secondary,
        "can_close_early": facts.can_close_early,
        "event_ticker": event.ticker,
        "expected_expiration_ts": unix_s(facts.expected_expiration_ns),
        "strike_type": facts.strike_type,
    }
    if facts.floor_strike is not None:
        about["floor_strike"] = facts.floor_strike
    if facts.cap_strike is not None:
        about["cap_strike"] = facts.cap_strike
    return market_event(
        "created",
        facts,
        open_ts=unix_s(facts.open_ns),
        close_ts=unix_s(state.close_ns),
        price_level_structure=state.structure,
        price_ranges=ranges(state.ranges),
        additional_metadata=about,
    )


def event_created(event: KalshiEvent) -> Fields:
    """A new event."""
    return {
        "event_ticker": event.ticker,
        "exchange_index": event.shard,
        "title": event.title,
        "subtitle": event.sub_title,
        "collateral_return_type": event.collateral_return,
        "series_ticker": event.series,
    }


def event_fees(event: KalshiEvent) -> Fields:
    """Another fee for an event's markets; None stands for the series' own."""
    multiplier = event.fee_multiplier_ppm
    return {
        "event_ticker": event.ticker,
        "fee_type_override": event.fee_type,
        "fee_multiplier_override": None if multiplier is None else number(multiplier),
    }
