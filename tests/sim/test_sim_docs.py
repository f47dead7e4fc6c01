"""docs/simulated-venues.md says what there is: flags, requests, faults, switches, commands."""

import enum
import re
import shlex
from pathlib import Path

import attrs
import click
import pytest

from arb.__main__ import main
from arb.market.units import MICRO, Ns, Usd
from arb.sim.control import control_app
from arb.sim.faults.kinds import KINDS
from arb.sim.faults.script import read_fault, read_faults
from arb.sim.kalshi.settings import KalshiSettings
from arb.sim.operator import Operator
from arb.sim.polymarket.conditions import Conditions
from arb.sim.world import World

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "simulated-venues.md").read_text(encoding="utf-8")


def flags_of(command: str) -> set[str]:
    found = main.get_command(click.Context(main), command)
    assert found is not None
    return {flag for parameter in found.params for flag in parameter.opts}


def test_every_flag_is_told() -> None:
    """`arb sim` has no flag that the page does not name."""
    assert {
        flag for flag in flags_of("sim") if f"`{flag}" not in TEXT and flag not in TEXT
    } == set()


def test_every_command_line_can_be_given() -> None:
    """Every `python -m arb` line of the page parses: command and flags exist."""
    lines = re.findall(r"^    (python -m arb .*?)(?:  .*)?$", TEXT, re.MULTILINE)
    assert len(lines) >= 4
    for line in lines:
        command, *rest = shlex.split(line)[3:]
        assert {word for word in rest if word.startswith("--")} <= flags_of(command), line


def test_every_request_of_the_control_endpoint_is_told() -> None:
    """The page's table and the endpoint's own list are the same."""
    world = World.build(
        1, now_ns=lambda: Ns(10**18), speed_ppm=MICRO, polymarket_cash=Usd(0), kalshi_cash=Usd(0)
    )
    told = set(re.findall(r"^\| `((?:GET|POST|DELETE) /\S*)` ", TEXT, re.MULTILINE))
    assert told == set(control_app(Operator(world, lambda: Ns(10**18))).paths)


def test_every_kind_of_fault_is_told_with_what_it_takes() -> None:
    """A row for each kind, with every parameter, and no row for anything else."""
    table = TEXT.partition("## Faults")[2].partition("## Recordings")[0]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table, re.MULTILINE))
    assert set(rows) == set(KINDS)
    for kind, recipe in KINDS.items():
        assert all(f"`{name}`" in rows[kind] for name in recipe.takes), kind
        assert recipe.words in rows[kind], kind


def test_the_faults_of_the_page_can_be_read() -> None:
    """The script and every line."""
    (script,) = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    assert len(read_faults(script, "docs")) == 1
    lines = re.findall(r"--fault \"([^\"]+)\"", TEXT) + re.findall(r"'\"([^\"]+)\"'", TEXT)
    assert [read_fault(line).kind for line in lines] == ["latency", "latency"]


def defaults(kind: type[attrs.AttrsInstance]) -> dict[str, str]:
    made = kind()
    values = {field.name: getattr(made, field.name) for field in attrs.fields(kind)}
    return {
        f"{kind.__name__}.{name}": str(value.value if isinstance(value, enum.Enum) else value)
        for name, value in values.items()
    }


@pytest.mark.parametrize("kind", [Conditions, KalshiSettings])
def test_the_switches_of_the_page_exist_with_these_defaults(
    kind: type[attrs.AttrsInstance],
) -> None:
    """Name and default as the code has them."""
    told = re.findall(rf"^\| `({kind.__name__}\.\w+)` \| (\S+) \|", TEXT, re.MULTILINE)
    assert len(told) >= 5
    assert dict(told) == {name: defaults(kind)[name] for name, _ in told}


def test_the_venues_of_the_page_are_named_in_the_readme_of_the_code() -> None:
    """The architecture names the modules of this room."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for module in ("serve.py", "hosting.py", "recorder.py", "operator.py", "control.py"):
        assert module in text, module
