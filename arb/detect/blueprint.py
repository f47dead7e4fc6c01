"""A basket whose legs are chosen by their prices, each time anew.

Many baskets of one event pay for the same reason: YES of every outcome, each bought on whichever
venue sells it cheaper; NO of any part of an exclusive set. A blueprint stands for all of them, and
becomes an ordinary template once the cheapest choice is known.
"""

from collections.abc import Callable, Collection, Sequence

import attrs

from arb.detect.basket import MAX_LEGS, Lane, Leg, Template, TemplateId
from arb.market.instruments import MarketId
from arb.market.units import MICRO, Usd

DOLLAR_PICO = MICRO * MICRO
"""What an optional leg may cost at the most: without it the basket pays a dollar less."""


@attrs.frozen
class Choice:
    """One leg of a blueprint: any of these contracts, they pay alike."""

    legs: tuple[Leg, ...]
    optional: bool = False
    """It may be left out, and then a set pays a dollar less."""


@attrs.frozen
class Blueprint:
    """Choices that together pay at least `payout` for each set, whichever way they are made."""

    id: TemplateId
    lane: Lane
    title: str
    choices: tuple[Choice, ...]
    payout: Usd
    """With a leg for every choice."""
    prove: Callable[[tuple[Leg, ...]], Template]
    """Makes the template of chosen legs, its payout computed over the states. Raises Refused."""


Basket = Template | Blueprint
"""What the gate watches."""


def pick(blueprint: Blueprint, costs: Sequence[Sequence[int]]) -> tuple[Leg, ...]:
    """The cheapest legs, in the order of the choices; `costs` (pico-dollars) by choice and leg.

    Optional legs that cost a dollar or more are left out, and beyond `MAX_LEGS` the dearest ones.
    """
    picked: list[tuple[int, int, bool, Leg]] = []
    for place, (choice, prices) in enumerate(zip(blueprint.choices, costs, strict=True)):
        cost = min(prices)
        if not choice.optional or cost < DOLLAR_PICO:
            leg = choice.legs[prices.index(cost)]
            picked.append((cost, place, choice.optional, leg))
    too_many = len(picked) - MAX_LEGS
    if too_many > 0:
        spare = sorted((entry for entry in picked if entry[2]), reverse=True)
        dropped = set(spare[:too_many])
        picked = [entry for entry in picked if entry not in dropped]
    return tuple(entry[3] for entry in picked)


def replace(
    blueprint: Blueprint,
    legs: Collection[Leg],
    dropped: Collection[Leg],
    known: Collection[MarketId],
) -> tuple[Leg, ...] | None:
    """`legs` without `dropped`: another leg of the choice instead, of a `known` market, or none.

    None where a leg is needed and nothing can take its place.
    """
    kept: list[Leg] = []
    for choice in blueprint.choices:
        held = next((leg for leg in choice.legs if leg in legs), None)
        if held is None:
            continue
        can = [held, *(leg for leg in choice.legs if leg.market in known)]
        leg = next((one for one in can if one not in dropped), None)
        if leg is not None:
            kept.append(leg)
        elif not choice.optional:
            return None
    return tuple(kept)
