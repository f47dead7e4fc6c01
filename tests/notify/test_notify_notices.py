"""What is worth telling, and that nothing else is told."""

from arb.market.instruments import MarketId
from arb.market.units import Ns, Qty, Usd
from arb.messages import (
    BasketEnd,
    BasketEnded,
    BasketId,
    DeskEvent,
    FeedId,
    FeedSeen,
    FillStatus,
    Level,
    Noted,
    StandingChanged,
)
from arb.notify.notice import Kind, Notice, Reporter
from tests.test_board import filled


def told(*events: DeskEvent) -> list[Notice]:
    reporter = Reporter()
    return [notice for event in events for notice in reporter.notices(event, Ns(1))]


def ended(end: BasketEnd, *refused: str, loss: int = 0) -> BasketEnded:
    return BasketEnded(
        BasketId("b"),
        end,
        Qty(0),
        (),
        "why",
        Ns(1),
        tuple(MarketId(name) for name in refused),
        loss=Usd(loss),
    )


def stands(level: Level, who: str) -> StandingChanged:
    return StandingChanged(level, who, "because", "arb resume", Ns(1))


def test_a_fill_is_told_with_its_price_and_fee() -> None:
    (notice,) = told(filled(FillStatus.PROVISIONAL))
    assert notice.kind is Kind.FILL
    assert "fee" in notice.text


def test_a_fill_taken_back_is_an_error() -> None:
    assert [notice.kind for notice in told(filled(FillStatus.REVERSED))] == [Kind.ERROR]


def test_ends_are_told_by_how_grave_they_are() -> None:
    assert told(ended(BasketEnd.COMPLETED)) == []
    assert told(ended(BasketEnd.MISSED)) == []
    (unwound,) = told(ended(BasketEnd.UNWOUND, loss=1_250_000))
    assert unwound.kind is Kind.UNWIND
    assert "lost 1.25" in unwound.text
    assert [n.kind for n in told(ended(BasketEnd.STUCK))] == [Kind.STUCK]


def test_every_market_that_refused_is_told() -> None:
    assert [n.kind for n in told(ended(BasketEnd.MISSED, "a", "b"))] == [Kind.REJECT] * 2


def test_a_stop_and_its_end_are_told_once_each() -> None:
    notices = told(
        stands(Level.RUNNING, "gates"),
        stands(Level.PAUSED, "operator"),
        stands(Level.PAUSED, "operator"),
        stands(Level.RUNNING, "operator"),
    )
    assert [notice.text.split(",")[0] for notice in notices] == ["paused", "running"]


def test_gates_that_are_red_while_starting_are_not_told_but_later_they_are() -> None:
    start = (stands(Level.PAUSED, "gates"), stands(Level.RUNNING, "nobody"))
    assert told(*start) == []
    assert len(told(*start, stands(Level.PAUSED, "gates"))) == 1


def test_a_breaker_has_a_kind_of_its_own() -> None:
    (notice,) = told(stands(Level.PAUSED, "breaker kalshi send"))
    assert notice.kind is Kind.BREAKER


def test_a_connection_is_told_when_it_is_lost_and_when_it_is_back_not_when_it_comes_up() -> None:
    feed = FeedId("kalshi:0")
    notices = told(
        FeedSeen(feed, connected=False, frames=0, note="not connected yet"),
        FeedSeen(feed, connected=False, frames=0, note=""),
    )
    assert notices == []
    notices = told(
        FeedSeen(feed, connected=True, frames=1, note=""),
        FeedSeen(feed, connected=False, frames=0, note="reset"),
        FeedSeen(feed, connected=True, frames=1, note=""),
    )
    assert [notice.kind for notice in notices] == [Kind.RECONNECT] * 2


def test_notes_are_told_where_their_kind_is_grave() -> None:
    assert [n.kind for n in told(Noted("drift", "off", Ns(1)))] == [Kind.DRIFT]
    assert told(Noted("poll", "late", Ns(1))) == []
