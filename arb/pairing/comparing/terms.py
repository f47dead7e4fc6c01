"""Terms that settle a question: on both sides, or on one side only."""

import functools
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files

import attrs

from arb.pairing.finding import Finding, Side
from arb.pairing.reading.clauses import Part
from arb.pairing.reading.facts import Facts, Mention

_ASKING = (Part.HEADLINE, Part.EVENT, Part.OPERATIVE)
_REST = (Part.AUTHORITY, Part.DETAIL, Part.SOURCE, Part.OTHERWISE)
_PLANNED = re.compile(r"\bschedul", re.IGNORECASE)
"""A sentence that says when something is planned settles nothing."""
_MEASURED = frozenset({"company", "economy", "moment", "measure", "price", "game", "deed", "phase"})
"""What is measured or done: who is believed for it does not tell which of them is asked."""
ALWAYS_WON = frozenset(
    {
        *("nba", "wnba", "mlb", "nhl", "college basketball", "college football", "atp", "wta"),
        *("tennis", "basketball", "baseball"),
        *("wimbledon", "us open", "french open", "australian open"),
    }
)
"""Leagues, sports and tournaments whose contests always have a winner."""
_DONE = frozenset({"company", "moment", "deed", "phase"})
_AVERAGED = frozenset({"gasoline", "30-year mortgage", "approval"})
"""What is only ever told as an average."""
_IMPLIED = {"annualized": ("quarter over quarter",), "tennis": ("singles",)}
"""What goes without saying where a term stands."""
_UNDERSTOOD = {"united states", "men"}
"""Told on one side, it is understood on one that names no other."""
_WEIGHTS = {"veto": Side.AGAINST, "person": Side.DOUBT, "ok": Side.FOR}


@attrs.frozen
class Weights:
    """What a difference in one group of terms weighs."""

    conflict: Side
    headline: Side
    operative: Side
    detail: Side


@functools.cache
def weights() -> Mapping[str, Weights]:
    """Read them from the list, once."""
    file = files("arb.pairing") / "terms" / "groups.toml"
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    return {
        group: Weights(**{where: _WEIGHTS[weight] for where, weight in row.items()})
        for group, row in told.items()
    }


def compare_terms(polymarket: Facts, kalshi: Facts) -> Iterator[Finding]:
    """Compare group by group."""
    by_group, by_other_group = _grouped(polymarket), _grouped(kalshi)
    for group, weight in weights().items():
        ours, theirs = by_group.get(group, ()), by_other_group.get(group, ())
        if not ours and not theirs:
            continue
        if group == "victory" and polymarket.sides and kalshi.sides:
            continue  # that somebody wins goes without saying
        if group == "victory" and _is_counted(polymarket) and _is_counted(kalshi):
            continue  # who "beats" a number is above it, and seats are won or held
        if group == "title" and _goes_through(polymarket, kalshi):
            ours, theirs = _settled(ours), _settled(theirs)
        yield from _group(group, weight, ours, theirs)


def _is_counted(facts: Facts) -> bool:
    return any(amount.compared for amount in facts.numbers(Part.HEADLINE, Part.OPERATIVE))


def _goes_through(polymarket: Facts, kalshi: Facts) -> bool:
    """Of a match that always has a winner it is the same to win it and to go through."""
    named = {m.name for facts in (polymarket, kalshi) for m in facts.mentions}
    return bool(polymarket.sides and kalshi.sides and named & ALWAYS_WON)


def _settled(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return tuple(m for m in mentions if m.name not in {"advance", "retire"})


def meets(mention: str, others: frozenset[str] | set[str]) -> bool:
    """Whether a name is among others; "a|b" may be either of two."""
    if mention in others:
        return True
    either = set(mention.split("|"))
    return any(either & set(other.split("|")) for other in others if "|" in other or "|" in mention)


def _grouped(facts: Facts) -> dict[str, tuple[Mention, ...]]:
    """The mentions by group, without those that say nothing beside others of the same text."""
    found: dict[str, tuple[Mention, ...]] = {}
    for mention in facts.mentions:
        found[mention.group] = (*found.get(mention.group, ()), mention)
    if any(mention.name in _AVERAGED for mention in found.get("asset", ()) + found.get("vote", ())):
        for group in ("measure", "price"):
            kept = (m for m in found.get(group, ()) if m.name not in {"average", "average price"})
            found[group] = tuple(kept)
    if "move" in found:
        found.pop("moment", None)  # a central bank's decision is what it announces
    # A "not" means something only where it is said.
    found["polarity"] = _asking(found.get("polarity", ()))
    return found


def _group(
    group: str, weight: Weights, ours: tuple[Mention, ...], theirs: tuple[Mention, ...]
) -> Iterator[Finding]:
    alone, others_alone = _unmet(ours, theirs), _unmet(theirs, ours)
    asked, others_asked = _asking(alone), _asking(others_alone)
    if asked and others_asked and _titled(asked + others_asked):
        yield _finding(group, weight.conflict, asked[0], others_asked[0])
    else:
        for mention in _once(asked + others_asked):
            side = _weighed(weight, mention.part)
            if mention.part is not Part.EVENT and weight.conflict is Side.AGAINST:
                side = _beside_others(side, theirs if mention in asked else ours)
            yield _one_sided(group, side, mention, mine=mention in asked)
    for mention in _once(_beside(alone, asked) + _beside(others_alone, others_asked)):
        yield _one_sided(group, weight.detail, mention, mine=mention in alone)
    yield from _agreed(group, ours, theirs)


def _weighed(weight: Weights, part: Part) -> Side:
    match part:
        case Part.HEADLINE:
            return weight.headline
        case Part.EVENT:
            # An event's title stands for many markets and says what each of them may leave out.
            return Side.FOR
        case _:
            return weight.operative


def _beside_others(side: Side, others: tuple[Mention, ...]) -> Side:
    """A term too many is in doubt where the other side uses others of its group."""
    return Side.DOUBT if side is Side.FOR and _asking(others) else side


def _unmet(mine: tuple[Mention, ...], theirs: tuple[Mention, ...]) -> tuple[Mention, ...]:
    # The title of a report names all that stands in it.
    known = {m.name for m in theirs if not _is_of_report(m)}
    known |= {implied for name in known for implied in _IMPLIED.get(name, ())}
    if not known:
        known = _UNDERSTOOD
    return tuple(mention for mention in mine if not meets(mention.name, known))


def _is_of_report(mention: Mention) -> bool:
    if mention.part is Part.DETAIL:
        return mention.group == "company"
    if mention.part is Part.SOURCE:
        return mention.group in _MEASURED
    return mention.part is Part.AUTHORITY and mention.group in _DONE


def _asking(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    return tuple(mention for mention in mentions if mention.part in _ASKING)


def _titled(mentions: tuple[Mention, ...]) -> bool:
    return any(mention.part is Part.HEADLINE for mention in mentions)


def _beside(alone: tuple[Mention, ...], asked: tuple[Mention, ...]) -> tuple[Mention, ...]:
    names = {mention.name for mention in asked}
    return tuple(
        m
        for m in alone
        if m.part in _REST
        and not m.negated
        and not _PLANNED.search(m.sentence)
        and m.name not in names
    )


def _once(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Each name once, where it was told first; an event's title comes last."""
    ordered = sorted(mentions, key=lambda mention: mention.part is Part.EVENT)
    return tuple({mention.name: mention for mention in reversed(ordered)}.values())


def _finding(group: str, side: Side, ours: Mention, theirs: Mention) -> Finding:
    says = f'"{ours.name}" there, "{theirs.name}" here'
    return Finding(group, says, side, ours.sentence, theirs.sentence)


def _one_sided(group: str, side: Side, mention: Mention, *, mine: bool) -> Finding:
    who = "Polymarket" if mine else "Kalshi"
    says = f'only {who} speaks of "{mention.name}"'
    if mine:
        return Finding(group, says, side, mention.sentence, "")
    return Finding(group, says, side, "", mention.sentence)


def _agreed(
    group: str, ours: tuple[Mention, ...], theirs: tuple[Mention, ...]
) -> Iterator[Finding]:
    known = {mention.name: mention for mention in reversed(theirs)}
    for mention in _once(_asking(ours)):
        if mention.name in known and group != "synonym":
            other = known[mention.name]
            says = f'both speak of "{mention.name}"'
            yield Finding(group, says, Side.FOR, mention.sentence, other.sentence)
