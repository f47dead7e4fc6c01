"""Every knob is validated, every fault is told at once, and later layers win."""

from pathlib import Path
from typing import Any

import attrs
import pytest

from arb.settings import (
    Layer,
    Mode,
    Settings,
    SettingsFault,
    build,
    read_environment,
    read_toml,
)

SHIPPED = Path(__file__).parents[1] / "settings.toml"


def shipped() -> Layer:
    return read_toml(SHIPPED.read_text(encoding="utf-8"), "settings.toml")


def faults(*layers: Layer) -> list[str]:
    with pytest.raises(SettingsFault) as caught:
        build([shipped(), *layers])
    return str(caught.value).splitlines()


def mine(**sections: dict[str, Any]) -> Layer:
    return Layer("mine.toml", sections)


def test_the_shipped_file_is_complete_and_valid() -> None:
    """settings.toml alone makes settings: every field is there, and nothing else."""
    settings = build([shipped()])
    for section in attrs.fields(Settings):
        keys = {field.name for field in attrs.fields(type(getattr(settings, section.name)))}
        assert keys == set(shipped().tables[section.name])
    assert set(shipped().tables) == {section.name for section in attrs.fields(Settings)}


def test_every_knob_is_explained_where_it_stands() -> None:
    """Each key's line, or the one above it, has a comment; a section may explain its URLs."""
    for line in SHIPPED.read_text(encoding="utf-8").splitlines():
        key, sign, _ = line.partition(" = ")
        known = key.endswith(("_url", "_cash_usd", "_first_ms", "_most_ms"))
        assert not sign or "#" in line or known, line


def test_money_is_whole_millionths() -> None:
    """Dollar texts become micro-dollars without passing a float."""
    settings = build([shipped(), mine(limits={"max_basket_usd": "0.000001"})])
    assert settings.limits.max_basket_usd == 1


def test_nothing_can_be_changed_afterwards() -> None:
    """Settings are frozen, sections too."""
    settings = build([shipped()])
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        settings.run.mode = Mode.LIVE  # type: ignore[misc]  # the point


def test_later_layers_win_key_by_key() -> None:
    """A file changes what it names and leaves the rest; the environment wins over it."""
    file = mine(run={"seed": 1, "venues": "real"})
    flags = Layer("command line", {"run": {"mode": "live"}})
    env = read_environment({"ARB__RUN__SEED": "2", "PATH": "/bin"})
    run = build([shipped(), file, env, flags]).run
    assert (run.seed, run.venues, run.mode) == (2, "real", Mode.LIVE)
    assert run.kill_file == build([shipped()]).run.kill_file


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), ('"7"', "7"), ("paper", "paper"), ("true", True), ("", ""), ("var/lib", "var/lib")],
)
def test_the_environment_speaks_toml_and_plain_text(text: str, value: object) -> None:
    """Numbers, booleans and quoted texts are TOML; anything else is a text."""
    assert read_environment({"ARB__RUN__X": text}).tables == {"run": {"x": value}}


@pytest.mark.parametrize(
    ("section", "key", "value", "words"),
    [
        ("run", "mode", "yolo", 'must be one of "dry-run", "paper", "live"'),
        ("feeds", "socket_library", "x", 'must be one of "trio-websocket", "direct"'),
        ("run", "seed", "7", "must be a whole number"),
        ("run", "seed", True, "must be a whole number"),
        ("run", "seed", 7.0, "must be a whole number"),
        ("run", "seed", -1, "must lie between 0 and"),
        ("run", "venues", 5, "must be a text"),
        ("detect", "binary", 1, "must be true or false"),
        ("limits", "max_basket_usd", 25, 'must be dollars as a text, such as "25.00"'),
        ("limits", "max_basket_usd", 25.0, 'must be dollars as a text, such as "25.00"'),
        ("limits", "max_basket_usd", "$25", 'must be dollars as a text, such as "25.00"'),
        ("limits", "max_basket_usd", "-1", 'must lie between "0" and "10000000" dollars'),
        ("limits", "max_open_baskets", 0, "must lie between 1 and 100"),
        ("execution", "leg_timeout_ms", 60_001, "must lie between 10 and 60000"),
        ("polymarket", "clob_url", "clob.polymarket.com", "must start with https:// or http://"),
        ("kalshi", "ws_url", "https://kalshi.com", "must start with wss:// or ws://"),
    ],
)
def test_a_wrong_value_is_told_with_file_key_and_what_is_right(
    section: str, key: str, value: object, words: str
) -> None:
    """One fault, one line: source, section.key, the value, and what would be right."""
    (line,) = faults(mine(**{section: {key: value}}))
    assert line.startswith(f"mine.toml: {section}.{key} = {value!r}: ")
    assert words in line


def test_all_faults_are_told_at_once() -> None:
    """Wrong values, unknown keys and unknown sections of several layers come in one message."""
    lines = faults(
        mine(run={"mode": "yolo", "sead": 3}, limits={"max_open_baskets": 0}, nonsense={"a": 1}),
        read_environment({"ARB__FEEDS__QUEUE_BATCHES": "0"}),
    )
    assert len(lines) == 5
    assert any("did you mean 'seed'?" in line and "run.sead" in line for line in lines)
    assert any(line.startswith("environment: feeds.queue_batches = 0") for line in lines)
    assert any("[nonsense]: no such section" in line for line in lines)


def test_every_key_may_be_the_missing_one() -> None:
    """Without a key there is one fault, which names it."""
    for section, keys in shipped().tables.items():
        for key in keys:
            tables = {name: dict(values) for name, values in shipped().tables.items()}
            del tables[section][key]
            with pytest.raises(SettingsFault) as caught:
                build([Layer("settings.toml", tables)])
            assert str(caught.value) == f"settings: {section}.{key}: missing"


@pytest.mark.parametrize("name", ["ARB__RUN", "ARB__MODE", "ARB__RUN__KILL__FILE", "ARB__"])
def test_a_misspelt_variable_is_not_passed_over(name: str) -> None:
    """Whatever begins like one of ours and is none is a fault, told as of the environment."""
    (line,) = faults(read_environment({name: "x"}))
    assert line.startswith("environment: ")


def test_a_file_that_is_not_toml_is_told_with_its_name() -> None:
    """Syntax errors and keys outside sections name the file."""
    with pytest.raises(SettingsFault, match=r"mine\.toml: not TOML"):
        read_toml("[run", "mine.toml")
    with pytest.raises(SettingsFault, match=r"mine\.toml: seed: a key outside any section"):
        read_toml("seed = 7", "mine.toml")
