"""`arb sim` as a process: what it prints, serves, records, and how it stops."""

import json
import random
import signal
import socket
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from arb.commands.sim import introduction
from arb.lab.replay import replay
from tests.run.program import Bot

pytestmark = pytest.mark.timeout(300)
"""Several starts of the program in one test, on a machine that may be busy."""
PATIENCE_S = 60.0


def await_file(path: Path) -> dict[str, Any]:
    """Wait for another process; the bound is against hanging, not a measure."""
    until = time.monotonic() + PATIENCE_S
    while not path.exists():
        assert time.monotonic() < until, f"waited {PATIENCE_S} s for {path}"
        time.sleep(0.05)
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def get(url: str) -> Any:  # noqa: ANN401 - foreign JSON
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - our own process
        return json.load(answer)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_serves_until_a_signal_comes(bot: Bot, number: signal.Signals) -> None:
    """Both venues and the control endpoint answer where the file says; then exit code 0."""
    with bot.start("sim", "--out", "venues.json", "--accounts") as process:
        about = await_file(bot.home / "venues.json")
        assert get(f"{about['polymarket']['clob']}/time")
        assert get(f"{about['kalshi']['rest']}/exchange/status")["trading_active"] is True
        assert get(about["control"])["accounts"] == ["bot", "alice", "bob"]
        assert set(about["accounts"]) == {"bot", "alice", "bob"}
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert json.loads(out)["alice"]["polymarket"]["cash"] == {"0": 1_000_000_000}
    assert "stop with Ctrl-C" in err


def quiet_port() -> int:
    """A free port below those that the system hands out by itself, as to other tests."""
    for port in random.Random().sample(range(20_000, 32_000), 50):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise AssertionError("every port is taken")


def test_flags_say_where_how_much_and_how_long(bot: Bot) -> None:
    """Ports, markets, a fault, a time to end; the connection file on standard output."""
    port = quiet_port()
    flags = ("--markets", "300", "--for", "1", "--fault", "latency fixed_ms=5")
    done = bot.run("sim", "--kalshi-port", str(port), "--speed", "2.5", *flags)
    assert done.returncode == 0, done.stderr
    about = json.loads(done.stdout)
    assert about["kalshi"]["rest"] == f"http://127.0.0.1:{port}/trade-api/v2"
    drawn = next(line for line in done.stderr.splitlines() if line.endswith(" markets"))
    assert 250 <= int(drawn.split()[0].replace(",", "")) <= 400


@pytest.mark.parametrize(
    ("flags", "code", "words"),
    [
        (["--fault", "gremlin"], 2, "'gremlin' is no kind of fault"),
        (["--faults", "none.toml"], 2, "none.toml: No such file"),
        (["--speed", "fast"], 2, "'fast' is no decimal number"),
        (["--speed", "2000"], 2, "0.001 to 1000"),
        (["--markets", "7"], 2, "--markets"),
        (["--virtual-time", "--for", "1"], 2, "--record"),
        (["--record", "frames.zst", "--for", "1"], 2, "*.jsonl"),
        (["--record", "nowhere/frames.jsonl", "--for", "1"], 1, "nowhere/frames.jsonl: No such"),
        (["--out", "nowhere/venues.json", "--for", "1"], 2, "nowhere/venues.json: No such"),
    ],
)
def test_what_cannot_be_is_named(bot: Bot, flags: list[str], code: int, words: str) -> None:
    """The flag, the file or the word that is wrong; no traceback."""
    done = bot.run("sim", *flags)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_is_named(bot: Bot) -> None:
    """Exit code 1 and the number of the port."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = bot.run("sim", "--control-port", str(port), "--for", "1")
    assert (done.returncode, f"port {port}" in done.stderr) == (1, True), done.stderr


def test_recordings_are_the_same_under_any_hash_seed(bot: Bot) -> None:
    """Same seed, same bytes; another seed, other bytes; the replay finds nothing amiss."""
    flags = ("sim", "--virtual-time", "--for", "20", "--record")
    for name, seed, hashes in [("a", "5", "1"), ("b", "5", "2"), ("c", "6", "1")]:
        done = bot.run(*flags, f"{name}.jsonl", "--seed", seed, PYTHONHASHSEED=hashes)
        assert done.returncode == 0, done.stderr
    first, again, other = ((bot.home / f"{name}.jsonl").read_bytes() for name in "abc")
    assert first == again != other
    report = replay(bot.home / "a.jsonl")
    assert (report.gaps, report.books.crossed_sightings, report.bad_lines.count) == (0, 0, 0)


def test_it_records_while_it_serves(bot: Bot) -> None:
    """The file ends with a whole line when a signal comes."""
    with bot.start("sim", "--out", "venues.json", "--record", "live.jsonl") as process:
        await_file(bot.home / "venues.json")
        time.sleep(2)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    assert "recorded" in err
    assert (bot.home / "live.jsonl").read_bytes().endswith(b"}\n")
    assert replay(bot.home / "live.jsonl").bad_lines.count == 0


def test_the_bot_runs_with_faults_in_its_own_venues(bot: Bot) -> None:
    """`arb run --fault`: the embedded venues go wrong, and a wrong fault is a usage error."""
    summary = bot.summary(
        "--virtual-time", "--for", "20", "--fault", "latency venue=kalshi fixed_ms=300"
    )
    assert summary["exit_code"] == 0, summary
    assert bot.run("--fault", "gremlin", "--for", "1").returncode == 2


def test_people_are_told_what_to_set(bot: Bot) -> None:
    """Every address, wallet, key and key id of the connection file is in the introduction."""
    done = bot.run("sim", "--for", "0.2", "--json")
    about = json.loads(done.stdout)
    text = "\n".join(introduction(about, None))
    for needed in (
        about["control"],
        about["polymarket"]["market_ws"],
        about["polymarket"]["user_ws"],
        about["kalshi"]["ws"],
        *(one["polymarket"]["private_key"] for one in about["accounts"].values()),
        *(one["kalshi"]["key_id"] for one in about["accounts"].values()),
    ):
        assert needed in text
