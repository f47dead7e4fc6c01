"""Public reads of the rules of markets, and of the venue itself."""

from collections.abc import Callable, Iterable, Iterator

import attrs
from starlette.requests import Request

from arb.market.instruments import Outcome
from arb.market.units import MICRO, Ns, plain_text
from arb.sim.engine import Exchange
from arb.sim.polymarket.book_views import token_book
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.errors import not_found
from arb.sim.polymarket.listing import FeeSchedule
from arb.sim.polymarket.markets import MarketState, Shelf
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.wire import NS_PER_S, Json, iso_time, json_number, page_of

ORDER_VERSION = 2
"""The version of the CLOB's orders; not that of a market."""
LEGACY_BASE_FEE = 1000
"""Published for every market with fees and used by nothing."""


@attrs.frozen
class MarketReads:
    """Answers what a market is, and whether the venue is there."""

    exchange: Exchange
    shelf: Shelf
    conditions: Conditions
    now_ns: Callable[[], Ns]

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/time", self._time),
            ("GET", "/", self._ok),
            ("GET", "/ok", self._ok),
            ("GET", "/version", self._version),
            ("GET", "/api/geoblock", self._geoblock),
            ("GET", "/tick-size", self._tick_size),
            ("GET", "/neg-risk", self._neg_risk),
            ("GET", "/fee-rate", self._fee_rate),
            ("GET", "/clob-markets/{condition_id}", self._clob_market),
            ("GET", "/markets-by-token/{token}", self._by_token),
            ("GET", "/markets", self._markets),
            ("GET", "/sampling-markets", self._sampling),
            ("GET", "/simplified-markets", self._simplified),
            ("GET", "/sampling-simplified-markets", self._sampling_simplified),
        )

    async def _time(self, _request: Request) -> int:
        return self.now_ns() // NS_PER_S

    async def _ok(self, _request: Request) -> str:
        return "OK"

    async def _version(self, _request: Request) -> Json:
        return {"version": ORDER_VERSION}

    async def _geoblock(self, _request: Request) -> Json:
        return {
            "blocked": self.conditions.geoblocked,
            "ip": "127.0.0.1",
            "country": self.conditions.country,
            "region": self.conditions.region,
        }

    async def _tick_size(self, request: Request) -> Json:
        return {"minimum_tick_size": json_number(self._asked(request).tick)}

    async def _neg_risk(self, request: Request) -> Json:
        return {"neg_risk": self._asked(request).listing.neg_risk}

    async def _fee_rate(self, request: Request) -> Json:
        """An old on/off flag: no fee follows from it."""
        found = self.shelf.with_token(request.query_params.get("token_id", ""))
        if found is None:
            raise not_found("fee rate not found for market")
        return {"base_fee": _base_fee(found[0].fee_schedule)}

    async def _clob_market(self, request: Request) -> Json:
        return clob_market_json(self.shelf.with_condition(request.path_params["condition_id"]))

    async def _by_token(self, request: Request) -> Json:
        found = self.shelf.with_token(request.path_params["token"])
        if found is None:
            raise not_found("market not found")
        listing = found[0].listing
        primary, secondary = sorted(listing.tokens, key=int)  # the smaller number, not YES
        return {
            "condition_id": listing.condition_id,
            "primary_token_id": primary,
            "secondary_token_id": secondary,
        }

    async def _markets(self, request: Request) -> Json:
        return self._listing(request, self.shelf.markets.values(), self.market_json)

    async def _simplified(self, request: Request) -> Json:
        return self._listing(request, self.shelf.markets.values(), self._simplified_json)

    async def _sampling(self, request: Request) -> Json:
        """Markets that pay liquidity rewards."""
        return self._listing(request, rewarded(self.shelf), self.market_json)

    async def _sampling_simplified(self, request: Request) -> Json:
        return self._listing(request, rewarded(self.shelf), self._simplified_json)

    def _listing(
        self, request: Request, found: Iterable[MarketState], show: Callable[[MarketState], Json]
    ) -> Json:
        states = list(found)
        page, following = page_of(states, request.query_params.get("next_cursor", ""))
        data = [show(state) for state in page]
        return {"limit": 500, "count": len(data), "next_cursor": following, "data": data}

    def _asked(self, request: Request) -> MarketState:
        return self.shelf.book_of(request.query_params.get("token_id", ""))[0]

    def market_json(self, state: MarketState) -> Json:
        """A market as `/markets/{condition_id}` of the CLOB gives it."""
        listing = state.listing
        start_ns = listing.game_start_ns
        return {
            **self._simplified_json(state),
            "question_id": listing.question_id,
            "question": listing.question,
            "description": listing.description,
            "market_slug": listing.slug,
            "minimum_order_size": json_number(listing.min_size),
            "minimum_tick_size": json_number(state.tick),
            "enable_order_book": not state.closed,
            "neg_risk": listing.neg_risk,
            "neg_risk_market_id": listing.neg_risk_market_id,
            "neg_risk_request_id": "",
            "end_date_iso": iso_time(listing.end_ns),
            "game_start_time": None if start_ns is None else iso_time(start_ns),
            "seconds_delay": listing.seconds_delay,
            "maker_base_fee": _base_fee(state.fee_schedule),
            "taker_base_fee": _base_fee(state.fee_schedule),
            "is_50_50_outcome": False,
            "tags": [label for _, _, label in state.event.tags],
        }

    def _simplified_json(self, state: MarketState) -> Json:
        return {
            "condition_id": state.listing.condition_id,
            "tokens": [self._token_json(state, outcome) for outcome in Outcome],
            "rewards": _rewards(state),
            "active": not state.listing.placeholder,
            "closed": state.closed,
            "archived": False,
            "accepting_orders": state.accepting,
        }

    def _token_json(self, state: MarketState, outcome: Outcome) -> Json:
        pays = state.pays(outcome)
        price = token_book(self.exchange, state, outcome).best_bid if pays is None else pays
        return {
            "token_id": state.listing.token(outcome),
            "outcome": state.listing.label(outcome),
            "price": json_number(price),
            "winner": pays == MICRO,
        }


def rewarded(shelf: Shelf) -> Iterator[MarketState]:
    """The open markets whose resting orders can earn rewards."""
    for state in shelf.markets.values():
        if state.listing.rewards_min_size and not state.closed:
            yield state


def clob_market_json(state: MarketState) -> Json:
    """The rules of a market in short; what does not apply is left out, not null."""
    listing = state.listing
    shown: Json = {
        "gst": None if listing.game_start_ns is None else iso_time(listing.game_start_ns),
        "r": _short_rewards(state),
        "t": [{"t": listing.token(side), "o": listing.label(side)} for side in Outcome],
        "c": listing.condition_id,
        "mos": json_number(listing.min_size),
        "mts": json_number(state.tick),
        "mbf": LEGACY_BASE_FEE,
        "tbf": LEGACY_BASE_FEE,
        "ao": state.accepting,
        "cbos": listing.clear_on_start,
        "aot": iso_time(state.listed_ns),
        "ibce": False,
        "itode": listing.taker_delay or None,
        "sd": listing.seconds_delay or None,
        "nr": listing.neg_risk or None,
        "fd": _short_fees(state.fee_schedule),
        "v": listing.version,
    }
    return {key: value for key, value in shown.items() if value is not None}


def _short_fees(schedule: FeeSchedule | None) -> Json | None:
    if schedule is None:
        return None
    return {"r": json_number(schedule.rate_ppm), "e": schedule.exponent, "to": True}


def _base_fee(schedule: FeeSchedule | None) -> int:
    return 0 if schedule is None else LEGACY_BASE_FEE


def _short_rewards(state: MarketState) -> Json:
    spread = json_number(state.listing.rewards_max_spread_tenths * 100_000)
    return {"mi": state.listing.rewards_min_size, "ma": spread, "e": False, "moas": 0}


def _rewards(state: MarketState) -> Json:
    spread = plain_text(state.listing.rewards_max_spread_tenths * 100_000)
    return {"rates": None, "min_size": state.listing.rewards_min_size, "max_spread": float(spread)}
