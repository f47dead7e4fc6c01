"""`arb config` tells what is in force and why, and never a secret."""

import json
import tomllib
from pathlib import Path
from typing import Any

import attrs
import pytest
from click.testing import CliRunner, Result

from arb.__main__ import main
from arb.commands.secret_names import SECRETS
from arb.commands.setup import SHIPPED
from arb.settings import Settings


def config(*words: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, ["config", *words])


def shown(*words: str, **environment: str) -> dict[str, dict[str, Any]]:
    done = config("show", *words, "--json", **environment)
    assert done.exit_code == 0, done.output
    return {row["key"]: row for row in json.loads(done.stdout)["settings"]}


def test_every_value_is_told_with_the_layer_it_came_from(tmp_path: Path) -> None:
    """Shipped, file, environment and flag, each where it is the strongest."""
    file = tmp_path / "mine.toml"
    file.write_text('[limits]\nmax_basket_usd = "12.50"\n')
    rows = shown("--settings", str(file), "--seed", "11", ARB__RUN__DATA_DIR="elsewhere")
    assert rows["limits.max_basket_usd"] == {
        "key": "limits.max_basket_usd",
        "value": "12.5",
        "source": str(file),
    }
    assert (rows["run.seed"]["value"], rows["run.seed"]["source"]) == (11, "command line")
    assert rows["run.data_dir"]["source"] == "environment"
    assert rows["run.kill_file"]["source"] == "shipped"


def test_all_settings_are_shown_and_a_part_where_it_is_asked_for() -> None:
    """Whole, one section, one key; what does not exist is a fault."""
    count = sum(len(attrs.fields(section.type)) for section in attrs.fields(Settings))  # type: ignore[arg-type,misc]
    assert len(shown()) == count
    assert {key.partition(".")[0] for key in shown("web")} == {"web"}
    assert list(shown("web.port")) == ["web.port"]
    assert config("show", "wep").exit_code == 2


@pytest.mark.parametrize("flags", [(), ("--json",)])
def test_secrets_are_told_by_name_and_place_never_by_value(
    tmp_path: Path, flags: tuple[str, ...]
) -> None:
    """Set or not, and from where."""
    planted = {name: f"planted-{number}-secret" for number, name in enumerate(SECRETS)}
    kept = tmp_path / "key.pem"
    kept.write_text("planted in a file")
    file = {"ARB_KALSHI_PRIVATE_KEY_FILE": str(kept)}
    done = config("show", *flags, **planted, **file)
    assert done.exit_code == 0
    assert "planted" not in done.output
    for name in SECRETS:
        assert name in done.output
    assert "file " in done.output


def test_a_file_to_begin_with_changes_nothing_and_has_every_knob(tmp_path: Path) -> None:
    """As written it is an empty TOML; without the marks it is the shipped settings."""
    file = tmp_path / "arb.toml"
    assert config("init", str(file)).exit_code == 0
    text = file.read_text(encoding="utf-8")
    assert all(values == {} for values in tomllib.loads(text).values())
    assert shown("--settings", str(file)) == shown()
    lines = [line.removeprefix("# ") if " = " in line else line for line in text.splitlines()]
    assert tomllib.loads("\n".join(lines)) == tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def test_a_file_that_exists_is_kept_unless_forced(tmp_path: Path) -> None:
    """What a person changed is not written over by accident."""
    file = tmp_path / "arb.toml"
    file.write_text("mine")
    assert config("init", str(file)).exit_code == 2
    assert file.read_text() == "mine"
    done = config("init", str(file), "--force", "--json")
    assert json.loads(done.stdout) == {"file": str(file)}
    assert "[run]" in file.read_text(encoding="utf-8")
