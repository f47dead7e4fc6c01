"""Where a drill plays: simulated venues in one process, bots in others, and our own eyes on both."""

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import attrs
import httpx
import msgspec
import trio

from arb.market.errors import ArbError
from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty
from arb.messages import BasketId, Hold, Level, NewOrder, OrderId, PreparedOrder
from arb.plant import Outside
from arb.store.standing import NAME, StandingFile

PACKAGE = str(Path(__file__).resolve().parents[2])
"""Where this program is, for processes that start elsewhere."""
LOOK_S = 0.02
"""Between two looks at what a bot, or a venue, says."""
START_S = 60.0
"""For a process to be up and every gate green."""
REST_PX = 10_000
"""Micro-dollars a contract: nobody sells at a cent, so an order there rests."""
REST_USD = 1_200_000
"""Micro-dollars of a resting order on Polymarket: more than the smallest order."""
FAR_PX = 200_000
"""Orders rest where the best ask is above this."""


class DrillFailed(ArbError):
    """The stage itself could not be set up: nothing is proven."""


@attrs.define
class Bot:
    """One bot that runs, in a data directory of its own."""

    process: trio.Process
    home: Path
    data_dir: Path
    started_ns: Ns
    _file: StandingFile | None = None

    @property
    def kill_file(self) -> Path:
        """The file that stops it."""
        return self.home / "KILL"

    def holds(self) -> tuple[Hold, ...]:
        """What holds it back, as it last wrote down."""
        return self._standing().holds()

    def hold(self, source: str, venue: Venue | None = None) -> Hold | None:
        """What one source says of a venue, or of everything."""
        return next((h for h in self.holds() if (h.source, h.venue) == (source, venue)), None)

    def trades(self) -> bool:
        """Whether every gate was seen green since it started."""
        if not (self.data_dir / NAME).exists():
            return False
        lifted = {
            line.source
            for line in self._standing().history(100)
            if line.level is Level.RUNNING and line.at_ns > self.started_ns
        }
        return {"gates", "dead man"} <= lifted

    def _standing(self) -> StandingFile:
        """Its standing file, opened once."""
        if self._file is None:
            self._file = StandingFile(self.data_dir / NAME)
        return self._file

    def close(self) -> None:
        """Look no more."""
        if self._file is not None:
            self._file.close()

    async def ended(self) -> int:
        """Its exit code."""
        return await self.process.wait()


@attrs.frozen
class Stage:
    """Venues that run, and hands to play with. `outside` is the bot's own account."""

    home: Path
    control: httpx.AsyncClient
    outside: Outside
    markets: Mapping[Venue, Market]
    """Where an order of ours can rest."""

    @asynccontextmanager
    async def bot(self, name: str, **settings: str) -> AsyncIterator[Bot]:
        """Run one until the block ends, or until it ends itself."""
        home = self.home / name
        home.mkdir()
        var = self.home / "var"  # one account, one store: whoever comes next knows its positions
        command = ["run", "--venues", str(self.home / "venues.json"), "--data-dir", str(var)]
        started = Ns(time.time_ns())
        with (home / "out.txt").open("wb") as out, (home / "err.txt").open("wb") as err:
            process = await spawn([*command, "--json"], home, settings, out, err)
            bot = Bot(process, home, var, started)
            try:
                await until(bot.trades, f"{name}: every gate green", START_S)
                yield bot
            finally:
                bot.close()
                if process.returncode is None:
                    process.kill()
                with trio.CancelScope(shield=True, relative_deadline=10.0):
                    await process.wait()

    async def rest(self, *venues: Venue) -> None:
        """Leave an order of the bot's account resting on each of these venues."""
        for venue in venues:
            await self.outside.orders[venue].send(self._resting(venue))
        await eventually(self.resting, len(venues), "orders that rest")

    def _resting(self, venue: Venue) -> PreparedOrder:
        market = self.markets[venue]
        limit = market.grid.at_most(REST_PX)
        qty = market.lot if venue is Venue.KALSHI else _whole(REST_USD * MICRO // limit, market)
        order = NewOrder(
            id=OrderId(self.outside.new_id()),
            basket=BasketId("drill"),
            market=market,
            outcome=Outcome.YES,
            action=Action.BUY,
            qty=Qty(max(qty, market.min_qty)),
            limit=limit,
            created_ns=self.outside.now_ns(),
        )
        prepared = self.outside.orders[venue].prepare(order)
        return patient(prepared) if venue is Venue.KALSHI else prepared

    async def resting(self) -> int:
        """How many orders of the account rest, by the venues' own record."""
        held = await self._ask("GET", "/accounts/bot")
        return sum(len(venue["open_orders"]) for venue in held.values())

    async def inject(self, fault: str) -> None:
        """Let the venues go wrong."""
        await self._ask("POST", "/faults", fault)

    async def _ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        answer = await self.control.request(method, path, json=body)
        if answer.status_code // 100 != 2:  # noqa: PLR2004 - the class of good answers
            raise DrillFailed(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


def patient(prepared: PreparedOrder) -> PreparedOrder:
    """A Kalshi order that rests: the bot itself sends none of those."""
    body = msgspec.json.decode(prepared.body)
    body["time_in_force"] = "good_till_canceled"
    return attrs.evolve(prepared, body=msgspec.json.encode(body))


def _whole(qty: int, market: Market) -> int:
    return qty // market.lot * market.lot


async def spawn(
    args: Sequence[str], home: Path, settings: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> trio.Process:
    """Start this program, as a process of its own in a directory of its own."""
    path = os.pathsep.join([PACKAGE, *filter(None, [os.environ.get("PYTHONPATH")])])
    return await trio.lowlevel.open_process(
        [sys.executable, "-m", "arb", *args],
        cwd=home,
        env={**os.environ, "PYTHONPATH": path, **settings},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
    )


async def until(true: Callable[[], object], what: str, seconds: float) -> int:
    """Wait for something; returns how long that took, in milliseconds. Raises DrillFailed."""
    started = trio.current_time()
    with trio.move_on_after(seconds):  # noqa: ASYNC912 - it may be true already
        while not true():  # noqa: ASYNC110 - another process says it, over a file
            await trio.sleep(LOOK_S)
        return round(1000 * (trio.current_time() - started))
    raise DrillFailed(f"waited {seconds:g} s for {what}")


async def eventually(
    ask: Callable[[], Awaitable[int]], wanted: int, what: str, seconds: float = 20.0
) -> int:
    """Wait until an answer is the wanted one; returns how long that took. Raises DrillFailed."""
    started, found = trio.current_time(), -1
    with trio.move_on_after(seconds):
        while (found := await ask()) != wanted:  # noqa: ASYNC110 - another process says it
            await trio.sleep(LOOK_S)
        return round(1000 * (trio.current_time() - started))
    raise DrillFailed(f"waited {seconds:g} s for {what}: {found} instead of {wanted}")


async def find_quiet(outside: Outside) -> dict[Venue, Market]:
    """A market on each venue where nobody sells near a cent. Raises DrillFailed."""
    found: dict[Venue, Market] = {}
    for venue, data in outside.data.items():
        for market in (await data.discover()).markets:
            asks = (await data.book(market)).asks
            if asks and asks[0][0] > FAR_PX:
                found[venue] = market
                break
        else:
            raise DrillFailed(f"{venue}: no market where an order would rest")
    return found
