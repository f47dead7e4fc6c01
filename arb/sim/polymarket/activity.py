"""What wallets did on chain beside trading: what the Data API's activity shows."""

import enum

import attrs

from arb.market.instruments import Outcome
from arb.market.units import Ns, Qty, Usd
from arb.sim.polymarket.markets import MarketState


class ActivityKind(enum.StrEnum):
    """A kind of activity in the Data API's words."""

    SPLIT = "SPLIT"
    MERGE = "MERGE"
    REDEEM = "REDEEM"
    CONVERSION = "CONVERSION"


@attrs.frozen
class Movement:
    """What an activity did to one holding: shares that came (or went, below 0) for dollars.

    A split's dollars are shared out evenly, and so are a merge's and a conversion's; the venue
    does not document how its indexer does it.
    """

    state: MarketState
    outcome: Outcome
    shares: int
    dollars: int


@attrs.frozen
class Activity:
    """One thing that one wallet did."""

    kind: ActivityKind
    account: str
    state: MarketState
    movements: tuple[Movement, ...]
    qty: Qty
    dollars: Usd
    """What it cost or brought."""
    at_ns: Ns
    transaction: str


class ActivityLog:
    """Everything that accounts did on chain, oldest first."""

    def __init__(self) -> None:
        """Start empty."""
        self._by_account: dict[str, list[Activity]] = {}

    def add(self, activity: Activity) -> None:
        """Keep one."""
        self._by_account.setdefault(activity.account, []).append(activity)

    def of_account(self, account: str) -> list[Activity]:
        """What an account did."""
        return self._by_account.get(account, [])
