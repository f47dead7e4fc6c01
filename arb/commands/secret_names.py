"""Every secret that the program may be given, and where each would come from; never its value."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from arb.commands.surroundings import WEB_TOKEN
from arb.notify.addresses import APPRISE, DISCORD
from arb.outside import KALSHI_KEY, KALSHI_KEY_ID, POLYMARKET_KEY, POLYMARKET_WALLET

SECRETS = {
    POLYMARKET_KEY: "signs Polymarket orders (hexadecimal)",
    POLYMARKET_WALLET: "the address that holds the money there",
    KALSHI_KEY_ID: "names the Kalshi key",
    KALSHI_KEY: "signs Kalshi requests (PEM)",
    DISCORD: "a Discord webhook that is told what happens",
    APPRISE: "addresses of other services to tell",
    WEB_TOKEN: "opens the dashboard where it is not on loopback",
}


def origins(environment: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """Where each secret comes from, in the order in which they are looked for; None: nowhere."""
    for name in SECRETS:
        yield name, _origin(name, environment)


def _origin(name: str, environment: Mapping[str, str]) -> str | None:
    directory = environment.get("CREDENTIALS_DIRECTORY")
    if directory and (Path(directory) / name).exists():
        return "systemd credential"
    if environment.get(f"{name}_FILE"):
        return f"file {environment[f'{name}_FILE']}"
    return "environment" if environment.get(name) else None
