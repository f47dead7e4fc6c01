"""What may still be lost: counted with what is in flight, halted before a cap is passed."""

from hypothesis import given
from hypothesis import strategies as st

from arb.market.units import MICRO, Ns, Qty, Usd
from arb.messages import BasketId, Level
from arb.risk.basis import DAY_NS
from arb.risk.budget import LossBudget, LossLimits
from arb.risk.halts import DAILY_LOSS, FAILURES, Halts
from arb.risk.results import Results
from tests.fakes.markets import EPOCH_NS

NOW = Ns(EPOCH_NS)
LIMITS = LossLimits(Usd(5 * MICRO), Usd(20 * MICRO), Usd(25 * MICRO))


def lose(results: Results, name: str, usd: int, at_ns: int = NOW, *, unhedged: bool = True) -> None:
    basket = BasketId(name)
    results.plan(basket, Usd(MICRO))
    results.move(basket, -usd)
    results.end(basket, Qty(0), Ns(at_ns), unhedged=unhedged)


def test_what_is_in_flight_counts_at_its_worst() -> None:
    """Three baskets in flight leave five of twenty dollars; what they lost really is given back."""
    results = Results()
    budget = LossBudget(LIMITS, results)
    for number in range(3):
        budget.promise(BasketId(f"b{number}"), budget.wanted(50 * MICRO))
    assert budget.left(NOW) == 5 * MICRO
    lose(results, "b0", MICRO)
    budget.give_back(BasketId("b0"))
    assert budget.left(NOW) == 9 * MICRO
    assert budget.halt(NOW) == "", "what is in flight may end well"


def test_a_basket_is_budgeted_no_more_than_it_costs() -> None:
    """Two dollars cannot lose five."""
    assert LossBudget(LIMITS, Results()).wanted(2 * MICRO) == 2 * MICRO


@given(st.lists(st.tuples(st.integers(0, 5 * MICRO), st.booleans()), max_size=30))
def test_no_cap_of_the_day_is_ever_passed(wanted: list[tuple[int, bool]]) -> None:
    """Baskets that lose up to their budget, begun only while it is left, never pass a cap."""
    results = Results()
    budget = LossBudget(LIMITS, results)
    for number, (usd, unhedged) in enumerate(wanted):
        if budget.halt(NOW) or budget.left(NOW) < LIMITS.basket_usd:
            continue
        basket = BasketId(f"b{number}")
        budget.promise(basket, LIMITS.basket_usd)
        lose(results, basket, usd, unhedged=unhedged)
        budget.give_back(basket)
        assert results.made_on(NOW) >= -LIMITS.day_usd
        assert results.lost_on(NOW) <= LIMITS.day_unhedged_usd


def test_a_halt_comes_before_the_cap_and_goes_with_the_day() -> None:
    """At sixteen of twenty dollars one more could pass the cap; the next UTC day is a new one."""
    results = Results()
    budget = LossBudget(LIMITS, results)
    lose(results, "a", 15 * MICRO)
    assert budget.halt(NOW) == ""
    lose(results, "b", MICRO)
    assert "could pass the cap" in budget.halt(NOW)
    assert budget.halt(NOW + DAY_NS) == ""


def test_a_restart_of_the_same_day_finds_the_same_budget() -> None:
    """Results replayed from the store halt as they did before."""
    first, again = Results(), Results()
    for results in (first, again):
        for number in range(7):
            lose(results, f"b{number}", 3 * MICRO, unhedged=False)
    assert LossBudget(LIMITS, first).halt(NOW) == LossBudget(LIMITS, again).halt(NOW) != ""


def test_gains_make_up_for_losses_but_allow_no_more() -> None:
    """Ten won before change nothing, ten won after three lost leave all of the day."""
    results = Results()
    budget = LossBudget(LIMITS, results)
    lose(results, "win", -10 * MICRO, unhedged=False)
    assert budget.left(NOW) == 20 * MICRO
    lose(results, "loss", 13 * MICRO, unhedged=False)
    assert budget.left(NOW) == 20 * MICRO
    lose(results, "more", 9 * MICRO, unhedged=False)
    assert budget.left(NOW) == 13 * MICRO


def test_an_end_that_is_told_again_replaces_the_first() -> None:
    """Sets that turn out otherwise count as they are told last, once."""
    results, basket = Results(), BasketId("b")
    results.plan(basket, Usd(MICRO))
    results.move(basket, -4 * MICRO)
    results.end(basket, Qty(5 * MICRO), NOW, unhedged=False)
    assert results.made_on(NOW) == MICRO
    results.end(basket, Qty(3 * MICRO), NOW, unhedged=True)
    assert (results.made_on(NOW), results.lost_on(NOW)) == (-MICRO, MICRO)
    results.move(basket, 2 * MICRO)
    assert (results.of(basket), results.lost_on(NOW)) == (MICRO, 0)


def test_halts_are_told_when_they_come_and_when_they_go() -> None:
    """Once each; a reason that only changes its words is not told again."""
    halts = Halts()
    assert halts.changes("", "", NOW) == []
    (come,) = halts.changes("lost 16", "", NOW)
    assert (come.level, come.who, come.why) == (Level.PAUSED, DAILY_LOSS, "lost 16")
    assert come.clears
    assert halts.changes("lost 17", "", NOW) == []
    told = {(one.who, one.level) for one in halts.changes("", "5 in a row", NOW)}
    assert told == {(DAILY_LOSS, Level.RUNNING), (FAILURES, Level.PAUSED)}
