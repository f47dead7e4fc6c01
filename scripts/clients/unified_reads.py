"""polymarket-client: everything that only reads, and credentials."""

import itertools

from polymarket.auth import BuilderApiKey
from polymarket.clients.secure import SecureClient
from polymarket.errors import RequestRejectedError

from clients.operations import OnPolymarket as Row
from clients.reporting import Refused, answers, expect, refused
from clients.unified_setup import Setup


class Reads(Setup):
    """The rows that change nothing."""

    @answers(Row.EVENTS)
    def events(self) -> str:
        events = list(self.public.list_events(page_size=50).iter_items())
        one = self.public.get_event(id=events[0].id)
        expect(one.slug == self.public.get_event(slug=one.slug).slug, one)
        exclusive = sum(bool(event.markets and len(event.markets) > 1) for event in events)
        return f"{len(events)} events, {exclusive} with several markets"

    @answers(Row.MARKETS)
    def markets(self) -> str:
        markets = list(self.public.list_markets(closed=False, page_size=50).iter_items())
        wanted = [market.condition_id for market in markets[:3]]
        some = self.public.list_markets(condition_ids=wanted).first_page().items
        expect({one.condition_id for one in some} == set(wanted), "filter by condition ids")
        return f"{len(markets)} open markets, {len(some)} by condition id"

    @answers(Row.PAGES)
    def pages(self) -> str:
        pages = list(itertools.islice(self.public.list_markets(closed=False, page_size=10), 30))
        ids = [market.id for page in pages for market in page.items]
        expect(len(ids) == len(set(ids)) and len(pages) > 1, f"{len(pages)} pages, {len(ids)} ids")
        expect(not pages[-1].has_more, "the last page promises more")
        return f"{len(ids)} markets in {len(pages)} keyset pages, none twice"

    @answers(Row.ONE_MARKET)
    def one_market(self) -> str:
        by_id = self.public.get_market(id=self.market.id)
        by_slug = self.public.get_market(slug=self.market.slug)
        expect(by_id.condition_id == by_slug.condition_id, "id and slug differ")
        return str(by_slug.question)

    @answers(Row.MARKET_INFO)
    def market_info(self) -> str:
        trading = self.market.trading
        expect(trading.fee_schedule is not None, trading)
        return (
            f"tick {trading.minimum_tick_size}, minimum {trading.minimum_order_size}, "
            f"fee rate {trading.fee_schedule.rate}, negative risk {self.market.state.neg_risk}"
        )

    @answers(Row.BOOK)
    def book(self) -> str:
        book = self.public.get_order_book(asset_id=self.token)
        bid, ask = self.best()
        expect(bid < ask, book)
        return f"{len(book.bids)} bids, {len(book.asks)} asks, {bid}/{ask}"

    @answers(Row.BOOKS)
    def books(self) -> str:
        wanted = [self.token, self.market.outcomes.no.token_id]
        books = self.public.get_order_books(asset_ids=wanted)
        expect(len(books) == len(wanted), books)
        return f"{len(books)} books"

    @answers(Row.PRICES)
    def prices(self) -> str:
        middle = self.public.get_midpoint(asset_id=self.token)
        spread = self.public.get_spread(asset_id=self.token)
        sides = {self.public.get_price(asset_id=self.token, side=one) for one in ("BUY", "SELL")}
        expect(max(sides) - min(sides) == spread, (sides, spread))
        last = self.public.get_last_trade_price(asset_id=self.token)  # None: never traded
        return f"middle {middle}, spread {spread}, last {last and last.price}"

    @answers(Row.MANY_PRICES)
    def many_prices(self) -> str:
        both = [self.token, self.market.outcomes.no.token_id]
        middles = self.public.get_midpoints(asset_ids=both)
        spreads = self.public.get_spreads(asset_ids=both)
        lasts = self.public.get_last_trade_prices(asset_ids=both)
        expect(len(middles) == len(spreads) == len(both), (middles, spreads))
        return f"{len(middles)} midpoints, {len(spreads)} spreads, {len(lasts)} last trades"

    @answers(Row.HISTORY)
    def history(self) -> str:
        points = self.public.list_price_history(asset_id=self.token, interval="1d").first_page()
        return f"{len(points.items)} points"

    @answers(Row.ESTIMATE)
    def estimate(self) -> str:
        price = self.public.estimate_market_price(asset_id=self.token, side="BUY", amount=5)
        return f"$5 buys up to {price}"

    @answers(Row.NO_BOOK)
    def no_book(self) -> Refused:
        words = "No orderbook exists for the requested token id"
        read = self.public.get_order_book
        return refused(lambda: read(asset_id="1234567890"), words, RequestRejectedError)

    @answers(Row.KEYS)
    def keys(self) -> str:
        listed = self.client.fetch_api_keys()
        key = self.client._ctx.credentials.key  # noqa: SLF001 - the client hides its key
        expect(key in listed, listed)
        return f"derived by the client at its start; {len(listed)} listed"

    @answers(Row.KEY_DELETED)
    def key_deleted(self) -> str:
        other = SecureClient.create(
            private_key=self.venue["private_key"],
            wallet=self.venue["wallet"],
            environment=self.environment,
            nonce=11,
        )
        other.delete_api_key()
        words = "Unauthorized/Invalid api key"
        said = refused(other.fetch_api_keys, words, RequestRejectedError)
        return f"deleted; afterwards {said.text}"

    @answers(Row.READ_ONLY_KEY)
    def builder_key(self) -> str:
        """Make a builder key: this client has no read-only keys, these are its other kind."""
        made = self.client.create_builder_api_key()
        expect(isinstance(made, BuilderApiKey), made)
        return f"builder key made, {len(self.client.fetch_builder_api_keys())} listed"

    @answers(Row.CLOSED_ONLY)
    def closed_only(self) -> str:
        expect(self.client.get_closed_only_mode() is False, "closed only")
        return "False"

    @answers(Row.OPEN_ORDERS)
    def open_orders(self) -> str:
        order_id = self.rest()
        here = [one.id for one in self.client.list_open_orders(asset_id=self.token).iter_items()]
        self.client.cancel_order(order_id=order_id)
        expect(order_id in here, here)
        return f"{len(here)} of this token"

    @answers(Row.TRADES)
    def trades(self) -> str:
        market = self.market.condition_id
        trades = list(self.client.list_account_trades(market=market).iter_items())
        expect(trades, "no trades, though orders filled")
        return f"{len(trades)} here, the last {trades[0].status}"

    @answers(Row.BALANCE)
    def balance(self) -> str:
        said = self.client.get_balance_allowance(asset_type="COLLATERAL")
        expect(said.balance > 0, said)
        return f"{said.balance}"

    @answers(Row.TOKEN_BALANCE)
    def token_balance(self) -> str:
        said = self.client.get_balance_allowance(asset_type="CONDITIONAL", asset_id=self.token)
        expect(said.balance > 0, said)
        return f"{said.balance}"

    @answers(Row.POSITIONS)
    def positions(self) -> str:
        positions = list(self.client.list_positions().iter_items())
        mine = [one for one in positions if one.condition_id == self.market.condition_id]
        expect(mine, positions)
        value = self.client.get_portfolio_value()
        return f"{len(positions)} positions, worth {value}"

    @answers(Row.DATA_TRADES)
    def data_trades(self) -> str:
        trades = self.client.list_trades(user=self.venue["wallet"]).first_page().items
        activity = self.client.list_activity().first_page().items
        expect(trades and activity, (len(trades), len(activity)))
        return f"{len(trades)} trades, {len(activity)} activities"

    @answers(Row.NOTIFICATIONS)
    def notifications(self) -> str:
        return f"{len(self.client.get_notifications())} notifications"

    @answers(Row.SCORING)
    def scoring(self) -> str:
        order_id = self.rest()
        one = self.client.get_order_scoring(order_id=order_id)
        many = self.client.get_orders_scoring(order_ids=[order_id])
        self.client.cancel_order(order_id=order_id)
        expect(order_id in many, many)
        return f"{one}, {len(many)} at once"
