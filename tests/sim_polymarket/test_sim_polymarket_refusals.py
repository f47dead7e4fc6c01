"""Every refusal of an order, in the venue's words and with its status."""

import copy
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest

from arb.market.instruments import Action
from arb.market.units import MICRO, Px, parse_qty
from arb.sim.polymarket.conditions import Conditions, Mode

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Person, Restricted, Venue


FAK_UNMATCHED = (
    "no orders found to match with FAK order. "
    "FAK orders are partially filled or killed if no match is found."
)
MODES = {
    Mode.RESTARTING: "Too Early",
    Mode.POST_ONLY: "post-only mode: only post-only orders and cancels are allowed",
    Mode.CANCEL_ONLY: "Trading is currently cancel-only. New orders are not accepted, but cancels",
    Mode.DISABLED: "Trading is currently disabled. Check polymarket.com for updates",
}
FOK_UNFILLED = "order couldn't be fully filled. FOK orders are fully filled or killed."


Priced = Callable[[str, str, tuple[int, int], str], Awaitable[str]]


@pytest.fixture
def priced(bot: "Person", markets: "Markets") -> Priced:
    """Posts an order by its amounts, and returns the words of the refusal."""

    async def post(market: str, side: str, amounts: tuple[int, int], order_type: str) -> str:
        token = markets[market].tokens[0]
        return await refused(bot, bot.sign(token, side, *amounts, order_type=order_type))

    return post


async def refused(person: "Person", body: dict[str, Any], status: int = 400) -> str:
    """Post an order that must be refused; returns the words."""
    cash = person.cash
    said = await person.ask("POST", "/order", body)
    assert said.status == status, said
    assert person.cash == cash
    words = said.body["error"]
    assert isinstance(words, str)
    return words


async def test_regions(
    venue: "Venue", bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """From a blocked region orders are refused before anything else is looked at."""
    conditions.geoblocked = True
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    bot.creds.api_secret = "AAAA"
    words = await refused(bot, body, 403)
    assert words.startswith(
        "Trading restricted in your region, please refer to available regions - https://docs."
    )
    assert (await venue.read("/api/geoblock"))["blocked"] is True


@pytest.mark.parametrize(
    ("mode", "status"),
    [
        (Mode.RESTARTING, 425),
        (Mode.POST_ONLY, 503),
        (Mode.CANCEL_ONLY, 503),
        (Mode.DISABLED, 503),
    ],
)
async def test_engine_modes(
    bot: "Person", markets: "Markets", conditions: Conditions, mode: Mode, status: int
) -> None:
    """While the engine restarts, or takes only some orders, the answer says which."""
    conditions.mode = mode
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    assert (await refused(bot, body, status)).startswith(MODES[mode])


async def test_post_only_mode_takes_post_only_orders(
    bot: "Person", markets: "Markets", conditions: Conditions
) -> None:
    """After a restart the answer names a code and a time, and makers may come back."""
    conditions.mode = Mode.POST_ONLY
    token = markets["plain"].tokens[0]
    said = await bot.place(token, "BUY", "10", "0.5")
    assert said.body["code"] == "post_only_mode"
    assert said.body["retry_after_seconds"] == 79
    assert (await bot.place(token, "BUY", "10", "0.5", post_only=True)).status == 200


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("order", "salt"), 1.5),
        (("order", "salt"), 2**53),
        (("order", "makerAmount"), 5_000_000),
        (("order", "makerAmount"), "0"),
        (("order", "makerAmount"), "-5"),
        (("order", "side"), "buy"),
        (("order", "signatureType"), "0"),
        (("order", "signatureType"), 4),
        (("order", "maker"), "0x12"),
        (("order", "metadata"), "0x00"),
        (("order", "signature"), "zz"),
        (("order", "timestamp"), None),
        (("owner",), None),
        (("orderType",), "IOC"),
        (("postOnly",), "false"),
        (("order",), []),
    ],
)
async def test_payloads_that_cannot_be_read(
    bot: "Person", markets: "Markets", path: tuple[str, ...], value: object
) -> None:
    """A field of the wrong type or form makes the payload invalid."""
    body = copy.deepcopy(bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5"))
    place = body
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert await refused(bot, body) == "Invalid order payload"


async def test_a_body_that_is_no_json(bot: "Person") -> None:
    """Anything that is not an object, or not 1 to 15 of them, is invalid."""
    for path, body in (("/order", []), ("/orders", []), ("/orders", {}), ("/orders", [1])):
        said = await bot.ask("POST", path, body)
        assert (said.status, said.body) == (400, {"error": "Invalid order payload"})


async def test_too_many_orders(bot: "Person", markets: "Markets") -> None:
    """A batch holds 15 orders."""
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    said = await bot.ask("POST", "/orders", [body] * 16)
    assert said.status == 400
    assert said.body == {"error": "Too many orders in payload: 16, max allowed: 15"}


async def test_orders_of_the_first_version(bot: "Person", markets: "Markets") -> None:
    """An order with the fields of V1 is told that its version is over."""
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    del body["order"]["timestamp"], body["order"]["metadata"], body["order"]["builder"]
    body["order"].update(taker="0x" + "0" * 40, nonce="0", feeRateBps="0")
    assert await refused(bot, body) == "order_version_mismatch"


@pytest.mark.parametrize(
    ("market", "exchange"), [("plain", "neg"), ("plain", "v3"), ("neg0", "v2"), ("v2", "v2")]
)
async def test_signed_for_another_exchange(
    bot: "Person", markets: "Markets", market: str, exchange: str
) -> None:
    """A good signature for the wrong exchange is a version mismatch."""
    body = bot.limit(markets[market].tokens[0], "BUY", "10", "0.5", exchange=exchange)
    assert await refused(bot, body) == "order_version_mismatch"


async def test_a_deposit_wallet_signed_for_another_exchange(
    venue: "Venue", markets: "Markets"
) -> None:
    """The same holds for wrapped signatures."""
    wallet = venue.people["deposit"]
    body = wallet.limit(markets["neg0"].tokens[0], "BUY", "10", "0.5")
    assert await refused(wallet, body) == "order_version_mismatch"


async def test_a_changed_order(bot: "Person", markets: "Markets") -> None:
    """What was changed after signing has an invalid signature."""
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    body["order"]["makerAmount"] = "4900000"
    assert await refused(bot, body) == "invalid signature"


async def test_somebody_elses_api_key(bot: "Person", other: "Person", markets: "Markets") -> None:
    """The owner field names a key of the account that asks."""
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    body["owner"] = other.creds.api_key
    assert await refused(bot, body) == "the order owner has to be the owner of the API KEY"


async def test_somebody_elses_order(bot: "Person", other: "Person", markets: "Markets") -> None:
    """An order signed by another account is not taken from this one."""
    body = other.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    body["owner"] = bot.creds.api_key
    words = await refused(bot, body)
    assert words == "the order signer address has to be the address of the API KEY"


async def test_a_wallet_of_another_kind(bot: "Person", markets: "Markets") -> None:
    """A wallet's orders carry its own signature type, and unknown wallets do not trade."""
    token = markets["plain"].tokens[0]
    for maker in ("0x1111111111111111111111111111111111111111", "0x" + "22" * 20):
        body = bot.limit(token, "BUY", "10", "0.5", kind=2, funder=maker)
        assert await refused(bot, body) == "maker address not allowed"


async def test_tokens_without_a_book(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """A token without a market, of a market without a book yet, or of one that is over."""
    words = "No orderbook exists for the requested token id"
    assert await refused(bot, bot.limit("12345", "BUY", "10", "0.5"), 404) == words
    venue.face.shelf.with_condition(markets["plain"].condition_id).has_book = False
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    assert await refused(bot, body, 404) == words
    venue.exchange.resolve(markets["free"].id, Px(1_000_000))
    body = bot.limit(markets["free"].tokens[0], "BUY", "10", "0.5")
    assert await refused(bot, body, 404) == words


async def test_markets_that_take_no_orders(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A paused market is not ready; a closed engine board neither."""
    words = "the market is not yet ready to process new orders"
    venue.face.shelf.with_condition(markets["plain"].condition_id).accepting = False
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    assert await refused(bot, body) == words
    venue.exchange.close(markets["free"].id)
    body = bot.limit(markets["free"].tokens[0], "BUY", "10", "0.5")
    assert await refused(bot, body) == words


async def test_prices_off_the_tick(bot: "Person", markets: "Markets") -> None:
    """The price that follows from the amounts must lie on the grid, between its ends."""
    token = markets["plain"].tokens[0]
    for maker, taker, price in (
        (5_050_000, 10_000_000, "0.505"),
        (5_000_100, 10_000_000, "0.50001"),
        (20_400_044, 40_000_000, "0.5100011"),
        (10_000_000, 10_000_000, "1"),
        (30_000, 10_000_000, "0.003"),
    ):
        said = await bot.ask("POST", "/order", bot.sign(token, "BUY", maker, taker))
        assert said.status == 400
        start, _, end = said.body["error"].partition(" is invalid. ")
        assert start.startswith("order 0x")
        assert end == f"Price ({price}) breaks minimum tick size rule: 0.01"


async def test_a_finer_tick_takes_finer_prices(bot: "Person", markets: "Markets") -> None:
    """0.505 is a price where the tick is 0.001."""
    said = await bot.place(markets["fine"].tokens[0], "BUY", "10", "0.505")
    assert said.status == 200


@pytest.mark.parametrize(
    ("market", "side", "amounts", "decimals"),
    [
        ("plain", "BUY", (2_502_500, 5_005_000), (4, 2)),
        ("plain", "SELL", (5_005_000, 2_502_500), (2, 4)),
        ("fine", "BUY", (2_507_505, 5_005_000), (5, 2)),
    ],
)
async def test_amounts_with_too_many_decimals(
    priced: Priced, market: str, side: str, amounts: tuple[int, int], decimals: tuple[int, int]
) -> None:
    """Shares have two decimals; how many the dollars have depends on the tick."""
    words = await priced(market, side, amounts, "GTC")
    assert words == (
        f"invalid amounts, the {side.lower()} orders maker amount supports a max accuracy of "
        f"{decimals[0]} decimals, taker amount a max of {decimals[1]} decimals"
    )


@pytest.mark.parametrize(
    ("side", "amounts", "whose"),
    [
        ("BUY", (9_985_000, 10_137_000), "market buy"),
        ("BUY", (9_980_000, 10_131_970), "market buy"),
        ("SELL", (12_340_000, 12_154_910), "sell"),
        ("SELL", (12_345_000, 12_159_800), "sell"),
    ],
)
async def test_market_amounts_with_too_many_decimals(
    priced: Priced, side: str, amounts: tuple[int, int], whose: str
) -> None:
    """FAK and FOK amounts have 2 and 4 decimals whatever the tick: 10.13197 shares are refused."""
    assert await priced("fine", side, amounts, "FAK") == (
        f"invalid amounts, the {whose} orders maker amount supports a max accuracy of "
        "2 decimals, taker amount a max of 4 decimals"
    )


async def test_orders_that_are_too_small(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """Five shares at least; and a dollar for an order that takes."""
    token = markets["plain"].tokens[0]
    words = await refused(bot, bot.limit(token, "BUY", "4.99", "0.5"))
    assert words.endswith(" is invalid. Size (4.99) lower than the minimum: 5")
    venue.rest(markets["plain"], Action.SELL, "100", "0.14")
    words = await refused(bot, bot.limit(token, "BUY", "7", "0.14"))
    assert words == "invalid amount for a marketable BUY order ($0.98), min size: $1"
    body = bot.limit(token, "SELL", "5", "0.1", order_type="FAK")
    assert await refused(bot, body) == (
        "invalid amount for a marketable SELL order ($0.5), min size: $1"
    )
    assert (await bot.place(token, "BUY", "7", "0.13")).body["status"] == "live"


@pytest.mark.parametrize(
    ("order_type", "ahead_s"), [("GTD", 179), ("GTC", 600), ("FAK", 600), ("GTD", None)]
)
async def test_expirations(
    venue: "Venue", bot: "Person", markets: "Markets", order_type: str, ahead_s: int | None
) -> None:
    """GTD orders end three minutes ahead at least; the others name no end."""
    end = 0 if ahead_s is None else venue.now_s() + ahead_s
    token = markets["plain"].tokens[0]
    body = bot.limit(token, "BUY", "10", "0.5", order_type=order_type, expiration=end)
    assert await refused(bot, body) == "invalid expiration"


async def test_the_same_order_twice(bot: "Person", markets: "Markets") -> None:
    """The same signed bytes a second time are a duplicate, even once the order is gone."""
    body = bot.limit(markets["plain"].tokens[0], "BUY", "10", "0.5")
    first = await bot.ask("POST", "/order", body)
    order_id = first.body["orderID"]
    assert await refused(bot, body) == f"order {order_id} is invalid. Duplicated."
    await bot.ask("DELETE", "/order", {"orderID": order_id})
    assert await refused(bot, body) == f"order {order_id} is invalid. Duplicated."


async def test_buys_without_the_money(bot: "Person", markets: "Markets") -> None:
    """A buy needs its cost and its worst fee, beside what other orders hold."""
    token = markets["plain"].tokens[0]
    words = await refused(bot, bot.limit(token, "BUY", "2000", "0.5"))
    assert words == (
        "not enough balance / allowance: the balance is not enough -> "
        "balance: 1000000000, order amount: 1025000000"
    )
    await bot.place(token, "BUY", "1000", "0.5")
    words = await refused(bot, bot.limit(token, "BUY", "1000", "0.5"))
    assert words == (
        "not enough balance / allowance: the balance is not enough -> "
        "balance: 1000000000, sum of active orders: 500000000, order amount: 512500000"
    )


async def test_sales_without_the_tokens(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """A sale needs the tokens: rounding up what a buy left does not pass."""
    market = markets["free"]
    venue.exchange.split("bot", market.id, parse_qty("15.1515"))
    words = await refused(bot, bot.limit(market.tokens[0], "SELL", "15.16", "0.5"))
    assert words == (
        "not enough balance / allowance: the balance is not enough -> "
        "balance: 15151500, order amount: 15160000"
    )


async def test_post_only_orders_that_cross(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """A post-only order is refused rather than re-priced, and is never FAK or FOK."""
    token = markets["plain"].tokens[0]
    venue.rest(markets["plain"], Action.SELL, "100", "0.5")
    body = bot.limit(token, "BUY", "10", "0.5", post_only=True)
    assert await refused(bot, body) == "invalid post-only order: order crosses book"
    body = bot.limit(token, "BUY", "10", "0.5", post_only=True, order_type="FOK")
    words = await refused(bot, body)
    assert words == "invalid post-only order: only GTC and GTD order types are allowed"
    assert venue.exchange.levels(markets["plain"].id)[1] == ((500_000, 100 * MICRO),)


async def test_orders_that_find_nothing(venue: "Venue", bot: "Person", markets: "Markets") -> None:
    """FAK without a match and FOK without enough are killed, and leave no order behind."""
    token = markets["plain"].tokens[0]
    body = bot.limit(token, "BUY", "10", "0.5", order_type="FAK")
    assert await refused(bot, body) == FAK_UNMATCHED
    venue.rest(markets["plain"], Action.SELL, "9", "0.5")
    body = bot.limit(token, "BUY", "10", "0.5", order_type="FOK")
    assert await refused(bot, body) == FOK_UNFILLED
    assert venue.exchange.levels(markets["plain"].id)[1] == ((500_000, 9 * MICRO),)
    assert (await bot.ask("GET", "/data/orders")).body["data"] == []


async def test_a_rounded_up_fak_never_meets_its_limit(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """Shares rounded up put the price just below the limit, where no seller is."""
    venue.rest(markets["plain"], Action.SELL, "100", "0.52")
    token = markets["plain"].tokens[0]
    up = bot.sign(token, "BUY", 10_000_000, 19_230_800, order_type="FAK")
    assert await refused(bot, up) == FAK_UNMATCHED
    down = bot.sign(token, "BUY", 10_000_000, 19_230_700, order_type="FAK")
    assert (await bot.ask("POST", "/order", down)).body["status"] == "matched"


async def test_an_order_does_not_meet_its_owner(
    venue: "Venue", bot: "Person", markets: "Markets"
) -> None:
    """An order that would take one's own is refused."""
    market = markets["free"]
    venue.exchange.split("bot", market.id, parse_qty("10"))
    await bot.place(market.tokens[0], "SELL", "10", "0.5")
    body = bot.limit(market.tokens[0], "BUY", "10", "0.5")
    assert await refused(bot, body) == "order crosses an order of the same account"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"banned": True}, "' address banned"),
        ({"closed_only": True}, "' address in closed only mode"),
    ],
)
async def test_accounts_under_restrictions(
    restricted: "Restricted", markets: "Markets", change: dict[str, bool], words: str
) -> None:
    """A banned wallet trades nothing; one in closed-only mode may still sell."""
    async with restricted(**change) as venue:
        bot = venue.people["bot"]
        token = markets["free"].tokens[0]
        said = await refused(bot, bot.limit(token, "BUY", "10", "0.5"))
        assert said == f"'{bot.wallet.funder}{words}"
        venue.exchange.split("bot", markets["free"].id, parse_qty("10"))
        sale = await bot.place(token, "SELL", "10", "0.5")
        assert sale.status == (400 if "banned" in change else 200)
        status = await bot.ask("GET", "/auth/ban-status/closed-only")
        assert status.body == {"closed_only": "closed_only" in change}
