"""The simulated Polymarket as one ASGI application, and the work that goes on behind it."""

import random
from collections import Counter
from collections.abc import Callable, Iterable

import trio
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute

from arb.market.instruments import MarketId
from arb.market.units import Ns, Px, Qty
from arb.sim.engine import Exchange
from arb.sim.polymarket.activity import ActivityLog
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.approvals import Approvals
from arb.sim.polymarket.balances import BalanceCache
from arb.sim.polymarket.book_reads import BookReads
from arb.sim.polymarket.builder_keys import BuilderRing
from arb.sim.polymarket.chain import Chain
from arb.sim.polymarket.checks import Checker
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.data_api import DataApi
from arb.sim.polymarket.edge import Edge
from arb.sim.polymarket.envelope import Envelope
from arb.sim.polymarket.gamma import Gamma
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.heartbeats import Heartbeats
from arb.sim.polymarket.history_rows import HistoryRows
from arb.sim.polymarket.key_calls import KeyCalls
from arb.sim.polymarket.keys import KeyRing, Wallet, Wallets
from arb.sim.polymarket.lifecycle import Lifecycle, near_the_end
from arb.sim.polymarket.listing import FeeSchedule, PolymarketEvent
from arb.sim.polymarket.market_reads import MarketReads
from arb.sim.polymarket.market_socket import MarketHub
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.meter import Meter
from arb.sim.polymarket.notifications import Notices
from arb.sim.polymarket.placement import Desk
from arb.sim.polymarket.position_rows import PositionRows
from arb.sim.polymarket.price_history import PriceHistory
from arb.sim.polymarket.private_reads import PrivateReads
from arb.sim.polymarket.publisher import Publisher, Teller, TradeBook
from arb.sim.polymarket.registry import Registry
from arb.sim.polymarket.relayer import Relayer, Transaction
from arb.sim.polymarket.restarts import Restarts
from arb.sim.polymarket.rewards import Rewards
from arb.sim.polymarket.routing import Call, make_routes
from arb.sim.polymarket.rpc import ChainReads
from arb.sim.polymarket.settlement import Reverse, Settler
from arb.sim.polymarket.tape import Tape
from arb.sim.polymarket.trading import Trading
from arb.sim.polymarket.user_socket import UserHub
from arb.sim.polymarket.wire import NS_PER_S


class PolymarketFace:
    """Speaks Polymarket's protocols in front of a matching engine.

    `app` serves all of the venue's hosts; `run` must be running for streams of what others do,
    settlement, expiry and the dead-man switch. The markets must be on the exchange's list
    already, the wallets' accounts open. Everything random comes from `rng`, every time from
    `now_ns`, every delay from `steady_ns`: a clock that nobody puts forward or back.
    """

    def __init__(  # noqa: PLR0913 - everything that the venue is given from outside
        self,
        exchange: Exchange,
        catalogue: Iterable[PolymarketEvent],
        wallets: Iterable[Wallet],
        now_ns: Callable[[], Ns],
        rng: random.Random,
        *,
        conditions: Conditions | None = None,
        reverse: Reverse | None = None,
        steady_ns: Callable[[], Ns] | None = None,
    ) -> None:
        """Put the pieces together.

        `reverse` takes back matches whose settlement failed; the exchange does where it is None.
        """
        self.conditions = conditions or Conditions()
        self._base_ns = now_ns
        self.keys = KeyRing(rng.getrandbits(64))
        self._rng = random.Random(rng.getrandbits(64))
        self._builders = BuilderRing(self._rng.getrandbits(64), self._now_ns)
        self.shelf = Shelf(catalogue, self._now_ns())
        self._exchange = exchange
        self._wallets = Wallets(wallets)
        self._agenda = Agenda(self._now_ns, steady_ns or now_ns)
        self._edge = Edge(self.conditions, self._now_ns)
        self._gate = Gate(self.keys, self.conditions, self._now_ns)
        self._meter = Meter(self._gate, self.conditions, self._now_ns)
        self._envelope = Envelope(self._child())
        self._wake = trio.Event()
        self._near_ends: set[MarketId] = set()
        """Markets whose tick may have to become fine."""
        self._tape = Tape(self._rouse, self._level_changed)
        self._registry, self._trades, self._approvals = Registry(), TradeBook(), Approvals()
        self._log = ActivityLog()
        self._balances = BalanceCache(exchange, self._wallets, self._agenda, self.conditions)
        self._markets = MarketHub(exchange, self.shelf, self.conditions, self.flush)
        self._users = UserHub(self.keys, self.conditions, self.flush)
        self._notices = Notices(self._gate, self._wallets, self._now_ns)
        self._history = PriceHistory(exchange, self.shelf, self._envelope, self._now_ns)
        self._reads = MarketReads(exchange, self.shelf, self.conditions, self._now_ns)
        self._chain = self._make_chain()
        self._lifecycle = self._make_lifecycle()
        self._publisher = self._make_publisher(reverse or exchange.reverse)
        self._restarts = Restarts(self.conditions, self._agenda, self._now_ns, self.drop_sockets)
        self._desk = self._make_desk()
        self._beats = self._make_heartbeats()
        exchange.listeners.append(self._tape)
        self._lifecycle.start()
        self.app = Starlette(routes=self._routes())

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Tell what happens and do what falls due, until cancelled."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._agenda.run)
            task_status.started()
            while True:
                await self._wake.wait()
                self._wake = trio.Event()
                self.flush()

    def flush(self) -> None:
        """Tell everybody what the engine did since the last call."""
        self._publisher.flush()

    @property
    def counts(self) -> Counter[str]:
        """What happened to socket clients and to those who asked too often, by kind."""
        sockets = self._markets.counts + self._users.counts
        return sockets + self._edge.counts + self._meter.counts

    def relayer_key(self, address: str) -> str:
        """The relayer key of an address, as the venue's web page would show it to its owner."""
        return self._builders.relayer_key(address)

    def transactions(self, account: str) -> tuple[Transaction, ...]:
        """What the relayer was sent for an account, oldest first, and how far each got."""
        return self._relayer.of_account(account)

    # --- what the venue's operators do ----------------------------------------------------------

    def list_event(self, event: PolymarketEvent) -> None:
        """List new markets while the venue is open: described at once, tradable a little later."""
        self._lifecycle.list_event(event)

    def change_tick(self, condition_id: str, tick: int) -> None:
        """Change a market's tick (millionths) and tell those who watch it."""
        self._lifecycle.change_tick(condition_id, tick)

    def reword(self, condition_id: str, rules: str) -> None:
        """Change a market's rules."""
        self._lifecycle.reword(condition_id, rules)

    def set_fee(self, condition_id: str, schedule: FeeSchedule | None) -> None:
        """Charge a market by another schedule from now on; None: nobody pays."""
        self._lifecycle.set_fee(condition_id, schedule)

    def resolve(self, condition_id: str, payout: Px) -> None:
        """Begin to resolve a market: YES will pay `payout` after `Conditions.resolution_s`.

        Raises UnknownRule for a payout that the market cannot have, and where it ends already.
        """
        self._lifecycle.resolve(condition_id, payout)

    def restart_engine(self, down_s: float = 60.0, post_only_s: float = 120.0) -> None:
        """Restart the matching engine: 425 for a while, then only post-only orders."""
        self._restarts.restart(down_s, post_only_s)

    def drop_sockets(self) -> None:
        """Hang up on everybody."""
        self._markets.hang_up()
        self._users.hang_up()

    def scramble_heartbeats(self) -> None:
        """Let every next heartbeat be refused once, as after a lost answer."""
        self._beats.scramble()

    # --- inner workings -------------------------------------------------------------------------

    def _now_ns(self) -> Ns:
        """The venue's clock, which may be off."""
        return Ns(self._base_ns() + round(self.conditions.clock_offset_s * NS_PER_S))

    def _rouse(self) -> None:
        self._wake.set()

    def _child(self) -> random.Random:
        """A generator of its own, so that one part's draws do not move another's."""
        return random.Random(self._rng.getrandbits(64))

    def _level_changed(self, market: MarketId, is_bid: bool, px: Px, total: Qty) -> None:  # noqa: FBT001 - the engine's way of saying it
        self.shelf.markets[market].changed_ns = self._now_ns()
        if near_the_end(px):
            self._near_ends.add(market)
        self._markets.tell_level(market, is_bid, px, total)

    def _book_changed(self, state: MarketState) -> None:
        self._history.note(state)
        if state.listing.id in self._near_ends:
            self._near_ends.discard(state.listing.id)
            self._lifecycle.watch(state)

    def _moved(self, accounts: Iterable[str]) -> None:
        self._balances.moved(accounts)
        self.flush()

    # --- wiring ---------------------------------------------------------------------------------

    def _make_chain(self) -> Chain:
        exchange, shelf = self._exchange, self.shelf
        return Chain(exchange, shelf, self._approvals, self._log, self._now_ns)

    def _make_lifecycle(self) -> Lifecycle:
        return Lifecycle(
            exchange=self._exchange,
            shelf=self.shelf,
            conditions=self.conditions,
            agenda=self._agenda,
            hub=self._markets,
            wallets=self._wallets,
            approvals=self._approvals,
            chain=self._chain,
            notices=self._notices,
            now_ns=self._now_ns,
            rng=self._child(),
            moved=self._moved,
            flush=self.flush,
            describe=self._reads.market_json,
        )

    def _make_publisher(self, reverse: Reverse) -> Publisher:
        registry, notices = self._registry, self._notices
        teller = Teller(self._wallets, registry, self._users, notices, self._now_ns)
        settler = Settler(
            self._agenda, self.conditions, self._child(), self._now_ns, teller.tell_trade, reverse
        )
        return Publisher(
            exchange=self._exchange,
            shelf=self.shelf,
            registry=registry,
            teller=teller,
            market_hub=self._markets,
            tape=self._tape,
            trades=self._trades,
            now_ns=self._now_ns,
            rng=self._rng,
            settle=settler.settle,
            moved=self._balances.moved,
            ended=self._lifecycle.ended,
            changed=self._book_changed,
            traded=self._history.traded,
        )

    def _make_desk(self) -> Desk:
        return Desk(
            exchange=self._exchange,
            registry=self._registry,
            publisher=self._publisher,
            agenda=self._agenda,
            approvals=self._approvals,
            conditions=self.conditions,
            now_ns=self._now_ns,
        )

    def _make_heartbeats(self) -> Heartbeats:
        return Heartbeats(
            self._gate,
            self._desk,
            self._registry,
            self._agenda,
            self.conditions,
            self._now_ns,
            self._child(),
        )

    def _make_relayer(self) -> Relayer:
        return Relayer(
            wallets=self._wallets,
            builders=self._builders,
            chain=self._chain,
            agenda=self._agenda,
            conditions=self.conditions,
            now_ns=self._now_ns,
            rng=self._child(),
            moved=self._moved,
        )

    def _routes(self) -> list[BaseRoute]:
        sockets = [
            WebSocketRoute("/ws/market", self._markets.serve),
            WebSocketRoute("/ws/user", self._users.serve),
        ]
        calls = [*self._public_calls(), *self._private_calls()]
        return [*make_routes(calls, self.flush, self._edge.admit), *sockets]

    def _public_calls(self) -> Iterable[Call]:
        exchange, shelf, envelope = self._exchange, self.shelf, self._envelope
        books = BookReads(exchange, shelf, self.conditions, self._now_ns)
        positions = PositionRows(exchange, shelf, self._wallets, self._log, envelope)
        history = HistoryRows(self._trades, self._log, envelope)
        data = DataApi(shelf, self._wallets, positions, history, envelope)
        gamma = Gamma(exchange, shelf, self._reads, self.conditions)
        node = ChainReads(exchange, shelf, self._wallets, self._approvals, self._now_ns)
        parts = (self._reads, books, self._history, data, gamma, node)
        return [call for part in parts for call in part.calls()]

    def _private_calls(self) -> Iterable[Call]:
        gate, registry, wallets = self._gate, self._registry, self._wallets
        checker = Checker(self._exchange, self.shelf, wallets, self.keys, self.conditions)
        trading = Trading(
            gate,
            self._meter,
            checker,
            self._desk,
            registry,
            self.conditions,
            self._now_ns,
            self._child(),
        )
        reads = PrivateReads(
            gate, registry, self._trades, wallets, self.shelf, self._balances, self._approvals
        )
        keys = KeyCalls(gate, self.keys, self._builders, wallets)
        rewards = Rewards(gate, self._exchange, self.shelf, wallets, registry, self._now_ns)
        self._relayer = self._make_relayer()
        parts = (keys, trading, self._beats, reads, rewards, self._notices, self._meter)
        return [call for part in (*parts, self._relayer) for call in part.calls()]
