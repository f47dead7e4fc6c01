"""Faults of our own inside a whole run, on virtual time: a clean stop and true books."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import cast

import attrs
import pytest

from arb.board import Board
from arb.commands.setup import SHIPPED, read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.ending import Exit, Stopped
from arb.market.errors import Unreachable
from arb.market.instruments import Venue
from arb.outside import Venues, open_venues
from arb.plant import Outside
from arb.session import Options, run
from arb.settings import Settings
from arb.summary import Summary
from arb.venues.protocols import Account, MarketData, Orders, Socket

Change = Callable[[Outside], Outside]


class Quiet:
    """A display that keeps what it was told."""

    every_s = 5.0

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def show(self, board: Board) -> None:
        pass


def settings_in(home: Path) -> Settings:
    assert SHIPPED.exists()
    return read_settings({"data_dir": str(home / "var"), "seed": 7})


def run_changed(home: Path, change: Change, for_s: float = 60.0) -> Summary:
    """One virtual run with something in the outside world changed."""
    settings = settings_in(home)
    (home / "var").mkdir()

    @asynccontextmanager
    async def venues() -> AsyncIterator[Venues]:
        async with open_venues(settings, virtual_surroundings(7)) as opened:
            yield attrs.evolve(opened, outside=change(opened.outside))

    options = Options(venues=venues(), kill_file=home / "KILL", for_s=for_s)
    return run_virtually(lambda: run(settings, options, Quiet()), 7)


@attrs.frozen
class Buggy:
    """Kalshi's market data with a bug of ours in it."""

    inner: MarketData

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    def connect_books(self) -> AbstractAsyncContextManager[Socket]:
        raise LookupError("a bug")


def test_a_crash_loop_is_a_safe_stop_with_true_books(tmp_path: Path) -> None:
    """An actor that crashes again and again ends trading: exit code 4, books agree."""

    def change(outside: Outside) -> Outside:
        broken = {**outside.data, Venue.KALSHI: cast(MarketData, Buggy(outside.data[Venue.KALSHI]))}
        return attrs.evolve(outside, data=broken)

    summary = run_changed(tmp_path, change)
    assert summary.exit_code == Exit.CRASH_LOOP
    assert "Feed crashed" in summary.stopped_by
    assert summary.compared
    assert summary.differences == ()


@attrs.define
class Flaky:
    """Orders whose answers are lost every third time, after the venue took them."""

    inner: Orders
    sent: int = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    async def send(self, prepared: object) -> object:
        self.sent += 1
        answer = await self.inner.send(prepared)  # type: ignore[arg-type]  # passed on as it is
        if self.sent % 3 == 0:
            raise Unreachable("the answer was lost")
        return answer


def test_lost_answers_cost_nothing_but_time(tmp_path: Path) -> None:
    """Every third answer lost on both venues: baskets complete, nothing twice, books agree."""
    flaky: list[Flaky] = []

    def change(outside: Outside) -> Outside:
        flaky.extend(Flaky(orders) for orders in outside.orders.values())
        return attrs.evolve(
            outside, orders=dict(zip(outside.orders, cast(list[Orders], flaky), strict=True))
        )

    summary = run_changed(tmp_path, change, 120.0)
    assert sum(one.sent for one in flaky) > 5
    assert summary.exit_code == Exit.OK, summary
    assert summary.differences == ()
    assert summary.baskets.get("completed", 0) > 0
    assert summary.stuck == ()


def test_a_venue_that_objects_is_not_traded_on(tmp_path: Path) -> None:
    """A geoblock, or any other objection of a venue: exit code 8 before anything is sent."""

    def change(outside: Outside) -> Outside:
        class Objecting:
            def __init__(self, inner: object) -> None:
                self._inner = inner

            def __getattr__(self, name: str) -> object:
                return getattr(self._inner, name)

            async def objections(self) -> tuple[str, ...]:
                return ("trading is blocked from here",)

        accounts = {
            venue: cast(Account, Objecting(account)) for venue, account in outside.accounts.items()
        }
        return attrs.evolve(outside, accounts=accounts)

    with pytest.raises(Stopped, match="trading is blocked from here") as stopped:
        run_changed(tmp_path, change)
    assert stopped.value.code is Exit.NOT_ALLOWED


def test_markets_of_both_venues_are_watched(tmp_path: Path) -> None:
    """The run that the faults above disturb does watch both venues."""

    def change(outside: Outside) -> Outside:
        return outside

    summary = run_changed(tmp_path, change, 5.0)
    assert summary.markets > 100
    assert {pool.split(":")[0] for pool in summary.cash} == {"polymarket", "kalshi"}
