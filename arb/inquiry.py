"""Questions about what is listed: why baskets pay, and which rules the texts suggest."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from arb.detect.basket import MAX_LEGS, Template
from arb.detect.blueprint import Basket, Blueprint
from arb.detect.comovement import suggest
from arb.detect.explain import explain_lines
from arb.detect.lanes import compile_baskets
from arb.detect.proposals import propose
from arb.detect.rules import Rule, RuleKind
from arb.detect.rules_file import write_rules
from arb.detect.strikes import derive
from arb.discovery import discover
from arb.ending import Exit, Stopped
from arb.lab.middles import STEP_S, read_middles
from arb.market.errors import Refused
from arb.market.instruments import Catalogue, Market, MarketId
from arb.outside import Venues
from arb.pairing.flag import Flag
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
    alone = sorted(wanted - {market for pair in pairs for market in pair.key})
    lines = [line for one in alone for line in _unpaired(markets[one], called.flags)]
    for basket in compiled.baskets:
        if wanted & _markets_of(basket):
            lines += [*_lines(basket), ""]
    return lines


def _unpaired(market: Market, flags: Iterable[Flag]) -> Iterable[str]:
    """Say why a market has no twin that baskets may rely on."""
    yield f"unpaired: {market.id}  {market.title}"
    found = [flag for flag in flags if market.id in {flag.kalshi, flag.polymarket}]
    yield from (f"  its pair may not be traded: {flag.line}" for flag in found)
    if not found:
        yield "  nobody has said which market of the other venue asks the same (`arb pairs list`)"
    yield ""


async def suggest_rules(venues: Venues, recording: Path | None, say: Say) -> str:
    """Write the rules that texts and prices suggest, none of them accepted, as a rules file.

    Prices come from `recording`, a file of frames about what is listed now; None: only texts.
    Raises Stopped where it cannot be used.
    """
    catalogues = await discover(venues.outside, say)
    markets = [market for one in catalogues for market in one.markets]
    rules = list(propose(markets))
    if recording is not None:
        try:
            middles = read_middles(recording, markets)
        except Refused as refusal:
            raise Stopped(str(refusal), Exit.USAGE) from refusal
        say(f"prices of {len(middles)} markets were recorded")
        rules += _news(suggest(middles, STEP_S), catalogues)
    return write_rules(rules)


def _news(rules: Iterable[Rule], catalogues: Sequence[Catalogue]) -> list[Rule]:
    """Leave out what the venues' own lists say already."""
    events = [event for one in catalogues for event in one.events]
    markets = {market.id: market for one in catalogues for market in one.markets}
    known = {(rule.kind, rule.markets) for rule in derive(events, markets).rules if rule.accepted}
    exclusive = {
        market: event.id for event in events if event.at_most_one.holds for market in event.markets
    }
    found = []
    for rule in rules:
        owners = {exclusive.get(market) for market in rule.markets}
        listed = rule.kind is RuleKind.AT_MOST_ONE and len(owners) == 1 and None not in owners
        turned = (rule.kind, rule.markets[::-1])
        told = (rule.kind, rule.markets) in known or (
            rule.kind is not RuleKind.IMPLIES and turned in known
        )
        if not listed and not told:
            found.append(rule)
    return found


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
