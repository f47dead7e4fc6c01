"""There is one way from two markets to a basket that trusts them, and these tests walk it."""

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import attrs
import pytest

import arb
from arb.detect.lanes import compile_baskets
from arb.detect.lanes.cross_venue import cross_venue, directions
from arb.detect.lanes.twins import Twins
from arb.pairing.approval import VerifiedPair
from arb.plant import Plant
from arb.scanning import Scanning

PACKAGE = Path(arb.__file__).parent
SOURCES = {
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}
TREES = {file: ast.parse(source) for file, source in SOURCES.items()}


def uses(name: str) -> Iterator[tuple[str, str]]:
    """Every place that calls `name` or hands it on: the file, and the function around it."""
    for file in (file for file, source in SOURCES.items() if name in source):
        for function in ast.walk(TREES[file]):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if (isinstance(node, ast.Call) and _name(node.func) == name) or any(
                        _name(one) == name for one in _arguments(node)
                    ):
                        yield file, function.name


def _arguments(node: ast.AST) -> list[ast.expr]:
    if not isinstance(node, ast.Call):
        return []
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def test_one_function_makes_verified_pairs() -> None:
    """No other place calls the class, hands it on or copies an instance of it."""
    assert set(uses("VerifiedPair")) == {("pairing/approval.py", "_verified")}
    assert set(uses("_verified")) == {("pairing/approval.py", "verify")}


def test_verify_is_asked_at_a_start_and_over_recordings_only() -> None:
    """What trades asks through the roll; recordings are priced, never traded."""
    knowing = {file for file, tree in TREES.items() if "arb.pairing" in _imports(tree)}
    assert {(file, function) for file, function in uses("verify") if file in knowing} == {
        ("roll.py", "call_roll"),
        ("lab/pair_recordings.py", "as_if_verified"),
    }
    live = {file for file, tree in TREES.items() if "arb.lab" in _imports(tree)}
    assert {file for file in live if not file.startswith("lab/")} == {
        "commands/lab.py",
        "inquiry.py",  # rules that recorded prices suggest
    }


def _imports(tree: ast.Module) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(".".join(node.module.split(".")[:2]))
    return found


def test_baskets_are_compiled_of_the_roll_alone() -> None:
    """Every caller of the compiler hands it the verified pairs of a roll that it just called."""
    callers = {file for file, _ in uses("compile_baskets")}
    assert callers == {"session.py", "inquiry.py"}
    for file in callers:
        source = (PACKAGE / file).read_text(encoding="utf-8")
        assert source.count("compile_baskets(catalogues, pairs, ") == 1
        assert source.count("pairs = called.roll.verified\n") == 1
        assert source.count("pairs = ") == 1


@pytest.mark.parametrize("taker", [compile_baskets, cross_venue, directions, Twins.of_pairs])
def test_lanes_take_nothing_else(taker: object) -> None:
    """Whoever makes baskets of pairs takes verified ones by type, which mypy holds them to."""
    hints = get_type_hints(taker)
    wanted = [hints[name] for name in ("pair", "pairs") if name in hints]
    assert [VerifiedPair.__name__ in str(one) for one in wanted] == [True]


def test_lanes_see_no_other_pair() -> None:
    """No module of detection knows the unverified pair, a file of pairs, or how to verify."""
    for file, tree in TREES.items():
        if file.startswith("detect/"):
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(
                    "arb.pairing"
                ):
                    assert node.module == "arb.pairing.approval", file
                    assert [alias.name for alias in node.names] == ["VerifiedPair"], file


def test_a_run_watches_the_pairs_that_it_trades() -> None:
    """The plant carries them by the same type, and the app hands them to the watcher."""
    (field,) = [one for one in attrs.fields(Plant) if one.name == "pairs"]
    assert "VerifiedPair" in str(field.type)
    source = inspect.getsource(Scanning._catalogue_watcher)  # noqa: SLF001 - the wiring is what is tested
    assert "pairs=self._plant.pairs" in source
