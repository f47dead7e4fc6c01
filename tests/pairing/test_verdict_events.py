"""Outcomes of two events, one to one; and `arb pairs eval`."""

import json
from collections.abc import Callable
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner, Result

from arb.__main__ import main
from arb.pairing.alignment import judge_event
from arb.pairing.question import Question

NAMES = ("Jane Roe", "Max Muster", "Ana Prova")


def runner(name: str, *, kalshi: bool) -> Question:
    event = "Who will win the 2028 election?" if kalshi else "2028 election winner"
    return Question(
        id=("K" if kalshi else "P") + name,
        title=f"Will {name} win the 2028 election?",
        event_title=event,
        outcome=name,
        rules=f"If {name} wins the 2028 election, then the market resolves to Yes.",
    )


def test_every_outcome_meets_its_own_and_what_is_left_is_named() -> None:
    ours = [runner(name, kalshi=False) for name in NAMES]
    theirs = [runner(name, kalshi=True) for name in (*reversed(NAMES[:2]), "Ida Neu")]
    aligned = judge_event(ours, theirs)
    assert {(m.polymarket.outcome, m.kalshi.outcome) for m in aligned.matches} == {
        (name, name) for name in NAMES[:2]
    }
    assert [question.outcome for question in aligned.only_polymarket] == ["Ana Prova"]
    assert [question.outcome for question in aligned.only_kalshi] == ["Ida Neu"]


def test_two_markets_that_both_fit_are_contested_and_neither_is_taken() -> None:
    ours = [runner(NAMES[0], kalshi=False)]
    twin = runner(NAMES[0], kalshi=True)
    aligned = judge_event(ours, [twin, attrs.evolve(twin, id="another")])
    assert aligned.matches == ()
    assert [match.kalshi.id for match in aligned.contested] == [twin.id, "another"]


def line(label: str, name: str, other: str) -> str:
    sides = [attrs.asdict(runner(told, kalshi=False)) for told in (name, other)]
    for side in sides:
        del side["venue"], side["close_ns"]
        side["close_time"] = "2028-11-07T00:00:00Z"
    return json.dumps({"label": label, "polymarket": sides[0], "kalshi": sides[1]})


@pytest.fixture
def labelled(tmp_path: Path) -> Callable[..., Path]:
    def write(*lines: str) -> Path:
        file = tmp_path / "labelled.jsonl"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return file

    return write


def evaluate(file: Path, *flags: str) -> Result:
    return CliRunner().invoke(main, ["pairs", "eval", str(file), *flags])


def test_eval_prints_verdicts_in_order_and_totals_last(labelled: Callable[..., Path]) -> None:
    file = labelled(line("same", NAMES[0], NAMES[0]), line("different", NAMES[0], NAMES[1]))
    result = evaluate(file, "--json")
    told = [json.loads(text) for text in result.stdout.splitlines()]
    assert result.exit_code == 0
    assert [row["verdict"] for row in told[:-1]] == ["same", "different"]
    assert told[0]["vetoes"] == []
    assert 0 < told[0]["confidence"] <= 1
    assert "subject" in told[1]["vetoes"][0]
    assert told[-1]["totals"]["precision"] == 1
    assert told[-1]["totals"]["recall"] == 1


def test_eval_shows_each_error_with_its_evidence(labelled: Callable[..., Path]) -> None:
    result = evaluate(labelled(line("different", NAMES[0], NAMES[0])))
    assert result.exit_code == 1
    assert "line 1: labelled different, judged same" in result.stdout
    assert "both are about" in result.stdout


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ("{", "line 2: not JSON"),
        ("[]", "line 2: must be a JSON object"),
        ('{"label": "alike"}', "line 2: label = 'alike'"),
        ('{"label": "same", "polymarket": 1, "kalshi": {}}', "line 2: polymarket: must be"),
        (
            '{"label": "same", "polymarket": {"title": 1}, "kalshi": {}}',
            "line 2: polymarket.title = 1",
        ),
        (
            '{"label": "same", "polymarket": {}, "kalshi": {"close_time": "soon"}}',
            "line 2: kalshi.close_time = 'soon'",
        ),
    ],
)
def test_a_bad_line_is_told_with_its_key_and_the_others_go_on(
    labelled: Callable[..., Path], bad: str, told: str
) -> None:
    file = labelled(line("same", NAMES[0], NAMES[0]), bad, line("same", NAMES[1], NAMES[1]))
    result = evaluate(file, "--json")
    assert result.exit_code == 1
    assert told in result.stderr
    rows = [json.loads(text) for text in result.stdout.splitlines()]
    assert [row.get("verdict") for row in rows] == ["same", "same", None]
    assert rows[-1]["totals"]["bad_lines"] == 1


def test_eval_of_what_is_no_text_is_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "labelled.jsonl"
    file.write_bytes(b"\xff\xfe\x00")
    assert evaluate(file).exit_code == 2
