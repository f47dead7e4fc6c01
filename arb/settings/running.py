"""Sections about how the program runs: files, connections, guards, what people see, venues."""

import attrs

from arb.market.units import Usd
from arb.settings.bounds import DAY_MS, MINUTE_MS, between, dollars, url
from arb.settings.choices import LogLevel, Mode, SocketLibrary


@attrs.frozen(kw_only=True)
class Run:
    """Section [run]."""

    mode: Mode
    venues: str
    data_dir: str
    seed: int = between(0, 2**63 - 1)
    kill_file: str
    kill_poll_ms: int = between(1, 10_000)
    pairs_file: str
    rules_file: str


@attrs.frozen(kw_only=True)
class Feeds:
    """Section [feeds]."""

    queue_batches: int = between(1, 1_000_000)
    backoff_first_ms: int = between(1, MINUTE_MS)
    backoff_most_ms: int = between(1, 10 * MINUTE_MS)
    watchdog_ms: int = between(100, DAY_MS)
    audit_ms: int = between(100, DAY_MS)
    audit_books: int = between(0, 1_000)
    socket_library: SocketLibrary


@attrs.frozen
class Accounts:
    """Section [accounts]."""

    refresh_ms: int = between(100, DAY_MS)
    drift_usd: Usd = dollars(1_000)


@attrs.frozen
class Breakers:
    """Section [breakers]."""

    failures: int = between(1, 10_000)
    window_ms: int = between(100, DAY_MS)
    pause_first_ms: int = between(1, DAY_MS)
    pause_most_ms: int = between(1, DAY_MS)
    jitter_ppm: int = between(0, 1_000_000)
    ghost_fills: int = between(1, 10_000)
    failed_unwinds: int = between(1, 10_000)


@attrs.frozen
class Gates:
    """Section [gates]."""

    coverage_ppm: int = between(0, 1_000_000)
    books_ms: int = between(100, DAY_MS)
    look_ms: int = between(10, MINUTE_MS)
    dead_man_ms: int = between(100, MINUTE_MS)
    dead_man_answer_ms: int = between(10, MINUTE_MS)
    latency_window_ms: int = between(1_000, DAY_MS)
    latency_least_samples: int = between(1, 1_000)
    decision_p95_ms: int = between(1, MINUTE_MS)
    decision_p99_ms: int = between(1, MINUTE_MS)
    ack_p95_ms: int = between(1, MINUTE_MS)
    ack_p99_ms: int = between(1, MINUTE_MS)


@attrs.frozen
class Web:
    """Section [web]."""

    enabled: bool
    host: str
    port: int = between(0, 65_535)
    refresh_ms: int = between(50, MINUTE_MS)
    most_pages: int = between(1, 1_000)
    health_start_ms: int = between(0, DAY_MS)
    health_coverage_ppm: int = between(0, 1_000_000)
    health_lag_ms: int = between(1, DAY_MS)
    health_silence_ms: int = between(1, DAY_MS)


@attrs.frozen(kw_only=True)
class Logs:
    """Section [logs]."""

    directory: str
    level: LogLevel
    console_level: LogLevel
    file_mib: int = between(1, 10_000)
    files: int = between(1, 1_000)
    queue_lines: int = between(10, 1_000_000)


@attrs.frozen(kw_only=True)
class Notify:
    """Section [notify]. Whom to tell is a secret, and comes from the environment."""

    kinds: tuple[str, ...]
    gather_ms: int = between(0, DAY_MS)
    repeat_ms: int = between(0, DAY_MS)
    answer_ms: int = between(10, 10 * MINUTE_MS)
    pause_ms: int = between(1, 10 * MINUTE_MS)


@attrs.frozen
class Supervise:
    """Section [supervise]."""

    crashes: int = between(0, 1_000)
    window_ms: int = between(1, DAY_MS)
    backoff_first_ms: int = between(1, MINUTE_MS)
    backoff_most_ms: int = between(1, 10 * MINUTE_MS)


@attrs.frozen
class Polymarket:
    """Section [polymarket]."""

    clob_url: str = url("https", "http")
    relayer_url: str = url("https", "http")
    gamma_url: str = url("https", "http")
    data_url: str = url("https", "http")
    market_ws_url: str = url("wss", "ws")
    user_ws_url: str = url("wss", "ws")
    geoblock_url: str = url("https", "http")
    signature_type: int = between(0, 3)


@attrs.frozen
class Kalshi:
    """Section [kalshi]."""

    rest_url: str = url("https", "http")
    ws_url: str = url("wss", "ws")
    balance_step_micros: int = between(1, 10_000)


@attrs.frozen(kw_only=True)
class Sim:
    """Section [sim]."""

    speed_ppm: int = between(1_000, 1_000_000_000)
    polymarket_cash_usd: Usd = dollars(1_000_000_000)
    kalshi_cash_usd: Usd = dollars(1_000_000_000)
    polymarket_delay_ms: int = between(0, MINUTE_MS)
    kalshi_delay_ms: int = between(0, MINUTE_MS)
    markets: int = between(0, 30_000)
    faults_file: str
    faults: tuple[str, ...]
    wire_faults: bool
    polymarket_port: int = between(0, 65_535)
    kalshi_port: int = between(0, 65_535)
    control_port: int = between(0, 65_535)
