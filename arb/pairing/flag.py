"""What is wrong with a pair, for a person to look at."""

import enum

import attrs

from arb.market.instruments import MarketId


class FlagKind(enum.StrEnum):
    """What is wrong. All but DOUBT keep the pair from being traded."""

    UNKNOWN_MARKET = "unknown market"
    """A map names a market that its venue does not list for trading."""
    STALE = "stale link"
    """A market of an approved pair is listed no more."""
    NOT_VERIFIED = "not verified"
    """The map itself says that nobody verified it."""
    VETOED = "vetoed"
    """The texts say different things."""
    POLARITY = "polarity"
    """The texts say that YES is the other way round."""
    AMBIGUOUS = "ambiguous"
    """Another market of the same event fits as well."""
    SHARED = "shared market"
    """A market is in two pairs, and both cannot be right."""
    CHANGED = "changed text"
    """A text is not the one that was approved."""
    UNVERIFIED = "unverified"
    """A change was seen since it was approved, and nobody has looked again."""
    CONTRADICTED = "contradicted"
    """The map says one thing and the desk another."""
    DOUBT = "doubt"
    """It is traded because a person said so, although its texts alone would not do."""


@attrs.frozen
class Flag:
    """One thing that is wrong with one pair."""

    kind: FlagKind
    kalshi: MarketId
    polymarket: MarketId
    text: str

    @property
    def line(self) -> str:
        """The flag in one line."""
        return f"{self.kind}: {self.kalshi} with {self.polymarket}: {self.text}"
