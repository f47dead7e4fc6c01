"""Read and write files of rules: TOML with `[[rule]]` tables, or JSON with the same in "rule".

    [[rule]]
    kind = "implies"                      # or "at_most_one", "at_least_one"
    markets = ["polymarket:0xa...", "kalshi:KXB-1"]
    source = "A. Person, 2026-11-20"
    confidence_ppm = 990000
    accepted = true
    evidence = "both texts name the same office and the same clock"

All keys are needed and no others are known: a rule that is not wholly understood is not relied on.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from arb.detect.rules import Rule, RuleKind
from arb.market.errors import ArbError, Refused
from arb.market.instruments import MarketId, Venue

_KINDS: Mapping[str, type] = {
    "kind": str,
    "markets": list,
    "source": str,
    "confidence_ppm": int,
    "accepted": bool,
    "evidence": str,
}
_WORDS = {
    str: "a text",
    list: "a list of markets",
    int: "a whole number",
    bool: "true or false",
}
_ENTRY = re.compile(r"^[ \t]*\[\[[ \t]*rule[ \t]*\]\]", re.MULTILINE)


class RulesFault(ArbError):
    """The file of rules cannot be used; the text has a line for every fault."""


def read_rules(text: str, name: str) -> tuple[Rule, ...]:
    """Read all rules; `name` is how faults call the file, and tells JSON by its ".json".

    Raises RulesFault with every fault, each with the file, the entry (counted from 1, with its
    line where the file is TOML) and the key.
    """
    tables = _json(text, name) if name.endswith(".json") else _toml(text, name)
    entries = tables.pop("rule", [])
    faults = [f"{name}: {key}: no such key; only rules are known" for key in tables]
    if not isinstance(entries, list):
        raise RulesFault(f"{name}: rule: must be a list of tables")
    places = _places(text, name, len(entries))
    rules: list[Rule] = []
    for place, entry in zip(places, entries, strict=True):
        found = _faults(entry)
        if not found:
            try:
                rules.append(_rule(entry))
            except Refused as refused:
                found = [str(refused)]
        faults += [f"{name}: {place}: {fault}" for fault in found]
    if faults:
        raise RulesFault("\n".join(faults))
    return tuple(rules)


def write_rules(rules: Iterable[Rule]) -> str:
    """Write rules as TOML that `read_rules` reads: a person accepts one by changing one word."""
    return "\n".join(_table(rule) for rule in rules)


def _table(rule: Rule) -> str:
    markets = ", ".join(_quoted(market) for market in rule.markets)
    lines = (
        "[[rule]]",
        f"kind = {_quoted(rule.kind)}",
        f"markets = [{markets}]",
        f"source = {_quoted(rule.source)}",
        f"confidence_ppm = {rule.confidence_ppm}",
        f"accepted = {json.dumps(rule.accepted)}",
        f"evidence = {_quoted(rule.evidence)}",
    )
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    """A TOML string: JSON's, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesFault(f"{name}: not TOML: {error}") from error


def _json(text: str, name: str) -> dict[str, Any]:
    try:
        tables = json.loads(text)
    except ValueError as error:
        raise RulesFault(f"{name}: not JSON: {error}") from error
    if not isinstance(tables, dict):
        raise RulesFault(f'{name}: must be an object with a list "rule"')
    return tables


def _places(text: str, name: str, count: int) -> list[str]:
    """How faults call each entry: with its line where the tables can be told apart in the text."""
    lines = [text.count("\n", 0, match.start()) + 1 for match in _ENTRY.finditer(text)]
    if name.endswith(".json") or len(lines) != count:
        return [f"entry {number}" for number in range(1, count + 1)]
    return [f"entry {number} (line {line})" for number, line in enumerate(lines, start=1)]


def _faults(entry: object) -> list[str]:
    if not isinstance(entry, dict):
        return ["must be a table"]
    faults = [f"{key}: no such key" for key in entry if key not in _KINDS]
    for key, kind in _KINDS.items():
        value = entry.get(key)
        if value is None:
            faults.append(f"{key}: missing, must be {_WORDS[kind]}")
        elif type(value) is not kind:
            faults.append(f"{key} = {value!r}: must be {_WORDS[kind]}")
    return faults or _faults_of_values(entry)


def _faults_of_values(entry: Mapping[str, Any]) -> list[str]:
    known = ", ".join(RuleKind)
    faults = [
        f"markets: {market!r}: must be a market's id, venue:..."
        for market in entry["markets"]
        if not _is_market(market)
    ]
    if entry["kind"] not in list(RuleKind):
        faults.append(f"kind = {entry['kind']!r}: must be one of {known}")
    return faults


def _is_market(value: object) -> bool:
    venue, _, own_id = value.partition(":") if isinstance(value, str) else ("", "", "")
    return venue in list(Venue) and bool(own_id) and own_id == "".join(own_id.split())


def _rule(entry: Mapping[str, Any]) -> Rule:
    """Build a rule from a table that has no faults. Raises Refused."""
    return Rule(
        kind=RuleKind(entry["kind"]),
        markets=tuple(MarketId(market) for market in entry["markets"]),
        source=entry["source"],
        confidence_ppm=entry["confidence_ppm"],
        accepted=entry["accepted"],
        evidence=entry["evidence"],
    )
