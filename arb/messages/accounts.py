"""What a venue holds for us: cash, contracts, and what resolution made of them."""

import attrs

from arb.market.instruments import MarketId, Venue
from arb.market.units import Ns, Qty, Usd
from arb.messages.ids import SettlementId


@attrs.frozen
class Balance:
    """Cash in one pool of a venue. Kalshi has a pool per exchange shard; Polymarket has pool 0."""

    venue: Venue
    pool: int
    usd: Usd


@attrs.frozen
class Position:
    """Contracts held in one market. Kalshi nets: at most one of the two is not 0."""

    market: MarketId
    yes: Qty
    no: Qty


# --- balance refresher -> treasurer, desk ---------------------------------------------------------


@attrs.frozen
class AccountRead:
    """Cash and contracts of one venue as the venue tells them."""

    venue: Venue
    balances: tuple[Balance, ...]
    positions: tuple[Position, ...]
    at_ns: Ns


# --- balance refresher -> treasurer; treasurer -> store, desk -------------------------------------


@attrs.frozen
class Settlement:
    """A resolved market in which nothing of ours is left: what we held there became `usd`."""

    id: SettlementId
    venue: Venue
    pool: int
    """Where the cash went."""
    market: MarketId
    usd: Usd
    """0 where only losing contracts were held."""
    at_ns: Ns
    """By the venue's clock."""


# --- anybody -> store -----------------------------------------------------------------------------


@attrs.frozen
class OpeningBalance:
    """What a pool held before this store knew of any fill."""

    balance: Balance
    at_ns: Ns


@attrs.frozen
class OpeningPosition:
    """Contracts held before this store knew of any fill: they are known, and not ours to sell."""

    position: Position
    at_ns: Ns
