"""The simulated Polymarket as one ASGI application, and the work that goes on behind it."""

import random
from collections import Counter
from collections.abc import Callable, Iterable

import trio
from starlette.applications import Starlette
from starlette.routing import BaseRoute, WebSocketRoute

from arb.market.grid import PriceGrid
from arb.market.instruments import Outcome
from arb.market.units import Ns, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.agenda import Agenda
from arb.sim.polymarket.balances import BalanceCache
from arb.sim.polymarket.book_reads import BookReads
from arb.sim.polymarket.checks import Checker
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.data_api import DataApi
from arb.sim.polymarket.gamma import Gamma
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.heartbeats import Heartbeats
from arb.sim.polymarket.key_calls import KeyCalls
from arb.sim.polymarket.keys import KeyRing, Wallet, Wallets
from arb.sim.polymarket.listing import PolymarketEvent, exchange_listing
from arb.sim.polymarket.market_reads import MarketReads
from arb.sim.polymarket.market_socket import MarketHub
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.placement import Desk
from arb.sim.polymarket.private_reads import PrivateReads
from arb.sim.polymarket.publisher import Publisher, Teller, TradeBook
from arb.sim.polymarket.registry import Registry
from arb.sim.polymarket.routing import Call, make_routes
from arb.sim.polymarket.settlement import Reverse, Settler
from arb.sim.polymarket.tape import Tape
from arb.sim.polymarket.trading import Trading
from arb.sim.polymarket.user_socket import UserHub
from arb.sim.polymarket.wire import Json, milliseconds


class PolymarketFace:
    """Speaks Polymarket's protocols in front of a matching engine.

    `app` serves all of the venue's hosts; `run` must be running for streams of what others do,
    settlement, expiry and the dead-man switch. The markets must be on the exchange's list
    already, the wallets' accounts open. Everything random comes from `rng`, every time from
    `now_ns`.
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
    ) -> None:
        """Put the pieces together. `reverse` takes back matches whose settlement failed."""
        self.conditions = conditions or Conditions()
        self.keys = KeyRing(rng.getrandbits(64))
        self.shelf = Shelf(catalogue, now_ns())
        self._exchange = exchange
        self._now_ns = now_ns
        self._rng = random.Random(rng.getrandbits(64))
        self._wallets = Wallets(wallets)
        self._agenda = Agenda(now_ns)
        self._wake = trio.Event()
        self._tape = Tape(self._rouse)
        self._registry = Registry()
        self._trades = TradeBook()
        self._balances = BalanceCache(exchange, self._wallets, self._agenda, self.conditions)
        self._markets = MarketHub(exchange, self.shelf, self.conditions, self.flush)
        self._users = UserHub(self.keys, self.conditions, self.flush)
        self._publisher = self._make_publisher(reverse)
        exchange.listeners.append(self._tape)
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
        """What happened to socket clients, by kind."""
        return self._markets.counts + self._users.counts

    # --- what the venue's operators do ----------------------------------------------------------

    def list_event(self, event: PolymarketEvent) -> None:
        """List new markets while the venue is open, and announce them."""
        for listing in event.markets:
            self._exchange.list_market(exchange_listing(listing))
        for state in self.shelf.add(event, self._now_ns()):
            self._markets.tell_custom(_new_market(state, self._now_ns()))

    def change_tick(self, condition_id: str, tick: int) -> None:
        """Change a market's tick and tell those who watch it."""
        self.flush()
        state = self.shelf.with_condition(condition_id)
        old, state.tick = state.tick, tick
        self._exchange.regrid(state.listing.id, PriceGrid.of_tick(tick))
        for outcome in Outcome:
            token = state.listing.token(outcome)
            self._markets.tell_asset(token, _tick_change(state, token, old, self._now_ns()))
        self._markets.tell_books(state)
        self.flush()

    def _rouse(self) -> None:
        self._wake.set()

    # --- wiring ---------------------------------------------------------------------------------

    def _make_publisher(self, reverse: Reverse | None) -> Publisher:
        teller = Teller(self._wallets, self._users, self._now_ns)
        fate = random.Random(self._rng.getrandbits(64))
        settler = Settler(
            self._agenda, self.conditions, fate, self._now_ns, teller.tell_trade, reverse
        )
        return Publisher(
            exchange=self._exchange,
            shelf=self.shelf,
            registry=self._registry,
            teller=teller,
            market_hub=self._markets,
            tape=self._tape,
            trades=self._trades,
            now_ns=self._now_ns,
            rng=self._rng,
            settle=settler.settle,
            moved=self._balances.moved,
        )

    def _routes(self) -> list[BaseRoute]:
        sockets = [
            WebSocketRoute("/ws/market", self._markets.serve),
            WebSocketRoute("/ws/user", self._users.serve),
        ]
        return [*make_routes([*self._public_calls(), *self._private_calls()], self.flush), *sockets]

    def _public_calls(self) -> Iterable[Call]:
        reads = MarketReads(self._exchange, self.shelf, self.conditions, self._now_ns)
        books = BookReads(self._exchange, self.shelf, self.conditions)
        data = DataApi(self._exchange, self.shelf, self._wallets, self._trades, self._rng)
        gamma = Gamma(self._exchange, self.shelf, reads)
        return [*reads.calls(), *books.calls(), *data.calls(), *gamma.calls()]

    def _private_calls(self) -> Iterable[Call]:
        gate = Gate(self.keys, self.conditions, self._now_ns)
        registry, now_ns = self._registry, self._now_ns
        checker = Checker(self._exchange, self.shelf, self._wallets, self.keys)
        desk = Desk(self._exchange, registry, self._publisher, self._agenda, now_ns)
        trading = Trading(gate, checker, desk, registry, self.conditions, now_ns)
        beats = Heartbeats(gate, desk, registry, self._agenda, self.conditions, now_ns, self._rng)
        reads = PrivateReads(
            gate, registry, self._trades, self._wallets, self.shelf, self._balances
        )
        keys = KeyCalls(gate, self.keys, self._wallets)
        return [*keys.calls(), *trading.calls(), *beats.calls(), *reads.calls()]


def _tick_change(state: MarketState, token: str, old: int, now_ns: Ns) -> Json:
    return {
        "event_type": "tick_size_change",
        "asset_id": token,
        "market": state.listing.condition_id,
        "old_tick_size": plain_text(old),
        "new_tick_size": plain_text(state.tick),
        "timestamp": milliseconds(now_ns),
    }


def _new_market(state: MarketState, now_ns: Ns) -> Json:
    listing, event = state.listing, state.event
    about = {"ticker": event.slug, "slug": event.slug, "title": event.title}
    return {
        "event_type": "new_market",
        "id": listing.gamma_id,
        "question": listing.question,
        "market": listing.condition_id,
        "slug": listing.slug,
        "description": listing.description,
        "assets_ids": list(listing.tokens),
        "outcomes": list(listing.outcomes),
        "event_message": {"id": event.gamma_id, **about, "description": event.description},
        "timestamp": milliseconds(now_ns),
        "tags": [slug for _, slug, _ in event.tags],
        "condition_id": listing.condition_id,
        "active": not listing.placeholder,
        "clob_token_ids": list(listing.tokens),
        "order_price_min_tick_size": plain_text(state.tick),
        "group_item_title": listing.group_item_title,
        "fees_enabled": listing.fee_schedule is not None,
    }
