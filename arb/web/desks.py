"""What a page may ask for that the board does not know: leftovers, and pairs that wait."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any, Protocol

import attrs

Plain = Mapping[str, Any]


@attrs.frozen
class Verdict:
    """What a person says of a pair on the page."""

    approves: bool
    who: str
    why: str
    yes_is_yes: bool | None
    """None: as the texts say."""
    despite: bool
    """What the texts say against it was read and overruled."""


class PairBook(Protocol):
    """Pairs that wait for a person."""

    def waiting(self) -> Sequence[Plain]:
        """Those that wait, with both texts."""
        ...

    def decide(self, pair: str, verdict: Verdict) -> Awaitable[str]:
        """Decide by the pair's short name; returns what comes of it. Raises ArbError."""
        ...


class Leftovers(Protocol):
    """Contracts that baskets left over."""

    def __call__(self) -> Awaitable[Sequence[Plain]]:
        """All that are not settled. Raises ArbError."""
        ...
