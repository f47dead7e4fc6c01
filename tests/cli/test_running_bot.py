"""Commands beside a bot that runs in a process of its own, over its real dashboard.

One bot serves all of these tests; each asks it something.
"""

import json
import re
import signal
import socket
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from arb.__main__ import main
from arb.systemd import ALIVE, READY
from tests.run.program import Bot

PATIENCE_S = 60.0
PLANTED = "planted-webhook-secret"


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a service manager listens."""
    return tmp_path_factory.mktemp("manager") / "notify"


@pytest.fixture(scope="module")
def line(manager: Path) -> Iterator[socket.socket]:
    """The service manager's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as one:
        one.bind(str(manager))
        one.settimeout(PATIENCE_S)
        yield one


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, manager: Path, line: socket.socket
) -> Iterator[Path]:
    """The data directory of a bot that trades on simulated venues."""
    assert line.fileno() >= 0  # it listens before the bot starts
    folder = tmp_path_factory.mktemp("running")
    flags = ("--data-dir", str(folder / "var"), "--for", "300", "--seed", "7")
    with Bot(folder).start(
        *flags, ARB__WEB__PORT="0", NOTIFY_SOCKET=str(manager), WATCHDOG_USEC="8000000"
    ) as process:
        try:
            wait(folder / "var", "balance", lambda said: bool(said["baskets"]))
            yield folder / "var"
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE_S)


def arb(home: Path, *words: str, **environment: str) -> Result:
    return CliRunner(env=environment).invoke(main, [*words, "--data-dir", str(home)])


def said(home: Path, *words: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    done = arb(home, *words, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def wait(home: Path, word: str, there: Any) -> None:  # noqa: ANN401 - a question about JSON
    """Ask until it is so, a real minute at most."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        done = arb(home, word, "--json")
        if done.exit_code == 0 and there(json.loads(done.stdout)):
            return
        time.sleep(0.2)
    raise AssertionError(f"{word}: not within {PATIENCE_S} s: {done.output}")


def test_a_supervisor_is_told_that_it_is_healthy(home: Path) -> None:
    """Exit code 0 and no reasons."""
    assert said(home, "health")["ok"] is True
    assert arb(home, "health").stdout == "healthy\n"


def test_the_service_manager_hears_that_it_is_ready_and_then_that_it_lives(
    home: Path, line: socket.socket
) -> None:
    """READY once everything runs, ALIVE while the parts are heard of."""
    assert home.exists()
    assert line.recv(100).decode() == READY
    assert line.recv(100).decode() == ALIVE


def test_top_shows_the_state_from_another_process(home: Path) -> None:
    """As JSON whole, as text one line where nobody watches; rates need two looks."""
    state = said(home, "top", "--times", "1")
    assert state["books"]["markets"] > 100
    first, second = arb(home, "top", "--times", "2", "--every", "0.3").stdout.splitlines()
    assert f"/{state['books']['markets']} books live" in first
    assert "msg/s" not in first
    assert re.search(r"\d msg/s", second)


def test_opportunities_are_rows_with_a_reason_or_taken(home: Path) -> None:
    """Whatever the books show now: money as decimal texts, best first."""
    rows = said(home, "opportunities")
    profits = [float(row["profit_usd"]) for row in rows]
    assert profits == sorted(profits, reverse=True)
    assert all(row["taken"] or row["why_not"] for row in rows)


def test_a_taken_market_is_explained_by_its_basket(home: Path) -> None:
    """The first market that was traded names its basket and how that ended, or that it flies."""
    wait(home, "trades", bool)
    market = said(home, "trades", "--last", "1000")[-1]["market"]
    found = said(home, "explain", market)
    assert found["running"] is True
    (explained,) = found["markets"]
    assert explained["id"] == market
    assert explained["taken"]
    shown = arb(home, "explain", market).stdout
    assert f"basket {explained['taken'][0]['basket'][:8]}: " in shown
    assert re.search(r"cost \$\d+\.\d\d with fees, was to earn \$\d", shown)
    assert re.search(r"^  (asks the|unpaired)", shown, re.MULTILINE)


def test_a_refused_market_is_explained_by_reasons_with_examples(home: Path) -> None:
    """Of what pays and is not taken, every market names the reason, how often, and an example."""
    wait(home, "opportunities", lambda rows: any(not row["taken"] for row in rows))
    refused = [row for row in said(home, "opportunities") if not row["taken"]]
    assert refused
    (market,) = said(home, "explain", refused[0]["markets"][0])["markets"]
    mine = [one for one in market["refused"] if one["lane"] == refused[0]["lane"]]
    assert mine
    assert all(one["count"] >= 1 and one["reason"] and one["last"] for one in mine)


def test_an_unpaired_market_says_so_beside_the_bot_too(home: Path) -> None:
    """Nobody named its twin, or why its pair waits for a person; and how many are meant."""
    found = said(home, "explain", "KXBTCD")
    assert found["found"] == len(found["markets"])
    assert {market["twin"] for market in found["markets"]} == {None}
    shown = arb(home, "explain", "KXBTCD").stdout
    assert "unpaired: nobody has said" in shown
    waits = next(pair for one in found["markets"] for pair in one["waits"])
    assert f"unpaired: {waits['pair']} waits for a person" in shown
    many = arb(home, "explain", "kalshi")
    assert re.search(r"5 of \d+ markets like that", many.stderr)


def test_the_status_says_where_to_look(home: Path) -> None:
    """The address of the dashboard stands in its first line."""
    address = said(home, "status")["dashboard"]
    assert arb(home, "status").stdout.startswith(f"a bot runs here, dashboard {address}\n")


def test_an_unpaired_market_is_explained_by_the_listing(home: Path) -> None:
    """Which baskets have it, on what they rely, and that nobody named its twin."""
    text = arb(home, "explain", "kalshi:", "--listing").stdout
    assert "unpaired: kalshi:" in text
    assert "nobody has said which market of the other venue asks the same" in text


def test_a_word_that_no_market_has_is_looked_for_in_the_listing(home: Path) -> None:
    """And nothing is found there either."""
    done = arb(home, "explain", "no market is called so")
    assert done.exit_code == 0
    assert "the running bot watches no market like" in done.stderr
    assert "no basket has a market named like" in done.stdout


def test_an_incident_is_packed_without_secrets(home: Path, tmp_path: Path) -> None:
    """Logs, settings, stores, decisions and live state; what is planted is nowhere in it."""
    (home / "logs" / "arb.jsonl.1").write_text(f'{{"event": "x", "text": "{PLANTED}"}}\n')
    bundle = tmp_path / "incident.zip"
    done = arb(home, "export", str(bundle), "--json", ARB_DISCORD_WEBHOOK=PLANTED)
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["missing"] == {}
    names = {"settings.json", "logs/arb.jsonl", "live/state.json", "store/standing.db"}
    assert names | {"store/simulated.db", "store/simulated.decisions.json"} <= set(told["contents"])
    assert bundle.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(bundle) as packed:
        for name in packed.namelist():
            assert PLANTED.encode() not in packed.read(name), name
        assert json.loads(packed.read("live/run.json"))["key"] is None
        packed.extract("store/simulated.db", tmp_path)
    with closing(sqlite3.connect(tmp_path / "store" / "simulated.db")) as store:
        assert store.execute("select count(*) from orders where body != x''").fetchone() == (0,)
        assert store.execute("select count(*) from fills").fetchone() > (0,)
    assert arb(home, "export", str(bundle)).exit_code == 2


def test_a_bot_without_a_dashboard_is_told_apart_from_none(home: Path) -> None:
    """Where it runs and cannot be asked, that is what is said."""
    address = home / "web.json"
    text = address.read_text()
    address.unlink()
    try:
        done = arb(home, "health")
    finally:
        address.write_text(text)
    assert done.exit_code == 3
    assert "has no dashboard" in done.stderr
