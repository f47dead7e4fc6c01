"""One fault: what goes wrong, for whom, when, and how badly."""

from collections.abc import Mapping
from fnmatch import fnmatchcase

import attrs

from arb.market.errors import ArbError
from arb.market.instruments import Venue
from arb.market.units import MICRO
from arb.sim.faults.kinds import KINDS, Kind, Layer

ALWAYS = MICRO


class FaultsFault(ArbError):
    """A fault, or a script of them, that cannot be used; the text says where and why."""


@attrs.frozen
class Scope:
    """Whom a fault concerns. Empty texts concern everybody."""

    venue: Venue | None = None
    endpoint: str = ""
    """Method and path with globs, such as "POST /order"; a handshake is "GET /ws/market"."""
    channel: str = ""
    """Which frames: on Polymarket "market" or "user", on Kalshi the frame's type; with globs."""
    market: str = ""
    """A condition id, a token or a ticker."""

    def reaches(self, endpoint: str) -> bool:
        """Say whether a method and path are meant."""
        return not self.endpoint or fnmatchcase(endpoint, self.endpoint)

    def hears(self, channel: str) -> bool:
        """Say whether frames of a channel are meant."""
        return not self.channel or fnmatchcase(channel, self.channel)


@attrs.frozen
class Fault:
    """Something that is to go wrong. Complete: every parameter of its kind is there."""

    kind: Kind
    scope: Scope = attrs.field(factory=Scope)
    start_s: float = 0.0
    """Seconds from the beginning of the world, or from when it is injected."""
    for_s: float | None = None
    """Seconds that it lasts; None: until it is cleared."""
    probability_ppm: int = ALWAYS
    """How often it acts where it could, in millionths."""
    limit: int | None = None
    """How often it acts at most; None: no limit."""
    numbers: Mapping[str, int] = attrs.field(factory=dict)
    words: Mapping[str, str] = attrs.field(factory=dict)

    @property
    def layers(self) -> frozenset[Layer]:
        """Where it acts: an endpoint means requests only, a channel frames only."""
        layers = KINDS[self.kind].layers
        if self.scope.endpoint:
            layers -= {Layer.STREAM}
        if self.scope.channel:
            layers -= {Layer.REST}
        return layers

    @property
    def venues(self) -> frozenset[Venue]:
        """Where it happens."""
        able = KINDS[self.kind].venues
        return able if self.scope.venue is None else able & {self.scope.venue}

    @property
    def needs_wire(self) -> bool:
        """Say whether it acts below the application, on the connection itself."""
        below = {Kind.RESET, Kind.HALF_OPEN, Kind.SLOW}
        return self.kind in below or self.words.get("how") == "reset"
