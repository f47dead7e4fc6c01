"""What may be said to the operator of simulated venues: one class for each form of request."""

import msgspec

ALL_SHARDS = -1


class Named(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One market. `venue` is needed only where both venues use the name."""

    market: str
    venue: str = ""


class Ending(Named, frozen=True, forbid_unknown_fields=True):
    """How a market ends: what YES pays in dollars ("0", "1", "0.5"), or the outcome that wins."""

    payout: str = ""
    outcome: str = ""


class NewGrid(Named, frozen=True, forbid_unknown_fields=True):
    """The grid of a market: a tick in dollars on Polymarket, a price structure's name on Kalshi."""

    tick: str = ""
    structure: str = ""


class NewRules(Named, frozen=True, forbid_unknown_fields=True):
    """Another text by which a market is settled, as venues clarify or correct theirs."""

    rules: str = ""


class Pause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pause of a whole venue.

    Kalshi: of one shard or, with -1, of all; `trading_only` lets orders be cancelled. Polymarket:
    a restart of its matching engine, away for `down_s`, then post-only for `post_only_s`.
    """

    venue: str
    shard: int = ALL_SHARDS
    trading_only: bool = True
    down_s: int = 60
    post_only_s: int = 120


class Deposit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Money for an account; `pool` is a shard on Kalshi."""

    account: str
    venue: str
    amount: str
    pool: int = 0
