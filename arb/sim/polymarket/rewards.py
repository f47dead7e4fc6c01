"""Liquidity rewards and maker rebates, as far as anybody can read of them.

Docs: programs/liquidity-rewards, maker-rebates. Rewards are paid by day and not simulated, so
what was earned is nothing; whether an order scores, and what fees it brought its maker, is real.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

import attrs
from starlette.requests import Request

from arb.market.instruments import Outcome
from arb.market.units import MICRO, Ns, plain_text
from arb.sim.engine import Exchange
from arb.sim.orders import Match
from arb.sim.polymarket.book_views import token_book
from arb.sim.polymarket.contracts import Contract
from arb.sim.polymarket.errors import bad_request, invalid_payload
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.keys import ApiKey, Wallets
from arb.sim.polymarket.market_reads import rewarded
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.payload import parse_list
from arb.sim.polymarket.registry import ApiOrder, Registry
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import NS_PER_S, Json, json_number, page_of

TENTH_OF_A_CENT = MICRO // 1_000
REBATE_FROM = MICRO
"""Micro-dollars: rebates of less than a dollar a day are not paid."""


@attrs.frozen
class Rewards:
    """Answers what earns, and what was earned."""

    gate: Gate
    exchange: Exchange
    shelf: Shelf
    wallets: Wallets
    registry: Registry
    now_ns: Callable[[], Ns]

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/order-scoring", self._scoring),
            ("POST", "/orders-scoring", self._many_scoring),
            ("GET", "/rewards/markets/current", self._current),
            ("GET", "/rewards/markets/{condition_id}", self._market),
            ("GET", "/rewards/user", self._earnings),
            ("GET", "/rewards/user/total", self._total),
            ("GET", "/rewards/user/markets", self._earnings),
            ("GET", "/rewards/user/percentages", self._percentages),
            ("GET", "/rebates/current", self._rebates),
        )

    # --- scoring --------------------------------------------------------------------------------

    async def _scoring(self, request: Request) -> Json:
        key = await self.gate.key(request)
        return {"scoring": self._scores(key, request.query_params.get("order_id", ""))}

    async def _many_scoring(self, request: Request) -> Json:
        key = await self.gate.key(request)
        named = parse_list(await request.body())
        if not all(isinstance(name, str) for name in named):
            raise invalid_payload()
        return {str(name): self._scores(key, str(name)) for name in named}

    def _scores(self, key: ApiKey, order_id: str) -> bool:
        """Say whether an order earns now: it rests, is large enough and near the middle."""
        order = self.registry.find(order_id.lower())
        if order is None or order.wallet.signer.lower() != key.address.lower() or not order.live:
            return False
        listing = order.state.listing
        large = order.shares - order.filled >= listing.rewards_min_size * MICRO
        return bool(listing.rewards_min_size) and large and self._is_near(order)

    def _is_near(self, order: ApiOrder) -> bool:
        book = token_book(self.exchange, order.state, order.outcome)
        if not book.bids or not book.asks or order.sim is None:
            return False
        middle = (book.best_bid + book.best_ask) // 2
        most = order.state.listing.rewards_max_spread_tenths * TENTH_OF_A_CENT
        return abs(order.limit - middle) <= most

    # --- programmes -----------------------------------------------------------------------------

    async def _current(self, request: Request) -> Json:
        page, following = page_of(
            list(rewarded(self.shelf)), request.query_params.get("next_cursor", "")
        )
        rows = [self._programme(state) for state in page]
        return {"limit": 500, "count": len(rows), "next_cursor": following, "data": rows}

    async def _market(self, request: Request) -> Json:
        state = self.shelf.with_condition(request.path_params["condition_id"])
        rows = [self._described(state)] if state.listing.rewards_min_size else []
        return {"limit": 100, "count": len(rows), "next_cursor": "LTE=", "data": rows}

    def _programme(self, state: MarketState) -> Json:
        listing = state.listing
        return {
            "condition_id": listing.condition_id,
            "rewards_max_spread": json_number(listing.rewards_max_spread_tenths * MICRO // 10),
            "rewards_min_size": listing.rewards_min_size,
            "rewards_config": [],
        }

    def _described(self, state: MarketState) -> Json:
        listing = state.listing
        books = [token_book(self.exchange, state, outcome) for outcome in Outcome]
        return {
            **self._programme(state),
            "question": listing.question,
            "market_slug": listing.slug,
            "event_slug": state.event.slug,
            "image": "",
            "market_competitiveness": 0,
            "tokens": [
                {
                    "token_id": book.token,
                    "outcome": listing.label(book.outcome),
                    "price": json_number((book.best_bid + book.best_ask) // 2),
                }
                for book in books
            ],
        }

    async def _earnings(self, request: Request) -> Json:
        await self.gate.key(request)
        return {"limit": 100, "count": 0, "next_cursor": "LTE=", "data": []}

    async def _total(self, request: Request) -> list[Json]:
        await self.gate.key(request)
        return []

    async def _percentages(self, request: Request) -> Json:
        await self.gate.key(request)
        return {}

    # --- rebates --------------------------------------------------------------------------------

    async def _rebates(self, request: Request) -> list[Json]:
        """What a maker's fills of a day bring: its share of the fees, a dollar at least."""
        date = _day(request.query_params.get("date", ""))
        wallet = self.wallets.holding(request.query_params.get("maker_address", ""))
        if wallet is None:
            return []
        owed = self._owed(wallet.account, date)
        if sum(owed.values()) < REBATE_FROM:
            return []
        return [
            {
                "date": date,
                "condition_id": condition,
                "asset_address": Contract.PUSD.value,
                "maker_address": wallet.funder,
                "rebated_fees_usdc": plain_text(dollars),
            }
            for condition, dollars in owed.items()
        ]

    def _owed(self, account: str, date: str) -> dict[str, int]:
        """Micro-dollars by condition. A maker's share of a pool is its share of the fees in it."""
        owed: dict[str, int] = {}
        for match in self._made(account, date):
            schedule = self.shelf.markets[match.market].fee_schedule
            if schedule is not None:
                condition = self.shelf.markets[match.market].listing.condition_id
                rebate = match.taker_fee * schedule.rebate_ppm // MICRO
                owed[condition] = owed.get(condition, 0) + rebate
        return owed

    def _made(self, account: str, date: str) -> Iterator[Match]:
        for match in self.exchange.matches_of(account):
            day = datetime.fromtimestamp(match.at_ns // NS_PER_S, UTC).date().isoformat()
            if match.maker.account == account and day == date:
                yield match


def _day(text: str) -> str:
    """A calendar date. Raises ApiError (400)."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError as error:
        raise bad_request("invalid date") from error
