"""Structural: two contracts of which one must win, because the answers hang together.

If a implies b, NO of a and YES of b pay a dollar at least: where a wins, b wins too, and where it
does not, its NO does. The same goes for whatever follows from several rules one after the other,
for two questions that exclude each other (NO and NO) and for two that leave nothing out (YES and
YES). Where a contract has a verified twin on the other venue, the cheaper of the two is bought.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import attrs

from arb.detect.basket import Lane, Leg, State, Template, TemplateId
from arb.detect.blueprint import Basket, Blueprint, Choice
from arb.detect.facts import WHOLE, Component, Fact, against, gather
from arb.detect.lanes.compiled import Compiled
from arb.detect.lanes.twins import Twins
from arb.detect.rules import Rule
from arb.market.errors import Refused
from arb.market.instruments import Claim, Event, Market, MarketId, Outcome
from arb.market.units import MICRO, Usd

MOST_OF_ONE = 1_225
"""Baskets of one component, the shortest chains of reasoning first: all pairs of 50 markets."""
MOST_MARKETS = 400
"""Of one component: reasoning takes the square of them."""
MOST_IN_ALL = 20_000
"""The gate keeps a sum for each; together with the other lanes' that stays within its budget."""

Listed = Mapping[MarketId, Market]
Path = tuple[Fact, ...]
"""The facts by which one contract's loss makes another win, in order."""


def structural(
    rules: Iterable[Rule], events: Iterable[Event], markets: Listed, twins: Twins
) -> Compiled:
    """Make the baskets that follow from accepted rules, together with events and twins.

    `markets` holds those that can be traded; rules and events may name others.
    """
    baskets: list[Basket] = []
    refused: Counter[str] = Counter()
    for component in gather(rules, events, twins, markets):
        try:
            made = _of_component(component, markets, twins)
        except Refused as reason:
            refused[f"{Lane.STRUCTURAL}: {reason}"] += 1
            continue
        room = min(MOST_OF_ONE, MOST_IN_ALL - len(baskets))
        baskets += made[:room]
        if len(made) > room:
            refused[f"{Lane.STRUCTURAL}: more baskets than are watched"] += len(made) - room
    return Compiled(tuple(baskets), dict(refused))


def _of_component(component: Component, markets: Listed, twins: Twins) -> list[Basket]:
    """All baskets of a component, those of the shortest chains first. Raises Refused."""
    if len(component.markets) > MOST_MARKETS:
        raise Refused(f"more than {MOST_MARKETS} markets hang together")
    reasons = _Reasons(component.facts)
    found: dict[frozenset[Leg], tuple[int, tuple[Leg, ...]]] = {}
    sure = {leg for leg in reasons.contracts if reasons.path((leg,)) is not None}
    if any(against(leg) in sure for leg in sure):
        raise Refused("rules that contradict each other")
    for lost in reasons.contracts:
        first = against(lost)
        for second, path in reasons.follow(lost).items():
            if first in sure or second in sure:
                continue
            if (
                second.market != first.market
                and _tells_more(path)
                and first not in twins.of(against(second))
            ):
                one, other = _home(first, twins), _home(second, twins)
                steps = len(path)
                known = found.get(frozenset((one, other)))
                if known is None or steps < known[0]:
                    found[frozenset((one, other))] = (steps, (one, other))
    alone = dict.fromkeys(_home(leg, twins) for leg in reasons.contracts if leg in sure)
    wanted: list[tuple[Leg, ...]] = [(leg,) for leg in alone]
    wanted += [legs for _, legs in sorted(found.values(), key=lambda entry: entry[0])]
    maker = _Maker(reasons, markets, twins)
    made = [maker.make(legs) for legs in wanted]
    return [basket for basket in made if basket is not None]


def _tells_more(path: Path) -> bool:
    """Say whether it goes beyond one event and the twins, which the other lanes know."""
    origins = {fact.origin for fact in path} - {"twins"}
    return "rule" in origins or len(origins) > 1


def _home(leg: Leg, twins: Twins) -> Leg:
    """The same one of a contract and its twin, whichever is given."""
    return min((leg, *twins.of(leg)), key=lambda one: (one.market, one.outcome))


class _Reasons:
    """Which contract's win makes which other win, by facts about two contracts at a time."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self._next: dict[Leg, dict[Leg, Fact]] = {}
        self._paths: dict[Leg, dict[Leg, Path]] = {}
        for fact in facts:
            self._note(fact)

    def _note(self, fact: Fact) -> None:
        if fact.one_must and len(fact.legs) != 2:  # noqa: PLR2004 - more leave it open which
            return
        for one in fact.legs:
            for other in fact.legs:
                if one == other:
                    continue
                source, target = (against(one), other) if fact.one_must else (one, against(other))
                self._next.setdefault(source, {}).setdefault(target, fact)

    @property
    def contracts(self) -> tuple[Leg, ...]:
        """Every contract whose win makes another win, and each one's opposite."""
        known = dict.fromkeys(self._next)
        return tuple(dict.fromkeys([*known, *(against(leg) for leg in known)]))

    def follow(self, leg: Leg) -> Mapping[Leg, Path]:
        """What wins where `leg` does, each by a shortest path."""
        if leg not in self._paths:
            self._paths[leg] = self._follow(leg)
        return self._paths[leg]

    def _follow(self, leg: Leg) -> dict[Leg, Path]:
        found: dict[Leg, Path] = {}
        edge: list[tuple[Leg, Path]] = [(leg, ())]
        while edge:
            beyond: list[tuple[Leg, Path]] = []
            for at, path in edge:
                for target, fact in self._next.get(at, {}).items():
                    if target not in found and target != leg:
                        found[target] = (*path, fact)
                        beyond.append((target, found[target]))
            edge = beyond
        return found

    def path(self, legs: Sequence[Leg]) -> Path | None:
        """Why one of these one or two contracts must win; None where nothing says so."""
        return self.follow(against(legs[0])).get(legs[-1])


@attrs.frozen
class _Maker:
    """Makes templates, or blueprints where there are twins to choose from."""

    reasons: _Reasons
    markets: Listed
    twins: Twins

    def make(self, legs: tuple[Leg, ...]) -> Basket | None:
        """The basket of these contracts or their twins; None where one cannot be traded."""
        choices = [Choice(self._offered(leg)) for leg in legs]
        if not all(choice.legs for choice in choices):
            return None
        first = self.prove(tuple(choice.legs[0] for choice in choices))
        if all(len(choice.legs) == 1 for choice in choices):
            return first
        return Blueprint(
            id=TemplateId(f"{first.id}|twins"),
            lane=Lane.STRUCTURAL,
            title=first.title,
            choices=tuple(choices),
            payout=Usd(MICRO),
            prove=self.prove,
        )

    def _offered(self, leg: Leg) -> tuple[Leg, ...]:
        return tuple(one for one in (leg, *self.twins.of(leg)) if one.market in self.markets)

    def prove(self, legs: tuple[Leg, ...]) -> Template:
        """Prove the basket over every way its markets can turn out. Raises Refused."""
        path = self.reasons.path(legs)
        if path is None:
            raise Refused("nothing says that one of these contracts must win")
        claims: dict[Claim, None] = {}
        for fact in path:
            claims |= dict.fromkeys(fact.claims)
        claims[WHOLE] = None
        return Template.prove(Lane.STRUCTURAL, self._title(legs), legs, _states(legs), list(claims))

    def _title(self, legs: Sequence[Leg]) -> str:
        return ", or ".join(
            f"{self.markets[leg.market].title}: {leg.outcome.upper()}" for leg in legs
        )


def _states(legs: Sequence[Leg]) -> dict[str, State]:
    """Every way that the legs' markets can turn out, but the one in which all of them lose."""
    first, last = legs[0], legs[-1]
    ways = ((True, True), (True, False), (False, True)) if len(legs) > 1 else ((True, True),)
    states: dict[str, State] = {}
    for wins in ways:
        state = {
            leg.market: won is (leg.outcome is Outcome.YES)
            for leg, won in zip((first, last), wins, strict=True)
        }
        name = ", ".join(f"{market} {'yes' if yes else 'no'}" for market, yes in state.items())
        states[name] = state
    return states
