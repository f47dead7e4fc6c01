"""Where settings come from, later layers winning: files, the environment, the command line."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from arb.market.errors import ArbError

ENVIRONMENT_PREFIX = "ARB__"
Tables = dict[str, dict[str, Any]]


class SettingsFault(ArbError):
    """The settings cannot be used; the text names every fault with its file and key."""


@attrs.frozen
class Layer:
    """One source of settings, with the name that faults are told under."""

    source: str
    tables: Tables


def read_toml(text: str, source: str) -> Layer:
    """Read one TOML file's text. Raises SettingsFault where it is not TOML."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsFault(f"{source}: not TOML: {error}") from error
    stray = [key for key, value in tables.items() if not isinstance(value, dict)]
    if stray:
        raise SettingsFault(f"{source}: {stray[0]}: a key outside any section")
    return Layer(source, tables)


def read_environment(environment: Mapping[str, str]) -> Layer:
    """Take `ARB__SECTION__KEY=value`; values are TOML, and anything else is text."""
    tables: Tables = {}
    for name, text in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
            tables.setdefault(section, {})[key] = _toml_value(text)
    return Layer("environment", tables)


def merge(layers: Iterable[Layer]) -> tuple[Tables, dict[tuple[str, str], str]]:
    """Lay them over each other; also which layer each value came from, by section and key."""
    merged: Tables = {}
    sources: dict[tuple[str, str], str] = {}
    for layer in layers:
        for section, values in layer.tables.items():
            merged.setdefault(section, {}).update(values)
            sources.update({(section, key): layer.source for key in values})
    return merged, sources


def _toml_value(text: str) -> Any:  # noqa: ANN401 - typed when it is structured
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
