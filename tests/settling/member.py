"""A member with a deposit wallet on the simulated venue, and the actors that settle for it."""

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import attrs
import trio

from arb.actors.settler import Settler, TurnLimits
from arb.actors.store_writer import StoreWriter
from arb.market.instruments import Catalogue, Market, MarketId, Venue
from arb.market.units import MICRO, Usd
from arb.messages import Balance, DeskEvent, Position, Turn, TurnEnded
from arb.ports import HoldingsPort, HoldingsQuestion, Lossy
from arb.risk.ledger import Ledger
from arb.sim.inprocess import InProcessNetwork
from arb.sim.members import MEMBERS
from arb.sim.world import World
from arb.store.asking import StoreReader
from arb.store.journal import Journal
from arb.store.port import StorePort, StoreRequest
from arb.turning import TurnFollower
from arb.venues.polymarket.account import PolymarketAccount
from arb.venues.polymarket.clients import PolymarketClients
from arb.venues.polymarket.config import PolymarketCredentials, PolymarketUrls
from arb.venues.polymarket.directory import PolymarketDirectory
from arb.venues.polymarket.market_data import PolymarketMarketData
from arb.venues.polymarket.relayer import PolymarketRelayer, RelayerKey
from arb.venues.polymarket.session import PolymarketSession
from arb.venues.polymarket.signing import PolymarketSigner
from arb.venues.wire import http_client
from tests.fakes.bench import PATIENCE, in_place
from tests.fakes.sim_world import now_ns

HOST = "http://polymarket.sim"
BOB = MEMBERS[2]
TEN = 10 * MICRO
LIMITS = TurnLimits(least=Usd(MICRO), redeem_after_ns=5 * 10**9, every_s=1.0, rest_ns=60 * 10**9)


@attrs.define
class Wallet:
    """Bob's wallet at the venue, as the program reaches it."""

    world: World
    account: PolymarketAccount
    relayer: PolymarketRelayer
    catalogue: Catalogue

    @property
    def markets(self) -> dict[MarketId, Market]:
        """What is listed."""
        return {market.id: market for market in self.catalogue.markets}

    def hold(self, market: Market, qty: int = TEN) -> None:
        """Turn dollars into YES and NO of a market."""
        self.world.exchanges[Venue.POLYMARKET].split(BOB.name, market.id, qty)  # type: ignore[arg-type]  # a Qty

    def held(self, market: MarketId) -> tuple[int, int]:
        """What the venue's own books say."""
        return self.world.exchanges[Venue.POLYMARKET].position(BOB.name, market)

    @property
    def cash(self) -> int:
        """The same of dollars."""
        return self.world.exchanges[Venue.POLYMARKET].cash(BOB.name)[0]

    def ledger(self, *markets: Market) -> Ledger:
        """Our own books of it."""
        ledger = Ledger()
        held = [Position(market.id, *self.held(market.id)) for market in markets]  # type: ignore[arg-type]  # Qtys
        ledger.open([Balance(Venue.POLYMARKET, 0, Usd(self.cash))], held)
        return ledger


@asynccontextmanager
async def wallet(world: World) -> AsyncIterator[Wallet]:
    """Log in and list what there is."""
    async with trio.open_nursery() as nursery:
        network = InProcessNetwork({HOST: world.apps[Venue.POLYMARKET]}, nursery)
        urls = PolymarketUrls(clob=HOST, gamma=HOST, data=HOST, geoblock=f"{HOST}/api/geoblock")
        clients = PolymarketClients.open(urls, network.transport(HOST))
        credentials = PolymarketCredentials(
            BOB.polymarket_key, BOB.polymarket_wallet, BOB.signature_type
        )
        signer = PolymarketSigner(credentials, random.Random(1))
        session = PolymarketSession(signer, clients.clob, now_ns)
        directory = PolymarketDirectory()
        account = PolymarketAccount(clients, urls, session, network.sockets, directory, now_ns)
        await account.log_in()
        data = PolymarketMarketData(clients, urls, network.sockets, directory, now_ns)
        client = http_client(HOST, network.transport(HOST))
        key = RelayerKey(BOB.polymarket_signer, world.relayer_key(BOB))
        relayer = PolymarketRelayer(client, credentials, key, account, now_ns)
        yield Wallet(world, account, relayer, await data.discover())
        await client.aclose()
        await clients.close()
        nursery.cancel_scope.cancel()


@attrs.define
class Settling:
    """A running settler, and what it told."""

    journal: Journal
    told: list[Turn | TurnEnded]
    words: list[DeskEvent]

    async def ended(self) -> TurnEnded:
        """Wait for the next end."""
        while True:
            for one in self.told:
                if isinstance(one, TurnEnded):
                    self.told.remove(one)
                    return one
            await trio.sleep(0.25)


@asynccontextmanager
async def settling(  # noqa: PLR0913 - a stage has its parts
    folder: Path,
    mine: Wallet,
    ledger: Ledger,
    markets: Sequence[Market],
    *,
    yes: bool = True,
    may: Callable[[], bool] = lambda: True,
) -> AsyncIterator[Settling]:
    """Run a settler; whoever owns the ledger is played by a few lines. `yes`: YES is free too."""
    journal = Journal(folder / "store.sqlite")
    requests, inbox = trio.open_memory_channel[StoreRequest](1_000)
    outbox, reports = trio.open_memory_channel[Turn | TurnEnded](1_000)
    asked, questions = trio.open_memory_channel[HoldingsQuestion](10)
    desk, looks = trio.open_memory_channel[DeskEvent](1_000)
    stage = Settling(journal, [], [])
    settler = Settler(
        follower=TurnFollower(mine.relayer, PATIENCE, now_ns),
        holdings=HoldingsPort(asked),
        reader=StoreReader(journal, in_place),
        markets=mine.markets,
        events=mine.catalogue.events,
        outbox=outbox,
        store=StorePort(requests),
        desk=Lossy(desk, looks),
        limits=LIMITS,
        may=may,
        new_id=iter(f"turn-{number}" for number in range(100)).__next__,
        now_ns=now_ns,
    )

    async def answer() -> None:
        async for question in questions:
            held = {market.id: ledger.position(market.id) for market in markets}
            question.answer({m: (one.yes if yes else 0, one.no) for m, one in held.items()})

    async def book() -> None:
        async for report in reports:
            if isinstance(report, TurnEnded) and report.done:
                ledger.turn(report.turn)
            stage.told.append(report)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(StoreWriter(journal, inbox, in_place, lambda _: None).run)
        nursery.start_soon(answer)
        nursery.start_soon(book)
        nursery.start_soon(settler.run)
        yield stage
        nursery.cancel_scope.cancel()
    journal.close()
