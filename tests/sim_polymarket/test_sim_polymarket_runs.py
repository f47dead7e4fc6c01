"""Two runs of the same story are the same, frame by frame."""

from typing import TYPE_CHECKING, Any

import trio
import trio.testing

from arb.market.instruments import Action
from arb.sim.polymarket.conditions import Conditions

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Frames, Markets, OpenVenue, Person, Venue

Told = dict[str, list[Any]]


async def collect(frames: "Frames", into: list[Any]) -> None:
    while True:
        into.append(await frames.text())


async def act(venue: "Venue", bot: "Person", markets: "Markets", answers: list[Any]) -> None:
    """Quotes, trades and cancels."""
    market = markets["plain"]
    venue.quote(market, "0.48", "0.52")
    for size in ("10", "7.5", "200"):
        answers.append(await bot.place(market.tokens[0], "BUY", size, "0.52"))
        await trio.sleep(0.5)
    answers.append(await bot.ask("DELETE", "/cancel-all"))
    venue.rest(market, Action.SELL, "50", "0.48")
    await trio.sleep(6)
    answers.append(await bot.ask("GET", "/data/trades"))


async def story(open_venue: "OpenVenue", markets: "Markets") -> Told:
    """Everything that one run's streams and answers said."""
    told: Told = {"public": [], "private": [], "answers": []}
    async with open_venue(Conditions()) as venue:
        bot = venue.people["bot"]
        auth = {
            "apiKey": bot.creds.api_key,
            "secret": bot.creds.api_secret,
            "passphrase": bot.creds.api_passphrase,
        }
        async with (
            venue.socket("/ws/market") as public,
            venue.socket("/ws/user") as private,
            trio.open_nursery() as nursery,
        ):
            await public.say({"type": "market", "assets_ids": list(markets["plain"].tokens)})
            await private.say({"type": "user", "auth": auth})
            await trio.sleep(0.01)
            nursery.start_soon(collect, public, told["public"])
            nursery.start_soon(collect, private, told["private"])
            await act(venue, bot, markets, told["answers"])
            nursery.cancel_scope.cancel()
    return told


def test_the_same_seed_tells_the_same_story(open_venue: "OpenVenue", markets: "Markets") -> None:
    """Keys, ids, hashes, times and frames depend on the seed and the story alone."""
    first, second = (
        trio.run(story, open_venue, markets, clock=trio.testing.MockClock(autojump_threshold=0))
        for _ in range(2)
    )
    assert first == second
    assert len(first["public"]) >= 15
    assert len(first["private"]) >= 10
