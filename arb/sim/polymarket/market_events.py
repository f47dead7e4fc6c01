"""What the market stream tells of markets as such: new ones, ticks, endings (docs: market-channel)."""

from arb.market.units import MICRO, Ns, plain_text
from arb.sim.polymarket.gamma_shapes import fee_schedule_json
from arb.sim.polymarket.markets import MarketState
from arb.sim.polymarket.wire import Json, iso_time, milliseconds


def tick_size_change(state: MarketState, token: str, old: int, now_ns: Ns) -> Json:
    """A market's tick is another one now."""
    return {
        "event_type": "tick_size_change",
        "asset_id": token,
        "market": state.listing.condition_id,
        "old_tick_size": plain_text(old),
        "new_tick_size": plain_text(state.tick),
        "timestamp": milliseconds(now_ns),
    }


def new_market(state: MarketState, now_ns: Ns) -> Json:
    """A market was listed; its book comes later."""
    listing, event = state.listing, state.event
    about = {"ticker": event.slug, "slug": event.slug, "title": event.title}
    start_ns = listing.game_start_ns
    return {
        "event_type": "new_market",
        "id": listing.gamma_id,
        "question": listing.question,
        "market": listing.condition_id,
        "slug": listing.slug,
        "description": listing.description,
        "assets_ids": list(listing.tokens),
        "outcomes": list(listing.outcomes),
        "event_message": {"id": event.gamma_id, **about, "description": event.description},
        "timestamp": milliseconds(now_ns),
        "tags": [slug for _, slug, _ in event.tags],
        "condition_id": listing.condition_id,
        "active": not listing.placeholder,
        "clob_token_ids": list(listing.tokens),
        "sports_market_type": "",
        "line": "",
        "game_start_time": "" if start_ns is None else iso_time(start_ns),
        "order_price_min_tick_size": plain_text(state.tick),
        "group_item_title": listing.group_item_title,
        "taker_base_fee": "0" if state.fee_schedule is None else "1000",
        "fees_enabled": state.fee_schedule is not None,
        "fee_schedule": fee_schedule_json(state.fee_schedule),
    }


def market_resolved(state: MarketState, now_ns: Ns) -> Json:
    """A market paid out. Where nobody won alone, nobody is named."""
    listing = state.listing
    winners = {MICRO: 0, 0: 1}
    winner = winners.get(state.payout) if state.payout is not None else None
    return {
        "event_type": "market_resolved",
        "id": listing.gamma_id,
        "market": listing.condition_id,
        "assets_ids": list(listing.tokens),
        "winning_asset_id": "" if winner is None else listing.tokens[winner],
        "winning_outcome": "" if winner is None else listing.outcomes[winner],
        "timestamp": milliseconds(now_ns),
        "tags": [slug for _, slug, _ in state.event.tags],
    }
