"""Fields that no question can be in together: a block of its own for each."""

import enum
import functools
import tomllib
from collections.abc import Mapping
from importlib.resources import files


class Field(enum.StrEnum):
    """What a question is about, as coarsely as both venues agree about it."""

    SPORTS = "sports"
    CLIMATE = "climate"
    CRYPTO = "crypto"
    ELECTIONS = "elections"


def field_of(category: str) -> Field | None:
    """Say the field of a venue's category; None where that does not tell."""
    return _fields().get(" ".join(category.lower().split()))


@functools.cache
def _fields() -> Mapping[str, Field]:
    text = files("arb.pairing.candidates").joinpath("fields.toml").read_text(encoding="utf-8")
    return {name: Field(field) for field, names in tomllib.loads(text).items() for name in names}
