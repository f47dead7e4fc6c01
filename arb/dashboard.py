"""The dashboard's wiring: what it shows, where, and what its verbs do."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import trio

from arb import __version__
from arb.board import Board
from arb.entry import verb_hold
from arb.knobs import MS, NS_PER_MS
from arb.market.errors import Refused
from arb.market.instruments import Market, MarketId, Venue
from arb.messages import Hold
from arb.metrics.health import HealthLimits
from arb.pairing.watch import twins_of
from arb.plant import Plant
from arb.risk.standing import Verb
from arb.settings import Settings
from arb.store.journal import StoreFailed
from arb.store.leftovers import Leftover, read_leftovers
from arb.store.reading import open_to_read
from arb.store.standing import StandingFile
from arb.web.broadcast import Broadcast
from arb.web.markets import Directory
from arb.web.names import name_of, readable
from arb.web.routes import Desk
from arb.web.sections import sections
from arb.web.server import Place, WebServer

WHO = "dashboard"


@attrs.frozen
class Dashboard:
    """Builds the server of one run."""

    plant: Plant
    board: Board
    standing: StandingFile
    _reading: trio.Lock = attrs.field(factory=trio.Lock, init=False)
    """One question to the store at a time."""

    def servers(self) -> list[WebServer]:
        """The server; none where settings want none, or the run is on virtual time."""
        knobs, token = self.plant.settings.web, self.plant.outside.web_token
        if not (knobs.enabled and self.plant.outside.has_sockets):
            return []
        place = Place(knobs.host, knobs.port, token, Path(self.plant.settings.run.data_dir))
        return [WebServer(place, self._desk(), knobs.refresh_ms / MS, self._opened)]

    def _opened(self, address: str) -> None:
        """For whoever looks at the terminal."""
        self.board.dashboard = address

    def _desk(self) -> Desk:
        knobs = self.plant.settings.web
        names = {market.id: market for market in self.plant.markets}
        return Desk(
            board=self.board,
            broadcast=Broadcast(lambda: sections(self.board, names), knobs.most_pages),
            directory=Directory(names, twins_of(self.plant.pairs)),
            run=_about(self.plant),
            health=health_limits(self.plant.settings),
            verb_key=secrets.token_urlsafe(24),
            give_verb=self._give,
            leftovers=self._leftovers,
            pairs=self.plant.pair_book,
        )

    async def _give(self, verb: str, who: str, why: str, venue: str | None) -> str:
        """Give an operator's verb the way that every command does."""
        if verb not in set(Verb):
            return f"{verb!r} is no verb; there are {', '.join(Verb)}"
        if venue is not None and venue not in set(Venue):
            return f"{venue!r} is no venue; there are {', '.join(Venue)}"
        name = f"{who} ({WHO})" if who.strip() else WHO
        hold = verb_hold(Verb(verb), name, why, self.plant.outside.now_ns)
        hold = attrs.evolve(hold, venue=Venue(venue) if venue else None)
        try:
            await self.plant.outside.in_thread(partial(_write, self.standing, hold))
        except StoreFailed as failure:
            return str(failure)
        return ""

    async def _leftovers(self) -> Sequence[Mapping[str, Any]]:
        """Read by a connection of its own: the journal's would make an intent wait."""
        found: list[Leftover] = []
        path = self.plant.store_file
        if path is None:
            raise Refused("this run keeps no store")
        async with self._reading:
            await self.plant.outside.in_thread(lambda: found.extend(_read_left(path)))
        names = {market.id: market for market in self.plant.markets} if found else {}
        return [_left_as_json(left, names) for left in found]


def _read_left(path: Path) -> Sequence[Leftover]:
    with open_to_read(path) as reading:
        return [left for left in reading.journal.ask(read_leftovers) if not left.settled]


def _left_as_json(left: Leftover, names: Mapping[MarketId, Market]) -> Mapping[str, Any]:
    return {
        "basket": left.basket,
        "market": left.market,
        "title": name_of(left.market, names),
        "outcome": str(left.outcome),
        "qty": left.qty,
        "state": str(left.state),
        "best": left.best,
        "loss": left.loss,
        "note": readable(left.note, names),
        "who": left.who,
        "why": left.why,
        "at_ms": left.at_ns // NS_PER_MS,
    }


def _write(standing: StandingFile, hold: Hold) -> None:
    standing.order(hold)


def _about(plant: Plant) -> dict[str, Any]:
    run = plant.settings.run
    return {
        "version": __version__,
        "run": plant.run,
        "mode": str(run.mode),
        "venues": run.venues,
        "seed": run.seed,
        "sends": plant.sends,
        "trades": plant.trades,
        "problems": list(plant.recovered.problems),
        "markets": len(plant.markets),
        "baskets": len(plant.baskets),
        "leg_timeout_ms": plant.settings.execution.leg_timeout_ms,
        "now_ms": plant.outside.now_ns() // NS_PER_MS,
    }


def health_limits(settings: Settings) -> HealthLimits:
    """When a supervisor should act."""
    knobs = settings.web
    return HealthLimits(
        start_ns=knobs.health_start_ms * NS_PER_MS,
        coverage_ppm=knobs.health_coverage_ppm,
        lag_ns=knobs.health_lag_ms * NS_PER_MS,
        silence_ns=knobs.health_silence_ms * NS_PER_MS,
    )
