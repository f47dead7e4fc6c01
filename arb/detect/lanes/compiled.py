"""What a lane makes of the listed markets."""

from collections import Counter
from collections.abc import Sequence

import attrs

from arb.detect.blueprint import Basket
from arb.detect.clusters import Cluster


@attrs.frozen
class Compiled:
    """Baskets to watch, and how many were left out by reason."""

    baskets: tuple[Basket, ...]
    refused: dict[str, int]
    clusters: tuple[Cluster, ...] = ()
    """What linear programs look at for baskets that no lane lists."""


def join(parts: Sequence[Compiled]) -> Compiled:
    """Put what several lanes made together."""
    baskets: list[Basket] = []
    refused: Counter[str] = Counter()
    for part in parts:
        baskets += part.baskets
        refused.update(part.refused)
    clusters = tuple(cluster for part in parts for cluster in part.clusters)
    return Compiled(tuple(baskets), dict(refused), clusters)
