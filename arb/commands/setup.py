"""The settings that a command works with, and how it says that something is wrong."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from arb.ending import Exit
from arb.redaction import SECRETS
from arb.settings import Layer, Settings, SettingsFault, Tables, build, read_environment, read_toml

SHIPPED = Path(__file__).resolve().parents[2] / "settings.toml"
FLAGS = {
    "run": ("seed", "venues", "mode", "data_dir"),
    "sim": (
        "markets",
        "speed_ppm",
        "faults_file",
        "faults",
        "wire_faults",
        "polymarket_port",
        "kalshi_port",
        "control_port",
    ),
}
"""Settings that are flags too, by section."""


def read_settings(flags: Mapping[str, Any]) -> Settings:
    """Lay the shipped file, the operator's file, the environment and the flags over each other.

    Raises SettingsFault.
    """
    return build(read_layers(flags))


def read_layers(flags: Mapping[str, Any]) -> list[Layer]:
    """Every source of settings, the strongest last. Raises SettingsFault."""
    layers = [_file(SHIPPED)]
    if flags.get("settings_file") is not None:
        layers.append(_file(flags["settings_file"]))
    layers.append(read_environment(os.environ))
    layers.append(Layer("command line", _from_flags(flags)))
    return layers


def _from_flags(flags: Mapping[str, Any]) -> Tables:
    """The flags that are settings; those that were not given change nothing."""
    return {
        section: {key: flags[key] for key in keys if flags.get(key) not in {None, ()}}
        for section, keys in FLAGS.items()
    }


def _file(path: Path) -> Layer:
    try:
        return read_toml(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SettingsFault(f"{path}: {error.strerror}") from error


def tell_failure(text: str, code: Exit) -> int:
    """Say what went wrong; returns the exit code."""
    for line in SECRETS.strike_out(text).splitlines():
        click.echo(f"arb: {line}", err=True)
    return int(code)
