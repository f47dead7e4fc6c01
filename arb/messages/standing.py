"""How far trading is stopped, by whom and why; and the troubles that lead there."""

import enum

import attrs

from arb.market.instruments import MarketId, Venue
from arb.market.units import Ns

# --- whoever watches over trading -> treasurer, store, desk ---------------------------------------


class Level(enum.IntEnum):
    """What may still be done, from everything to nothing."""

    RUNNING = 0
    PAUSED = 1
    """No new baskets; those begun go on."""
    REDUCE_ONLY = 2
    """... and legs not yet sent are not sent: only what lowers exposure is."""
    FLATTEN = 3
    """... and what rests is cancelled and what is unhedged is sold."""
    STOPPED = 4
    """... and the program ends."""


@attrs.frozen
class StandingChanged:
    """How far trading is stopped, from now on and over restarts, until it is cleared."""

    level: Level
    who: str
    """A person, or the part of the program that saw to it."""
    why: str
    clears: str
    """What lifts it, in words."""
    at_ns: Ns


# --- anybody -> whoever watches over trading ------------------------------------------------------


@attrs.frozen
class Hold:
    """One source's word on how far trading is stopped; its next word replaces it.

    RUNNING takes it back. Where a venue is named it is about that venue alone.
    """

    source: str
    """What speaks: "operator", "KILL file", "gates", "daily loss", ..."""
    level: Level
    who: str
    why: str
    clears: str
    """What lifts it, in words."""
    at_ns: Ns
    venue: Venue | None = None
    lasting: bool = False
    """Kept over restarts until a person resumes."""


@attrs.frozen
class Ordered:
    """What an operator ordered from outside: a row of the standing file."""

    number: int
    hold: Hold
    """RUNNING: resume, which lifts every lasting hold there."""


@attrs.frozen
class Trouble:
    """Something a breaker counts: a failed call, a reject, a ghost fill, an unwind that failed."""

    venue: Venue | None
    kind: str
    """Of a small fixed set, e.g. "order rejected"; breakers are by venue and kind."""
    detail: str
    at_ns: Ns
    market: MarketId | None = None


@attrs.frozen
class Called:
    """One call to a venue and how long it took; `failure` is "" where an answer came."""

    venue: Venue
    call: str
    """"send", "cancel", "balances", ..."""
    took_ns: int
    failure: str
    at_ns: Ns


# --- kill watcher -> treasurer --------------------------------------------------------------------


@attrs.frozen
class VenueBarred:
    """A venue's own kill file appeared (with its text), or went away (None)."""

    venue: Venue
    reason: str | None


# --- catalogue watcher, kill watcher -> treasurer -------------------------------------------------


@attrs.frozen
class MarketBarred:
    """Nothing new is begun in a market, for a reason; or again may be (None)."""

    market: MarketId
    reason: str | None


@attrs.frozen
class ClaimBarred:
    """Nothing new is begun that relies on a claim, for a reason; or again may be (None)."""

    source: str
    """The claim's, word for word."""
    reason: str | None
