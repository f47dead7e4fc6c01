"""What a lane makes of the listed markets."""

from collections import Counter
from collections.abc import Iterable

import attrs

from arb.detect.blueprint import Basket


@attrs.frozen
class Compiled:
    """Baskets to watch, and how many were left out by reason."""

    baskets: tuple[Basket, ...]
    refused: dict[str, int]


def join(parts: Iterable[Compiled]) -> Compiled:
    """Put what several lanes made together."""
    baskets: list[Basket] = []
    refused: Counter[str] = Counter()
    for part in parts:
        baskets += part.baskets
        refused.update(part.refused)
    return Compiled(tuple(baskets), dict(refused))
