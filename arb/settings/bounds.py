"""What a value may be: fields that check themselves, and say what would be right."""

from typing import Any

import attrs

from arb.market.units import Usd

RANGE = "range"
"""In a field's metadata: what it may be, in words."""
MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


def between(low: int, high: int) -> Any:  # noqa: ANN401 - attrs fields are typed by their use
    """A whole number between `low` and `high`, both included."""

    def check(_: object, __: object, value: int) -> None:
        if not low <= value <= high:
            raise ValueError(f"must lie between {low} and {high}")

    return attrs.field(validator=check, metadata={RANGE: f"{low:,} to {high:,}"})


def dollars(most: int) -> Any:  # noqa: ANN401 - attrs fields are typed by their use
    """Dollars as a text, from "0" to `most`; micro-dollars once read."""

    def check(_: object, __: object, value: Usd) -> None:
        if not 0 <= value <= most * 1_000_000:
            raise ValueError(f'must lie between "0" and "{most}" dollars')

    return attrs.field(validator=check, metadata={RANGE: f'"0" to "{most:,}" dollars'})


def url(*schemes: str) -> Any:  # noqa: ANN401 - attrs fields are typed by their use
    """An address with one of `schemes`."""

    def check(_: object, __: object, value: str) -> None:
        if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"must start with {' or '.join(f'{s}://' for s in schemes)}")

    return attrs.field(validator=check, metadata={RANGE: f"{' or '.join(schemes)} address"})
