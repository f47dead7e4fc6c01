"""`arb pairs` as a person uses it, on the embedded venues: decide, look again, take it elsewhere."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from arb.__main__ import main
from arb.pairing.pairs_file import read_pairs

pytestmark = pytest.mark.timeout(240)
"""Each command opens both simulated venues, on a machine that may be busy."""

FEW_AND_FAST = {
    "ARB__SIM__MARKETS": "40",
    "ARB__SIM__POLYMARKET_DELAY_MS": "0",
    "ARB__SIM__KALSHI_DELAY_MS": "0",
}


@attrs.frozen
class Desk:
    """The command line over one data directory."""

    data_dir: Path

    def do(self, *words: str) -> Result:
        """Run a command."""
        return CliRunner().invoke(
            main, ["pairs", *words, "--data-dir", str(self.data_dir)], env=FEW_AND_FAST
        )

    def ask(self, *words: str) -> dict[str, Any]:
        """Run a command that works, and read what it says."""
        result = self.do(*words, "--json")
        assert result.exit_code == 0, result.output
        found: dict[str, Any] = json.loads(result.stdout)
        return found

    def pairs(self) -> dict[str, dict[str, Any]]:
        return {one["pair"]: one for one in self.ask("list", "--decided")["pairs"]}


def first(pairs: dict[str, dict[str, Any]], wanted: Callable[[dict[str, Any]], bool]) -> str:
    return next(name for name, one in pairs.items() if wanted(one))


def test_decisions_are_kept_shown_exported_and_taken_elsewhere(tmp_path: Path) -> None:
    """A false twin cannot be approved without overruling its vetoes; a yes and a no are kept with
    who, why and the fingerprints; the exported map brings them to another store."""
    desk = Desk(tmp_path / "here")
    before = desk.pairs()
    false = first(before, lambda one: one["verdict"] == "different" and one["decided"] is None)
    true = first(before, lambda one: bool(one["verified"]))
    refused = desk.do("approve", false, "--why", "looks alike", "--despite", "--yes-is", "yes")
    assert refused.exit_code == 1
    assert "the map says otherwise" in refused.stderr

    taken = {one[venue] for one in before.values() for venue in ("kalshi", "polymarket")}
    false = next(
        one["pair"]
        for one in desk.ask("list", "--different")["pairs"]
        if one["verdict"] == "different" and not {one["kalshi"], one["polymarket"]} & taken
    )
    refused = desk.do("approve", false, "--why", "looks alike", "--yes-is", "yes")
    assert refused.exit_code == 1
    assert "vetoed" in refused.stderr
    assert false not in desk.pairs()

    yes = desk.ask("approve", false, "--why", "read twice", "--despite", "--yes-is", "yes")
    assert (yes["decision"], yes["origin"], yes["why"]) == ("approved", "desk", "read twice")
    assert yes["who"]
    assert len({yes["kalshi_text"], yes["polymarket_text"]}) == 2
    assert yes["facts"]
    names = before[true]["kalshi"], before[true]["polymarket"]
    no = desk.ask("reject", *names, "--why", "another source", "--who", "anna")
    assert (no["decision"], no["who"]) == ("rejected", "anna")

    after = desk.pairs()
    assert (after[true]["status"], after[true]["verified"]) == ("rejected", False)
    assert after[false]["decided"]["facts"] == yes["facts"]

    file = tmp_path / "pairs.toml"
    assert desk.do("export", str(file)).exit_code == 0
    told = {(one.kalshi, one.polymarket): one for one in read_pairs(file.read_text(), "it")}
    assert told[names].verified is False
    assert told[yes["kalshi"], yes["polymarket"]].reason == "read twice"

    elsewhere = Desk(tmp_path / "elsewhere")
    vetoed = elsewhere.do("import", str(file))
    assert vetoed.exit_code == 1
    assert "vetoed" in vetoed.stdout
    took = elsewhere.ask("import", str(file), "--despite")
    assert {one["pair"] for one in took["decided"]} == {false}
    there = elsewhere.pairs()
    assert there[false]["status"] == after[false]["status"]
    assert there[true]["status"] == "rejected"
    assert elsewhere.ask("export")["map"].count("[[pair]]") == len(told)


def test_show_marks_what_settles_and_list_finds_candidates(tmp_path: Path) -> None:
    """Both texts side by side with marks, and the verdict; candidates of a search with vetoes."""
    desk = Desk(tmp_path)
    listed = desk.ask("list", "--different")["pairs"]
    candidates = [one for one in listed if one["status"] == "candidate" and one["score_ppm"]]
    assert candidates
    assert all(one["vetoes"] for one in candidates if one["verdict"] != "same")
    true = next(one for one in listed if one["verified"])
    page = desk.do("show", true["kalshi"], true["polymarket"])
    assert page.exit_code == 0, page.output
    assert "[+ " in page.stdout
    assert "by the texts: " in page.stdout
    assert "approved by the simulated venues" in page.stdout
    assert set(desk.ask("show", true["pair"])["texts"]) == {"kalshi", "polymarket"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "00000000"), 1, "no pair goes by '00000000'"),
        (("show", "kalshi:A", "kalshi:B"), 1, "a market of each venue"),
        (("reject", "kalshi:A", "polymarket:B", "--why", "x"), 1, "not listed for trading"),
        (("approve", "kalshi:A", "polymarket:B", "--why", "x"), 1, "unknown market"),
        (("list", "--settings", "nowhere.toml"), 2, "nowhere.toml"),
        (("list", "--venues", "nowhere.json"), 2, "nowhere.json"),
        (("approve", "00000000"), 2, "--why"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: tuple[str, ...], code: int, said: str, tmp_path: Path
) -> None:
    """Each with its exit code, on standard error, and nothing is written."""
    result = Desk(tmp_path).do(*words)
    assert result.exit_code == code, result.output
    assert said in result.stderr
    assert not (tmp_path / "simulated.db").exists()


@pytest.mark.parametrize("text", ["[[pair]]\nkalshi = 1\n", "[[pair", "pairs = 3\n"])
def test_a_map_that_cannot_be_read_is_refused_whole(text: str, tmp_path: Path) -> None:
    """Exit code 2, with the file and the entry."""
    file = tmp_path / "pairs.toml"
    file.write_text(text)
    result = Desk(tmp_path / "var").do("import", str(file))
    assert result.exit_code == 2
    assert str(file) in result.stderr


def test_a_store_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    """Exit code 5, and the file is left as it is."""
    store = tmp_path / "simulated.db"
    store.write_text("no database at all, " * 100)
    result = Desk(tmp_path).do("list", "--decided")
    assert result.exit_code == 5
    assert "simulated.db" in result.stderr
    assert store.read_text().startswith("no database")
