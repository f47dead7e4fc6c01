"""Pins of the official clients: exact, hashed, and apart from the bot."""

import re
from pathlib import Path

import pytest

from clients.environments import CLIENTS, Client, Unavailable, find_python

ROOT = Path(__file__).parents[2]
DRIVERS = ROOT / "scripts" / "clients"

each_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)


@each_client
def test_pins_hold_the_client_and_hashes_for_everything(client: Client) -> None:
    """The wanted version is pinned, each requirement has hashes, and nobody names an index."""
    text = client.pins.read_text(encoding="utf-8")
    requirements = re.split(r"^(?=[a-z])", text, flags=re.MULTILINE)[1:]
    wanted, _ = client.wanted
    assert wanted.lower().replace("_", "-") in {one.split()[0] for one in requirements}
    assert all("--hash=sha256:" in one for one in requirements)
    assert not re.search(r"://|^-|file:", text, flags=re.MULTILINE)


@each_client
def test_each_client_has_its_driver(client: Client) -> None:
    """The module that drives a client is there."""
    assert (DRIVERS / f"{client.driver}.py").exists()


def test_drivers_know_nothing_of_the_bot() -> None:
    """Drivers are strangers: not one of them imports the bot or the simulated venues."""
    for path in DRIVERS.glob("*.py"):
        assert not re.search(r"^\s*(from|import) arb\b", path.read_text(), flags=re.MULTILINE)


def test_the_first_client_stays_out_of_the_bots_environment() -> None:
    """It would bring a second pytest along."""
    for lock in ("requirements.lock", "requirements-dev.lock"):
        assert not re.search(r"^py-clob-client==", (ROOT / lock).read_text(), flags=re.MULTILINE)


def test_a_python_that_nobody_has_is_said() -> None:
    """Where no interpreter is new enough, the reason names what was looked for and found."""
    with pytest.raises(Unavailable, match=r"needs Python 3\.99 or later; found 3\."):
        find_python((3, 99))
