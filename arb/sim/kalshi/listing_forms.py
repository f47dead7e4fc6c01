"""Series, events, markets and books in the venue's words."""

from collections.abc import Sequence

from arb.market.book import Ladder
from arb.market.units import MICRO, Ns, Px, Qty, complement
from arb.sim.kalshi.board import MarketState
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.listing import KalshiEvent, KalshiMarket, KalshiSeries, PriceRange
from arb.sim.kalshi.numbers import count, dollars, number, rfc3339

Levels = list[list[str]]


def series_row(series: KalshiSeries) -> Fields:
    """One series."""
    return {
        "ticker": series.ticker,
        "frequency": series.frequency,
        "title": series.title,
        "category": series.category,
        "categories": [series.category],
        "tags": list(series.tags),
        "settlement_sources": [{"name": name, "url": url} for name, url in series.sources],
        "contract_url": "",
        "contract_terms_url": "",
        "fee_type": series.fee_type,
        "fee_multiplier": number(series.fee_multiplier_ppm),
        "additional_prohibitions": [],
        "last_updated_ts": rfc3339(series.updated_ns),
        "exchange_index": series.shard,
    }


def event_row(event: KalshiEvent, series: KalshiSeries) -> Fields:
    """One event, without its markets. Fields without a value are left out."""
    row: Fields = {
        "event_ticker": event.ticker,
        "series_ticker": event.series,
        "title": event.title,
        "sub_title": event.sub_title,
        "category": event.category,
        "collateral_return_type": event.collateral_return,
        "mutually_exclusive": event.mutually_exclusive,
        "strike_period": "",
        "settlement_sources": [{"name": name, "url": url} for name, url in series.sources],
        "product_metadata": {},
        "last_updated_ts": rfc3339(event.updated_ns),
        "exchange_index": event.shard,
    }
    if event.strike_ns is not None:
        row["strike_date"] = rfc3339(event.strike_ns)
    if event.fee_type is not None:
        row["fee_type_override"] = event.fee_type
    if event.fee_multiplier_ppm is not None:
        row["fee_multiplier_override"] = number(event.fee_multiplier_ppm)
    return row


def market_row(state: MarketState, now: Ns) -> Fields:
    """One market as it stands."""
    return {
        **_words(state.facts),
        **_times(state),
        **_bounds(state),
        **_best_prices(state.bid_px, state.bid_qty, state.ask_px, state.ask_qty),
        **_figures(state, now),
        **_strike(state.facts),
        **_ending(state, now),
        "price_level_structure": state.structure,
        "price_ranges": ranges(state.ranges),
        "exchange_index": state.facts.shard,
    }


def ranges(bands: Sequence[PriceRange]) -> list[dict[str, str]]:
    """Price bands."""
    return [
        {"start": dollars(start), "end": dollars(end), "step": dollars(step)}
        for start, end, step in bands
    ]


def bid_levels(bids: Ladder) -> Levels:
    """YES bids, ascending: the best is last."""
    return [[dollars(px), count(qty)] for px, qty in reversed(bids)]


def ask_levels(asks: Ladder, *, yes_price: bool = False) -> Levels:
    """Asks as the NO bids that they are, ascending in NO prices: the best is last.

    `yes_price` keeps that order and writes each price as the YES price that it answers.
    """
    return [
        [dollars(px if yes_price else complement(px)), count(qty)] for px, qty in reversed(asks)
    ]


def order_book(book: tuple[Ladder, Ladder], depth: int = 0) -> Fields:
    """A book as REST writes it; `depth` levels of each side, 0 for all."""
    bids, asks = book
    most = depth or None
    return {"yes_dollars": bid_levels(bids[:most]), "no_dollars": ask_levels(asks[:most])}


def _words(facts: KalshiMarket) -> Fields:
    return {
        "ticker": facts.ticker,
        "event_ticker": facts.event,
        "market_type": facts.market_type,
        "title": facts.title,
        "subtitle": "",
        "yes_sub_title": facts.yes_sub_title,
        "no_sub_title": facts.yes_sub_title,
        "rules_primary": facts.rules_primary,
        "rules_secondary": facts.rules_secondary,
        "can_close_early": facts.can_close_early,
        "early_close_condition": facts.early_close_condition,
        "settlement_timer_seconds": facts.settlement_timer_s,
        "notional_value_dollars": dollars(MICRO),
    }


def _times(state: MarketState) -> Fields:
    facts = state.facts
    latest = rfc3339(facts.latest_expiration_ns)
    return {
        "created_time": rfc3339(facts.created_ns),
        "updated_time": rfc3339(state.updated_ns),
        "open_time": rfc3339(facts.open_ns),
        "close_time": rfc3339(state.close_ns),
        "expected_expiration_time": rfc3339(facts.expected_expiration_ns),
        "expiration_time": latest,
        "latest_expiration_time": latest,
    }


def _bounds(state: MarketState) -> Fields:
    if state.floor is None:
        return {"settlement_bounds_type": "default"}
    return {
        "settlement_bounds_type": "floor",
        "settlement_floor_dollars": dollars(state.floor),
    }


def _best_prices(bid: Px, bid_qty: Qty, ask: Px, ask_qty: Qty) -> Fields:
    """A side without bids is written 0.0000, one without asks 1.0000 (recorded traffic)."""
    return {
        "yes_bid_dollars": dollars(bid),
        "yes_bid_size_fp": count(bid_qty),
        "yes_ask_dollars": dollars(ask),
        "yes_ask_size_fp": count(ask_qty),
        "no_bid_dollars": dollars(complement(ask)),
        "no_ask_dollars": dollars(complement(bid)),
    }


def _figures(state: MarketState, now: Ns) -> Fields:
    ago = None if state.candles is None else state.candles.day_ago(now)
    return {
        "last_price_dollars": dollars(state.last_px),
        "previous_yes_bid_dollars": dollars(ago.bid.last if ago else 0),
        "previous_yes_ask_dollars": dollars(ago.ask.last if ago else 0),
        "previous_price_dollars": dollars((ago.last_price if ago else None) or 0),
        "volume_fp": count(state.volume),
        "volume_24h_fp": count(state.volume_24h(now)),
        "open_interest_fp": count(state.open_interest),
    }


def _strike(facts: KalshiMarket) -> Fields:
    row: Fields = {"strike_type": facts.strike_type}
    if facts.floor_strike is not None:
        row["floor_strike"] = facts.floor_strike
    if facts.cap_strike is not None:
        row["cap_strike"] = facts.cap_strike
    return row


def _ending(state: MarketState, now: Ns) -> Fields:
    row: Fields = {
        "status": state.status(now),
        "result": state.result,
        "expiration_value": state.result,
    }
    if state.payout is not None:
        row["settlement_value_dollars"] = dollars(state.payout)
    if state.settled_ns is not None:
        row["settlement_ts"] = rfc3339(state.settled_ns)
    if state.facts.fee_waiver_ns is not None:
        row["fee_waiver_expiration_time"] = rfc3339(state.facts.fee_waiver_ns)
    return row
