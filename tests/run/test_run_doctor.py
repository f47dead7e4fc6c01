"""The doctor: green on healthy simulated venues, and red or unknown where something is wrong."""

import json
from pathlib import Path

import attrs
import pytest
from click.testing import CliRunner

from arb.__main__ import main
from arb.checkup.finding import Finding, Health
from arb.checkup.machine import Machine
from arb.checkup.venues import Doctor
from arb.commands.setup import read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.entry import verb_hold
from arb.market.units import Ns
from arb.outside import open_venues
from arb.risk.standing import Verb
from arb.settings import Settings
from arb.sim.faults.script import read_fault
from arb.store.journal import Journal
from arb.store.standing import NAME, StandingFile


def settings_in(home: Path) -> Settings:
    settings = read_settings({"data_dir": str(home / "var"), "seed": 7})
    run = attrs.evolve(settings.run, kill_file=str(home / "KILL"))
    return attrs.evolve(settings, run=run)


def look(home: Path, *faults: str, bot_runs: bool = False) -> dict[str, Finding]:
    """What the doctor finds at simulated venues in which this goes wrong."""
    found: list[Finding] = []

    async def ask() -> None:
        async with open_venues(settings_in(home), virtual_surroundings(7)) as venues:
            assert venues.world is not None
            for line in faults:
                venues.world.faults.inject(read_fault(line))
            await Doctor(venues.outside, bot_runs, found.append).look()

    run_virtually(ask, 7)
    return {finding.check: finding for finding in found}


def on_machine(home: Path) -> dict[str, Finding]:
    settings = settings_in(home)
    machine = Machine(settings, home / "var" / "simulated.db")
    return {finding.check: finding for finding in machine.findings()}


def test_healthy_venues_are_green_in_every_check(tmp_path: Path) -> None:
    """Credentials, scopes, allowances, clocks, cash, switches, markets and books of both."""
    found = look(tmp_path)
    assert {finding.health for finding in found.values()} == {Health.GREEN}
    for venue in ("polymarket", "kalshi"):
        for what in ("credentials", "trading", "balances", "permits", "markets", "books"):
            assert f"{venue} {what}" in found
    assert found["polymarket dead man's switch"].detail == "armed once; it falls by itself"


def test_a_geoblock_a_clock_and_a_pause_are_red(tmp_path: Path) -> None:
    """What forbids to trade is told in the venue's terms."""
    blocked = look(tmp_path, "geoblock venue=polymarket")
    assert blocked["polymarket trading"].health is Health.RED
    skewed = look(tmp_path, "clock_skew venue=polymarket by_ms=60000")
    assert "clock" in skewed["polymarket trading"].detail
    assert look(tmp_path, "maintenance venue=kalshi")["kalshi trading"].health is not Health.GREEN


def test_a_venue_that_does_not_answer_is_unknown_and_the_other_is_asked(tmp_path: Path) -> None:
    """No answer is no permission, and no end of the examination."""
    found = look(tmp_path, "server_error venue=kalshi endpoint='GET *'")
    assert found["kalshi credentials"].health is Health.UNKNOWN
    assert found["kalshi markets"].health is Health.UNKNOWN
    assert found["polymarket markets"].health is Health.GREEN


def test_the_switch_of_a_running_bot_is_left_alone(tmp_path: Path) -> None:
    """Two chains of heartbeats would break each other."""
    finding = look(tmp_path, bot_runs=True)["polymarket dead man's switch"]
    assert (finding.health, "running bot" in finding.detail) == (Health.YELLOW, True)


def test_what_holds_trading_back_here_is_red(tmp_path: Path) -> None:
    """Kill files, an operator's order, a problem nobody has looked at."""
    clean = on_machine(tmp_path)
    assert {finding.health for finding in clean.values()} == {Health.GREEN}
    (tmp_path / "KILL.kalshi").touch()
    file = StandingFile(tmp_path / "var" / NAME)
    file.order(verb_hold(Verb.PAUSE, "ann", "lunch", lambda: Ns(1)))
    file.tell_problems("simulated.db", [("abc", "cash is off")], Ns(1))
    file.close()
    found = on_machine(tmp_path)
    for check, words in (("kill files", "KILL.kalshi"), ("standing", "ann"), ("safe mode", "abc")):
        assert found[check].health is Health.RED
        assert words in found[check].detail


def test_a_damaged_store_is_red(tmp_path: Path) -> None:
    """Whole it is green; with its pages overwritten it is not."""
    store = tmp_path / "var" / "simulated.db"
    store.parent.mkdir()
    Journal(store).close()
    assert on_machine(tmp_path)["store"].health is Health.GREEN
    damaged = bytearray(store.read_bytes())
    damaged[5_000:30_000] = b"\xff" * 25_000
    store.write_bytes(damaged)
    assert on_machine(tmp_path)["store"].health is Health.RED


@pytest.mark.parametrize(("kill", "code"), [(False, 0), (True, 9)])
def test_exit_codes_and_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, kill: bool, code: int
) -> None:
    """0 where nothing speaks against trading, 9 where something does; every finding is listed."""
    monkeypatch.chdir(tmp_path)
    if kill:
        Path("KILL").touch()
    done = CliRunner().invoke(main, ["doctor", "--offline", "--json"])
    answer = json.loads(done.stdout)
    assert done.exit_code == answer["exit_code"] == code
    assert {"check", "health", "detail"} == set(answer["findings"][0])


def test_wrong_settings_are_a_usage_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, and what is wrong."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARB__RUN__SEED", '"x"')
    done = CliRunner().invoke(main, ["doctor"])
    assert done.exit_code == 2
    assert "run.seed" in done.output
