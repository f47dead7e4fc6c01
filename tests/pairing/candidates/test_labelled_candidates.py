"""Labelled pairs: the twin is among the first five candidates although look-alikes crowd around it."""

import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import attrs

from arb.pairing.candidates.reach import Reach
from arb.pairing.candidates.search import find
from arb.pairing.labelled import LabelledPair, read_line
from arb.pairing.question import Question
from pairs.sets import audited, games, verified

DATA = Path(__file__).resolve().parents[1] / "data"
FIRST, LEAST_SHARE = 5, 0.90


def labelled(lines: Iterable[str]) -> list[LabelledPair]:
    return [read_line(line, number) for number, line in enumerate(lines, start=1)]


def ranks(pairs: list[LabelledPair]) -> dict[LabelledPair, int]:
    """At which place among the different wordings offered each twin is, from 1; 21 is nowhere."""
    polymarket = [attrs.evolve(pair.polymarket, id=f"p{n}") for n, pair in enumerate(pairs)]
    kalshi = {f"k{n}": attrs.evolve(pair.kalshi, id=f"k{n}") for n, pair in enumerate(pairs)}
    offered: dict[str, list[Question]] = {}
    for found in find(polymarket, kalshi.values(), Reach(best=4 * FIRST)):
        wording = bare(kalshi[found.kalshi])
        known = offered.setdefault(found.polymarket, [])
        if wording not in known:
            known.append(wording)
    return {
        pair: place(bare(pair.kalshi), offered.get(f"p{n}", []))
        for n, pair in enumerate(pairs)
        if pair.label == "same"
    }


def place(twin: Question, offered: list[Question]) -> int:
    return offered.index(twin) + 1 if twin in offered else 4 * FIRST + 1


def share_found(twins: Mapping[LabelledPair, int]) -> float:
    return sum(rank <= FIRST for rank in twins.values()) / len(twins)


def bare(question: Question) -> Question:
    """The wording alone: a set may use one text in several pairs."""
    return attrs.evolve(question, id="")


def own() -> list[LabelledPair]:
    texts = [file.read_text(encoding="utf-8") for file in sorted(DATA.rglob("*.jsonl"))]
    return labelled(line for text in texts for line in text.splitlines())


def test_twins_of_our_own_pairs_are_among_the_first_five() -> None:
    """Every one of them has some five neighbours that differ by one settling fact."""
    assert share_found(ranks(own())) >= LEAST_SHARE


def test_recorded_twins_are_among_the_first_five(recorded: Callable[[str], Path]) -> None:
    """All our own pairs and those of the other sets are in the way."""
    sets = {
        "rules_verified_jul2026": verified,
        "audits_sep2026": audited,
        "sports_jan2026": games,
    }
    rows = {name: list(read(recorded(f"pairs/{name}"))) for name, read in sets.items()}
    pairs = {name: labelled(json.dumps(row) for row in told) for name, told in rows.items()}
    found = ranks([*own(), *itertools.chain.from_iterable(pairs.values())])
    shares = {
        name: share_found({pair: found[pair] for pair in told if pair.label == "same"})
        for name, told in pairs.items()
    }
    assert min(shares.values()) >= LEAST_SHARE, shares
