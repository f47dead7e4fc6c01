"""The best basket of a cluster, or a proof that there is none: a linear program over its states.

Buy at most one of every contract at its best all-in price, so that what the worst state pays, less
the cost, is as much as possible. The program is solved in floating point by HiGHS, and nothing of
its answer is believed before it was checked in whole numbers: a basket by counting what each state
pays, its absence by probabilities of the states under which what contracts are expected to pay,
beyond their cost, is less than a micro-dollar in all. Any basket's certain profit is at most that.
"""

from collections.abc import Mapping, Sequence

import attrs
import highspy

from arb.detect.all_in import NO_QUOTE, all_in
from arb.detect.basket import MAX_LEGS, Lane, Leg, State, Template
from arb.detect.clusters import Cluster
from arb.detect.facts import WHOLE
from arb.market.book import BookView
from arb.market.errors import Refused
from arb.market.instruments import Outcome
from arb.market.units import MICRO

PICO = MICRO * MICRO
"""A dollar in pico-dollars; also what the probabilities of a certificate add up to."""
_WHOLE_ENOUGH = 1e-6
"""Of a contract: how far from a whole number the solver may leave a weight."""
_MOST_NAMED = 64
"""States whose names a proof spells out; beyond, they are numbered."""

Costs = Mapping[Leg, int]
"""What one contract costs with its fee, in pico-dollars; what is not offered is absent."""


@attrs.frozen
class Certificate:
    """Probabilities under which no basket of single contracts has a profit worth the name."""

    probabilities: tuple[tuple[int, int], ...]
    """States (bits of the cluster's markets) and their probabilities in millionths of a millionth,
    those of 0 left out. They add up to `PICO`."""
    bound: int
    """Pico-dollars that any such basket can bring for certain, at the most."""


@attrs.frozen
class Unsolved:
    """Neither a basket nor a proof."""

    reason: str


Verdict = Template | Certificate | Unsolved


def costs_of(views: Sequence[BookView]) -> dict[Leg, int]:
    """What both contracts of each market cost at its best prices, fees rounded down."""
    costs: dict[Leg, int] = {}
    for view in views:
        if not view.live:
            continue
        table = all_in(view.market.fees)
        if view.asks:
            costs[Leg(view.market.id, Outcome.YES)] = table[view.asks[0][0]]
        if view.bids:
            costs[Leg(view.market.id, Outcome.NO)] = table[MICRO - view.bids[0][0]]
    return {leg: cost for leg, cost in costs.items() if cost < NO_QUOTE}


def search(cluster: Cluster, costs: Costs, budget_s: float) -> Verdict:
    """Find the best basket of single contracts at these costs, or prove that there is none.

    `budget_s` bounds each of at most two programs, in seconds.
    """
    legs = tuple(costs)
    if not legs:
        return Certificate(((cluster.states[0], PICO),), 0)
    program = _Program(cluster, legs, [costs[leg] for leg in legs])
    solved = program.solve(budget_s, whole=False)
    if solved is None:
        return Unsolved("out of time")
    weights, duals = solved
    certificate = program.certify(duals)
    if certificate is not None:
        return certificate
    chosen = program.chosen(weights)
    if chosen is None:
        solved = program.solve(budget_s, whole=True)
        chosen = program.chosen(solved[0]) if solved else None
    if chosen is None:
        return Unsolved("only with weights other than one, or with too many legs")
    return _prove(cluster, chosen)


class _Program:
    """One cluster's program; contracts that pay alike in every state stay apart."""

    def __init__(self, cluster: Cluster, legs: Sequence[Leg], costs: Sequence[int]) -> None:
        self._legs = legs
        self._costs = costs
        self._states = _told_apart(cluster, legs)
        self._wins = [
            [at for at, state in enumerate(self._states) if cluster.wins(leg, state)]
            for leg in legs
        ]

    def solve(self, budget_s: float, *, whole: bool) -> tuple[list[float], list[float]] | None:
        """Weights of the contracts and duals of the states; None where time ran out."""
        solver = highspy.Highs()  # type: ignore[no-untyped-call]  # typed but for its maker
        for option, value in (("output_flag", False), ("threads", 1), ("time_limit", budget_s)):
            solver.setOptionValue(option, value)
        solver.passModel(self._model(whole=whole))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        solution = solver.getSolution()
        return list(solution.col_value)[:-1], list(solution.row_dual)[: len(self._states)]

    def _model(self, *, whole: bool) -> highspy.HighsLp:
        """Cost less the least payout, to be made small; the last column is the least payout.

        A row a state: what it pays is at least the least. The last row counts the legs.
        """
        count, rows = len(self._legs), len(self._states) + 1
        model = highspy.HighsLp()
        model.num_col_, model.num_row_ = count + 1, rows
        model.col_cost_ = [cost / PICO for cost in self._costs] + [-1.0]
        model.col_lower_ = [0.0] * (count + 1)
        model.col_upper_ = [1.0] * count + [float(count)]
        model.row_lower_ = [0.0] * (rows - 1) + [-highspy.kHighsInf]
        most = float(MAX_LEGS) if whole else highspy.kHighsInf
        model.row_upper_ = [highspy.kHighsInf] * (rows - 1) + [most]
        starts, index, value = [0], list[int](), list[float]()
        for wins in self._wins:
            index += [*wins, rows - 1]
            value += [1.0] * (len(wins) + 1)
            starts.append(len(index))
        index += range(rows - 1)
        value += [-1.0] * (rows - 1)
        starts.append(len(index))
        matrix = model.a_matrix_
        matrix.format_ = highspy.MatrixFormat.kColwise
        matrix.start_, matrix.index_, matrix.value_ = starts, index, value
        if whole:
            kinds = highspy.HighsVarType
            model.integrality_ = [kinds.kInteger] * count + [kinds.kContinuous]
        return model

    def certify(self, duals: Sequence[float]) -> Certificate | None:
        """Make whole probabilities of the duals; None where they prove nothing."""
        odds = [max(0, round(dual * PICO)) for dual in duals]
        likeliest = odds.index(max(odds))
        odds[likeliest] += PICO - sum(odds)
        if odds[likeliest] < 0:
            return None
        bound = sum(
            max(0, sum(odds[at] for at in wins) - cost)
            for wins, cost in zip(self._wins, self._costs, strict=True)
        )
        if bound >= MICRO:
            return None
        told = zip(self._states, odds, strict=True)
        return Certificate(tuple((state, chance) for state, chance in told if chance), bound)

    def chosen(self, weights: Sequence[float]) -> tuple[Leg, ...] | None:
        """The contracts of weight one, if the rest have none and the basket truly earns."""
        near = [round(weight) for weight in weights]
        off = max(abs(weight - whole) for weight, whole in zip(weights, near, strict=True))
        taken = [at for at, whole in enumerate(near) if whole]
        if off > _WHOLE_ENOUGH or not 0 < len(taken) <= MAX_LEGS:
            return None
        pays = [0] * len(self._states)
        for column in taken:
            for state in self._wins[column]:
                pays[state] += PICO
        if min(pays) <= sum(self._costs[column] for column in taken):
            return None
        return tuple(self._legs[column] for column in taken)


def _told_apart(cluster: Cluster, legs: Sequence[Leg]) -> tuple[int, ...]:
    """States that differ in the markets of these contracts, one of each kind."""
    mask = sum(1 << cluster.markets.index(market) for market in {leg.market for leg in legs})
    return tuple({state & mask: state for state in cluster.states}.values())


def _prove(cluster: Cluster, legs: tuple[Leg, ...]) -> Verdict:
    """Prove the payout over the states once more, as every template's is."""
    states = _told_apart(cluster, legs)
    named: dict[str, State] = {}
    for number, state in enumerate(states, start=1):
        world = {leg.market: cluster.wins(Leg(leg.market, Outcome.YES), state) for leg in legs}
        told = " + ".join(market for market, yes in world.items() if yes) or "none"
        named[told if len(states) <= _MOST_NAMED else f"state {number}"] = world
    title = "cluster: " + ", ".join(f"{leg.outcome.upper()} {leg.market}" for leg in legs)
    claims = (*cluster.claims, WHOLE)
    try:
        return Template.prove(Lane.STRUCTURAL, title, legs, named, claims)
    except Refused as reason:
        return Unsolved(str(reason))
