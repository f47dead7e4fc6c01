"""The board counts what happened once, under the right label."""

from arb.board import Board
from arb.detect.basket import Lane, Leg, LegPlan, Plan, Proof, Template, TemplateId
from arb.detect.funnel import Stage
from arb.detect.isolation import LaneFigures
from arb.market.instruments import Action, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns, Px, Qty, Usd
from arb.messages import (
    Approved,
    BasketEnd,
    BasketEnded,
    BasketId,
    Declined,
    FeedId,
    FeedSeen,
    Fill,
    FillId,
    FillStatus,
    LanesSeen,
    NewOrder,
    OrderFilled,
    OrderId,
    Rejected,
    Sighted,
)
from arb.terminal import contracts, dollars
from tests.fakes.markets import make_market

S = 1_000_000_000


def plan(profit: int = 1_000_000) -> Plan:
    leg = Leg(MarketId("kalshi:A"), Outcome.YES)
    template = Template(TemplateId("t"), Lane.ALL_YES, "Which?", (leg,), Usd(MICRO), Proof((), ()))
    leg_plan = LegPlan(
        leg, Qty(10 * MICRO), Px(400_000), Usd(4_000_000), Usd(100), Px(400_000), Qty(10 * MICRO)
    )
    return Plan(
        template,
        Qty(10 * MICRO),
        (leg_plan,),
        Usd(4_000_000),
        Usd(100),
        Usd(10_000_000),
        Usd(profit),
    )


class Clock:
    def __init__(self) -> None:
        self.now = 0

    def __call__(self) -> Ns:
        return Ns(self.now)


def filled(status: FillStatus) -> OrderFilled:
    market = make_market("A")
    order = NewOrder(
        OrderId("o"),
        BasketId("b"),
        market,
        Outcome.YES,
        Action.BUY,
        Qty(10 * MICRO),
        Px(400_000),
        Ns(0),
    )
    fill = Fill(
        FillId("f"),
        Venue.KALSHI,
        market.id,
        None,
        "v",
        Outcome.YES,
        Action.BUY,
        Px(400_000),
        Qty(10 * MICRO),
        Usd(100),
        Ns(0),
        status,
    )
    return OrderFilled(order, fill)


def test_many_sightings_of_one_basket_are_one_episode() -> None:
    """An opportunity seen a hundred times in a row counts once, at its best."""
    clock = Clock()
    board = Board(clock, Ns(0))
    for second in range(100):
        clock.now = second * S
        board.take(Sighted(plan(1_000 + second), "", Ns(clock.now)))
    assert board.episodes == 1
    assert board.best(5)[0].plan.profit == 1_099
    assert board.best(5)[0].sightings == 100


def test_a_pause_ends_an_episode() -> None:
    """After ten silent seconds the same basket is another episode; the first is summed as shown."""
    clock = Clock()
    board = Board(clock, Ns(0))
    board.take(Sighted(plan(500), "", Ns(0)))
    clock.now = 11 * S
    assert not board.best(5)
    board.take(Sighted(plan(700), "", Ns(clock.now)))
    assert board.episodes == 2
    assert board.shown == 500


def test_locked_profit_is_what_complete_sets_pay_less_what_was_paid() -> None:
    """A completed basket adds its payout; its fills add what they cost; a reversal takes it back."""
    board = Board(Clock(), Ns(0))
    approved = Approved(BasketId("b"), plan(), (make_market("A"),), Ns(0), Ns(0))
    board.take(approved)
    board.take(filled(FillStatus.PROVISIONAL))
    board.take(BasketEnded(BasketId("b"), BasketEnd.COMPLETED, Qty(10 * MICRO), (), "", Ns(0)))
    assert board.guaranteed - board.paid == 10_000_000 - 4_000_100
    board.take(filled(FillStatus.REVERSED))
    assert (board.paid, board.fees, board.fills) == (0, 0, 0)


def test_refusals_are_counted_by_reason_without_their_particulars() -> None:
    """Two refusals for lack of room are one line of the funnel."""
    board = Board(Clock(), Ns(0))
    board.take(Declined(TemplateId("t"), "no room: cash on kalshi pool 0"))
    board.take(Declined(TemplateId("u"), "no room: basket"))
    assert board.refusals == {"no room": 2}
    assert board.last_refusal["no room"] == "u: no room: basket"


def test_a_lost_connection_counts_as_a_cut_once() -> None:
    """Cuts are counted when a connection that was up goes down."""
    board = Board(Clock(), Ns(0))
    feed = FeedId("kalshi:0")
    for connected in (True, False, False, True):
        board.take(FeedSeen(feed, connected=connected, frames=2, note=""))
    assert board.feeds[feed].cuts == 1
    assert board.frames == 8


def test_dollars_are_never_rounded_up() -> None:
    """People never read more than there is, on either side of zero."""
    assert dollars(1_999_999) == "$1.99"
    assert dollars(-1_000_001) == "-$1.01"
    assert dollars(27_104_860, 4) == "$27.1048"
    assert dollars(1_234_567_000_000) == "$1,234,567.00"
    assert contracts(12_340_000) == "12.34"


def test_the_funnel_follows_a_basket_from_lane_to_end() -> None:
    """Looked at, found, approved, completed; and why not, by lane and by market."""
    clock = Clock()
    board = Board(clock, Ns(0))
    seen = plan()
    market = seen.template.legs[0].market
    refused = Rejected(
        seen.template.id, "Which?", "book crossed", "at .5", "all_yes", (market,), Ns(S)
    )
    board.take(refused)
    board.take(Sighted(seen, "the treasurer is busy", Ns(2 * S)))
    board.take(Sighted(seen, "", Ns(3 * S)))
    board.take(Declined(seen.template.id, "no room: basket"))
    approved = Approved(BasketId("b"), seen, (), Ns(3 * S), Ns(3 * S))
    board.take(approved)
    board.take(BasketEnded(BasketId("b"), BasketEnd.MISSED, Qty(0), (), "gone", Ns(4 * S)))
    reached = [board.funnel.reached("all_yes", stage) for stage in Stage]
    assert reached == [3, 2, 1, 0]
    rows = {(row.stage, row.reason) for row in board.funnel.of_market(market)}
    assert rows == {
        (Stage.FOUND, "book crossed"),
        (Stage.APPROVED, "the treasurer is busy"),
        (Stage.APPROVED, "no room"),
        (Stage.COMPLETED, "missed"),
    }


def test_the_board_shows_what_lanes_did() -> None:
    """The newest figures of each lane."""
    board = Board(Clock(), Ns(0))
    for looked in (1, 2):
        figures = LaneFigures("binary", looked, 0, 0, 0, 5, paused=False, last_failure="")
        board.take(LanesSeen((figures,)))
    assert board.lanes["binary"].looked == 2
