"""What is read of whole questions."""

import pytest

from arb.market.units import Ns
from arb.pairing.question import Question
from arb.pairing.reading.clauses import Part, classify
from arb.pairing.reading.lexicon import lexicon
from arb.pairing.reading.marks import marks, roman, score
from arb.pairing.reading.read import is_english, read
from arb.pairing.reading.subject import contest
from arb.pairing.reading.text import fold, sentences


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("If X wins the cup, then the market resolves to Yes.", Part.OPERATIVE),
        ('This market will resolve to "Yes" if X withdraws from the pact.', Part.OPERATIVE),
        ('Otherwise, this market will resolve to "No".', Part.OTHERWISE),
        ("If the match is canceled, this market will resolve to 50-50.", Part.TAIL),
        ("In the event of a tie, the one listed first wins.", Part.TIE),
        ("The resolution source is the BLS.", Part.SOURCE),
        ("This product has not been endorsed by FIFA.", Part.NOISE),
        ("Overtime counts.", Part.DETAIL),
    ],
)
def test_each_sentence_of_the_rules_is_known_for_what_it_does(text: str, part: Part) -> None:
    assert classify(text) is part


def test_sentences_end_neither_in_abbreviations_nor_in_numbers() -> None:
    text = "The U.S. rate vs. Jan. 5 is 3.5%. If Warner Bros. sells, St. Louis wins."
    assert sentences(text) == ("The U.S. rate vs. Jan. 5 is 3.5%.", "If Warner Bros. sells, St. Louis wins.")  # fmt: skip


def test_folding_leaves_no_accents_and_no_invisible_letters() -> None:
    assert fold("F\u00e9lix\u3164 \u201cAuger\u2011Aliassime\u201d") == 'Felix "Auger-Aliassime"'


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Super Bowl LXI", {"LXI"}),
        ("NJ-11", {"district 11"}),
        ("the 11th congressional district", {"district 11"}),
        ("the 98th Academy Awards", {"98th"}),
        ("Round 2 leader", {"round 2"}),
        ("Nations League A", {"league A"}),
        ("Donald Trump Jr.", {"Jr"}),
        ("on July 4th, 2026", set()),
    ],
)
def test_numbers_that_name_are_read(text: str, found: object) -> None:
    assert marks(text) == found


def test_roman_numerals_are_numbers() -> None:
    assert [roman(mark) for mark in ("LIX", "LVIII", "XLIV", "4")] == [59, 58, 44, 0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Exact Score: Spain 2 - 3 Argentina?", (("Spain", 2), ("Argentina", 3))),
        ("Reg Time: Argentina wins 3-2", (("Argentina", 3), ("", 2))),
        ("Celtics vs. Knicks", ()),
    ],
)
def test_exact_scores_are_read_by_side(text: str, found: object) -> None:
    assert score(text) == found


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("UFC 323: Merab Dvalishvili vs. Petr Yan", ["Merab Dvalishvili", "Petr Yan"]),
        ("Boston at New York K Winner? (Dec 4, 2026)", ["Boston", "New York K"]),
        ("Will Arsenal beat Chelsea?", ["Arsenal", "Chelsea"]),
        ("Will it rain at home?", []),
    ],
)
def test_the_sides_of_a_contest_are_read(text: str, sides: list[str]) -> None:
    assert [side.told for side in contest(text, lexicon())] == sides


def test_of_two_outcomes_only_what_yes_means_is_operative() -> None:
    rules = (
        'This market resolves to "Over" if it is 221 or more, and "Under" if it is 220 or fewer.'
    )
    over = read(Question(title="O/U 220.5", outcome="Over", rules=rules))
    under = read(Question(title="O/U 220.5", outcome="Under", rules=rules))
    assert [a.low for a in over.numbers(Part.OPERATIVE)] == [221]
    assert [a.high for a in under.numbers(Part.OPERATIVE)] == [220]


def test_a_day_without_year_is_of_the_year_of_trading() -> None:
    close = Ns(1_798_761_600_000_000_000)  # 2027-01-01
    facts = read(Question(title="X by December 31?", close_ns=close))
    assert [moment.end.year for _, moment in facts.moments] == [2027]
    assert [moment.start.year for _, moment in facts.moments] == [2026]


def test_a_ticker_tells_its_day() -> None:
    facts = read(Question(id="KXNBAGAME-26JAN09MILLAL-MIL", title="Milwaukee at Los Angeles L"))
    assert [moment.start.isoformat() for _, moment in facts.moments] == ["2026-01-09"]


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        ("", "there is no rules text"),
        ("Este mercado se resuelve a favor del equipo que gana la liga.", "the rules are not in English"),
        ("\u042d\u0442\u043e\u0442 \u0440\u044b\u043d\u043e\u043a \u0437\u0430\u043a\u0440\u043e\u0435\u0442\u0441\u044f", "the rules are not in English"),
        ("If X wins the 2024 cup, then the market resolves to Yes.", "the title speaks of [2026], the rules of [2024]"),
    ],
)  # fmt: skip
def test_texts_that_cannot_be_relied_on_are_said_to_be(rules: str, fault: str) -> None:
    assert read(Question(title="Will X win the 2026 cup?", rules=rules)).faults == (fault,)


def test_plain_english_is_english() -> None:
    assert is_english("If the team wins the final on Sunday, then the market resolves to Yes.")
