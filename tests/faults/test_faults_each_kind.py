"""The whole bot under every kind of fault, on virtual time: it survives with true books.

In each run the fault bites in the middle and is over before the end. Whatever it did, store,
ledger and both venues agree to the micro-dollar, nothing is unfinished, and trading goes on.
"""

from pathlib import Path

import attrs
import pytest

from arb.ending import Exit, Stopped
from arb.sim.faults.kinds import Kind
from arb.sim.faults.script import read_fault
from tests.faults.scripted_run import OVER_S, WINDOW, run_with

pytestmark = pytest.mark.timeout(60)
"""Of real time: virtual time stands still where a program spins."""


SEEDS = (7, 11, 23)


@attrs.frozen
class Case:
    """One fault, and how often it acts at least."""

    line: str
    least: int = 1
    """A low bound: what the bot does under faults may change."""


CASES = {
    "latency_of_requests": Case("latency endpoint='POST *' fixed_ms=800 tail_ms=300", 5),
    "latency_of_answers": Case("latency endpoint='POST *' fixed_ms=700 direction=answer", 5),
    "latency_of_streams": Case("latency channel=* fixed_ms=1500 spread_ms=1000", 500),
    "latency_of_one_venue": Case("latency venue=kalshi spread_ms=900", 100),
    "dropped_frames": Case("drop_frames probability_ppm=5000", 5),
    "dropped_fill_reports": Case("drop_frames channel=user", 2),
    "duplicated_frames": Case("duplicate_frames probability_ppm=300000 copies=2", 100),
    "reordered_frames": Case("reorder_frames behind=3 probability_ppm=5000", 5),
    "gaps": Case("gap frames=25 probability_ppm=2000", 1),
    "silent_sockets_that_pong": Case("silence", 100),
    "disconnects": Case("disconnect every_ms=4000", 10),
    "disconnects_of_the_private_stream": Case("disconnect channel=user every_ms=2000", 5),
    "resets": Case("reset every_ms=4000", 10),
    "half_open_connections": Case("half_open every_ms=9000", 4),
    "slow_connections": Case("slow bytes_per_s=4000", 100),
    "429_with_the_venues_headers": Case("rate_limit probability_ppm=500000", 10),
    "429_of_the_edge": Case("rate_limit form=bare probability_ppm=500000", 10),
    "5xx_in_json": Case("server_error status=500 probability_ppm=500000", 10),
    "5xx_in_html": Case("server_error status=502 body=html probability_ppm=500000", 10),
    "5xx_after_acceptance": Case("server_error when=after endpoint='POST *order*'", 2),
    "answers_lost_after_acceptance": Case(
        "answer_lost endpoint='POST *order*' probability_ppm=500000", 2
    ),
    "answers_lost_by_a_reset": Case("answer_lost how=reset endpoint='POST *order*'", 2),
    "requests_lost_before_acceptance": Case(
        "request_lost endpoint='POST *order*' probability_ppm=500000", 1
    ),
    "requests_lost_by_a_reset": Case("request_lost how=reset probability_ppm=300000", 5),
    "partial_fills": Case("partial_fill share_ppm=900000", 3),
    "rejects_for_balance": Case("reject reason=balance probability_ppm=600000", 2),
    "rejects_for_price": Case("reject reason=price probability_ppm=600000", 2),
    "rejects_of_a_closed_market": Case("reject reason=closed probability_ppm=600000", 2),
    "rejects_of_credentials": Case("reject reason=unauthorised probability_ppm=600000", 2),
    "delayed_orders": Case("delayed_orders hold_ms=2500"),
    "delayed_orders_that_find_nothing": Case("delayed_orders hold_ms=2500 ending=lost"),
    "settlement_retries": Case("settlement_failure retry_ppm=700000"),
    "settlement_failures": Case("settlement_failure retry_ppm=700000 fail_ppm=700000"),
    "stale_rest": Case("stale_rest age_ms=3000", 5),
    "balance_lag": Case("balance_lag lag_ms=6000"),
    "clock_ahead": Case("clock_skew by_ms=20000"),
    "clock_behind": Case("clock_skew by_ms=-20000"),
    "clock_beyond_the_signature_window": Case("clock_skew by_ms=90000"),
    "tick_changes_mid_flight": Case("tick_change venue=polymarket tick_usd=0.001"),
    "grid_changes_mid_flight": Case("tick_change venue=kalshi tick_usd=0.001"),
    "trading_pause": Case("maintenance level=trading"),
    "exchange_pause": Case("maintenance level=all"),
    "engine_restart": Case("engine_restart down_ms=6000 post_only_ms=8000"),
    "geoblock_flip": Case("geoblock"),
    "malformed_frames_cut": Case("malformed channel=* probability_ppm=5000", 5),
    "malformed_frames_of_another_shape": Case(
        "malformed channel=* form=shape probability_ppm=5000", 5
    ),
    "malformed_answers_that_are_no_json": Case(
        "malformed endpoint=* form=noise probability_ppm=300000", 3
    ),
    "malformed_answers_of_another_shape": Case(
        "malformed endpoint=* form=shape probability_ppm=300000", 3
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_the_bot_survives(case: Case, tmp_path: Path) -> None:
    """Exit code 0, books that agree, nothing unfinished; and trading goes on afterwards.

    The fault may miss the few orders of one world's fifteen seconds, and a world may have nothing to
    buy in the seconds after it: then another world must show both at once.
    """
    seen = []
    for seed in SEEDS:
        done = run_with(tmp_path / str(seed), [f"{case.line} {WINDOW}"], seed=seed)
        assert done.summary.exit_code == Exit.OK, done.summary
        assert done.summary.compared
        assert done.summary.differences == ()
        assert done.unfinished() == 0
        acted, bought = sum(done.acted.values()), done.bought_after(OVER_S)
        if acted >= case.least and bought:
            return
        seen.append((acted, bought))
    pytest.fail(f"how often it acted, and purchases afterwards: {seen}")


def test_every_kind_is_tried() -> None:
    """The table of kinds and the cases above name the same; a halt has its own test below."""
    tried = {read_fault(case.line).kind for case in CASES.values()}
    assert tried == set(Kind) - {Kind.HALT}


def test_the_bot_survives_a_halt_of_every_market_it_would_trade(tmp_path: Path) -> None:
    """Ten of Kalshi's markets halted at once: the same."""
    first = run_with(tmp_path / "first", [])
    rows = first.rows("select distinct market from orders where market like 'kalshi:%' limit 10")
    assert rows
    lines = [f"halt market={market} {WINDOW}" for (market,) in rows]
    done = run_with(tmp_path / "second", lines)
    assert sum(done.acted.values()) == len(rows)
    assert done.summary.exit_code == Exit.OK, done.summary
    assert done.summary.differences == ()
    assert done.unfinished() == 0


@pytest.mark.parametrize(
    "line",
    ["server_error", "rate_limit form=bare", "request_lost how=reset", "malformed form=noise"],
)
def test_a_venue_that_fails_while_we_start_is_a_clean_stop(line: str, tmp_path: Path) -> None:
    """Nothing is traded on a venue that cannot be read: exit code 1 or 8, in words."""
    with pytest.raises(Stopped) as stopped:
        run_with(tmp_path, [f"{line} venue=kalshi start_s=1"])
    assert stopped.value.code in {Exit.ERROR, Exit.NOT_ALLOWED}
    assert "kalshi" in str(stopped.value).lower()


@pytest.mark.timeout(30)
@pytest.mark.parametrize("venue", ["kalshi", "polymarket"])
@pytest.mark.parametrize("start_s", [0, 5.5], ids=["from the beginning", "while recovering"])
def test_a_silent_venue_while_we_start_is_a_clean_stop(
    venue: str, start_s: float, tmp_path: Path
) -> None:
    """Requests that are never answered end the start in bounded time: exit code 1 or 8, in words."""
    with pytest.raises(Stopped) as stopped:
        run_with(tmp_path, [f"answer_lost venue={venue} start_s={start_s}"])
    assert stopped.value.code in {Exit.ERROR, Exit.NOT_ALLOWED}


def test_the_same_seed_and_script_make_the_same_run(tmp_path: Path) -> None:
    """A failing run replays exactly: every order, every fill, every count."""
    lines = [f"answer_lost probability_ppm=200000 {WINDOW}", f"latency spread_ms=500 {WINDOW}"]
    query = "select order_id, market, action, qty, limit_px, filled, created_ns from orders"
    first = run_with(tmp_path / "first", lines, for_s=30)
    second = run_with(tmp_path / "second", lines, for_s=30)
    assert first.acted == second.acted
    assert first.rows(query) == second.rows(query)
