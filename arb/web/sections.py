"""The board as plain values, section by section. Pure: what a browser gets is made here.

Money, prices and quantities stay integers in millionths; the browser sets their points. Lists are
capped: what is not shown is not sent, and can be asked for page by page.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from arb.board import Board
from arb.detect.basket import Plan
from arb.detect.episodes import Episode
from arb.detect.funnel import Row, Stage
from arb.messages import Approved, BasketEnded, FeedId, Level
from arb.web.accounts import (
    breakers_as_json,
    ledger_as_json,
    limits_as_json,
    vitals_as_json,
)
from arb.web.names import Names, name_of, readable
from arb.web.timelines import realised_edge, timeline

NS_PER_MS = 1_000_000
MOST_OPPORTUNITIES = 60
MOST_ENDED = 30
MOST_REASONS = 12
"""Of each lane's refusals."""
MOST_FEEDS = 200

Plain = Mapping[str, Any]


def sections(board: Board, names: Names) -> dict[str, Any]:
    """Every section of this moment; `names` says what markets are called."""
    return {
        "clock": {"now_ms": board.now_ns() // NS_PER_MS, "age_ms": board.age_ns // NS_PER_MS},
        "standing": _standing(board),
        "books": _books(board),
        "feeds": [_feed(board, feed) for feed in sorted(board.feeds)[:MOST_FEEDS]],
        "opportunities": [
            _opportunity(board, one, names) for one in board.best(MOST_OPPORTUNITIES)
        ],
        "flight": [_basket(board, approved, names) for approved in board.in_flight.values()],
        "ended": [_ended(board, *pair, names) for pair in list(board.ended)[-MOST_ENDED:][::-1]],
        "counts": _counts(board),
        "money": dict(board.money),
        "ledger": ledger_as_json(board.ledger, names),
        "limits": limits_as_json(board.ledger, names),
        "vitals": vitals_as_json(board),
        "breakers": breakers_as_json(board),
        "pairs": _pairs(board),
        "cash": [
            {"venue": str(venue), "pool": pool, "usd": usd}
            for (venue, pool), usd in sorted(board.cash.items())
        ],
        "funnel": _funnel(board, names),
        "log": [
            {
                "at_ms": note.at_ns // NS_PER_MS,
                "kind": note.kind,
                "text": readable(note.text, names),
            }
            for note in list(board.notes)[::-1]
        ],
    }


def _standing(board: Board) -> Plain:
    stands = board.standing
    if stands is None:
        return {"level": "starting", "who": "", "why": "", "clears": "", "at_ms": 0}
    return {
        "level": Level(stands.level).name.lower(),
        "who": stands.who,
        "why": stands.why,
        "clears": stands.clears,
        "at_ms": stands.at_ns // NS_PER_MS,
    }


def _books(board: Board) -> Plain:
    books = board.books
    return {
        "markets": books.markets,
        "live": books.live,
        "crossed": books.crossed,
        "changes": books.changes,
        "conflated": books.conflated,
        "broken": books.broken,
        "frames": board.frames,
        "lag_ms": board.lag_ns // NS_PER_MS,
    }


def _feed(board: Board, feed: FeedId) -> Plain:
    line = board.feeds[feed]
    return {
        "id": feed,
        "up": line.connected,
        "frames": line.frames,
        "cuts": line.cuts,
        "gaps": line.gaps,
        "age_ms": board.feed_age_ns(feed) // NS_PER_MS,
        "note": line.note,
    }


def plan_as_json(plan: Plan, names: Names) -> dict[str, Any]:
    """A plan with its legs."""
    return {
        "id": plan.template.id,
        "lane": str(plan.template.lane),
        "title": readable(plan.template.title, names),
        "size": plan.size,
        "cost": plan.cost,
        "fees": plan.fees,
        "payout": plan.payout,
        "profit": plan.profit,
        "legs": [
            {
                "market": leg.leg.market,
                "title": name_of(leg.leg.market, names),
                "outcome": str(leg.leg.outcome),
                "qty": leg.qty,
                "limit": leg.limit,
                "cost": leg.cost,
                "fees": leg.fees,
                "depth": leg.depth,
            }
            for leg in plan.legs
        ],
    }


def _opportunity(board: Board, episode: Episode, names: Names) -> Plain:
    score = board.scores.get(episode.template)
    return {
        **plan_as_json(episode.plan, names),
        "first_ms": episode.first_ns // NS_PER_MS,
        "last_ms": episode.last_ns // NS_PER_MS,
        "sightings": episode.sightings,
        "taken": episode.taken,
        "why_not": readable(episode.why_not, names),
        "score_ppm": None if score is None else score.ppm,
    }


def _basket(board: Board, approved: Approved, names: Names) -> dict[str, Any]:
    return {
        "basket": approved.basket,
        "begun_ms": approved.decided_ns // NS_PER_MS,
        "loss_budget": approved.loss_budget,
        **plan_as_json(approved.plan, names),
        **timeline(board, approved.basket),
    }


def _ended(board: Board, approved: Approved, ended: BasketEnded, names: Names) -> Plain:
    return {
        **_basket(board, approved, names),
        "realised": realised_edge(board, approved, ended),
        "end": str(ended.end),
        "sets": ended.sets,
        "loss": ended.loss,
        "note": readable(ended.note, names),
        "ended_ms": ended.at_ns // NS_PER_MS,
    }


def _pairs(board: Board) -> Plain:
    pairs = board.pairs
    return {
        "verified": pairs.verified,
        "covered": pairs.covered,
        "barred": pairs.barred,
        "new_markets": pairs.new_markets,
    }


def _counts(board: Board) -> Plain:
    return {
        "episodes": board.episodes,
        "attempted": board.attempted,
        "in_flight": len(board.in_flight),
        "ends": {str(end): count for end, count in board.ends.items()},
        "fills": board.fills,
        "fees": board.fees,
        "positions": dict(board.positions),
        "settled": board.settled,
    }


def _funnel(board: Board, names: Names) -> Sequence[Plain]:
    return [
        {
            "lane": lane,
            "reached": {str(stage): board.funnel.reached(lane, stage) for stage in Stage},
            "refused": [refusal_as_json(row, names) for row in _worst(board.funnel.rows(lane))],
        }
        for lane in board.funnel.lanes
    ]


def _worst(rows: Sequence[Row]) -> Sequence[Row]:
    return sorted(rows, key=lambda row: -row.count)[:MOST_REASONS]


def refusal_as_json(row: Row, names: Names) -> dict[str, Any]:
    """One reason with its last example."""
    return {
        "lane": row.lane,
        "stage": str(row.stage),
        "reason": row.reason,
        "count": row.count,
        "last": readable(row.examples[-1].text, names) if row.examples else "",
        "last_ms": row.examples[-1].at_ns // NS_PER_MS if row.examples else 0,
    }
