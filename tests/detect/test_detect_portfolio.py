"""The linear program finds the best basket of a cluster or proves that there is none, exactly."""

import random
from collections.abc import Callable
from itertools import combinations, pairwise

import attrs
import hypothesis.strategies as st
from hypothesis import given, settings

from arb.detect.basket import Lane, Leg, Template
from arb.detect.clusters import Cluster
from arb.detect.portfolio import PICO, Certificate, Unsolved, costs_of, search
from arb.market.book import Book
from arb.market.fees import KalshiFees
from arb.market.instruments import Market, MarketId, Outcome, Venue
from arb.market.units import MICRO, Ns

MakeMarket = Callable[..., Market]
MakeBook = Callable[..., Book]
CENT = PICO // 100


def cluster(count: int, states: list[int]) -> Cluster:
    ids = tuple(MarketId(f"polymarket:m{at}") for at in range(count))
    return Cluster(ids[0], ids, tuple(states), ())


def leg(at: int, outcome: Outcome) -> Leg:
    return Leg(MarketId(f"polymarket:m{at}"), outcome)


def best(one: Cluster, costs: dict[Leg, int]) -> int:
    """The most that any portfolio of single contracts earns for certain, in pico-dollars."""
    return max(
        min(sum(PICO * one.wins(held, state) for held in legs) for state in one.states)
        - sum(costs[held] for held in legs)
        for size in range(len(costs) + 1)
        for legs in combinations(costs, size)
    )


@given(seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_the_best_portfolio_or_a_proof(seed: int) -> None:
    """Against all portfolios of three markets over any set of states: the basket found earns the
    most there is; a certificate's bound is above all of them; the rest is left unsolved never."""
    dice = random.Random(seed)
    one = cluster(3, sorted(dice.sample(range(8), dice.randrange(1, 9))))
    low = dice.choice([5, 40, 50])
    costs = {
        leg(at, outcome): dice.randrange(low, 70) * CENT
        for at in range(3)
        for outcome in Outcome
        if dice.random() < 0.9
    }
    verdict = search(one, costs, budget_s=10.0)
    most = best(one, costs)
    if isinstance(verdict, Template):
        assert verdict.lane is Lane.STRUCTURAL
        assert verdict.payout * MICRO - sum(costs[held] for held in verdict.legs) == most > 0
    else:
        assert isinstance(verdict, Certificate)
        assert most <= verdict.bound < MICRO


@given(seed=st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_a_certificate_can_be_checked_by_hand(seed: int) -> None:
    """Its probabilities add up to one, and no contract is worth more than it costs by more than
    the bound, whole numbers throughout."""
    dice = random.Random(seed)
    one = cluster(4, sorted(dice.sample(range(16), dice.randrange(1, 17))))
    costs = {
        leg(at, outcome): dice.randrange(45, 80) * CENT for at in range(4) for outcome in Outcome
    }
    verdict = search(one, costs, budget_s=10.0)
    if not isinstance(verdict, Certificate):
        return
    assert sum(chance for _, chance in verdict.probabilities) == PICO
    gains = 0
    for held, cost in costs.items():
        worth = sum(chance for state, chance in verdict.probabilities if one.wins(held, state))
        gains += max(0, worth - cost)
    assert gains == verdict.bound < MICRO


def test_three_exclusive_questions_need_all_three() -> None:
    """No pair of NOs is cheap at 66 cents, the three of them are: two dollars for 1.98."""
    one = cluster(3, [0, 1, 2, 4])
    costs = {leg(at, Outcome.NO): 66 * CENT for at in range(3)}
    verdict = search(one, costs, budget_s=10.0)
    assert isinstance(verdict, Template)
    assert verdict.payout == 2 * MICRO
    assert [pays for _, pays in verdict.proof.payouts] == [3 * MICRO] + [2 * MICRO] * 3
    dear = dict.fromkeys(costs, 67 * CENT)
    assert isinstance(search(one, dear, budget_s=10.0), Certificate)


def test_other_weights_than_one_are_refused() -> None:
    """A wins with one of the other three, or they all win without it: two of A and one of each
    other pay three dollars for 2.94, and no portfolio of single contracts pays."""
    one = cluster(4, [0b0011, 0b0101, 0b1001, 0b1110])
    costs = {leg(0, Outcome.YES): 72 * CENT}
    costs |= {leg(at, Outcome.YES): 50 * CENT for at in (1, 2, 3)}
    assert best(one, costs) == 0
    verdict = search(one, costs, budget_s=10.0)
    assert isinstance(verdict, Unsolved)
    assert "weights other than one" in verdict.reason


def test_more_legs_than_a_batch_are_refused() -> None:
    """Sixteen questions of which one must resolve YES pay only with all sixteen."""
    one = cluster(16, [1 << at for at in range(16)])
    costs = {leg(at, Outcome.YES): 6 * CENT for at in range(16)}
    verdict = search(one, costs, budget_s=10.0)
    assert isinstance(verdict, Unsolved)
    assert "too many legs" in verdict.reason


def test_out_of_time_is_neither_answer() -> None:
    """A solver that is stopped has proved nothing."""
    one = cluster(12, list(range(4_096)))
    costs = {leg(at, outcome): 49 * CENT for at in range(12) for outcome in Outcome}
    assert search(one, costs, budget_s=0.0) == Unsolved("out of time")


def test_without_quotes_there_is_nothing() -> None:
    """Nothing on offer: any state is proof enough."""
    assert search(cluster(3, [1, 2]), {}, 1.0) == Certificate(((1, PICO),), 0)


def test_costs_are_the_best_prices_with_fees(make_market: MakeMarket, make_book: MakeBook) -> None:
    """YES at the ask, NO at a dollar less the bid, both with the fee; nothing of a dead book."""
    market = make_market("m0", venue=Venue.KALSHI, fees=KalshiFees(70_000, 0))
    book = make_book(market, {400_000: 5}, {500_000: 5})
    costs = costs_of([book.view(Ns(0))])
    assert costs == {
        Leg(market.id, Outcome.YES): 500_000 * MICRO + 17_500 * MICRO,
        Leg(market.id, Outcome.NO): 600_000 * MICRO + 16_800 * MICRO,
    }
    dead = attrs.evolve(book.view(Ns(0)), live=False)
    assert costs_of([dead]) == {}
    assert costs_of([make_book(market, {}, {}).view(Ns(0))]) == {}


def test_a_long_chain_at_fair_prices_is_proved() -> None:
    """Twenty nested questions, each quoted around its own chance: a proof over 21 states."""
    one = cluster(20, [(1 << at) - 1 for at in range(21)])
    costs = {}
    for at, following in pairwise(range(95, 10, -4)):
        number = (95 - at) // 4
        if number < 20:
            costs[leg(number, Outcome.YES)] = at * CENT
            costs[leg(number, Outcome.NO)] = (100 - following) * CENT
    verdict = search(one, costs, budget_s=10.0)
    assert isinstance(verdict, Certificate)
    assert len(verdict.probabilities) <= 21
