"""The lists of terms: every entry is read as what it means."""

import pytest

from arb.pairing.comparing.terms import weights
from arb.pairing.reading.lexicon import lexicon, lists, states, teams
from arb.pairing.reading.text import fold, words

ENTRIES = [
    (group, name, phrase)
    for group, entries in lists().items()
    for name, phrases in entries.items()
    for phrase in phrases
]
TEAMS = [(league, team) for league, every in teams().items() for team in every]


@pytest.mark.parametrize(("group", "name"), dict.fromkeys(entry[:2] for entry in ENTRIES))
def test_all_phrases_of_an_entry_are_read_as_what_it_means(group: str, name: str) -> None:
    for phrase in lists()[group][name]:
        found = [(term.group, term.name) for term in lexicon().terms(words(fold(phrase)))]
        assert found == ([] if group == "inert" else [(group, name)]), phrase


def test_no_phrase_means_two_things() -> None:
    known: dict[tuple[str, ...], tuple[str, str]] = {}
    for group, name, phrase in ENTRIES:
        spelled = words(fold(phrase))
        assert known.setdefault(spelled, (group, name)) == (group, name), phrase


def test_every_group_has_its_weights() -> None:
    assert set(weights()) == {*lists(), "team"} - {"inert"}


@pytest.mark.parametrize(("league", "team"), TEAMS)
def test_a_team_is_read_by_its_nickname_and_its_full_name(
    league: str, team: tuple[str, ...]
) -> None:
    city, nick, code, *more = team
    for told in (nick, f"{city} {nick}", *more):
        found = {term.name for term in lexicon(league).terms(words(fold(told)))}
        assert found == {f"{league} {code}"}


def test_a_city_with_two_teams_names_neither() -> None:
    found = [term.name for term in lexicon("nfl").terms(words("New York"))]
    assert found == ["nfl NYG|nfl NYJ"]


@pytest.mark.parametrize(("code", "state"), states().items())
def test_the_letters_of_a_state_name_a_state_of_the_lists(code: str, state: str) -> None:
    assert len(code) == 2
    assert [term.group for term in lexicon().terms(words(state))] in (["state"], ["city"])
