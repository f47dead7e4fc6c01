"""Every knob: frozen, complete, validated; wrong keys are refused, all faults told at once.

Layers, later ones win: the shipped settings.toml, a file of the operator's, the environment
(`ARB__SECTION__KEY`), the command line.
"""

import enum
import tomllib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
import cattrs
from rapidfuzz import process

from arb.market.errors import ArbError, Malformed
from arb.market.units import Usd, parse_usd

ENVIRONMENT_PREFIX = "ARB__"
Tables = dict[str, dict[str, Any]]


class SettingsFault(ArbError):
    """The settings cannot be used; the text names every fault with its file and key."""


class Mode(enum.StrEnum):
    """What may be done with an opportunity."""

    DRY_RUN = "dry-run"
    PAPER = "paper"
    LIVE = "live"


class SocketLibrary(enum.StrEnum):
    """What reads the venues' WebSocket connections."""

    TRIO_WEBSOCKET = "trio-websocket"
    DIRECT = "direct"


class LogLevel(enum.StrEnum):
    """What is grave enough to be logged."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class SecondSpot(enum.StrEnum):
    """Who is asked besides Polymarket what a coin costs."""

    COINBASE = "coinbase"
    BINANCE = "binance"


def _between(low: int, high: int) -> Any:  # noqa: ANN401 - attrs fields are typed by their use
    def check(_: object, __: object, value: int) -> None:
        if not low <= value <= high:
            raise ValueError(f"must lie between {low} and {high}")

    return attrs.field(validator=check)


def _dollars(most: int) -> Any:  # noqa: ANN401 - attrs fields are typed by their use
    def check(_: object, __: object, value: Usd) -> None:
        if not 0 <= value <= most * 1_000_000:
            raise ValueError(f'must lie between "0" and "{most}" dollars')

    return attrs.field(validator=check)


def _url(*schemes: str) -> Any:  # noqa: ANN401 - attrs fields are typed by their use
    def check(_: object, __: object, value: str) -> None:
        if not value.startswith(tuple(f"{scheme}://" for scheme in schemes)):
            raise ValueError(f"must start with {' or '.join(f'{s}://' for s in schemes)}")

    return attrs.field(validator=check)


MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


@attrs.frozen(kw_only=True)
class Run:
    """Section [run]."""

    mode: Mode
    venues: str
    data_dir: str
    seed: int = _between(0, 2**63 - 1)
    kill_file: str
    kill_poll_ms: int = _between(1, 10_000)
    pairs_file: str
    rules_file: str


@attrs.frozen
class Detect:
    """Section [detect]."""

    binary: bool
    multi_outcome: bool
    cross_venue: bool
    structural: bool
    cluster_every_ms: int = _between(10, DAY_MS)
    cluster_budget_ms: int = _between(1, MINUTE_MS)
    min_profit_usd: Usd = _dollars(1_000)
    min_edge_ppm: int = _between(0, 1_000_000)
    max_edge_ppm: int = _between(1, 10_000_000)
    max_fee_share_ppm: int = _between(0, 1_000_000)
    max_feed_silence_ms: int = _between(1, DAY_MS)
    max_age_spread_ms: int = _between(1, DAY_MS)
    max_quote_age_ms: int = _between(1, 7 * DAY_MS)
    max_trade_age_ms: int = _between(1, 30 * DAY_MS)
    max_jump_usd: Usd = _dollars(1)
    jump_window_ms: int = _between(1, 30_000)
    max_one_sided_usd: Usd = _dollars(1)
    max_break_even_usd: Usd = _dollars(1)
    close_margin_ms: int = _between(0, DAY_MS)
    rescan_ms: int = _between(10, DAY_MS)
    bucket_ms: int = _between(1, DAY_MS)
    lane_budget_ms: int = _between(1, MINUTE_MS)
    lane_pause_ms: int = _between(1, DAY_MS)


@attrs.frozen
class Pairs:
    """Section [pairs]."""

    observe_ms: int = _between(0, 30 * DAY_MS)
    coverage_floor_ppm: int = _between(0, 1_000_000)


@attrs.frozen
class Metadata:
    """Section [metadata]."""

    refresh_ms: int = _between(100, DAY_MS)
    timeout_ms: int = _between(100, 10 * MINUTE_MS)
    max_age_ms: int = _between(100, DAY_MS)


@attrs.frozen(kw_only=True)
class Bets:
    """Section [bets]: the statistical lanes, their caps and the spot prices they look at."""

    spike: bool
    latency: bool
    min_edge_ppm: int = _between(0, 1_000_000)
    max_bet_usd: Usd = _dollars(10_000)
    bankroll_ppm: int = _between(0, 1_000_000)
    kelly_ppm: int = _between(0, 1_000_000)
    max_day_usd: Usd = _dollars(100_000)
    max_open_usd: Usd = _dollars(100_000)
    bucket_ms: int = _between(1, DAY_MS)
    latency_confidence_ppm: int = _between(0, 1_000_000)
    latency_least_left_ms: int = _between(0, DAY_MS)
    latency_markup_ppm: int = _between(0, 10_000_000)
    latency_basis_ppm: int = _between(1, 1_000_000)
    spike_markets: tuple[str, ...]
    spike_confidence_ppm: int = _between(0, 1_000_000)
    spike_window_ms: int = _between(1, DAY_MS)
    spike_min_move_usd: Usd = _dollars(1)
    spike_settle_ms: int = _between(0, DAY_MS)
    spike_witnesses: int = _between(2, 1_000)
    spike_max_spread_usd: Usd = _dollars(1)
    spike_reversion_ppm: int = _between(0, 1_000_000)
    spot_second: SecondSpot
    spot_max_age_ms: int = _between(1, DAY_MS)
    spot_max_lag_ms: int = _between(1, DAY_MS)
    spot_max_gap_ppm: int = _between(1, 1_000_000)
    volatility_window_ms: int = _between(1_000, DAY_MS)
    volatility_step_ms: int = _between(1, DAY_MS)
    volatility_min_returns: int = _between(2, 100_000)
    polymarket_spot_url: str = _url("wss", "ws")
    coinbase_spot_url: str = _url("wss", "ws")
    binance_spot_url: str = _url("wss", "ws")


@attrs.frozen
class Limits:
    """Section [limits]."""

    max_basket_usd: Usd = _dollars(10_000_000)
    max_market_usd: Usd = _dollars(10_000_000)
    max_event_usd: Usd = _dollars(10_000_000)
    max_venue_usd: Usd = _dollars(10_000_000)
    max_total_usd: Usd = _dollars(10_000_000)
    canary_total_usd: Usd = _dollars(10_000)
    max_market_contracts: int = _between(1, 10_000_000)
    max_open_baskets: int = _between(1, 100)
    cash_reserve_usd: Usd = _dollars(1_000_000)
    max_cluster_usd: Usd = _dollars(10_000_000)
    max_open_positions: int = _between(1, 100_000)
    max_unwind_loss_usd: Usd = _dollars(100_000)
    max_day_unhedged_usd: Usd = _dollars(1_000_000)
    max_day_loss_usd: Usd = _dollars(1_000_000)
    market_cooldown_ms: int = _between(0, DAY_MS)
    refusal_pause_ms: int = _between(1, DAY_MS)
    refusal_pause_most_ms: int = _between(1, DAY_MS)
    storm_refusals: int = _between(1, 1_000)
    storm_pause_ms: int = _between(1, DAY_MS)
    storm_pause_most_ms: int = _between(1, DAY_MS)
    half_fills: int = _between(1, 1_000)
    half_fill_pause_ms: int = _between(1, DAY_MS)
    half_fill_pause_most_ms: int = _between(1, DAY_MS)
    misses: int = _between(1, 1_000)
    miss_pause_ms: int = _between(1, DAY_MS)
    miss_pause_most_ms: int = _between(1, DAY_MS)
    max_failures: int = _between(1, 1_000)
    failures_pause_ms: int = _between(1, DAY_MS)


@attrs.frozen
class Sizing:
    """Section [sizing]."""

    kelly_ppm: int = _between(0, 1_000_000)
    fill_prior_ppm: int = _between(0, 1_000_000)
    half_fill_prior_ppm: int = _between(0, 1_000_000)
    half_fill_loss_ppm: int = _between(0, 1_000_000)
    believed_edge_ppm: int = _between(1, 1_000_000)
    hurdle_ppm: int = _between(0, 10_000_000)
    unknown_wait_ms: int = _between(0, 3_650 * DAY_MS)
    worst_loss_usd: Usd = _dollars(10_000_000)
    one_venue_trust_ppm: int = _between(0, 1_000_000)
    cross_venue_trust_ppm: int = _between(0, 1_000_000)
    structural_trust_ppm: int = _between(0, 1_000_000)


@attrs.frozen
class Execution:
    """Section [execution]."""

    opportunity_ttl_ms: int = _between(1, MINUTE_MS)
    leg_timeout_ms: int = _between(10, MINUTE_MS)
    resolve_timeout_ms: int = _between(10, 10 * MINUTE_MS)
    absent_ms: int = _between(10, MINUTE_MS)
    order_poll_ms: int = _between(1, MINUTE_MS)
    fills_poll_ms: int = _between(10, 10 * MINUTE_MS)
    max_orders_per_minute: int = _between(1, 100_000)
    unwind_timeout_ms: int = _between(10, 10 * MINUTE_MS)
    unwind_give_ticks: int = _between(0, 100)
    unwind_hold_usd: Usd = _dollars(1_000)
    unwind_hold_haircut_ppm: int = _between(0, 1_000_000)
    unwind_rest_ms: int = _between(0, MINUTE_MS)
    unwind_rest_chance_ppm: int = _between(0, 1_000_000)
    unwind_rest_slip_usd: Usd = _dollars(1)
    unwind_refused_ms: int = _between(1, MINUTE_MS)
    unwind_fills_ms: int = _between(1, MINUTE_MS)
    reopen_poll_ms: int = _between(10, MINUTE_MS)
    pretrade_price_ppm: int = _between(0, 1_000_000)
    pretrade_cost_ppm: int = _between(0, 1_000_000)
    pretrade_edge_ppm: int = _between(0, 1_000_000)
    pretrade_unread_legs: int = _between(0, 15)
    books_answer_ms: int = _between(1, MINUTE_MS)
    book_timeout_ms: int = _between(1, MINUTE_MS)
    stop_timeout_ms: int = _between(10, 10 * MINUTE_MS)


@attrs.frozen(kw_only=True)
class Feeds:
    """Section [feeds]."""

    queue_batches: int = _between(1, 1_000_000)
    backoff_first_ms: int = _between(1, MINUTE_MS)
    backoff_most_ms: int = _between(1, 10 * MINUTE_MS)
    watchdog_ms: int = _between(100, DAY_MS)
    socket_library: SocketLibrary


@attrs.frozen
class Accounts:
    """Section [accounts]."""

    refresh_ms: int = _between(100, DAY_MS)
    drift_usd: Usd = _dollars(1_000)


@attrs.frozen
class Breakers:
    """Section [breakers]."""

    failures: int = _between(1, 10_000)
    window_ms: int = _between(100, DAY_MS)
    pause_first_ms: int = _between(1, DAY_MS)
    pause_most_ms: int = _between(1, DAY_MS)
    jitter_ppm: int = _between(0, 1_000_000)
    ghost_fills: int = _between(1, 10_000)
    failed_unwinds: int = _between(1, 10_000)


@attrs.frozen
class Gates:
    """Section [gates]."""

    coverage_ppm: int = _between(0, 1_000_000)
    books_ms: int = _between(100, DAY_MS)
    dead_man_ms: int = _between(100, MINUTE_MS)
    dead_man_answer_ms: int = _between(10, MINUTE_MS)
    latency_window_ms: int = _between(1_000, DAY_MS)
    latency_least_samples: int = _between(1, 1_000)
    decision_p95_ms: int = _between(1, MINUTE_MS)
    decision_p99_ms: int = _between(1, MINUTE_MS)
    ack_p95_ms: int = _between(1, MINUTE_MS)
    ack_p99_ms: int = _between(1, MINUTE_MS)


@attrs.frozen
class Web:
    """Section [web]."""

    enabled: bool
    host: str
    port: int = _between(0, 65_535)
    refresh_ms: int = _between(50, MINUTE_MS)
    most_pages: int = _between(1, 1_000)
    health_start_ms: int = _between(0, DAY_MS)
    health_coverage_ppm: int = _between(0, 1_000_000)
    health_lag_ms: int = _between(1, DAY_MS)
    health_silence_ms: int = _between(1, DAY_MS)


@attrs.frozen(kw_only=True)
class Logs:
    """Section [logs]."""

    directory: str
    level: LogLevel
    console_level: LogLevel
    file_mib: int = _between(1, 10_000)
    files: int = _between(1, 1_000)
    queue_lines: int = _between(10, 1_000_000)


@attrs.frozen(kw_only=True)
class Notify:
    """Section [notify]. Whom to tell is a secret, and comes from the environment."""

    kinds: tuple[str, ...]
    gather_ms: int = _between(0, DAY_MS)
    repeat_ms: int = _between(0, DAY_MS)
    answer_ms: int = _between(10, 10 * MINUTE_MS)
    pause_ms: int = _between(1, 10 * MINUTE_MS)


@attrs.frozen
class Supervise:
    """Section [supervise]."""

    crashes: int = _between(0, 1_000)
    window_ms: int = _between(1, DAY_MS)
    backoff_first_ms: int = _between(1, MINUTE_MS)
    backoff_most_ms: int = _between(1, 10 * MINUTE_MS)


@attrs.frozen
class Polymarket:
    """Section [polymarket]."""

    clob_url: str = _url("https", "http")
    gamma_url: str = _url("https", "http")
    data_url: str = _url("https", "http")
    market_ws_url: str = _url("wss", "ws")
    user_ws_url: str = _url("wss", "ws")
    geoblock_url: str = _url("https", "http")
    signature_type: int = _between(0, 3)


@attrs.frozen
class Kalshi:
    """Section [kalshi]."""

    rest_url: str = _url("https", "http")
    ws_url: str = _url("wss", "ws")
    balance_step_micros: int = _between(1, 10_000)


@attrs.frozen(kw_only=True)
class Sim:
    """Section [sim]."""

    speed_ppm: int = _between(1_000, 1_000_000_000)
    polymarket_cash_usd: Usd = _dollars(1_000_000_000)
    kalshi_cash_usd: Usd = _dollars(1_000_000_000)
    polymarket_delay_ms: int = _between(0, MINUTE_MS)
    kalshi_delay_ms: int = _between(0, MINUTE_MS)
    markets: int = _between(0, 30_000)
    faults_file: str
    faults: tuple[str, ...]
    wire_faults: bool
    polymarket_port: int = _between(0, 65_535)
    kalshi_port: int = _between(0, 65_535)
    control_port: int = _between(0, 65_535)


@attrs.frozen
class Settings:
    """All of settings.toml, section by section."""

    run: Run
    detect: Detect
    pairs: Pairs
    metadata: Metadata
    bets: Bets
    limits: Limits
    sizing: Sizing
    execution: Execution
    feeds: Feeds
    accounts: Accounts
    breakers: Breakers
    gates: Gates
    web: Web
    logs: Logs
    notify: Notify
    supervise: Supervise
    polymarket: Polymarket
    kalshi: Kalshi
    sim: Sim


@attrs.frozen
class Layer:
    """One source of settings, with the name that faults are told under."""

    source: str
    tables: Tables


def read_toml(text: str, source: str) -> Layer:
    """Read one TOML file's text. Raises SettingsFault where it is not TOML."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsFault(f"{source}: not TOML: {error}") from error
    stray = [key for key, value in tables.items() if not isinstance(value, dict)]
    if stray:
        raise SettingsFault(f"{source}: {stray[0]}: a key outside any section")
    return Layer(source, tables)


def read_environment(environment: Mapping[str, str]) -> Layer:
    """Take `ARB__SECTION__KEY=value`; values are TOML, and anything else is text."""
    tables: Tables = {}
    for name, text in environment.items():
        if name.startswith(ENVIRONMENT_PREFIX):
            section, _, key = name.removeprefix(ENVIRONMENT_PREFIX).lower().partition("__")
            tables.setdefault(section, {})[key] = _toml_value(text)
    return Layer("environment", tables)


def build(layers: Iterable[Layer]) -> Settings:
    """Lay the layers over each other and check everything.

    Raises SettingsFault with one line a fault: source, key, what is wrong, what would be right.
    """
    merged, sources = _merge(layers)
    faults: list[str] = []
    sections: dict[str, Any] = {}
    for section in attrs.fields(Settings):
        values = merged.pop(section.name, {})
        where = {key: sources[section.name, key] for key in values}
        sections[section.name] = _section(section.type, section.name, values, where, faults)
    known = [field.name for field in attrs.fields(Settings)]
    for name, values in merged.items():
        source = next((sources[name, key] for key in values), "settings")
        faults.append(f"{source}: [{name}]: no such section{_nearest(name, known)}")
    if faults:
        raise SettingsFault("\n".join(faults))
    return Settings(**sections)


def _merge(layers: Iterable[Layer]) -> tuple[Tables, dict[tuple[str, str], str]]:
    merged: Tables = {}
    sources: dict[tuple[str, str], str] = {}
    for layer in layers:
        for section, values in layer.tables.items():
            merged.setdefault(section, {}).update(values)
            sources.update({(section, key): layer.source for key in values})
    return merged, sources


def _section(
    kind: type[Any] | None,
    section: str,
    values: dict[str, Any],
    sources: Mapping[str, str],
    faults: list[str],
) -> object:
    fields = {field.name: field for field in attrs.fields(kind)}  # type: ignore[arg-type]  # attrs classes
    faults.extend(
        f"{sources[key]}: {section}.{key}: no such key{_nearest(key, fields)}"
        for key in values
        if key not in fields
    )
    taken: dict[str, Any] = {}
    for key, field in fields.items():
        if key not in values:
            faults.append(f"settings: {section}.{key}: missing")
            continue
        try:
            taken[key] = _CONVERTER.structure(values[key], field.type)
            if field.validator is not None:
                field.validator(None, field, taken[key])
        except (ValueError, TypeError) as error:
            faults.append(f"{sources[key]}: {section}.{key} = {values[key]!r}: {error}")
    if len(taken) < len(fields) or kind is None:
        return None
    return kind(**taken) if not any(f": {section}." in fault for fault in faults) else None


def _nearest(word: str, known: Iterable[str]) -> str:
    found = process.extractOne(word, list(known), score_cutoff=60)
    return f"; did you mean {found[0]!r}?" if found else ""


def _toml_value(text: str) -> Any:  # noqa: ANN401 - typed when it is structured
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _strict(kind: type, words: str) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:  # noqa: ANN401 - the point is to check it
        if type(value) is not kind:
            raise TypeError(f"must be {words}")
        return value

    return structure


def _dollars_of(value: Any, _: Any) -> Usd:  # noqa: ANN401 - the point is to check it
    if type(value) is not str:
        raise TypeError('must be dollars as a text, such as "25.00"')
    try:
        return parse_usd(value)
    except Malformed as error:
        raise ValueError('must be dollars as a text, such as "25.00"') from error


def _one_of(kind: type[enum.StrEnum]) -> Callable[[Any, Any], Any]:
    def structure(value: Any, _: Any) -> Any:  # noqa: ANN401 - the point is to check it
        if value not in list(kind):
            raise ValueError("must be one of " + ", ".join(f'"{one}"' for one in kind))
        return kind(value)

    return structure


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    converter.register_structure_hook(int, _strict(int, "a whole number"))
    converter.register_structure_hook(bool, _strict(bool, "true or false"))
    converter.register_structure_hook(str, _strict(str, "a text"))
    converter.register_structure_hook(Usd, _dollars_of)
    converter.register_structure_hook(Mode, _one_of(Mode))
    converter.register_structure_hook(SocketLibrary, _one_of(SocketLibrary))
    converter.register_structure_hook(SecondSpot, _one_of(SecondSpot))
    return converter


_CONVERTER = _converter()
