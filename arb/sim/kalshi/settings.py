"""How this Kalshi behaves where the real one varies, is contested, or is not known."""

import enum

import attrs

from arb.sim.kalshi.limits import BASIC, Tier


class PostOnly(enum.Enum):
    """What happens to a post-only order that would take: both were seen on the venue in 2026."""

    REJECT = "reject"
    """400 `invalid_order`, details "post only cross" (recorded traffic, Jun 2026)."""
    ACCEPT_AND_CANCEL = "accept_and_cancel"
    """201 and an order that is cancelled at once (changelog, Jun 4 2026)."""


class AfterClose(enum.Enum):
    """The code that answers order operations after `close_time`; the status is 409 either way."""

    MARKET_CLOSED = "market_closed"
    """Reported by traders."""
    MARKET_INACTIVE = "market_inactive"
    """Docs: market_lifecycle (in capitals there)."""


class BadTickers(enum.Enum):
    """What a subscription that names unknown markets gets: not documented."""

    SKIP = "skip"
    """The known ones are subscribed, an error frame names the others."""
    REFUSE = "refuse"
    """An error frame and nothing else."""


@attrs.frozen
class StreamRules:
    """Switches of the WebSocket."""

    connections_per_user: int = 200
    """Docs: rate_limits. A demo account was refused its 11th (recorded traffic, May 2026)."""
    yes_price_default: bool = False
    """What `use_yes_price` is where a client does not say; the venue announced to flip it."""
    bad_tickers: BadTickers = BadTickers.SKIP
    ok_after_snapshots: bool = False
    """Whether `get_snapshot` is acknowledged with `ok` too: not seen (recorded traffic)."""
    markets_per_subscription: int = 100_000
    """Error 26 beyond it. A limit exists, its number is not published; 10,000 worked."""
    sequenced_trades: bool = True
    """Whether `trade` and lifecycle frames carry `seq`: recorded so, the docs' examples have none."""


@attrs.frozen
class KalshiSettings:
    """Every switch of the simulated Kalshi, with the best-founded default."""

    tier: Tier = BASIC
    post_only: PostOnly = PostOnly.REJECT
    after_close: AfterClose = AfterClose.MARKET_CLOSED
    streams: StreamRules = StreamRules()
    skew_s: int = 30
    """How far a timestamp may be off, either way. The venue names no number: +30 s was accepted,
    60 s was refused (recorded traffic)."""
    checks_public_signatures: bool = True
    """Whether a bad signature on a public route is a 401; some public routes list that code."""
    killed_fok_leaves_row: bool = False
    """Whether a fill-or-kill order that was killed shows up in `GET /portfolio/orders`: unknown."""
    balance_nets_resting: bool = False
    """Whether `balance` is what is left beside resting orders: the docs contradict each other."""
    read_lag_ms: int = 0
    """How far private reads are behind the matching engine (360 ms were recorded);
    `user_data_timestamp` says so."""
    list_cache_s: int = 15
    """How long `GET /markets` may serve an old answer, as the venue's CDN does (recorded headers,
    Jul 2026); 0 turns it off."""
    listing_lag_ms: int = 0
    """How long after `created` a market still answers 404 to REST (docs: market_lifecycle)."""
    cancel_all_lingers_s: int = 0
    """How long after cancel-all new orders are cancelled too: they "may" be for a minute (docs:
    cancel_all_orders)."""
    transfer_s: int = 1
    """How long money moves between shards."""
    maintenance: bool = False
    """Whether trading pauses on Thursdays from 03:00 to 05:00 Eastern Time, as on the venue. Off,
    because a simulation is asked for at any hour; the schedule is published all the same."""
    target_allocation: bool = False
    """Whether members may have their cash spread over shards automatically: institutions only, so
    403 otherwise."""
    live_window_s: int = 90 * 86_400
    """Age at which settled markets and trades move to `/historical` (docs: historical_data)."""
    order_window_s: int = 14 * 86_400
    """The same for ended orders (changelog, Sep 24 2026)."""
    region_expires_s: int | None = None
    """When the members' location attestation for API keys lapses, Unix seconds; None: never."""
