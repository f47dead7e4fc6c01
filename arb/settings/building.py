"""Every knob checked: wrong keys are refused, all faults told at once."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs
from rapidfuzz import process

from arb.settings.conversion import CONVERTER
from arb.settings.layers import Layer, SettingsFault, merge
from arb.settings.running import (
    Accounts,
    Breakers,
    Feeds,
    Gates,
    Kalshi,
    Logs,
    Notify,
    Polymarket,
    Run,
    Sim,
    Supervise,
    Web,
)
from arb.settings.trading import (
    Bets,
    Detect,
    Execution,
    Limits,
    Metadata,
    Pairs,
    Settle,
    Sizing,
)


@attrs.frozen
class Settings:
    """All of settings.toml, section by section."""

    run: Run
    detect: Detect
    pairs: Pairs
    metadata: Metadata
    bets: Bets
    limits: Limits
    sizing: Sizing
    execution: Execution
    feeds: Feeds
    accounts: Accounts
    breakers: Breakers
    gates: Gates
    web: Web
    logs: Logs
    notify: Notify
    supervise: Supervise
    settle: Settle
    polymarket: Polymarket
    kalshi: Kalshi
    sim: Sim


def build(layers: Iterable[Layer]) -> Settings:
    """Lay the layers over each other and check everything.

    Raises SettingsFault with one line a fault: source, key, what is wrong, what would be right.
    """
    merged, sources = merge(layers)
    faults: list[str] = []
    sections: dict[str, Any] = {}
    for section in attrs.fields(Settings):
        values = merged.pop(section.name, {})
        where = {key: sources[section.name, key] for key in values}
        sections[section.name] = _section(section.type, section.name, values, where, faults)
    known = [field.name for field in attrs.fields(Settings)]
    for name, values in merged.items():
        source = next((sources[name, key] for key in values), "settings")
        faults.append(f"{source}: [{name}]: no such section{_nearest(name, known)}")
    if faults:
        raise SettingsFault("\n".join(faults))
    return Settings(**sections)


def _section(
    kind: type[Any] | None,
    section: str,
    values: dict[str, Any],
    sources: Mapping[str, str],
    faults: list[str],
) -> object:
    fields = {field.name: field for field in attrs.fields(kind)}  # type: ignore[arg-type]  # attrs classes
    faults.extend(
        f"{sources[key]}: {section}.{key}: no such key{_nearest(key, fields)}"
        for key in values
        if key not in fields
    )
    taken: dict[str, Any] = {}
    for key, field in fields.items():
        if key not in values:
            faults.append(f"settings: {section}.{key}: missing")
            continue
        try:
            taken[key] = CONVERTER.structure(values[key], field.type)
            if field.validator is not None:
                field.validator(None, field, taken[key])
        except (ValueError, TypeError) as error:
            faults.append(f"{sources[key]}: {section}.{key} = {values[key]!r}: {error}")
    if len(taken) < len(fields) or kind is None:
        return None
    return kind(**taken) if not any(f": {section}." in fault for fault in faults) else None


def _nearest(word: str, known: Iterable[str]) -> str:
    found = process.extractOne(word, list(known), score_cutoff=60)
    return f"; did you mean {found[0]!r}?" if found else ""
