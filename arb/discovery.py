"""Reads what both venues list, side by side."""

from collections.abc import Callable

import trio

from arb.ending import Exit, Stopped
from arb.market.errors import ArbError
from arb.market.instruments import Catalogue
from arb.plant import Outside
from arb.venues.protocols import MarketData

DISCOVERY_S = 120.0
"""A venue whose lists take longer than this is not reachable in any useful sense."""


async def discover(outside: Outside, say: Callable[[str], None]) -> list[Catalogue]:
    """Read both venues' lists side by side."""
    found: list[Catalogue] = []
    faults: list[str] = []

    async def one(data: MarketData) -> None:
        started = trio.current_time()
        try:
            with trio.fail_after(DISCOVERY_S):
                catalogue = await data.discover()
        except (ArbError, trio.TooSlowError) as error:
            faults.append(f"{data.venue}: {type(error).__name__} {error}")
            return
        _say_catalogue(say, catalogue, trio.current_time() - started)
        found.append(catalogue)

    async with trio.open_nursery() as nursery:
        for data in outside.data.values():
            nursery.start_soon(one, data)
    if faults:
        raise Stopped(f"discovery failed: {'; '.join(faults)}", Exit.ERROR)
    return sorted(found, key=lambda catalogue: catalogue.venue)


def _say_catalogue(say: Callable[[str], None], catalogue: Catalogue, seconds: float) -> None:
    left_out = sum(catalogue.left_out.values())
    say(
        f"{catalogue.venue}: {len(catalogue.markets)} markets in {len(catalogue.events)} events,"
        f" {left_out} left out, {seconds:.1f} s"
    )
    for reason, count in sorted(catalogue.left_out.items()):
        say(f"  left out {count}: {reason}")
