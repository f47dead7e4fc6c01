"""Reads faults: from a TOML script, or from one line on a command line."""

import shlex
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any, assert_never

from arb.market.instruments import Venue
from arb.market.units import MICRO
from arb.sim.faults.fault import ALWAYS, Fault, FaultsFault, Scope
from arb.sim.faults.kinds import DAY_S, KINDS, Choice, Kind, Layer, Number, Parameter, Recipe

SCOPE = ("venue", "endpoint", "channel", "market")
TIMES = ("start_s", "for_s", "probability_ppm", "limit")
FOREVER_S = 365 * DAY_S
MOST = 10**9
"""Nobody limits a fault to more than a billion times."""


def read_faults(text: str, source: str) -> tuple[Fault, ...]:
    """Read a script of `[[fault]]` tables. Raises FaultsFault with a line for each error."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FaultsFault(f"{source}: not TOML: {error}") from error
    stray = [key for key in data if key != "fault"]
    tables = data.get("fault", [])
    if stray or not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise FaultsFault(
            f"{source}: {', '.join(stray) or 'fault'}: only [[fault]] tables belong here"
        )
    return _read_all(tables, source)


def read_fault(line: str, source: str = "--fault") -> Fault:
    """Read one line: a kind, then key=value. Raises FaultsFault.

    Such as `latency venue=kalshi endpoint='POST *' fixed_ms=400 for_s=30`.
    """
    try:
        kind, *pairs = shlex.split(line)
    except ValueError as error:
        raise FaultsFault(f"{source}: {line!r}: {error}") from error
    table: dict[str, Any] = {"kind": kind}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or key in table:
            raise FaultsFault(f"{source}: {pair!r}: write each key once, as key=value")
        table[key] = value if _is_text(kind, key) else _value(value)
    return _read_all([table], source)[0]


def _is_text(kind: str, key: str) -> bool:
    """Say whether a key takes a text, also one that looks like a number: a token, a tick."""
    takes = KINDS[Kind(kind)].takes if kind in list(Kind) else {}
    return key in SCOPE or isinstance(takes.get(key), Choice)


def read_table(table: Mapping[str, Any], source: str) -> Fault:
    """Read one fault from the keys and values that a script's table has. Raises FaultsFault."""
    return _read_all([table], source)[0]


def _value(text: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _read_all(tables: Iterable[Mapping[str, Any]], source: str) -> tuple[Fault, ...]:
    faults: list[Fault] = []
    errors: list[str] = []
    for number, table in enumerate(tables, 1):
        reader = _Reader(table, f"{source}: fault {number}")
        fault = reader.read()
        errors += reader.errors
        if fault is not None:
            faults.append(fault)
    if errors:
        raise FaultsFault("\n".join(errors))
    return tuple(faults)


class _Reader:
    """One table on its way to a fault; collects everything that is wrong with it."""

    def __init__(self, table: Mapping[str, Any], where: str) -> None:
        self.errors: list[str] = []
        self._table = dict(table)
        self._where = where

    def read(self) -> Fault | None:
        """The fault, or None where something is wrong."""
        kind = self._kind()
        if kind is None:
            return None
        recipe = KINDS[kind]
        numbers, words = self._parameters(recipe)
        fault = Fault(
            kind,
            self._scope(recipe),
            start_s=self._seconds("start_s", 0.0) or 0.0,
            for_s=self._seconds("for_s", None),
            probability_ppm=self._whole("probability_ppm", 1, MICRO) or ALWAYS,
            limit=self._whole("limit", 1, MOST),
            numbers=numbers,
            words=words,
        )
        self._refuse_the_rest(recipe)
        self._check(fault)
        return None if self.errors else fault

    def _fail(self, key: str, words: str) -> None:
        self.errors.append(f"{self._where}: {key}: {words}")

    def _kind(self) -> Kind | None:
        given = self._table.pop("kind", None)
        if isinstance(given, str) and given in list(Kind):
            return Kind(given)
        known = ", ".join(Kind)
        self._fail("kind", f"{given!r} is no kind of fault; there are {known}")
        return None

    def _scope(self, recipe: Recipe) -> Scope:
        texts = {key: self._text(key) for key in SCOPE[1:]}
        return Scope(self._venue(recipe), **texts)

    def _venue(self, recipe: Recipe) -> Venue | None:
        given = self._table.pop("venue", None)
        if given is None:
            return None
        if given not in list(Venue):
            self._fail("venue", f"{given!r} is none of {', '.join(Venue)}")
            return None
        if Venue(given) not in recipe.venues:
            self._fail("venue", f"this cannot happen on {given}")
        return Venue(given)

    def _text(self, key: str) -> str:
        value = self._table.pop(key, "")
        if not isinstance(value, str):
            self._fail(key, f"{value!r} must be a text")
            return ""
        return value

    def _seconds(self, key: str, default: float | None) -> float | None:
        value = self._table.pop(key, default)
        if value is None:
            return None
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= FOREVER_S:
            self._fail(key, f"{value!r} must be seconds, 0 to {FOREVER_S}")
            return default
        return float(value)

    def _whole(self, key: str, low: int, high: int, default: int | None = None) -> int | None:
        value = self._table.pop(key, default)
        if value is None:
            return None
        if type(value) is not int or not low <= value <= high:
            self._fail(key, f"{value!r} must be a whole number from {low} to {high}")
            return default
        return value

    def _parameters(self, recipe: Recipe) -> tuple[dict[str, int], dict[str, str]]:
        numbers: dict[str, int] = {}
        words: dict[str, str] = {}
        for key, taken in recipe.takes.items():
            self._parameter(key, taken, numbers, words)
        return numbers, words

    def _parameter(
        self, key: str, taken: Parameter, numbers: dict[str, int], words: dict[str, str]
    ) -> None:
        if key not in self._table and taken.default is None:
            self._fail(key, f"is missing: {taken.words}")
            return
        match taken:
            case Number():
                value = self._whole(key, taken.low, taken.high, taken.default)
                numbers[key] = value if value is not None else taken.low
            case Choice():
                words[key] = self._choice(key, taken)
            case _:
                assert_never(taken)

    def _choice(self, key: str, taken: Choice) -> str:
        value = self._table.pop(key, taken.default)
        if value not in taken.known:
            self._fail(key, f"{value!r} is none of {', '.join(taken.known)}")
            return taken.default
        return str(value)

    def _refuse_the_rest(self, recipe: Recipe) -> None:
        known = ("kind", *SCOPE, *TIMES, *recipe.takes)
        for key in self._table:
            self._fail(key, f"no such key here; there are {', '.join(known)}")

    def _check(self, fault: Fault) -> None:
        """What no single key can be blamed for."""
        if fault.kind is Kind.HALT and not fault.scope.market:
            self._fail("market", "is missing: a halt is of one market")
        if not fault.layers:
            self._fail("endpoint", "together with channel it means nothing: name one of them")
        standing = {Layer.VENUE, Layer.CLOCK} & fault.layers
        if standing and fault.probability_ppm != ALWAYS:
            self._fail("probability_ppm", f"{fault.kind} is there or not, for as long as it lasts")
        if fault.scope.market and Layer.CONNECTION in fault.layers:
            self._fail("market", f"{fault.kind} concerns whole connections")
        if fault.scope.channel and not fault.layers & {Layer.STREAM, Layer.CONNECTION}:
            self._fail("channel", f"{fault.kind} does not act on frames")
        if fault.scope.endpoint and not fault.layers & {
            Layer.REST,
            Layer.CONNECTION,
            Layer.ARRIVAL,
        }:
            self._fail("endpoint", f"{fault.kind} does not act on requests")
