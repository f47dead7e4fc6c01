"""What a lane makes of the listed markets."""

from collections import Counter
from collections.abc import Iterable

import attrs

from arb.detect.basket import Template


@attrs.frozen
class Compiled:
    """Templates, and how many baskets were left out by reason."""

    templates: tuple[Template, ...]
    refused: dict[str, int]


def join(parts: Iterable[Compiled]) -> Compiled:
    """Put what several lanes made together."""
    templates: list[Template] = []
    refused: Counter[str] = Counter()
    for part in parts:
        templates += part.templates
        refused.update(part.refused)
    return Compiled(tuple(templates), dict(refused))
