"""The lists of terms (`arb/pairing/terms`), and where a text uses one of them."""

import functools
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib.resources import files

import attrs

from arb.pairing.reading.text import fold, words

_SUFFIXES = (
    ("ies", "y"),
    ("sses", "ss"),
    ("ching", "ch"),
    ("ing", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
)
_LEAST_STEM = 3
_VERBS = ("deed", "moment", "phase", "release")
"""Lists of deeds: their words are told in all forms."""


@attrs.frozen
class Term:
    """A word, or a phrase that the lists know, where a text uses it."""

    name: str
    """The list's name of what the phrase means; for an unknown word its stem."""
    group: str
    """Which list; "" for an unknown word."""
    at: int
    """The number of its first word in the text."""


@attrs.frozen
class Lexicon:
    """All phrases, found by their first word."""

    by_first: Mapping[str, tuple[tuple[tuple[str, ...], str, str], ...]]
    inert: frozenset[str]

    def terms(self, text: Iterable[str]) -> Iterator[Term]:
        """Read words left to right, the longest known phrase first; inert words are left out."""
        sequence = tuple(text)
        at = 0
        while at < len(sequence):
            phrase, name, group = self._longest(sequence, at)
            if phrase:
                if group != "inert":
                    yield Term(name, group, at)
                at += len(phrase)
                continue
            word = sequence[at]
            if word not in self.inert and not _is_number(word):
                yield Term(stem(word), "", at)
            at += 1

    def _longest(self, sequence: tuple[str, ...], at: int) -> tuple[tuple[str, ...], str, str]:
        for phrase, name, group in self.by_first.get(sequence[at], ()):
            if sequence[at : at + len(phrase)] == phrase:
                return phrase, name, group
        return (), "", ""


def stem(word: str) -> str:
    """Cut the commonest endings, so that "wins" and "win", "nominated" and "nominate" meet."""
    for ending, instead in _SUFFIXES:
        if word.endswith(ending) and len(word) - len(ending) >= _LEAST_STEM:
            cut = word.removesuffix(ending) + instead
            return cut.removesuffix("e") if len(cut) > _LEAST_STEM else cut
    return word.removesuffix("e") if len(word) > _LEAST_STEM + 1 else word


@functools.cache
def lexicon(league: str = "") -> Lexicon:
    """Read all lists, once; with a league also the names of its teams, cities among them."""
    found: dict[str, list[tuple[tuple[str, ...], str, str]]] = {}
    inert: set[str] = set()
    for spelled, ids in _team_phrases(league).items():
        found.setdefault(spelled[0], []).append((spelled, "|".join(sorted(ids)), "team"))
    for group, entries in lists().items():
        for name, phrases in entries.items():
            for phrase in phrases:
                spelled = words(fold(phrase))
                if group == "inert" and len(spelled) == 1:
                    inert.add(spelled[0])
                else:
                    found.setdefault(spelled[0], []).append((spelled, name, group))
    for spelled, name, group in tuple(_inflected(found, inert)):
        found.setdefault(spelled[0], []).append((spelled, name, group))
    ordered = {
        first: tuple(sorted(phrases, key=lambda entry: -len(entry[0])))
        for first, phrases in found.items()
    }
    return Lexicon(by_first=ordered, inert=frozenset(inert))


def _inflected(
    known: Mapping[str, list[tuple[tuple[str, ...], str, str]]], inert: set[str]
) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """The other forms of verbs, where no list has them already."""
    for group in _VERBS:
        for name, phrases in lists()[group].items():
            for verb in phrases:
                if (
                    not verb.isalpha()
                    or len(verb) <= _LEAST_STEM
                    or stem(verb) != verb.removesuffix("e")
                ):
                    continue
                root = verb.removesuffix("e")
                for form in (f"{verb}s", f"{root}es", f"{root}ed", f"{root}ing"):
                    if form not in known and form not in inert:
                        yield (form,), name, group


@functools.cache
def _team_phrases(league: str) -> dict[tuple[str, ...], set[str]]:
    """Every way to name a team of a league, and whom it may mean: some cities have two."""
    phrases: dict[tuple[str, ...], set[str]] = {}
    for city, nick, code, *more in teams().get(league, ()):
        for told in (city, nick, f"{city} {nick}", *more):
            phrases.setdefault(words(fold(told)), set()).add(f"{league} {code}")
    return phrases


@functools.cache
def league_of(one: str, two: str) -> str:
    """The only league in which both names are teams; "" where there is none, or several."""
    spelled = (words(fold(one)), words(fold(two)))
    fitting = [
        league for league in teams() if all(told in _team_phrases(league) for told in spelled)
    ]
    return fitting[0] if len(fitting) == 1 else ""


@functools.cache
def teams() -> Mapping[str, tuple[tuple[str, ...], ...]]:
    """The teams of each league: city, nickname, code, other names."""
    file = files("arb.pairing") / "terms" / "teams.toml"
    told = tomllib.loads(file.read_text(encoding="utf-8"))
    return {league: tuple(tuple(team) for team in every) for league, every in told.items()}


@functools.cache
def lists() -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Every list: group, then the name of a meaning, then the phrases that say it."""
    every: dict[str, dict[str, tuple[str, ...]]] = {}
    for file in sorted((files("arb.pairing") / "terms").iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".toml") or file.name in {
            "groups.toml",
            "teams.toml",
            "postal.toml",
            "kin.toml",
        }:
            continue
        for group, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
            known = every.setdefault(group, {})
            for name, phrases in entries.items():
                known[name] = (*known.get(name, ()), *phrases)
    return every


@functools.cache
def states() -> Mapping[str, str]:
    """The states of the USA by the two letters that name their districts."""
    file = files("arb.pairing") / "terms" / "postal.toml"
    return dict(tomllib.loads(file.read_text(encoding="utf-8"))["postal"])


def _is_number(word: str) -> bool:
    return word[0].isdigit() or word in {"<", ">", "<=", ">=", "%", "+"}
