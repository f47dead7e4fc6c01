"""What Gamma says of a negRisk group: numbers from question ids, the fee, how many there are."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arb.market.instruments import NegRisk
from arb.venues.polymarket.events import event_of, read_family
from arb.venues.polymarket.fields import decode
from arb.venues.polymarket.groups import read_group

GROUP = "0x" + "ab" * 31


def question(number: int, **changes: object) -> dict[str, object]:
    return {
        "conditionId": "0x" + f"{number:064x}",
        "questionID": f"{GROUP}{number:02x}",
        "negRisk": True,
        **changes,
    }


def event(**changes: object) -> dict[str, Any]:
    plain = {"negRisk": True, "negRiskMarketID": f"{GROUP}00", "negRiskFeeBips": 0}
    return {**plain, "negRiskAugmented": False, **changes}


def test_numbers_come_from_the_ids_not_the_order() -> None:
    """The low byte of a question's id is its number, wherever it stands in the list."""
    group = read_group(event(), [question(2), question(0), question(1)], complete=True)
    assert group is not None
    assert list(group.numbers.values()) == [2, 0, 1]
    assert (group.fee_bips, group.prepared, group.augmented) == (0, 3, False)


@pytest.mark.parametrize("bips", [None, -1, 10_001, "0", 1.5, True])
def test_a_fee_that_makes_no_sense_is_not_known(bips: object) -> None:
    """Missing or odd: unknown, never 0."""
    group = read_group(event(negRiskFeeBips=bips), [question(0)], complete=True)
    assert group is not None
    assert group.fee_bips is None


def test_an_incomplete_list_does_not_say_how_many_there_are() -> None:
    """Prepared questions that nobody lists may exist."""
    group = read_group(event(), [question(0), question(1)], complete=False)
    assert group is not None
    assert group.prepared is None


@pytest.mark.parametrize("augmented", [True, None, "false"])
def test_what_is_not_plainly_closed_is_augmented(augmented: object) -> None:
    """Only an outright false says that no question may be added."""
    group = read_group(event(negRiskAugmented=augmented), [question(0)], complete=False)
    assert group is not None
    assert group.augmented


@pytest.mark.parametrize(
    ("changes", "questions"),
    [
        ({"negRisk": False}, [question(0)]),
        ({"negRiskMarketID": None}, [question(0)]),
        ({}, [question(0, questionID="0x12")]),
        ({}, [question(0, questionID=f"{GROUP}zz")]),
        ({}, [question(0), question(1, questionID=f"{GROUP}00")]),
        ({}, [question(0, conditionId=None)]),
    ],
)
def test_what_cannot_be_numbered_is_no_group(
    changes: dict[str, object], questions: list[dict[str, object]]
) -> None:
    """No group, another group, two questions of one number: nothing converts."""
    assert read_group(event(**changes), questions, complete=True) is None


def test_a_recorded_event_is_a_group(recorded: Callable[[str], Path]) -> None:
    """A recorded negRisk event: its questions are numbered, its fee is not stated."""
    path = recorded("catalogues/books_and_events_may2026/polymarket_event.json")
    told = decode(path.read_bytes())
    raw = told[0] if isinstance(told, list) else told
    family = read_family(raw, Counter())
    assert family.group is not None
    listed = event_of(family, family.markets)
    assert isinstance(listed.neg_risk, NegRisk)
    assert listed.neg_risk.fee_bips is None
    assert {market for market, _ in listed.neg_risk.indexes} == set(listed.markets)
