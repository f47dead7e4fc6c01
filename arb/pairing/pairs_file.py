"""Read the file of pairs: TOML, one `[[pair]]` table each.

    [[pair]]
    kalshi = "kalshi:KXMENWORLDCUP-26-AR"
    polymarket = "polymarket:0x0c4c..."
    polymarket_yes_is_kalshi_yes = true
    verified = true
    reason = "both resolve to the winner of the final"
    source = "A. Person, 2026-07-16"

All keys are needed and no others are known: a pair that is not wholly understood is not traded.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping

from arb.market.errors import ArbError
from arb.market.instruments import MarketId, Venue
from arb.pairing.pair import Pair

_KINDS: Mapping[str, type] = {
    "kalshi": str,
    "polymarket": str,
    "polymarket_yes_is_kalshi_yes": bool,
    "verified": bool,
    "reason": str,
    "source": str,
}
_WORDS = {str: "a text that is not empty", bool: "true or false"}


class PairsFault(ArbError):
    """The file of pairs cannot be used; the text has a line for every fault."""


def read_pairs(text: str, name: str) -> tuple[Pair, ...]:
    """Read all pairs; `name` is how faults call the file.

    Raises PairsFault with every fault, each with the file and the entry (counted from 1).
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PairsFault(f"{name}: not TOML: {error}") from error
    entries = tables.pop("pair", [])
    faults = [f"{name}: {key}: no such key; only [[pair]] tables are known" for key in tables]
    if not isinstance(entries, list):
        raise PairsFault(f"{name}: pair: must be written as [[pair]] tables")
    pairs: dict[tuple[MarketId, MarketId], int] = {}
    made = []
    for number, entry in enumerate(entries, start=1):
        found = _faults(entry)
        if not found:
            pair = _pair(entry)
            first = pairs.setdefault((pair.kalshi, pair.polymarket), number)
            if first != number:
                found.append(f"the same two markets as entry {first}")
            made.append(pair)
        faults += [f"{name}: entry {number}: {fault}" for fault in found]
    if faults:
        raise PairsFault("\n".join(faults))
    return tuple(made)


def write_pairs(pairs: Iterable[Pair]) -> str:
    """Write pairs as TOML that `read_pairs` reads."""
    return "\n".join(_table(pair) for pair in pairs)


def _table(pair: Pair) -> str:
    lines = (
        "[[pair]]",
        f"kalshi = {_quoted(pair.kalshi)}",
        f"polymarket = {_quoted(pair.polymarket)}",
        f"polymarket_yes_is_kalshi_yes = {json.dumps(pair.polymarket_yes_is_kalshi_yes)}",
        f"verified = {json.dumps(pair.verified)}",
        f"reason = {_quoted(pair.reason)}",
        f"source = {_quoted(pair.source)}",
    )
    return "".join(f"{line}\n" for line in lines)


def _quoted(text: str) -> str:
    """A TOML string: JSON's, but for the one control character that JSON leaves as it is."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _faults(entry: object) -> list[str]:
    if not isinstance(entry, dict):
        return ["must be a [[pair]] table"]
    faults = [f"{key}: no such key" for key in entry if key not in _KINDS]
    for key, kind in _KINDS.items():
        value = entry.get(key)
        if value is None:
            faults.append(f"{key}: missing, must be {_WORDS[kind]}")
        elif type(value) is not kind or value == "":
            faults.append(f"{key} = {value!r}: must be {_WORDS[kind]}")
        elif key in list(Venue) and not _is_market(str(value), key):
            faults.append(f"{key} = {value!r}: must be a market's id, {key}:...")
    return faults


def _is_market(text: str, venue: str) -> bool:
    head, _, own_id = text.partition(":")
    return head == venue and bool(own_id) and text == "".join(text.split())


def _pair(entry: Mapping[str, object]) -> Pair:
    """Build a pair from a table that has no faults."""
    return Pair(
        kalshi=MarketId(str(entry["kalshi"])),
        polymarket=MarketId(str(entry["polymarket"])),
        polymarket_yes_is_kalshi_yes=entry["polymarket_yes_is_kalshi_yes"] is True,
        verified=entry["verified"] is True,
        reason=str(entry["reason"]),
        source=str(entry["source"]),
    )
