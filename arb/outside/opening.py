"""Opens what the settings name, and reads the operator's maps beside it."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeVar

import attrs

from arb.crashpoints import mortal, refuse_where_real
from arb.detect.rules import Rule
from arb.detect.rules_file import read_rules
from arb.outside.access import pairs_of, read_access, real_access
from arb.outside.adapters import open_adapters
from arb.outside.simulated import open_simulated
from arb.outside.wire import Surroundings, Wire, choose_sockets, http_transport
from arb.pairing.decision import Origin
from arb.pairing.pair import Pair
from arb.pairing.pairs_file import read_pairs
from arb.plant import Outside
from arb.settings import Settings, SettingsFault
from arb.sim.world import World

Entry = TypeVar("Entry")


@attrs.frozen
class Venues:
    """Both venues, ready, and what goes with them."""

    outside: Outside
    pairs: tuple[Pair, ...]
    """The operator's map; where there is none, what came with simulated venues."""
    pairs_origin: Origin
    store_file: Path
    world: World | None = None
    """The simulated venues themselves, where they run in this process."""
    rules: tuple[Rule, ...] = ()
    """Rules between markets from the operator's file."""


@asynccontextmanager
async def open_venues(settings: Settings, surroundings: Surroundings) -> AsyncIterator[Venues]:
    """Open what `run.venues` names, for as long as the block lasts.

    Raises SettingsFault where it names nothing that can be opened.
    """
    refuse_where_real(settings.run.venues)
    own_pairs = _read_own("pairs_file", settings.run.pairs_file, read_pairs)
    own_rules = _read_own("rules_file", settings.run.rules_file, read_rules)
    world = None
    async with AsyncExitStack() as stack:
        if settings.run.venues == "sim":
            access, wire, world = await stack.enter_async_context(
                open_simulated(settings, surroundings)
            )
            store_file = Path(settings.run.data_dir) / "simulated.db"
        else:
            access = (
                real_access(settings, os.environ)
                if settings.run.venues == "real"
                else read_access(Path(settings.run.venues))
            )
            wire = Wire(*mortal(choose_sockets(settings), http_transport))
            store_file = Path(settings.run.data_dir) / "arb.db"
        outside = await stack.enter_async_context(
            open_adapters(settings, surroundings, access, wire)
        )
        own_map = bool(settings.run.pairs_file)
        yield Venues(
            outside,
            own_pairs if own_map else pairs_of(access),
            Origin.MAP if own_map else Origin.VENUES,
            store_file,
            world,
            own_rules,
        )


def _read_own(
    key: str, file: str, read: Callable[[str, str], tuple[Entry, ...]]
) -> tuple[Entry, ...]:
    """Read the operator's file that `run.<key>` names; nothing where it names none."""
    if not file:
        return ()
    path = Path(file)
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise SettingsFault(f"run.{key}: {path}: {error.strerror}") from error
