"""One book, two views: what the public reads show of it."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Px, Qty, parse_micros
from arb.sim.polymarket.book_views import TokenBook, book_hash, book_text
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.listing import PolymarketEvent, PolymarketListing
from arb.sim.polymarket.markets import LastTrade, Shelf

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Venue


HASHED = (
    "market",
    "asset_id",
    "timestamp",
    "hash",
    "bids",
    "asks",
    "min_order_size",
    "tick_size",
    "neg_risk",
    "last_trade_price",
)


def recipe(book: dict[str, Any]) -> str:
    """The official client's recipe, written a second time: the hash of a book as it was read."""
    text = json.dumps({**{key: book[key] for key in HASHED}, "hash": ""}, separators=(",", ":"))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def test_the_published_hash() -> None:
    """The hash of the published example book."""
    listing = PolymarketListing(
        gamma_id="1",
        condition_id="0xaabb",
        question="?",
        slug="example",
        tokens=("100", "101"),
        end_ns=Ns(0),
    )
    event = PolymarketEvent("1", "example", "?", (listing,), Ns(0))
    (state,) = Shelf([event], Ns(0)).markets.values()
    state.last_trade = LastTrade(Px(500_000), "BUY")
    hundred = Qty(100 * MICRO)
    book = TokenBook(
        state,
        Outcome.YES,
        ((Px(400_000), hundred), (Px(300_000), hundred)),
        ((Px(700_000), hundred), (Px(600_000), hundred)),  # as published: the best one first
        Ns(123_456_789_000_000),
    )
    assert book_hash(book) == "616c180fd47f87baf45ab0c99705912b0259d26a"
    text = json.loads(book_text(book))
    assert text["hash"] == book_hash(book) == recipe(text)


async def test_the_best_level_is_the_last(venue: "Venue", markets: "Markets") -> None:
    """Bids rise and asks fall; everything but neg_risk is a string."""
    market = markets["plain"]
    for price in ("0.48", "0.5", "0.49"):
        venue.rest(market, Action.BUY, "10.5", price)
    for price in ("0.52", "0.51", "0.53"):
        venue.rest(market, Action.SELL, "7", price)
    book = await venue.read("/book", token_id=market.tokens[0])
    assert [level["price"] for level in book["bids"]] == ["0.48", "0.49", "0.5"]
    assert [level["price"] for level in book["asks"]] == ["0.53", "0.52", "0.51"]
    assert book["bids"][0]["size"] == "10.5"
    assert (book["market"], book["asset_id"]) == (market.condition_id, market.tokens[0])
    assert (book["min_order_size"], book["tick_size"], book["neg_risk"]) == ("5", "0.01", False)
    assert book["last_trade_price"] == ""
    assert book["hash"] == recipe(book)
    assert "version" not in book


def mirrored(levels: list[dict[str, str]]) -> list[tuple[int, str]]:
    return [(MICRO - parse_micros(level["price"]), level["size"]) for level in levels]


def straight(levels: list[dict[str, str]]) -> list[tuple[int, str]]:
    return [(parse_micros(level["price"]), level["size"]) for level in levels]


async def test_the_no_book_is_the_mirror(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Every NO bid is a YES ask at the complement, whoever posted it and on which token."""
    market = markets["fine"]
    venue.quote(market, "0.301", "0.4")
    venue.rest(market, Action.BUY, "33", "0.555", Outcome.NO)
    await bot.place(market.tokens[1], "BUY", "12.34", "0.601")
    yes = await venue.read("/book", token_id=market.tokens[0])
    no = await venue.read("/book", token_id=market.tokens[1])
    assert straight(yes["bids"]) == mirrored(no["asks"])
    assert straight(yes["asks"]) == mirrored(no["bids"])
    assert (yes["timestamp"], yes["last_trade_price"]) == (no["timestamp"], no["last_trade_price"])


async def test_an_order_on_one_token_shows_on_both(
    bot: "Person", venue: "Venue", markets: "Markets"
) -> None:
    """A buy of NO is seen as an ask of YES with the same size."""
    market = markets["plain"]
    await bot.place(market.tokens[1], "BUY", "10", "0.7")
    yes = await venue.read("/book", token_id=market.tokens[0])
    assert (yes["bids"], yes["asks"]) == ([], [{"price": "0.3", "size": "10"}])


async def test_positions_of_the_second_protocol_say_so(venue: "Venue", markets: "Markets") -> None:
    """Books of position ids carry their version."""
    book = await venue.read("/book", token_id=markets["v2"].tokens[0])
    assert book["version"] == "v2"


async def test_tokens_without_a_book(venue: "Venue", markets: "Markets") -> None:
    """Nonsense is no token; a market may have no book yet, or no longer."""
    said = await venue.ask("GET", "/book", token_id="x")
    assert (said.status, said.body) == (400, {"error": "Invalid token id"})
    missing = (404, {"error": "No orderbook exists for the requested token id"})
    said = await venue.ask("GET", "/book", token_id="123")
    assert (said.status, said.body) == missing
    state = venue.face.shelf.with_condition(markets["plain"].condition_id)
    state.has_book = False
    said = await venue.ask("GET", "/book", token_id=markets["plain"].tokens[0])
    assert (said.status, said.body) == missing
    venue.exchange.resolve(markets["free"].id, Px(1_000_000))
    said = await venue.ask("GET", "/book", token_id=markets["free"].tokens[0])
    assert (said.status, said.body) == missing


async def post(venue: "Venue", path: str, tokens: list[str]) -> Any:  # noqa: ANN401 - JSON
    rows = ",".join(f'{{"token_id":"{token}"}}' for token in tokens)
    said = await venue.ask("POST", path, f"[{rows}]")
    assert said.status == 200, said
    return said.body


async def test_many_books_at_once(venue: "Venue", markets: "Markets") -> None:
    """Unknown tokens are left out in silence; 501 tokens are too many."""
    tokens = [*markets["plain"].tokens, "123", markets["fine"].tokens[0]]
    books = await post(venue, "/books", tokens)
    assert {book["asset_id"] for book in books} == set(tokens) - {"123"}
    rows = ",".join('{"token_id":"1"}' for _ in range(501))
    said = await venue.ask("POST", "/books", f"[{rows}]")
    assert (said.status, said.body) == (400, {"error": "Payload exceeds the limit"})


async def test_prices(venue: "Venue", markets: "Markets", conditions: Conditions) -> None:
    """Prices, midpoints, spreads, alone and together; the side of /price can be turned round."""
    yes, no = markets["plain"].tokens
    venue.quote(markets["plain"], "0.48", "0.51")
    assert await venue.read("/price", token_id=yes, side="BUY") == {"price": "0.48"}
    assert await venue.read("/price", token_id=no, side="SELL") == {"price": "0.52"}
    conditions.price_is_opposite = True
    assert await venue.read("/price", token_id=yes, side="BUY") == {"price": "0.51"}
    assert await venue.read("/midpoint", token_id=no) == {"mid": "0.505"}
    assert await venue.read("/spread", token_id=yes) == {"spread": "0.03"}
    assert await post(venue, "/midpoints", [yes, no]) == {yes: "0.495", no: "0.505"}
    assert await post(venue, "/spreads", [yes]) == {yes: "0.03"}
    assert await post(venue, "/prices", [yes]) == {yes: {"BUY": "0.51", "SELL": "0.48"}}
    assert (await venue.ask("GET", "/price", None, None, token_id=yes, side="X")).status == 400
    free = markets["free"].tokens[0]
    assert (await venue.ask("GET", "/midpoint", None, None, token_id=free)).status == 404


async def test_the_last_trade_is_the_takers(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """The last print is in the taker's terms and the same on both tokens."""
    market = markets["plain"]
    assert (await venue.read("/last-trade-price", token_id=market.tokens[0]))["side"] == ""
    venue.quote(market, "0.48", "0.52")
    await bot.place(market.tokens[1], "BUY", "10", "0.52")
    expected = {"price": "0.52", "side": "BUY"}
    for token in market.tokens:
        assert await venue.read("/last-trade-price", token_id=token) == expected
    many = await post(venue, "/last-trades-prices", [market.tokens[0]])
    assert many == [{"token_id": market.tokens[0], **expected}]


async def test_the_rules_of_a_market(venue: "Venue", markets: "Markets") -> None:
    """Tick, neg-risk flag, base fee and the short form of a market; what is not, is absent."""
    plain, neg, sport = markets["plain"], markets["neg0"], markets["sport"]
    assert await venue.read("/tick-size", token_id=plain.tokens[0]) == {"minimum_tick_size": 0.01}
    assert await venue.read("/neg-risk", token_id=neg.tokens[0]) == {"neg_risk": True}
    assert await venue.read("/fee-rate", token_id=plain.tokens[0]) == {"base_fee": 1000}
    free = markets["free"]
    assert await venue.read("/fee-rate", token_id=free.tokens[0]) == {"base_fee": 0}
    said = await venue.ask("GET", "/fee-rate", None, None, token_id="1")
    assert (said.status, said.body) == (404, {"error": "fee rate not found for market"})
    short = await venue.read(f"/clob-markets/{neg.condition_id}")
    assert short["t"] == [{"t": neg.tokens[0], "o": "Yes"}, {"t": neg.tokens[1], "o": "No"}]
    assert (short["mts"], short["mos"], short["nr"]) == (0.01, 5, True)
    assert (short["fd"], short["v"]) == ({"r": 0.04, "e": 1, "to": True}, "v1")
    assert not {"itode", "sd", "gst"} & short.keys()
    assert (await venue.read(f"/clob-markets/{sport.condition_id}"))["sd"] == 3
    crypto = markets["crypto"]
    assert (await venue.read(f"/clob-markets/{crypto.condition_id}"))["itode"] is True
    assert not {"fd", "nr"} & (await venue.read(f"/clob-markets/{free.condition_id}")).keys()
    said = await venue.ask("GET", "/clob-markets/0x12")
    assert (said.status, said.body) == (404, {"error": "market not found"})


async def test_the_venue_itself(venue: "Venue", markets: "Markets") -> None:
    """Time, health, order version, region."""
    assert (await venue.ask("GET", "/time")).body == venue.now_s()
    assert (await venue.ask("GET", "/ok")).body == "OK"
    assert await venue.read("/version") == {"version": 2}
    assert (await venue.read("/api/geoblock"))["blocked"] is False
    found = await venue.read(f"/markets-by-token/{markets['plain'].tokens[1]}")
    assert found["condition_id"] == markets["plain"].condition_id


async def test_market_lists(venue: "Venue", markets: "Markets") -> None:
    """The CLOB's own lists carry tokens with their winner."""
    page = await venue.read("/simplified-markets")
    assert (page["count"], page["next_cursor"]) == (len(markets), "LTE=")
    venue.exchange.resolve(markets["plain"].id, Px(0))
    one = await venue.read(f"/markets/{markets['plain'].condition_id}")
    assert [token["winner"] for token in one["tokens"]] == [False, True]
    assert (one["closed"], one["accepting_orders"]) == (True, False)
