"""Rules and files of rules: what is not wholly understood is not relied on."""

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings

from arb.detect.rules import Rule, RuleKind, accepted
from arb.detect.rules_file import RulesFault, read_rules, write_rules
from arb.market.errors import Refused
from arb.market.instruments import MarketId

A, B, C = (MarketId(f"polymarket:0x{name}") for name in "abc")

ENTRY = """
[[rule]]
kind = "implies"
markets = ["polymarket:0xa", "kalshi:KXB-1"]
source = "A. Person"
confidence_ppm = 990000
accepted = true
evidence = "both name the same clock"
"""


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.sampled_from(list(RuleKind)))
    most = 2 if kind is RuleKind.IMPLIES else 5
    names = draw(st.lists(st.integers(0, 99), min_size=2, max_size=most, unique=True))
    text = st.text(st.characters(codec="utf-8"), max_size=20)
    return Rule(
        kind=kind,
        markets=tuple(MarketId(f"kalshi:KX{name}") for name in names),
        source="said by " + draw(text),
        confidence_ppm=draw(st.integers(0, 1_000_000)),
        accepted=draw(st.booleans()),
        evidence=draw(text),
    )


# The first text of a run reads the tables of Unicode, which takes seconds on a busy machine.
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(some=st.lists(rules(), max_size=4))
def test_what_is_written_is_read_again(some: list[Rule]) -> None:
    """A file of rules gives back the very rules it was written from."""
    assert read_rules(write_rules(some), "rules.toml") == tuple(some)


def test_json_says_the_same_as_toml() -> None:
    """Both forms have the same keys."""
    text = """{"rule": [{"kind": "implies", "markets": ["polymarket:0xa", "kalshi:KXB-1"],
        "source": "A. Person", "confidence_ppm": 990000, "accepted": true,
        "evidence": "both name the same clock"}]}"""
    assert read_rules(text, "rules.json") == read_rules(ENTRY, "rules.toml")


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[[rule]", "rules.toml: not TOML: "),
        ("rules = 1", "rules.toml: rules: no such key"),
        ("rule = 1", "rules.toml: rule: must be a list of tables"),
        (ENTRY.replace("implies", "follows"), "entry 1 (line 2): kind = 'follows': must be one"),
        (ENTRY.replace("accepted = true\n", ""), "entry 1 (line 2): accepted: missing"),
        (ENTRY.replace("true", '"yes"'), "entry 1 (line 2): accepted = 'yes': must be true or"),
        (ENTRY.replace("990000", "1.5"), "entry 1 (line 2): confidence_ppm = 1.5: must be a whole"),
        (ENTRY.replace("990000", "2000000"), "entry 1 (line 2): a confidence lies between"),
        (ENTRY.replace("kalshi:KXB-1", "KXB-1"), "markets: 'KXB-1': must be a market's id"),
        (ENTRY.replace("kalshi:KXB-1", "polymarket:0xa"), "two different markets or more"),
        (ENTRY + ENTRY.replace("source", "sauce"), "entry 2 (line 10): sauce: no such key"),
        (ENTRY.replace('"A. Person"', '""'), "a rule needs a source"),
    ],
)
def test_faults_name_the_line_and_the_key(text: str, fault: str) -> None:
    """Every fault says where it is and what would be right."""
    with pytest.raises(RulesFault) as caught:
        read_rules(text, "rules.toml")
    assert fault in str(caught.value)


def test_json_faults_name_the_entry() -> None:
    """JSON has no tables to count lines by."""
    with pytest.raises(RulesFault, match=r"rules.json: entry 1: kind: missing"):
        read_rules('{"rule": [{}]}', "rules.json")
    with pytest.raises(RulesFault, match=r"rules.json: not JSON"):
        read_rules("[", "rules.json")
    with pytest.raises(RulesFault, match=r"rules.json: must be an object"):
        read_rules("[]", "rules.json")


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (RuleKind.IMPLIES, {(0, 0), (0, 1), (1, 1)}),
        (RuleKind.AT_MOST_ONE, {(0, 0), (0, 1), (1, 0)}),
        (RuleKind.AT_LEAST_ONE, {(0, 1), (1, 0), (1, 1)}),
    ],
)
def test_a_rule_forbids_one_way_of_two_markets(
    kind: RuleKind, allowed: set[tuple[int, int]]
) -> None:
    """Each kind leaves three of the four ways open."""
    rule = Rule(kind, (A, B), "told", 1, accepted=True)
    ways = {(a, b) for a in (0, 1) for b in (0, 1) if rule.allows({A: bool(a), B: bool(b)})}
    assert ways == allowed


def test_an_implication_has_two_ends() -> None:
    """Three markets in one implication say nothing clear."""
    with pytest.raises(Refused, match="an implication is about two markets"):
        Rule(RuleKind.IMPLIES, (A, B, C), "told", 1, accepted=True)


def test_only_accepted_rules_reach_a_basket() -> None:
    """However sure a rule is, a person has to accept it."""
    sure = Rule(RuleKind.IMPLIES, (A, B), "words", 999, accepted=False, evidence="x / y")
    done = Rule(RuleKind.IMPLIES, (A, C), "words", 900, accepted=True)
    assert accepted([sure, done]) == (done,)
