"""From the feeds through the books to whoever finds something in them."""

from collections.abc import Mapping

import attrs

from arb.detect.basket import Template, TemplateId
from arb.detect.clusters import Cluster
from arb.detect.witness import NO_TWINS, Twin
from arb.market.book import BookView
from arb.market.changes import BookChange
from arb.market.instruments import MarketId
from arb.market.spot import SpotTick
from arb.market.units import Ns
from arb.messages.ids import FeedId

# --- feed -> book cache ---------------------------------------------------------------------------


@attrs.frozen
class BookBatch:
    """Everything that one socket read brought, in order."""

    feed: FeedId
    seen_ns: Ns
    changes: list[BookChange]
    """Owned by the receiver from here on."""


# --- spot feed -> bettor --------------------------------------------------------------------------


@attrs.frozen
class SpotBatch:
    """Everything that one socket read said of spot prices, in order."""

    ticks: tuple[SpotTick, ...]


# --- book cache -> scanner ------------------------------------------------------------------------


@attrs.frozen
class Crossing:
    """A template whose best prices alone would pay, with its books of one moment, by leg."""

    template: Template
    views: tuple[BookView, ...]
    twins: Mapping[MarketId, Twin] = NO_TWINS
    """Books of the other venue about the same questions, of the same moment."""


@attrs.frozen
class Crossings:
    """Everything whose best prices alone would pay.

    The newest state wins: what a slow scanner did not take is replaced, and counted.
    """

    found: dict[TemplateId, Crossing]


# --- book cache -> cluster solver -----------------------------------------------------------------


@attrs.frozen
class ClusterSeen:
    """A cluster that moved, with its books of one moment, in the order of its markets."""

    cluster: Cluster
    views: tuple[BookView, ...]


# --- book cache -> catalogue watcher --------------------------------------------------------------


@attrs.frozen
class PairBooks:
    """Which markets of pairs have no live book now."""

    dead: frozenset[MarketId]


# --- catalogue watcher -> book cache --------------------------------------------------------------


@attrs.frozen
class CatalogueState:
    """What the lists of both venues say of books."""

    distrusted: frozenset[tuple[MarketId, MarketId]]
    """Pairs that nothing is begun on now, Kalshi's market first: neither of their books is a
    witness for the other."""
    gone: frozenset[MarketId]
    """Markets that their venue lists no more: nobody waits for their books."""
