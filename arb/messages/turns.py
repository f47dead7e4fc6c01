"""Contracts turned into cash: settler -> treasurer, store."""

import enum

import attrs

from arb.market.instruments import MarketId, Venue
from arb.market.units import Ns, Usd
from arb.messages.ids import TurnId


class TurnKind(enum.StrEnum):
    """How contracts become cash before, or after, their market resolves."""

    MERGE = "merge"
    """YES and NO of one market into dollars."""
    CONVERT = "convert"
    """NOs of one group into dollars and YES of the others."""
    REDEEM = "redeem"
    """What is held of a resolved market into its payout, which is booked as a `Settlement`."""


@attrs.frozen
class ContractChange:
    """What a turn does in one market."""

    market: MarketId
    yes: int
    """Micro-contracts more, or fewer where below 0."""
    no: int
    usd: Usd
    """The market's share of the cash that it brings."""


@attrs.frozen
class Turn:
    """Contracts about to be turned into cash: durable before its transaction leaves."""

    id: TurnId
    kind: TurnKind
    venue: Venue
    pool: int
    changes: tuple[ContractChange, ...]
    """Of a redemption: its market, and no amounts."""
    nonce: int
    """Of the wallet: no two transactions with the same one can be done."""
    deadline_ns: Ns
    """By the venue's clock; later than that it can no longer be done."""
    body: bytes
    """What is sent, word for word."""
    at_ns: Ns

    @property
    def usd(self) -> Usd:
        """All the cash that it brings."""
        return Usd(sum(change.usd for change in self.changes))


@attrs.frozen
class TurnEnded:
    """A turn whose end is known: all of it was done, or nothing."""

    turn: Turn
    done: bool
    note: str
    """"" where it was done; else why not."""
    at_ns: Ns
