"""The conformance table: nothing is left out, and a failure is never overlooked."""

import json

import pytest

from clients.operations import OnKalshi, OnPolymarket
from clients.reporting import Result
from clients.table import Cell, Column, as_json, complete, lines

SAID = {"row": OnKalshi.BOOK, "result": Result.OK, "text": "4 bids"}


def kalshi(*told: dict[str, str], skipped: str = "", broken: str = "") -> Column:
    cells = complete("Kalshi", told, "ended early") if told else ()
    return Column("sdk 1", "Kalshi", cells, skipped, broken)


def test_rows_that_a_driver_did_not_tell_have_failed() -> None:
    """A driver that ends early cannot hide the rest of its rows."""
    column = kalshi(SAID)
    assert [cell.row for cell in column.cells] == list(OnKalshi)
    silent = [cell for cell in column.cells if cell.row != OnKalshi.BOOK]
    assert {(cell.result, cell.text) for cell in silent} == {(Result.FAILED, "ended early")}
    assert column.failed


def test_rows_of_another_venue_are_refused() -> None:
    """A driver that names a row which its venue does not have is a mistake, and is told so."""
    with pytest.raises(ValueError, match="no rows of Kalshi"):
        kalshi({**SAID, "row": OnPolymarket.GEOBLOCK})


def test_every_cell_is_explained() -> None:
    """Each operation is followed by every client's result with its explanation."""
    told = [{"row": row, "result": Result.OK, "text": f"why {row}"} for row in OnKalshi]
    printed = lines([kalshi(*told)])
    for row in OnKalshi:
        assert printed[printed.index(row) + 1] == f"  sdk 1  ok: why {row}"
    assert printed[-1].startswith(f"sdk 1: {len(OnKalshi)} ok, 0 refused")


def test_only_failures_are_printed_on_request() -> None:
    """Continuous integration sees what failed, and the counts."""
    told = [{"row": row, "result": Result.OK, "text": "fine"} for row in OnKalshi]
    told[3] = {**told[3], "result": Result.FAILED, "text": "wrong"}
    printed = lines([kalshi(*told)], only_failures=True)
    assert [line for line in printed if "fine" in line] == []
    assert "  sdk 1  FAILED: wrong" in printed


def test_skipping_is_no_failure_but_breaking_is() -> None:
    """No Python for a client is said and forgiven; a client that cannot start is a failure."""
    skipped, broken = kalshi(skipped="needs Python 3.13"), kalshi(broken="pip said no")
    assert not skipped.failed
    assert broken.failed
    assert lines([skipped, broken]) == [
        "sdk 1: skipped, needs Python 3.13",
        "sdk 1: FAILED, pip said no",
    ]


def test_json_holds_every_cell() -> None:
    """What machines read has each operation's result and text."""
    (written,) = json.loads(json.dumps(as_json([kalshi(SAID)]))).values()
    assert written["operations"][OnKalshi.BOOK] == {"result": "ok", "text": "4 bids"}
    assert len(written["operations"]) == len(OnKalshi)


def test_labels_are_unique() -> None:
    """Rows go by their labels, so no two may share one."""
    for rows in (OnKalshi, OnPolymarket):
        assert len({str(row) for row in rows}) == len(rows.__members__)
    assert Cell("a", Result.OK, "b").result == "ok"
