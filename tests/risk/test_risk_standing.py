"""The standing: the strictest hold decides, each source takes back its own, a person the rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arb.market.instruments import Venue
from arb.market.units import Ns
from arb.messages import Hold, Level
from arb.risk.standing import LEVELS, Standing, Verb, read_file_words

PLACES = st.sampled_from([None, *Venue])
SOURCES = st.sampled_from(["operator", "KILL file", "daily loss", "gates"])


def hold(
    source: str, level: Level, *, venue: Venue | None = None, lasting: bool = True, at: int = 0
) -> Hold:
    return Hold(source, level, source, f"{source} says so", "", Ns(at), venue, lasting)


HOLDS = st.builds(
    lambda source, level, venue, lasting, at: hold(
        source, level, venue=venue, lasting=lasting, at=at
    ),
    SOURCES,
    st.sampled_from(Level),
    PLACES,
    st.booleans(),
    st.integers(0, 5),
)


@pytest.mark.parametrize(
    ("text", "level", "why"),
    [
        ("", Level.STOPPED, ""),
        ("enough for today", Level.STOPPED, "enough for today"),
        ("pause spread looks wrong", Level.PAUSED, "spread looks wrong"),
        ("PAUSE: lunch", Level.PAUSED, "lunch"),
        ("reduce", Level.REDUCE_ONLY, ""),
        ("  flatten\n now", Level.FLATTEN, "now"),
        ("kill", Level.STOPPED, ""),
        ("resume", Level.STOPPED, "resume"),
        ("pausing", Level.STOPPED, "pausing"),
    ],
)
def test_a_kill_file_says_a_verb_or_stops(text: str, level: Level, why: str) -> None:
    """Its first word may name a verb; anything else, "resume" and nothing too, stops."""
    assert read_file_words(text) == (level, why)


def test_every_verb_has_a_level() -> None:
    """No verb means nothing, and the order of the verbs is that of the levels."""
    assert [LEVELS[verb] for verb in (Verb.RESUME, Verb.PAUSE, Verb.REDUCE)] == [0, 1, 2]
    assert (LEVELS[Verb.FLATTEN], LEVELS[Verb.KILL]) == (Level.FLATTEN, Level.STOPPED)


@given(st.lists(HOLDS))
def test_the_strictest_of_the_last_words_decides(words: list[Hold]) -> None:
    """The level is the highest among each source's last word there, whatever the order."""
    standing = Standing()
    last: dict[tuple[Venue | None, str], Level] = {}
    for word in words:
        standing.take(word)
        last[word.venue, word.source] = word.level
    for place in (None, *Venue):
        levels = [level for (venue, _), level in last.items() if venue is place]
        assert standing.level(place) == max(levels, default=Level.RUNNING)
        assert (standing.strictest(place) is None) == (standing.level(place) is Level.RUNNING)
    assert standing.change(Ns(9)).level == standing.level() == standing.level_at(())
    for venue in Venue:
        assert standing.level_at([venue]) == max(standing.level(), standing.level(venue))


@given(st.lists(HOLDS))
def test_resume_lifts_what_lasts_and_nothing_else(words: list[Hold]) -> None:
    """After resume only what takes itself back still holds, and each of those does."""
    standing = Standing()
    for word in words:
        standing.take(word)
    before = standing.holds()
    lifted = standing.resume()
    assert set(lifted) == {one for one in before if one.lasting}
    assert set(standing.holds()) == {one for one in before if not one.lasting}


def test_resume_of_one_venue_leaves_the_rest() -> None:
    """What was said of all venues, or of another, still holds."""
    standing = Standing.of(
        [
            hold("operator", Level.PAUSED),
            hold("operator", Level.FLATTEN, venue=Venue.KALSHI),
            hold("operator", Level.PAUSED, venue=Venue.POLYMARKET),
        ]
    )
    (lifted,) = standing.resume(Venue.KALSHI)
    assert lifted.venue is Venue.KALSHI
    assert standing.level() is Level.PAUSED
    assert standing.bar(Venue.KALSHI) is None
    assert standing.bar(Venue.POLYMARKET) == "operator says so"


def test_the_same_word_again_changes_nothing() -> None:
    """Saying it twice is told once; another reason is told."""
    standing = Standing()
    first = hold("gates", Level.PAUSED)
    assert standing.take(first)
    assert not standing.take(first)
    other = Hold("gates", Level.PAUSED, "gates", "another reason", "", Ns(1))
    assert standing.take(other)
    assert not standing.take(hold("nobody", Level.RUNNING))
