"""What was done for one basket, order by order, as plain values. Pure."""

from collections.abc import Mapping
from typing import Any

from arb.board import Board
from arb.detect.score import Score
from arb.market.units import MICRO
from arb.messages import Approved, BasketEnded, BasketId, UnwindChosen
from arb.trade.blotter import OrderLine
from arb.web.names import title_of

NS_PER_MS = 1_000_000

Plain = Mapping[str, Any]


def timeline(board: Board, basket: BasketId) -> Plain:
    """Orders in the order they left, and what unwinds chose."""
    lines = board.blotter.of(basket)
    return {
        "orders": [_order(line) for line in lines.orders.values()],
        "choices": [_choice(choice) for choice in lines.choices],
    }


def realised_edge(board: Board, approved: Approved, ended: BasketEnded) -> int:
    """What a basket came to, micro-dollars: its cash, and what its complete sets must pay."""
    payout = approved.plan.template.payout * ended.sets // MICRO
    return board.blotter.of(approved.basket).flow + payout


def _order(line: OrderLine) -> Plain:
    order, ended = line.order, line.ended
    return {
        "market": order.market.id,
        "title": title_of(order.market),
        "venue": str(order.market.venue),
        "outcome": str(order.outcome),
        "action": str(order.action),
        "qty": order.qty,
        "limit": order.limit,
        "rests": order.rests,
        "sent_ms": line.sent_ns // NS_PER_MS,
        "provisional": line.provisional,
        "firm": line.firm,
        "reversed": line.reversed,
        "average": line.average,
        "flow": line.flow,
        "ended_ms": ended.at_ns // NS_PER_MS if ended else None,
        "filled": ended.filled if ended else None,
        "note": ended.note if ended else "",
    }


def _choice(choice: UnwindChosen) -> Plain:
    return {
        "attempt": choice.attempt,
        "way": str(choice.way),
        "loss": choice.loss,
        "reason": choice.reason,
        "at_ms": choice.at_ns // NS_PER_MS,
    }


def score_as_json(score: Score) -> Plain:
    """A grade with its breakdown in words."""
    return {
        "ppm": score.ppm,
        "expected": score.expected,
        "parts": [
            {"part": str(part.part), "ppm": part.ppm, "fact": part.fact} for part in score.parts
        ],
    }
