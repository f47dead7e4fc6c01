"""Nothing is built and never called: every module, actor and safety rule has a live caller."""

import ast
import functools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "arb"
SAFETY = (
    "risk/bans.py",
    "risk/basis.py",
    "risk/bets.py",
    "risk/budget.py",
    "risk/chances.py",
    "risk/correlation.py",
    "risk/drift.py",
    "risk/exposure.py",
    "risk/halts.py",
    "risk/obstacles.py",
    "risk/reservations.py",
    "risk/results.py",
    "risk/sizing.py",
    "risk/bet_treasury.py",
    "risk/ledger.py",
    "risk/limits.py",
    "risk/rate.py",
    "risk/statement.py",
    "risk/treasury.py",
    "trade/execution.py",
    "trade/tracking.py",
    "trade/unwind.py",
    "detect/firewall.py",
    "detect/hindrance.py",
    "detect/witness.py",
    "market/audit.py",
    "detect/history.py",
    "detect/score.py",
    "detect/funnel.py",
    "detect/isolation.py",
    "detect/episodes.py",
    "detect/gate.py",
    "detect/reasons.py",
    "detect/sweep.py",
    "detect/opportunity.py",
    "pairing/approval.py",
    "pairing/bars.py",
    "pairing/enrolment.py",
    "pairing/examination.py",
    "pairing/relisting.py",
    "pairing/vigil.py",
    "pairing/watch.py",
    "placing.py",
    "recovery/accounts.py",
    "recovery/baskets.py",
    "recovery/books.py",
    "recovery/ends.py",
    "recovery/recovered.py",
    "recovery/start.py",
    "recovery/turns.py",
    "supervise.py",
    "store/lock.py",
    "store/baskets.py",
    "store/journal.py",
    "store/orders.py",
    "store/settlements.py",
)


@functools.cache
def modules() -> dict[str, ast.Module]:
    """Every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
    return found


def imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def names_used(tree: ast.Module) -> set[str]:
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return used | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def test_every_module_is_reached_from_the_command_line() -> None:
    """Following imports from arb.__main__ reaches every module of the package."""
    trees = modules()
    reached: set[str] = set()
    waiting = ["arb.__main__"]
    while waiting:
        name = waiting.pop()
        if name in reached or name not in trees:
            continue
        reached.add(name)
        waiting += imports(trees[name])
        waiting += [name.rpartition(".")[0]]
    assert set(trees) - reached == set()


def test_every_actor_is_built_by_the_wiring_file() -> None:
    """Every class with a `run` in arb/actors is called by name in the files that wire."""
    called = {
        node.func.id
        for file in (
            "app.py",
            "betting.py",
            "dealing.py",
            "guarding.py",
            "scanning.py",
            "telling.py",
        )
        for node in ast.walk(ast.parse((PACKAGE / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    actors = {
        node.name
        for path in (PACKAGE / "actors").glob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(part, ast.AsyncFunctionDef) and part.name == "run" for part in node.body)
    }
    assert len(actors) >= 10
    assert actors - called == set()


@pytest.mark.parametrize("file", SAFETY)
def test_every_public_safety_rule_has_a_caller(file: str) -> None:
    """Each public function and class of these files is used by another file of the program."""
    tree = ast.parse((PACKAGE / file).read_text(encoding="utf-8"))
    own = "arb." + file.removesuffix(".py").replace("/", ".")
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    }
    used: set[str] = set()
    for name, other in modules().items():
        if name != own:
            used |= names_used(other)
    inside = names_used(tree)
    assert {name for name in public - used if name not in inside} == set()


def test_the_whole_package_imports_without_side_effects_on_argv() -> None:
    """Importing the command line runs nothing."""
    import arb.__main__  # noqa: PLC0415 - the import is the test

    assert "arb.__main__" in sys.modules
    assert callable(arb.__main__.main)
