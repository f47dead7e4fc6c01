"""What a page is sent: plain values of the board, capped, and true to what happened."""

import json

import attrs
import msgspec

from arb.board import Board
from arb.detect.basket import TemplateId
from arb.market.instruments import MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    BasketEnd,
    BasketEnded,
    BreakerSeen,
    BreakersSeen,
    FeedId,
    FeedSeen,
    Fullness,
    Held,
    LatencySeen,
    MoneySeen,
    OrderEnded,
    OrderFilled,
    OrderSent,
    Sighted,
    VitalsSeen,
)
from arb.web.accounts import MOST_POSITIONS, curve_as_json
from arb.web.names import readable, title_of
from arb.web.sections import MOST_OPPORTUNITIES, Plain, sections
from tests.fakes.markets import (
    EPOCH_NS,
    approve,
    make_fill,
    make_market,
    make_order,
    make_prepared,
)

KALSHI, POLYMARKET = make_market("A"), make_market("B", Venue.POLYMARKET)
APPROVED = approve([(KALSHI, Outcome.YES, 400_000), (POLYMARKET, Outcome.NO, 500_000)], 10 * MICRO)
BOUGHT = make_order(KALSHI)
MONEY = MoneySeen(
    free=(),
    promised=0,
    locked=((None, 1), (20_000, 2)),
    yearly_ppm=None,
    realised=5,
    locked_profit=7,
    made=12,
    days=((20_000, 12),),
    positions=(),
    limits=(Fullness(f"market {KALSHI.id}", 1, 2),),
    at_ns=Ns(EPOCH_NS),
)


def new_board() -> Board:
    return Board(lambda: Ns(EPOCH_NS), Ns(EPOCH_NS))


def shown(board: Board) -> Plain:
    """As a page gets it."""
    names = {market.id: market for market in (KALSHI, POLYMARKET)}
    found: Plain = json.loads(msgspec.json.encode(sections(board, names)))
    return found


def test_a_board_that_knows_nothing_is_shown_as_such() -> None:
    """Before the first message: nothing is zero that is not known, and nothing breaks."""
    state = shown(new_board())
    assert state["standing"]["level"] == "starting"
    assert state["ledger"] is None
    assert (state["limits"], state["flight"], state["opportunities"]) == ([], [], [])


def test_a_basket_in_flight_is_followed_order_by_order() -> None:
    """Sent, filled, over: with its limit, its average and what is firm of it."""
    board = new_board()
    board.take(APPROVED)
    board.take(OrderSent(make_prepared(BOUGHT)))
    (basket,) = shown(board)["flight"]
    assert (basket["orders"][0]["ended_ms"], basket["orders"][0]["filled"]) == (None, None)
    board.take(OrderFilled(BOUGHT, make_fill(KALSHI, "f", fee=20_000)))
    board.take(OrderEnded(BOUGHT.id, "v", BOUGHT.qty, "", Ns(EPOCH_NS + 10**8)))
    (order,) = shown(board)["flight"][0]["orders"]
    assert (order["firm"], order["provisional"], order["average"]) == (10 * MICRO, 0, 402_000)
    assert order["ended_ms"] - order["sent_ms"] == 100


def test_an_ended_basket_shows_what_came_of_what_it_claimed() -> None:
    """Its cash and what its sets must pay, not what its plan said; also when a fill comes late."""
    board = new_board()
    board.take(APPROVED)
    end = BasketEnded(APPROVED.basket, BasketEnd.REDUCED, Qty(5 * MICRO), (), "", Ns(EPOCH_NS))
    board.take(end)
    (before,) = shown(board)["ended"]
    assert before["realised"] == 5 * MICRO
    board.take(OrderFilled(BOUGHT, make_fill(KALSHI, "f", px=400_000, qty=5 * MICRO)))
    (after,) = shown(board)["ended"]
    assert after["realised"] == 5 * MICRO - 2 * MICRO
    assert after["profit"] == APPROVED.plan.profit


def test_lists_are_capped_and_say_how_long_they_are() -> None:
    """Thousands of opportunities and positions: the best and the dearest are sent."""
    board = new_board()
    for number in range(MOST_OPPORTUNITIES * 3):
        template = attrs.evolve(APPROVED.plan.template, id=TemplateId(f"t{number}"))
        plan = attrs.evolve(APPROVED.plan, template=template, profit=Usd(number))
        board.take(Sighted(plan, "too small", Ns(EPOCH_NS)))
    held = [
        Held(MarketId(f"kalshi:{n}"), Qty(MICRO), Qty(0), Usd(n), None)
        for n in range(MOST_POSITIONS * 3)
    ]
    board.take(attrs.evolve(MONEY, positions=tuple(held)))
    state = shown(board)
    best = [row["profit"] for row in state["opportunities"]]
    assert best == sorted(range(MOST_OPPORTUNITIES * 2, MOST_OPPORTUNITIES * 3), reverse=True)
    assert len(state["ledger"]["positions"]) == MOST_POSITIONS
    assert state["ledger"]["held"] == MOST_POSITIONS * 3
    assert state["ledger"]["positions"][0]["paid"] == MOST_POSITIONS * 3 - 1


def test_money_is_sent_as_the_treasurer_told_it() -> None:
    """Limits carry the names of markets, dates come in order, and the curve grows."""
    board = new_board()
    board.take(MONEY)
    board.take(attrs.evolve(MONEY, at_ns=Ns(EPOCH_NS + 10**9), realised=6, made=20))
    state = shown(board)
    assert state["limits"] == [
        {"name": "market Will A? A", "kind": "market", "used": 1, "most": 2, "counts": False}
    ]
    assert [row["day"] for row in state["ledger"]["locked"]] == [20_000, None]
    curve = curve_as_json(board)
    assert (curve["realised"], curve["total"]) == ([5, 6], [12, 20])


def test_connections_latencies_and_breakers_are_told_one_by_one() -> None:
    """A cut is counted once, gaps add up, and every stage has its percentiles."""
    board = new_board()
    feed = FeedId("kalshi:0")
    board.take(FeedSeen(feed, connected=True, frames=10, note="", gaps=2))
    board.take(FeedSeen(feed, connected=False, frames=0, note="reset"))
    board.take(FeedSeen(feed, connected=False, frames=0, note="reset"))
    board.take(VitalsSeen(("slow",), (LatencySeen("ack", 3, 1_000, 2_000, 3_000),)))
    breaker = BreakerSeen(Venue.KALSHI, "call send", "open", "reset", 3, 3, Ns(EPOCH_NS))
    board.take(BreakersSeen((breaker,)))
    state = shown(board)
    (line,) = state["feeds"]
    assert (line["up"], line["cuts"], line["gaps"], line["frames"]) == (False, 1, 2, 10)
    (stage,) = state["vitals"]["latencies"]
    assert (stage["p50_us"], stage["p95_us"], stage["p99_us"]) == (1, 2, 3)
    assert state["breakers"][0]["failures"] == 3


def test_what_lasted_long_enough_could_have_been_attempted() -> None:
    """A flash counts as shown only; what was there for a second, or was taken, could be had."""
    now = EPOCH_NS
    board = Board(lambda: Ns(now), Ns(EPOCH_NS))
    for name, seconds in (("flash", 0), ("long", 2)):
        template = attrs.evolve(APPROVED.plan.template, id=TemplateId(name))
        plan = attrs.evolve(APPROVED.plan, template=template, profit=Usd(1_000))
        board.take(Sighted(plan, "", Ns(EPOCH_NS)))
        board.take(Sighted(plan, "", Ns(EPOCH_NS + seconds * 10**9)))
    now += 60 * 10**9
    assert board.best(10) == ()
    assert (board.money["shown"], board.money["attemptable"]) == (2_000, 1_000)


def test_prices_stay_whole_numbers() -> None:
    """No figure of money, price or quantity becomes a float on its way to a page."""
    board = new_board()
    board.take(APPROVED)
    board.take(attrs.evolve(MONEY, yearly_ppm=1))
    board.take(OrderFilled(BOUGHT, make_fill(KALSHI, "f", px=Px(333_333))))
    assert not any(isinstance(value, float) for value in _values(shown(board)))


def _values(value: object) -> list[object]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in _values(inner)]
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _values(inner)]
    return [value]


def test_texts_name_markets_by_their_titles() -> None:
    """Ids stand only where nobody knows a title; an outcome is not told twice."""
    names = {KALSHI.id: KALSHI, POLYMARKET.id: POLYMARKET}
    said = readable(f"market rests: {KALSHI.id}, {POLYMARKET.id}: kalshi:OTHER-1.", names)
    assert said == "market rests: Will A? A (kalshi), Will B? B (polymarket): kalshi:OTHER-1."
    told = attrs.evolve(KALSHI, title="Tickets sold: 20-39?", label="20-39")
    assert title_of(told) == "Tickets sold: 20-39?"
    game = attrs.evolve(KALSHI, title="Ardenne vs. Vistula", label="Vistula")
    assert title_of(game) == "Ardenne vs. Vistula Vistula"


def test_an_event_is_called_after_a_market_of_it_that_is_held() -> None:
    """So is a cluster; one of which nothing is held keeps its id."""
    board, event = new_board(), KALSHI.event
    held = Held(KALSHI.id, Qty(MICRO), Qty(0), Usd(1), None)
    limits = (Fullness(f"event {event}", 1, 2), Fullness("cluster kalshi:X", 1, 2))
    board.take(attrs.evolve(MONEY, positions=(held,), limits=limits))
    assert [(one["name"], one["kind"]) for one in shown(board)["limits"]] == [
        ("event of Will A? A", "event"),
        ("cluster kalshi:X", "cluster"),
    ]
