"""What was decided about two markets: by whom, when, and on which texts."""

import enum
import hashlib
from collections.abc import Iterable, Mapping

import attrs

from arb.market.instruments import MarketId
from arb.market.units import Ns

PairKey = tuple[MarketId, MarketId]
"""Kalshi's market and Polymarket's."""
_HANDLE_BYTES = 4


class Decision(enum.StrEnum):
    """How the matter stands."""

    APPROVED = "approved"
    REJECTED = "rejected"
    """A person says that the questions differ: no map brings the pair back."""
    UNVERIFIED = "unverified"
    """Something changed since it was approved: a person has to look again."""
    WITHDRAWN = "withdrawn"
    """The map that it came from names it no more; it may come back with the map."""


class Origin(enum.StrEnum):
    """Who vouches for a pair."""

    DESK = "desk"
    """A person, for this one pair."""
    MAP = "map"
    """The operator's file (`run.pairs_file`)."""
    VENUES = "venues"
    """The simulated venues, which made both questions from one."""


@attrs.frozen(kw_only=True)
class PairDecided:
    """One decision. Of all decisions about two markets the latest counts."""

    kalshi: MarketId
    polymarket: MarketId
    decision: Decision
    yes_is_yes: bool
    """Polymarket's YES pays where Kalshi's YES does; False where they are each other's opposite."""
    origin: Origin
    who: str
    why: str
    at_ns: Ns
    kalshi_text: str
    """Fingerprint of Kalshi's texts as they were then (`questions.fingerprint`)."""
    polymarket_text: str
    facts: tuple[str, ...] = ()
    """What was read from both texts, a line each: agreements first, then what spoke against."""

    @property
    def key(self) -> PairKey:
        """Which pair."""
        return self.kalshi, self.polymarket


def latest(decisions: Iterable[PairDecided]) -> dict[PairKey, PairDecided]:
    """The decision that counts of each pair; `decisions` oldest first."""
    return {one.key: one for one in decisions}


def handle(kalshi: MarketId, polymarket: MarketId) -> str:
    """A pair's short name for people to type: 8 hex digits, always the same for the same pair."""
    text = f"{kalshi} {polymarket}"
    return hashlib.blake2s(text.encode(), digest_size=_HANDLE_BYTES).hexdigest()


Decisions = Mapping[PairKey, PairDecided]
"""The decision that counts, by pair."""
