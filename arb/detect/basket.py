"""The one kind of opportunity: a basket of contracts that pays a known amount in every state.

A template says which contracts and what one set of them pays at least; its payout is computed
over the states of the world when it is made, never assumed. A plan is a template at a size: what
to buy, how much, and at which worst price.
"""

import enum
from collections.abc import Collection, Mapping, Sequence
from typing import NewType, Protocol

import attrs

from arb.market.errors import Refused
from arb.market.instruments import Claim, MarketId, Outcome
from arb.market.units import MICRO, Px, Qty, Usd

TemplateId = NewType("TemplateId", str)
"""Stable across runs: lane and legs."""

MAX_LEGS = 15
"""One batch of orders on Polymarket (LANE-9)."""


class Lane(enum.StrEnum):
    """By which argument a basket must pay."""

    BINARY = "binary"
    ALL_YES = "all_yes"
    ALL_NO = "all_no"
    CROSS_VENUE = "cross_venue"
    STRUCTURAL = "structural"


@attrs.frozen
class Leg:
    """Buy one contract of `outcome` in `market`."""

    market: MarketId
    outcome: Outcome


State = Mapping[MarketId, bool]
"""One way the world can turn out: which of the markets resolve YES."""


@attrs.frozen
class Proof:
    """Why a template pays: what one set brings in each state, and the facts relied on."""

    payouts: tuple[tuple[str, Usd], ...]
    """A name for each state, and what one set of the legs pays in it."""
    claims: tuple[Claim, ...]


class Redraft(Protocol):
    """Makes a basket anew without some legs: others that pay alike instead, or fewer of them."""

    def __call__(
        self, legs: Sequence[Leg], dropped: Collection[Leg], known: Collection[MarketId], /
    ) -> "Template | None":
        """Do without `dropped`, with legs of `known` markets; None where that is no basket."""
        ...


@attrs.frozen
class Template:
    """Legs that together pay at least `payout` for each set, whatever happens."""

    id: TemplateId
    lane: Lane
    title: str
    legs: tuple[Leg, ...]
    payout: Usd
    proof: Proof
    at_once: Usd = Usd(0)
    """What of `payout` one set brings as soon as it is held, by merging, netting or converting."""
    redraft: Redraft | None = attrs.field(default=None, eq=False, repr=False)
    """How the basket is made without some of its legs; None where it needs them all."""

    @classmethod
    def prove(  # noqa: PLR0913, PLR0917 - a template and all that proves it
        cls,
        lane: Lane,
        title: str,
        legs: Sequence[Leg],
        states: Mapping[str, State],
        claims: Sequence[Claim],
        at_once: Usd = Usd(0),
    ) -> "Template":
        """Make a template whose payout is the least over `states` (names to states).

        Raises Refused where there is nothing to prove: no legs or too many, a leg twice, no
        states, a state that does not say how a leg's market ends, a claim that does not hold.
        """
        _check_legs(legs)
        if not states:
            raise Refused(f"{title}: no states to prove a payout over")
        for claim in claims:
            if not claim.holds:
                raise Refused(f"{title}: not known: {claim.source}")
        payouts = tuple((name, _payout(legs, state, title)) for name, state in states.items())
        least = min(payout for _, payout in payouts)
        template_id = TemplateId(
            f"{lane}:" + "+".join(sorted(f"{leg.market}/{leg.outcome}" for leg in legs))
        )
        if not 0 <= at_once <= least:
            raise Refused(f"{title}: {at_once} at once of {least}")
        proof = Proof(payouts, tuple(claims))
        return cls(template_id, lane, title, tuple(legs), least, proof, at_once)


@attrs.frozen(slots=False)
class LegPlan:
    """One leg at a size. Made by the thousand: without slots it is made in half the time."""

    leg: Leg
    qty: Qty
    limit: Px
    """The worst price needed, in the outcome's own terms, on the market's grid."""
    cost: Usd
    fees: Usd
    top: Px
    """The best price when the plan was made."""
    depth: Qty
    """How much is on offer at the limit or better."""


@attrs.frozen(slots=False)
class Plan:
    """A template at its best size. Executable as given: on grid, on lot, above the minimums."""

    template: Template
    size: Qty
    """Sets: contracts of each leg."""
    legs: tuple[LegPlan, ...]
    cost: Usd
    fees: Usd
    payout: Usd
    profit: Usd
    """`payout` less `cost` and `fees`, all of them for the whole size."""

    @property
    def at_once(self) -> Usd:
        """What of `payout` does not wait for the markets to resolve, rounded down."""
        return Usd(self.template.at_once * self.size // MICRO)


def _check_legs(legs: Sequence[Leg]) -> None:
    if not 0 < len(legs) <= MAX_LEGS:
        raise Refused(f"a basket has 1 to {MAX_LEGS} legs, not {len(legs)}")
    if len(set(legs)) != len(legs):
        raise Refused("a basket never holds the same leg twice")


def _payout(legs: Sequence[Leg], state: State, title: str) -> Usd:
    missing = [leg.market for leg in legs if leg.market not in state]
    if missing:
        raise Refused(f"{title}: a state says nothing of {missing[0]}")
    return Usd(sum(MICRO for leg in legs if state[leg.market] is (leg.outcome is Outcome.YES)))
