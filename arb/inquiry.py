"""Questions about what is listed: why baskets pay, and which rules the texts suggest."""

from collections.abc import Callable, Iterable, Sequence

from arb.detect.basket import MAX_LEGS, Template
from arb.detect.blueprint import Basket, Blueprint
from arb.detect.explain import explain_lines
from arb.detect.lanes import compile_baskets
from arb.detect.proposals import propose
from arb.detect.rules_file import write_rules
from arb.discovery import discover
from arb.ending import Exit, Stopped
from arb.market.errors import Refused
from arb.market.instruments import Market, MarketId
from arb.outside import Venues
from arb.roll import call_roll, decisions_in
from arb.settings import Settings
from arb.store.journal import StoreFailed

Say = Callable[[str], None]


async def explain(settings: Settings, venues: Venues, text: str, say: Say) -> Sequence[str]:
    """Say of every basket with a market named like `text` why it pays: legs, states, facts.

    A market is named by its id, or by any part of its id or title; case does not matter.
    """
    catalogues = await discover(venues.outside, say)
    markets = {market.id: market for one in catalogues for market in one.markets}
    try:
        decided = decisions_in(venues)
    except StoreFailed as failure:
        raise Stopped(str(failure), Exit.STORE_FAILED) from failure
    called = call_roll(catalogues, venues, decided, settings, venues.outside.now_ns())
    pairs = called.roll.verified
    compiled = compile_baskets(catalogues, pairs, settings.detect, venues.rules)
    wanted = {known_as for known_as, market in markets.items() if _named(market, text)}
    lines: list[str] = []
    for basket in compiled.baskets:
        if wanted & _markets_of(basket):
            lines += [*_lines(basket), ""]
    return lines


async def suggest_rules(venues: Venues, say: Say) -> str:
    """Write the rules that the questions' texts suggest, none of them accepted, as a rules file."""
    catalogues = await discover(venues.outside, say)
    return write_rules(propose(market for one in catalogues for market in one.markets))


def _named(market: Market, text: str) -> bool:
    return text.lower() in market.id.lower() or text.lower() in market.title.lower()


def _markets_of(basket: Basket) -> set[MarketId]:
    if isinstance(basket, Template):
        return {leg.market for leg in basket.legs}
    return {leg.market for choice in basket.choices for leg in choice.legs}


def _lines(basket: Basket) -> Iterable[str]:
    if isinstance(basket, Template):
        yield from explain_lines(basket)
        return
    yield from _choices(basket)
    try:
        yield from explain_lines(
            basket.prove(tuple(choice.legs[0] for choice in basket.choices)[:MAX_LEGS])
        )
    except Refused as reason:
        yield f"not provable with the first of each choice: {reason}"


def _choices(blueprint: Blueprint) -> Iterable[str]:
    """Say what is chosen by price; the proof that follows is of the first of each choice."""
    swaps = sum(len(choice.legs) > 1 for choice in blueprint.choices)
    if swaps:
        yield f"{swaps} legs are bought on whichever venue is cheaper; for example:"
    if any(choice.optional for choice in blueprint.choices):
        yield (
            f"any of {len(blueprint.choices)} legs that cost less than a dollar,"
            f" at most {MAX_LEGS}; for example:"
        )
