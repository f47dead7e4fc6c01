"""Money, limits, latencies and breakers as plain values. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from arb.board import Board
from arb.market.instruments import EventId, MarketId
from arb.messages import BreakerSeen, Fullness, Held, LatencySeen, MoneySeen
from arb.web.names import Names, name_of, title_of

NS_PER_MS = 1_000_000
MOST_POSITIONS = 100
"""Sent at once, the dearest; the rest is summed up."""

_SETS = frozenset({"event", "cluster"})
_NAMED = frozenset({"market", *_SETS})
"""Kinds of limits of which the fullest one is shown by its name."""

Plain = Mapping[str, Any]


def ledger_as_json(seen: MoneySeen | None, names: Names) -> Plain | None:
    """The treasurer's account; None before the first."""
    if seen is None:
        return None
    dearest = sorted(seen.positions, key=lambda held: -held.paid)
    return {
        "at_ms": seen.at_ns // NS_PER_MS,
        "free": [{"venue": str(b.venue), "pool": b.pool, "usd": b.usd} for b in seen.free],
        "promised": seen.promised,
        "locked": [{"day": day, "usd": usd} for day, usd in _by_day(seen)],
        "yearly_ppm": seen.yearly_ppm,
        "realised": seen.realised,
        "locked_profit": seen.locked_profit,
        "made": seen.made,
        "days": [{"day": day, "usd": usd} for day, usd in seen.days],
        "positions": [_held(held, names) for held in dearest[:MOST_POSITIONS]],
        "held": len(seen.positions),
        "paid": sum(held.paid for held in seen.positions),
    }


def _by_day(seen: MoneySeen) -> Iterable[tuple[int | None, int]]:
    return sorted(seen.locked, key=lambda row: (row[0] is None, row[0] or 0))


def _held(held: Held, names: Names) -> Plain:
    return {
        "market": held.market,
        "title": name_of(held.market, names),
        "yes": held.yes,
        "no": held.no,
        "paid": held.paid,
        "closes_ms": None if held.closes_ns is None else held.closes_ns // NS_PER_MS,
    }


def limits_as_json(seen: MoneySeen | None, names: Names) -> list[Plain]:
    """Every limit and how full it is."""
    if seen is None:
        return []
    return [_limit(one, seen.positions, names) for one in seen.limits]


def _limit(one: Fullness, held: Iterable[Held], names: Names) -> Plain:
    kind, _, known = one.name.partition(" ")
    name = one.name
    if kind == "market":
        name = f"market {name_of(MarketId(known), names)}"
    elif kind in _SETS:
        name = f"{kind} {_name_of_set(EventId(known), held, names)}"
    return {
        "name": name,
        "kind": kind if kind in _NAMED else one.name,
        "used": one.used,
        "most": one.most,
        "counts": one.counts,
    }


def _name_of_set(known: EventId, held: Iterable[Held], names: Names) -> str:
    """An event, or a cluster that goes by one, told by a market of it that is held."""
    markets = (names.get(one.market) for one in held)
    mine = (market for market in markets if market is not None and market.event == known)
    found = next(mine, None)
    return f"of {title_of(found)}" if found is not None else known


def vitals_as_json(board: Board) -> Plain:
    """Why nothing may be begun, and how fast every stage is."""
    return {
        "reds": list(board.vitals.reds),
        "latencies": [_latency(one) for one in board.vitals.latencies],
    }


def _latency(one: LatencySeen) -> Plain:
    return {
        "stage": one.stage,
        "samples": one.samples,
        "p50_us": one.p50_ns // 1_000,
        "p95_us": one.p95_ns // 1_000,
        "p99_us": one.p99_ns // 1_000,
    }


def breakers_as_json(board: Board) -> list[Plain]:
    """Every breaker that ever counted a failure."""
    return [_breaker(one) for one in board.breakers.breakers]


def _breaker(one: BreakerSeen) -> Plain:
    return {
        "venue": str(one.venue) if one.venue else "",
        "kind": one.kind,
        "state": one.state,
        "why": one.why,
        "failures": one.failures,
        "most": one.most,
        "until_ms": one.until_ns // NS_PER_MS,
    }


def curve_as_json(board: Board) -> Plain:
    """Realised profit over time, and with what complete sets must pay."""
    points = board.equity.points
    return {
        "at_ms": [at_ns // NS_PER_MS for at_ns, _ in points],
        "realised": [figures[0] for _, figures in points],
        "total": [figures[1] for _, figures in points],
    }
