"""The market stream: snapshots, changes, and what keeps or ends a connection."""

import random
from typing import TYPE_CHECKING, Any

import pytest
import trio

from arb.market.errors import Unreachable
from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, Ns, Px, parse_micros
from arb.sim.polymarket.conditions import Conditions
from arb.sim.polymarket.listing import PolymarketEvent, PolymarketListing

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Frames, Markets, Person, Venue

Levels = dict[int, int]


def subscription(*tokens: str, **more: object) -> dict[str, object]:
    return {"type": "market", "assets_ids": list(tokens), **more}


def ladders(book: dict[str, Any]) -> tuple[Levels, Levels]:
    bids, asks = (
        {parse_micros(level["price"]): parse_micros(level["size"]) for level in book[side]}
        for side in ("bids", "asks")
    )
    return bids, asks


def apply(change: dict[str, Any], bids: Levels, asks: Levels) -> None:
    side = bids if change["side"] == "BUY" else asks
    px, size = parse_micros(change["price"]), parse_micros(change["size"])
    if size:
        side[px] = size
    else:
        side.pop(px, None)
    assert parse_micros(change["best_bid"]) == max(bids, default=0)
    assert parse_micros(change["best_ask"]) == min(asks, default=MICRO)


async def test_the_first_answer_is_an_array_of_books(venue: "Venue", markets: "Markets") -> None:
    """Subscribing brings one array with a book for every token that has one."""
    plain, fine = markets["plain"], markets["fine"]
    venue.quote(plain, "0.48", "0.52")
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(*plain.tokens, fine.tokens[0], "123"))
        books = await frames.dump()
        assert [book["asset_id"] for book in books] == [*plain.tokens, fine.tokens[0]]
        assert {book["event_type"] for book in books} == {"book"}
        rest = await venue.read("/book", token_id=plain.tokens[0])
        assert books[0]["hash"] == rest["hash"]
        assert books[0]["bids"] == rest["bids"]
        assert (books[0]["tick_size"], books[0]["last_trade_price"]) == ("0.01", "")


async def test_tokens_can_be_added_and_dropped(venue: "Venue", markets: "Markets") -> None:
    """Added tokens bring their book, known ones nothing; dropped ones fall silent."""
    plain, fine = markets["plain"], markets["fine"]
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(plain.tokens[0], initial_dump=False))
        assert await frames.hear_all() == []
        add = {"operation": "subscribe", "assets_ids": [plain.tokens[0], fine.tokens[0]]}
        await frames.say(add)
        (book,) = await frames.hear_all()
        assert (book["event_type"], book["asset_id"]) == ("book", fine.tokens[0])
        await frames.say(add)
        assert await frames.hear_all() == []
        drop = {"operation": "unsubscribe", "assets_ids": [fine.tokens[0], plain.tokens[0]]}
        await frames.say(drop)
        assert await frames.hear_all() == []
        venue.quote(plain, "0.48", "0.52")
        venue.quote(fine, "0.48", "0.52")
        assert await frames.hear_all() == []


async def test_a_change_tells_both_tokens(venue: "Venue", markets: "Markets") -> None:
    """A level's new total comes for the token and, mirrored, for its complement."""
    market = markets["plain"]
    venue.quote(market, "0.48", "0.52")
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(market.tokens[0]))
        await frames.dump()
        venue.rest(market, Action.BUY, "50", "0.48")
        (event,) = await frames.hear_all()
        assert (event["event_type"], event["market"]) == ("price_change", market.condition_id)
        yes, no = event["price_changes"]
        assert (yes["asset_id"], yes["side"]) == (market.tokens[0], "BUY")
        assert (yes["price"], yes["size"]) == ("0.48", "150")
        assert (yes["best_bid"], yes["best_ask"]) == ("0.48", "0.52")
        assert (no["asset_id"], no["side"]) == (market.tokens[1], "SELL")
        assert (no["price"], no["size"]) == ("0.52", "150")
        assert (no["best_bid"], no["best_ask"]) == ("0.48", "0.52")
        book = await venue.read("/book", token_id=market.tokens[0])
        assert (yes["hash"], event["timestamp"]) == (book["hash"], book["timestamp"])


async def test_empty_sides_are_0_and_1(venue: "Venue", markets: "Markets") -> None:
    """Without bids the best bid is 0, without asks the best ask is 1."""
    market = markets["plain"]
    order, _ = venue.rest(market, Action.BUY, "50", "0.48")
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(market.tokens[0]))
        await frames.dump()
        venue.exchange.cancel(order.id)
        (event,) = await frames.hear_all()
        yes, no = event["price_changes"]
        assert (yes["size"], yes["best_bid"], yes["best_ask"]) == ("0", "0", "1")
        assert (no["size"], no["best_bid"], no["best_ask"]) == ("0", "0", "1")


async def test_a_trade_brings_changes_a_print_and_books(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A trade is told as level changes, a print a price in the taker's terms, and new books."""
    market = markets["plain"]
    venue.rest(market, Action.SELL, "4", "0.5")
    venue.rest(market, Action.SELL, "100", "0.52")
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(*market.tokens))
        await frames.dump()
        await bot.place(market.tokens[0], "BUY", "10", "0.55")
        gone, less, first, second, yes, no = await frames.hear_all()
        assert [c["size"] for c in gone["price_changes"]] == ["0", "0"]
        assert [c["best_ask"] for c in gone["price_changes"]] == ["0.52", "1"]
        assert [c["size"] for c in less["price_changes"]] == ["94", "94"]
        assert (first["event_type"], first["price"], first["size"]) == (
            "last_trade_price",
            "0.5",
            "4",
        )
        assert (second["price"], second["size"], second["side"]) == ("0.52", "6", "BUY")
        assert second["asset_id"] == market.tokens[0]
        assert (second["fee_rate_bps"], len(second["transaction_hash"])) == ("0", 66)
        assert [yes["event_type"], no["event_type"]] == ["book", "book"]
        assert yes["last_trade_price"] == no["last_trade_price"] == "0.52"
        assert yes["asks"] == [{"price": "0.52", "size": "94"}]


async def test_changes_rebuild_the_books(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Applying every change to the first snapshot gives the books that later frames show."""
    market, rng = markets["fine"], random.Random(3)
    venue.quote(market, "0.4", "0.6")
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(*market.tokens))
        maintained = {book["asset_id"]: ladders(book) for book in await frames.dump()}
        compared = 0
        for _ in range(60):
            await act(venue, bot, market, rng)
            compared += check(await frames.hear_all(), maintained)
    assert compared > 10


async def act(venue: "Venue", bot: "Person", market: PolymarketListing, rng: random.Random) -> None:
    """Somebody does something at random."""
    outcome = rng.choice(list(Outcome))
    price = f"0.{rng.randrange(300, 700)}"
    if rng.random() < 0.6:
        action = rng.choice(list(Action))
        venue.rest(market, action, f"{rng.randrange(5, 40)}", price, outcome)
    else:
        await bot.place(market.token(outcome), "BUY", "5", price)


def check(events: list[dict[str, Any]], maintained: dict[str, tuple[Levels, Levels]]) -> int:
    """Apply what was told; returns how many snapshots agreed."""
    compared = 0
    for event in events:
        match event["event_type"]:
            case "price_change":
                *others, last = split_by_level(event["price_changes"])
                for change in [c for pair in others for c in pair]:
                    bids, asks = maintained[change["asset_id"]]
                    side = bids if change["side"] == "BUY" else asks
                    side[parse_micros(change["price"])] = parse_micros(change["size"])
                    prune(side)
                for change in last:
                    apply(change, *maintained[change["asset_id"]])
            case "book":
                assert ladders(event) == maintained[event["asset_id"]]
                compared += 1
    return compared


def split_by_level(changes: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The changes level by level: one entry for each token."""
    return [changes[start : start + 2] for start in range(0, len(changes), 2)]


def prune(side: Levels) -> None:
    for px in [px for px, size in side.items() if not size]:
        del side[px]


async def test_a_new_tick_is_told(venue: "Venue", markets: "Markets") -> None:
    """A change of tick comes for each token, followed by its book."""
    market = markets["plain"]
    venue.quote(market, "0.48", "0.52")
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(*market.tokens))
        await frames.dump()
        venue.face.change_tick(market.condition_id, 1_000)
        changes = await frames.hear_all()
        assert [event["event_type"] for event in changes] == [
            "tick_size_change",
            "tick_size_change",
            "book",
            "book",
        ]
        assert (changes[0]["old_tick_size"], changes[0]["new_tick_size"]) == ("0.01", "0.001")
        assert changes[2]["tick_size"] == "0.001"
    assert await venue.read("/tick-size", token_id=market.tokens[0]) == {"minimum_tick_size": 0.001}


async def listen(frames: "Frames", *tokens: str) -> None:
    await frames.say(subscription(*tokens, custom_feature_enabled=True))


async def test_custom_features(venue: "Venue", markets: "Markets") -> None:
    """Best prices, new markets and resolutions come to those who asked for them."""
    market = markets["plain"]
    async with venue.socket("/ws/market") as custom, venue.socket("/ws/market") as plain:
        await listen(custom, market.tokens[0])
        await custom.dump()
        await plain.say(subscription(market.tokens[0]))
        await plain.dump()
        venue.rest(market, Action.BUY, "50", "0.48")
        change, best = await custom.hear_all()
        assert (best["event_type"], best["asset_id"]) == ("best_bid_ask", market.tokens[0])
        assert (best["best_bid"], best["best_ask"], best["spread"]) == ("0.48", "1", "0.52")
        assert [event["event_type"] for event in await plain.hear_all()] == [change["event_type"]]
        venue.exchange.resolve(market.id, Px(1_000_000))
        events = {event["event_type"]: event for event in await custom.hear_all()}
        resolved = events["market_resolved"]
        assert (resolved["market"], resolved["winning_outcome"]) == (market.condition_id, "Yes")
        assert resolved["winning_asset_id"] == market.tokens[0]
        assert "market_resolved" not in {e["event_type"] for e in await plain.hear_all()}


async def test_new_markets_are_announced(venue: "Venue", markets: "Markets") -> None:
    """A market listed while the venue is open is announced and can be traded."""
    new = PolymarketListing(
        gamma_id="77",
        condition_id=f"0x{77:064x}",
        question="Will there be snow?",
        slug="snow",
        tokens=("770", "771"),
        end_ns=Ns(markets["plain"].end_ns),
    )
    event = PolymarketEvent("977", "snow", "Snow", (new,), new.end_ns)
    async with venue.socket("/ws/market") as frames:
        await listen(frames)
        await trio.testing.wait_all_tasks_blocked()
        venue.face.list_event(event)
        (told,) = await frames.hear_all()
        assert (told["event_type"], told["assets_ids"]) == ("new_market", ["770", "771"])
        assert (told["condition_id"], told["fees_enabled"]) == (new.condition_id, False)
    venue.exchange.split("maker", new.id, venue.exchange.position("maker", markets["plain"].id)[0])
    venue.quote(new, "0.4", "0.6")
    assert (await venue.ask("GET", "/book", token_id="770")).status == 404
    await trio.sleep(91)
    assert (await venue.read("/book", token_id="770"))["bids"] == [{"price": "0.4", "size": "100"}]


@pytest.mark.parametrize(
    "frame",
    ["hello", "[]", {"type": "market"}, {"operation": "subscribe", "assets_ids": ["1"]}, {}],
)
async def test_nonsense_is_answered_in_plain_text(venue: "Venue", frame: object) -> None:
    """A first frame that makes no sense gets a plain text, and the connection stays."""
    async with venue.socket("/ws/market") as frames:
        await frames.say(frame)
        assert await frames.text() == "INVALID OPERATION"
        await frames.say("PING")
        assert await frames.text() == "PONG"


async def test_ping_keeps_a_connection(venue: "Venue", markets: "Markets") -> None:
    """With a PING now and then a quiet connection lives on; without, it is dropped."""
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(markets["plain"].tokens[0]))
        await frames.dump()
        for _ in range(3):
            await trio.sleep(120)
            await frames.say("PING")
            assert await frames.text() == "PONG"
        start = trio.current_time()
        with pytest.raises(Unreachable):
            await frames.text()
        assert trio.current_time() - start == pytest.approx(125, abs=0.1)
    assert venue.face.counts["hung up: silent"] == 1


async def read_on(frames: "Frames") -> None:
    while True:
        await frames.text()


async def test_a_slow_client_is_hung_up_on(
    venue: "Venue", markets: "Markets", conditions: Conditions
) -> None:
    """A client that does not keep up loses its connection; nobody waits for it."""
    conditions.socket_backlog = 5
    market = markets["plain"]
    async with venue.socket("/ws/market") as frames:
        await frames.say(subscription(market.tokens[0]))
        await trio.testing.wait_all_tasks_blocked()
        for step in range(20):
            venue.rest(market, Action.BUY, "5", f"0.{10 + step}")
            venue.face.flush()
        with pytest.raises(Unreachable):
            await read_on(frames)
    assert venue.face.counts["hung up: too slow"] == 1
    venue.rest(market, Action.BUY, "5", "0.5")
    venue.face.flush()
