"""From what TOML says to typed values, without coercing anything."""

import enum
from collections.abc import Callable
from typing import Any

import cattrs

from arb.market.errors import Malformed
from arb.market.units import Usd, parse_usd
from arb.settings.choices import CHOICES


def _strict(kind: type, words: str) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:  # noqa: ANN401 - the point is to check it
        if type(value) is not kind:
            raise TypeError(f"must be {words}")
        return value

    return structure


def _dollars_of(value: Any, _: Any) -> Usd:  # noqa: ANN401 - the point is to check it
    if type(value) is not str:
        raise TypeError('must be dollars as a text, such as "25.00"')
    try:
        return parse_usd(value)
    except Malformed as error:
        raise ValueError('must be dollars as a text, such as "25.00"') from error


def _word(value: Any, kind: type[enum.StrEnum]) -> enum.StrEnum:  # noqa: ANN401 - the point is to check it
    if value not in list(kind):
        raise ValueError("must be one of " + ", ".join(f'"{one}"' for one in kind))
    return kind(value)


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(int, _strict(int, "a whole number"))
    converter.register_structure_hook(bool, _strict(bool, "true or false"))
    converter.register_structure_hook(str, _strict(str, "a text"))
    converter.register_structure_hook(Usd, _dollars_of)
    for kind in CHOICES:
        converter.register_structure_hook(kind, _word)
    return converter


CONVERTER = _converter()
