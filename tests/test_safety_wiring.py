"""No safety module without a live caller: wired statically, and at work in a run of the whole bot.

Two witnesses. One reads the program: every public thing of a safety module must be used by code
that the wiring reaches. The other runs the bot on virtual time, with faults, and notes which
functions were called: a module none of whose functions ran protects nobody.
"""

import ast
import functools
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from types import CodeType, FrameType

import pytest

from tests.faults.scripted_run import run_with

PACKAGE = Path(__file__).resolve().parents[1] / "arb"
ROOMS = ("risk", "trade")
"""Every module of these is a safety module."""
OTHERS = (
    "actors/breaker_panel.py",
    "actors/deadman.py",
    "actors/gatekeeper.py",
    "actors/kill_watcher.py",
    "actors/operator_watcher.py",
    "actors/treasurer.py",
    "actors/unwind_monitor.py",
    "actors/watchman.py",
    "detect/firewall.py",
    "entry.py",
    "guarding.py",
    "placing.py",
    "recovery/accounts.py",
    "recovery/baskets.py",
    "recovery/books.py",
    "recovery/ends.py",
    "recovery/recovered.py",
    "recovery/start.py",
    "recovery/turns.py",
    "store/lock.py",
    "store/standing.py",
    "supervise.py",
    "venues/polymarket/heartbeat.py",
    "venues/watched.py",
)
ASLEEP = {
    "risk/bets.py": "the statistical lanes are off as shipped",
    "risk/bet_treasury.py": "the statistical lanes are off as shipped",
    "risk/capital.py": "a view for people: the summary and the dashboard show it",
    "trade/turning.py": "only deposit wallets turn contracts into cash, the embedded bot has none",
    "store/lock.py": "taken by `arb run`, around the run",
}
"""Modules that a run may leave alone, and why. They must be wired all the same."""
FAULTS = (
    "answer_lost start_s=12 for_s=20 endpoint='POST *' probability_ppm=500000",
    "partial_fill start_s=12 for_s=30",
    "reject start_s=12 for_s=30 probability_ppm=300000 reason=size",
)
FOR_S = 40.0
SEED = 11
"""Of a run in which each of these faults finds orders to bite."""


def safety_modules() -> list[str]:
    files = [path for room in ROOMS for path in sorted((PACKAGE / room).glob("*.py"))]
    found = [str(path.relative_to(PACKAGE)) for path in files if path.name != "__init__.py"]
    return [*found, *OTHERS]


@functools.cache
def tree_of(name: str) -> ast.Module:
    """A module of the package by its dotted name."""
    return ast.parse(_path_of(name).read_text(encoding="utf-8"))


def _path_of(name: str) -> Path:
    base = PACKAGE.parent / Path(*name.split("."))
    return base / "__init__.py" if base.is_dir() else base.with_suffix(".py")


def imported_by(name: str) -> Iterator[str]:
    for node in ast.walk(tree_of(name)):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("arb"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@functools.cache
def reached() -> frozenset[str]:
    """Every module that the wiring imports, directly or not; `arb run` is where it begins."""
    found: set[str] = set()
    waiting = ["arb.commands.run", "arb.app"]
    while waiting:
        name = waiting.pop()
        if name not in found and _path_of(name).exists():
            found.add(name)
            waiting += imported_by(name)
    return frozenset(found)


@functools.cache
def used_by(name: str) -> frozenset[str]:
    """Every name that a module mentions, its own definitions apart."""
    return frozenset(used_names(tree_of(name)))


@functools.cache
def users() -> dict[str, int]:
    """How many reached modules, and modules of commands, mention each name."""
    outer = [path for room in ("commands", "drill") for path in (PACKAGE / room).glob("*.py")]
    commands = {dotted(str(path.relative_to(PACKAGE))) for path in outer}
    return Counter(chain.from_iterable(map(used_by, reached() | commands)))


def used_names(tree: ast.Module) -> set[str]:
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    return names | {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}


def dotted(file: str) -> str:
    return "arb." + file.removesuffix(".py").replace("/", ".")


@pytest.mark.parametrize("file", safety_modules())
def test_what_the_wiring_reaches_uses_every_safety_rule(file: str) -> None:
    """Each public function and class is named somewhere, and the module by another one."""
    own = dotted(file)
    assert own in reached(), f"{file} is not reached from the wiring"
    tree = tree_of(own)
    public = {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    }
    inside = used_by(own)
    assert {name for name in public if not users().get(name, 0)} == set()
    assert not public or any(users()[name] > (name in inside) for name in public)


@contextmanager
def noting_calls() -> Iterator[dict[str, set[str]]]:
    """Note which functions of the package are called, by file. Importing a module is no call."""
    called: dict[str, set[str]] = defaultdict(set)
    seen: set[CodeType] = set()

    def note(frame: FrameType, event: str, _: object) -> None:
        code = frame.f_code
        if event != "call" or code in seen:
            return
        seen.add(code)
        made = re.match(r"<attrs generated methods (arb\.[a-z_.]+)\.\w+>", code.co_filename)
        if made is not None:
            called[str(_path_of(made[1]).relative_to(PACKAGE))].add(code.co_name)
        elif code.co_filename.startswith(str(PACKAGE)) and code.co_name != "<module>":
            called[str(Path(code.co_filename).relative_to(PACKAGE))].add(code.co_name)

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield called
    finally:
        sys.setprofile(before)


def test_every_safety_module_is_at_work_in_a_run(tmp_path: Path) -> None:
    """Functions of each were called while the bot traded under faults, and its books agree."""
    with noting_calls() as called:
        done = run_with(tmp_path, FAULTS, for_s=FOR_S, seed=SEED)
    assert done.summary.differences == ()
    assert done.summary.fills > 0
    idle = {file for file in safety_modules() if not called.get(file)}
    assert idle - ASLEEP.keys() == set()


def test_what_may_be_asleep_still_exists() -> None:
    """An exception for a module that is gone has no reason any more."""
    assert ASLEEP.keys() <= set(safety_modules())
