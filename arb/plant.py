"""What one run works on: the world outside, the settings, what is listed, where to go on from."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from arb.detect.blueprint import Basket
from arb.detect.clusters import Cluster
from arb.market.instruments import Catalogue, Market, Venue
from arb.market.units import Clock
from arb.notify.addresses import Addresses
from arb.pairing.approval import VerifiedPair
from arb.ports import InThread
from arb.recovery import Recovered
from arb.settings import Settings
from arb.store.journal import Journal
from arb.systemd import Supervisor
from arb.venues.protocols import Account, DeadMan, MarketData, Orders, Permits, Turning
from arb.venues.spot.protocols import SpotLine
from arb.web.desks import PairBook


@attrs.frozen
class Outside:
    """The outside world, as the bot sees it: venues, clock, threads, chance."""

    data: Mapping[Venue, MarketData]
    orders: Mapping[Venue, Orders]
    accounts: Mapping[Venue, Account]
    now_ns: Clock
    in_thread: InThread
    rng: random.Random
    turning: Turning | None = None
    """Who turns Polymarket's contracts into cash; None where we have no key for it."""
    switches: Sequence[DeadMan] = ()
    """Dead man's switches: renewed while orders are sent."""
    permits: Sequence[Permits] = ()
    """What our accounts may do."""
    spot: Sequence[SpotLine] = ()
    """Sources of spot prices, for the statistical lanes alone."""
    addresses: Addresses = attrs.field(factory=Addresses)
    """Of those who are told what happens."""
    has_sockets: bool = False
    """Whether anything may listen: not on virtual time."""
    web_token: str | None = attrs.field(default=None, repr=False)
    """What the dashboard wants from whoever is not on this machine."""
    supervisor: Supervisor | None = None
    """The service manager that wants to know whether we are alive."""

    def new_id(self) -> str:
        """A new identity in the form of a UUID."""
        text = f"{self.rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@attrs.frozen
class Plant:
    """What one run works on."""

    settings: Settings
    outside: Outside
    journal: Journal
    markets: Sequence[Market]
    baskets: Sequence[Basket]
    recovered: Recovered
    run: str
    kill_file: Path
    sends: bool
    """Whether the venues are sent anything at all: not in a dry run."""
    trades: bool
    """Whether baskets are begun: not in safe mode either."""
    clusters: Sequence[Cluster] = ()
    catalogues: Sequence[Catalogue] = ()
    """What baskets were made of, without the texts."""
    pairs: Sequence[VerifiedPair] = ()
    store_file: Path | None = None
    """Where the journal is kept; None: nowhere that others could read it."""
    pair_book: PairBook | None = None
    """Pairs that wait for a person; None where nobody could decide on them."""
