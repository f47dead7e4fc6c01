"""Which route answers which path: looked up by method and path, not tried one after another."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from arb.sim.kalshi.calls import Route

Found = tuple[Route, Mapping[str, str]]


class Switchboard:
    """Every route below one prefix. A fixed path comes before one with a variable."""

    def __init__(self, prefix: str, routes: Iterable[Route]) -> None:
        """Index the routes. Raises ValueError for two that answer the same."""
        self._fixed: dict[tuple[str, str], Route] = {}
        self._patterns: dict[tuple[str, int], list[tuple[list[str], Route]]] = defaultdict(list)
        for route in routes:
            self._add(route.method, prefix + route.path, route)

    def find(self, method: str, path: str) -> Found | None:
        """The route of a path and the values of its variables; None where there is none."""
        fixed = self._fixed.get((method, path))
        if fixed is not None:
            return fixed, {}
        words = path.split("/")
        for pattern, route in self._patterns.get((method, len(words)), ()):
            values = _match(pattern, words)
            if values is not None:
                return route, values
        return None

    def _add(self, method: str, path: str, route: Route) -> None:
        words = path.split("/")
        if "{" in path:
            self._patterns[method, len(words)].append((words, route))
        elif self._fixed.setdefault((method, path), route) is not route:
            raise ValueError(f"two routes for {method} {path}")


def _match(pattern: list[str], words: list[str]) -> dict[str, str] | None:
    values: dict[str, str] = {}
    for expected, word in zip(pattern, words, strict=True):
        if expected.startswith("{"):
            if not word:
                return None
            values[expected[1:-1]] = word
        elif expected != word:
            return None
    return values
