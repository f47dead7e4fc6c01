"""Read a recorded session of Polymarket's market channel (docs: market channel)."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from arb.market.instruments import Venue
from arb.market.units import Ns, Px, Qty, complement, parse_px, parse_qty
from arb.sim.polymarket.listing import FeeSchedule, PolymarketEvent, PolymarketListing, market_id
from arb.sim.recorded.recording import Recording, RecordingFault, Side, Step

NS_PER_MS = 1_000_000
FEE_PPM = 40_000
"""The frames do not tell a market's fee: the rate of most categories (docs: trading/fees)."""
USUAL_TICK = 10_000
DAYS_OPEN = 30

Frame = Mapping[str, Any]


def read_session(frames: Iterable[Frame], now_ns: Ns) -> Recording:
    """Read the frames in the order in which they came; `now_ns` is when the markets are listed.

    The token seen first becomes a market's YES. Raises RecordingFault for a market with other than two
    tokens, Malformed and KeyError for a frame that is not one.
    """
    kept = [one for one in frames if one["event_type"] in {"book", "price_change"}]
    tokens = _tokens(kept)
    yes = {named[0] for named in tokens.values()}
    steps = [step for frame in kept for step in _steps(frame, yes)]
    ticks = {one["market"]: parse_px(one["tick_size"]) for one in kept if one.get("tick_size")}
    events = [
        _event(number, market, named, ticks.get(market, Px(USUAL_TICK)), now_ns)
        for number, (market, named) in enumerate(tokens.items(), start=1)
    ]
    return Recording(Venue.POLYMARKET, tuple(steps), events=tuple(events))


def _tokens(frames: Iterable[Frame]) -> dict[str, tuple[str, str]]:
    seen: dict[str, dict[str, None]] = {}
    for frame in frames:
        named = seen.setdefault(frame["market"], {})
        for one in frame.get("price_changes", (frame,)):
            named[one["asset_id"]] = None
    found: dict[str, tuple[str, str]] = {}
    for market, named in seen.items():
        if len(named) != 2:  # noqa: PLR2004 - YES and NO
            raise RecordingFault(f"{market}: {len(named)} tokens, a market has two")
        first, second = named
        found[market] = (first, second)
    return found


def _steps(frame: Frame, yes: set[str]) -> Iterator[Step]:
    at, market = Ns(int(frame["timestamp"]) * NS_PER_MS), market_id(frame["market"])
    if frame["event_type"] == "book":
        yield Step(at, market, _whole(frame, is_yes=frame["asset_id"] in yes), whole=True)
    else:
        yield Step(at, market, dict(_level(one, yes) for one in frame["price_changes"]))


def _whole(frame: Frame, *, is_yes: bool) -> dict[Side, Qty]:
    levels: dict[Side, Qty] = {}
    for name, is_bid in (("bids", True), ("asks", False)):
        for level in frame[name]:
            px, qty = parse_px(level["price"]), parse_qty(level["size"])
            levels[is_bid is is_yes, px if is_yes else complement(px)] = qty
    return levels


def _level(change: Frame, yes: set[str]) -> tuple[Side, Qty]:
    px, is_yes = parse_px(change["price"]), change["asset_id"] in yes
    is_bid = (change["side"] == "BUY") is is_yes
    return (is_bid, px if is_yes else complement(px)), parse_qty(change["size"])


def _event(
    number: int, market: str, tokens: tuple[str, str], tick: Px, now_ns: Ns
) -> PolymarketEvent:
    title = f"Recorded market {market[:10]}"
    slug = f"recorded-{market.lower()}"
    ends = Ns(now_ns + DAYS_OPEN * 86_400 * 10**9)
    listing = PolymarketListing(
        gamma_id=f"9000{number}",
        condition_id=market,
        question=f"{title}?",
        slug=slug,
        tokens=tokens,
        start_ns=now_ns,
        end_ns=ends,
        description="Its book is what a recording of the venue says.",
        tick=tick,
        fee_schedule=FeeSchedule(FEE_PPM),
    )
    return PolymarketEvent(
        gamma_id=f"9000{number}",
        slug=f"{slug}-event",
        title=title,
        markets=(listing,),
        end_ns=ends,
        start_ns=now_ns,
    )
