"""Events and markets as the metadata host shows them: arrays inside strings, mixed numbers."""

import json
from collections.abc import Sequence

from arb.market.instruments import Outcome
from arb.market.units import MICRO, Ns, Px, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import NO_ASK, NO_BID, TokenBook, token_book
from arb.sim.polymarket.listing import FeeSchedule, PolymarketEvent, PolymarketListing
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.wire import Json, iso_day, iso_time, json_number

TENTH_OF_A_CENT = MICRO // 10
"""Rewards give spreads in cents, to a tenth."""


def event_json(
    event: PolymarketEvent, markets: Sequence[Json] | None, *, closed: bool, started_ns: Ns
) -> Json:
    """An event with its markets; without them where the client did not want them."""
    volume = 0.0 if markets is None else _total(markets, "volumeNum")
    shown: Json = {
        "id": event.gamma_id,
        "ticker": event.slug,
        "slug": event.slug,
        "title": event.title,
        "description": event.description,
        "version": event.version,
        "active": True,
        "closed": closed,
        "archived": False,
        "restricted": True,
        "startDate": iso_time(event.start_ns or started_ns),
        "creationDate": iso_time(event.start_ns or started_ns),
        "endDate": iso_time(event.end_ns),
        "volume": volume,
        "liquidity": 0.0 if markets is None else _total(markets, "liquidityNum"),
        "openInterest": 0,
        "enableOrderBook": True,
        "negRisk": event.neg_risk,
        "enableNegRisk": event.neg_risk,
        "negRiskAugmented": event.neg_risk_augmented,
        "cumulativeMarkets": event.cumulative,
        "showAllOutcomes": True,
        "seriesSlug": event.series_slug,
        "tags": [{"id": tag, "slug": slug, "label": label} for tag, slug, label in event.tags],
    }
    if event.neg_risk:
        shown["negRiskMarketID"] = event.neg_risk_market_id
        shown["negRiskFeeBips"] = event.neg_risk_fee_bips
    if markets is not None:
        shown["markets"] = list(markets)
    return shown


def market_json(state: MarketState, exchange: Exchange) -> Json:
    """A market without the event around it. What is not known yet is absent, not null."""
    book = token_book(exchange, state, Outcome.YES)
    return {**_identity(state), **_dates(state), **_rules(state), **_prices(state, book)}


def parent_json(event: PolymarketEvent) -> Json:
    """An event as its markets mention it."""
    return {
        "id": event.gamma_id,
        "ticker": event.slug,
        "slug": event.slug,
        "title": event.title,
        "negRisk": event.neg_risk,
        "negRiskAugmented": event.neg_risk_augmented,
    }


def _identity(state: MarketState) -> Json:
    listing = state.listing
    shown: Json = {
        "id": listing.gamma_id,
        "version": listing.version,
        "question": listing.question,
        "slug": listing.slug,
        "conditionId": listing.condition_id,
        "questionID": listing.question_id,
        "description": listing.description,
        "resolutionSource": listing.resolution_source,
        "outcomes": json.dumps(listing.outcomes),
        "groupItemTitle": listing.group_item_title,
        "groupItemThreshold": listing.group_item_threshold,
        "negRisk": listing.neg_risk,
        "negRiskMarketID": listing.neg_risk_market_id,
        "negRiskRequestID": "",
        "negRiskOther": listing.other,
    }
    if listing.version == "v1":
        shown["clobTokenIds"] = json.dumps(listing.tokens)
        shown["positionIds"] = None
    else:
        shown["clobTokenIds"] = None
        shown["positionIds"] = list(listing.tokens)
        shown["requestId"] = listing.question_id
        shown["onchainEventId"] = _onchain_event_id(listing)
    return shown


def _onchain_event_id(listing: PolymarketListing) -> str:
    """A v2 market's event on chain: 29 bytes and three of zeros (docs: protocol v2)."""
    return f"{listing.condition_id[:60]}000000"


def _dates(state: MarketState) -> Json:
    listing = state.listing
    shown: Json = {
        "startDate": iso_time(state.started_ns),
        "createdAt": iso_time(state.started_ns),
        "updatedAt": iso_time(state.changed_ns),
        "endDate": iso_time(listing.end_ns),
        "startDateIso": iso_day(state.started_ns),
        "endDateIso": iso_day(listing.end_ns),
        "acceptingOrdersTimestamp": iso_time(state.listed_ns),
        "closedTime": None if state.resolved_ns is None else _spaced_time(state.resolved_ns),
    }
    if listing.game_start_ns is not None:
        shown["gameStartTime"] = _spaced_time(listing.game_start_ns)
    return shown


def _spaced_time(at_ns: Ns) -> str:
    """Some times have another form: "2026-10-05 18:00:00+00"."""
    return iso_time(at_ns).replace("T", " ")[:-1] + "+00"


def _rules(state: MarketState) -> Json:
    listing = state.listing
    status = "umaResolutionStatus" if listing.version == "v1" else "resolutionStatus"
    shown: Json = {
        "active": not listing.placeholder,
        "closed": state.closed,
        "archived": False,
        "restricted": True,
        "acceptingOrders": state.accepting,
        "enableOrderBook": True,
        "orderPriceMinTickSize": json_number(state.tick),
        "orderMinSize": json_number(listing.min_size),
        "clearBookOnStart": listing.clear_on_start,
        "makerBaseFee": 1000,
        "takerBaseFee": 1000,
        "rewardsMinSize": listing.rewards_min_size,
        "rewardsMaxSpread": json_number(listing.rewards_max_spread_tenths * TENTH_OF_A_CENT),
        "rfqEnabled": False,
        status: state.resolution_status,
        **_fees(state.fee_schedule),
    }
    if listing.seconds_delay:
        shown["secondsDelay"] = listing.seconds_delay
    return shown


def _fees(schedule: FeeSchedule | None) -> Json:
    if schedule is None:
        return {"feesEnabled": False, "feeType": None, "feeSchedule": None}
    return {
        "feesEnabled": True,
        "feeType": schedule.kind,
        "feeSchedule": fee_schedule_json(schedule),
    }


def fee_schedule_json(schedule: FeeSchedule | None) -> Json | None:
    """A market's fee rule as the metadata gives it."""
    if schedule is None:
        return None
    return {
        "rate": json_number(schedule.rate_ppm),
        "exponent": schedule.exponent,
        "takerOnly": True,
        "rebateRate": json_number(schedule.rebate_ppm),
    }


def _prices(state: MarketState, book: TokenBook) -> Json:
    liquidity = depth(book)
    shown: Json = {
        "volume": plain_text(state.volume),
        "volumeNum": json_number(state.volume),
        "volume24hr": json_number(state.volume),
        "liquidity": plain_text(liquidity),
        "liquidityNum": json_number(liquidity),
    }
    if book.best_bid != NO_BID:
        shown["bestBid"] = json_number(book.best_bid)
    if book.best_ask != NO_ASK:
        shown["bestAsk"] = json_number(book.best_ask)
    if state.last_trade is not None:
        shown["lastTradePrice"] = json_number(state.last_trade.px)
    if not state.listing.placeholder:
        shown["outcomePrices"] = json.dumps(_outcome_prices(state, book))
    return shown


def _outcome_prices(state: MarketState, book: TokenBook) -> list[str]:
    if state.payout is not None:
        return [plain_text(state.payout), plain_text(MICRO - state.payout)]
    yes = Px((book.best_bid + book.best_ask) // 2)
    return [plain_text(yes), plain_text(MICRO - yes)]


def depth(book: TokenBook) -> int:
    """What a YES book is worth: bids at their prices, asks at what their NO side pays."""
    bids = sum(px * qty // MICRO for px, qty in book.bids)
    return bids + sum((MICRO - px) * qty // MICRO for px, qty in book.asks)


def _total(markets: Sequence[Json], name: str) -> float:
    values = (market[name] for market in markets)
    return round(sum(value for value in values if isinstance(value, int | float)), 6)
