"""The rejection funnel, and lanes on their own."""

from hypothesis import given
from hypothesis import strategies as st

from arb.detect.funnel import (
    EXAMPLES,
    MOST_MARKETS,
    MOST_REASONS,
    OTHER_REASONS,
    Example,
    Funnel,
    Stage,
)
from arb.detect.isolation import Isolation, LaneLimits
from arb.detect.reasons import Reason
from arb.market.instruments import MarketId
from arb.market.units import Ns


def example(text: str) -> Example:
    return Example(text, Ns(1))


def test_every_refusal_is_counted_by_lane_stage_and_reason() -> None:
    """UX-9: counts and last examples, of all lanes or of one, the most frequent first."""
    funnel = Funnel()
    for number in range(3):
        funnel.reach("binary", Stage.LOOKED)
        funnel.refuse("binary", Stage.FOUND, "crossed", example(f"c{number}"))
    funnel.reach("binary", Stage.LOOKED)
    funnel.refuse("binary", Stage.FOUND, "old", example("o"))
    funnel.refuse("all_no", Stage.APPROVED, "no room", example("r"))
    rows = funnel.rows("binary")
    assert [(row.reason, row.count) for row in rows] == [("crossed", 3), ("old", 1)]
    assert [one.text for one in rows[0].examples] == ["c0", "c1", "c2"]
    assert [row.lane for row in funnel.rows()] == ["all_no", "binary", "binary"]
    assert funnel.reached("binary", Stage.LOOKED) == 4
    assert funnel.lanes == ("all_no", "binary")
    lines = list(funnel.lines(1))
    assert "binary: 4 looked at, 0 found, 0 approved, 0 completed" in lines
    assert sum("not found" in line for line in lines) == 1


def test_a_market_knows_why_it_was_not_traded() -> None:
    """Of one market, its own counts and examples; of one never refused, nothing."""
    funnel = Funnel()
    a, b = MarketId("kalshi:A"), MarketId("kalshi:B")
    funnel.refuse("binary", Stage.FOUND, "crossed", example("x"), [a])
    funnel.refuse("binary", Stage.FOUND, "crossed", example("y"), [a, b])
    assert [(row.reason, row.count) for row in funnel.of_market(a)] == [("crossed", 2)]
    assert [(row.reason, row.count) for row in funnel.of_market(b)] == [("crossed", 1)]
    funnel.refuse("binary", Stage.FOUND, "crossed", example("z"), [b])
    assert [row.examples[-1].text for row in funnel.of_market(a)] == ["y"]
    assert funnel.of_market(MarketId("kalshi:C")) == ()


@given(st.lists(st.integers(0, 3 * MOST_REASONS), max_size=800))
def test_memory_is_bounded_and_nothing_is_lost(reasons: list[int]) -> None:
    """Whatever the reasons, few are kept apart, few examples each, and every refusal counts."""
    funnel = Funnel()
    for number in reasons:
        funnel.refuse("binary", Stage.FOUND, f"reason {number}", example("e"))
    rows = funnel.rows()
    assert len(rows) <= MOST_REASONS + 1
    assert sum(row.count for row in rows) == len(reasons)
    assert all(len(row.examples) <= EXAMPLES for row in rows)


def test_too_many_reasons_become_others() -> None:
    """The first ones stay apart; what comes later is counted together."""
    funnel = Funnel()
    for number in range(MOST_REASONS + 5):
        funnel.refuse("binary", Stage.FOUND, f"reason {number}", example("e"))
    assert {row.reason: row.count for row in funnel.rows()}[OTHER_REASONS] == 5


def test_markets_looked_at_last_are_kept() -> None:
    """The oldest market is forgotten when one too many is refused."""
    funnel = Funnel()
    for number in range(MOST_MARKETS + 1):
        funnel.refuse("binary", Stage.FOUND, "old", example("e"), [MarketId(f"kalshi:{number}")])
    assert funnel.of_market(MarketId("kalshi:0")) == ()
    assert funnel.of_market(MarketId("kalshi:1"))[0].count == 1


# --- lanes on their own -------------------------------------------------------------------------

LIMITS = LaneLimits(budget_ns=100, pause_ns=1_000)


def test_a_lane_has_a_budget_of_time_each_turn() -> None:
    """Past its budget a lane is skipped and counted, until the next turn."""
    lane = Isolation("binary", LIMITS)
    lane.looked(spent_ns=99, found=True)
    assert lane.objection(Ns(0)) is None
    lane.looked(spent_ns=1, found=False)
    assert lane.objection(Ns(0)) is Reason.LANE_OUT_OF_TIME
    lane.begin_turn()
    assert lane.objection(Ns(0)) is None
    figures = lane.figures(Ns(0))
    assert (figures.looked, figures.found, figures.skipped, figures.spent_ns) == (2, 1, 1, 100)


def test_a_lane_that_failed_is_left_alone_for_a_while() -> None:
    """Paused from its failure on for as long as told, then looked at again."""
    lane = Isolation("binary", LIMITS)
    lane.failed(spent_ns=1, now_ns=Ns(50), words="a bug")
    assert lane.figures(Ns(50)).paused
    assert lane.objection(Ns(1_049)) is Reason.LANE_PAUSED
    assert lane.objection(Ns(1_050)) is None
    figures = lane.figures(Ns(1_050))
    assert (figures.failed, figures.paused, figures.last_failure) == (1, False, "a bug")


def test_a_clock_that_is_set_back_costs_nothing() -> None:
    """A negative span of time gives a lane no more than it had."""
    lane = Isolation("binary", LIMITS)
    lane.looked(spent_ns=-(10**9), found=False)
    lane.looked(spent_ns=100, found=False)
    assert lane.objection(Ns(0)) is Reason.LANE_OUT_OF_TIME
