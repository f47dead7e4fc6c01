"""The dead man's switch against the simulated venue: renewed it holds, silent it cancels all."""

import trio

from arb.commands.setup import read_settings
from arb.commands.surroundings import run_virtually, virtual_surroundings
from arb.market.instruments import Action, Outcome, Venue
from arb.market.units import MICRO, Px, Qty
from arb.messages import BasketId, NewOrder, OrderId
from arb.outside import Venues, open_venues
from arb.venues.polymarket.heartbeat import PolymarketHeartbeat


async def rest(venues: Venues) -> None:
    """Leave an order of ours resting at one cent."""
    outside = venues.outside
    orders, data = outside.orders[Venue.POLYMARKET], outside.data[Venue.POLYMARKET]
    for market in (await data.discover()).markets:
        asks = (await data.book(market)).asks
        if asks and asks[0][0] > 200_000:
            limit = Px(market.grid.at_most(10_000))
            order = NewOrder(
                id=OrderId(outside.new_id()),
                basket=BasketId("b"),
                market=market,
                outcome=Outcome.YES,
                action=Action.BUY,
                qty=Qty(200 * MICRO),
                limit=limit,
                created_ns=outside.now_ns(),
            )
            await orders.send(orders.prepare(order))
            return
    raise AssertionError("no market where an order rests")


async def resting(venues: Venues) -> int:
    return len(await venues.outside.orders[Venue.POLYMARKET].open_orders())


def test_renewed_it_holds_and_silent_it_cancels() -> None:
    """Beats every 5 s for a minute keep the order; 16 s of silence take it off."""

    async def main() -> list[int]:
        settings = read_settings({"seed": 7})
        async with open_venues(settings, virtual_surroundings(7)) as venues:
            (switch,) = venues.outside.switches
            await venues.outside.accounts[Venue.POLYMARKET].log_in()
            await switch.renew()
            await rest(venues)
            for _ in range(12):
                await trio.sleep(5)
                await switch.renew()
            counts = [await resting(venues)]
            await trio.sleep(16)
            return [*counts, await resting(venues)]

    assert run_virtually(main, 7) == [1, 0]


def test_a_chain_that_broke_is_taken_up_with_the_id_that_the_venue_wants() -> None:
    """An answer that was lost, another process that renewed: one refusal, and it is armed again."""

    async def main() -> int:
        settings = read_settings({"seed": 7})
        async with open_venues(settings, virtual_surroundings(7)) as venues:
            (ours,) = venues.outside.switches
            assert isinstance(ours, PolymarketHeartbeat)
            await venues.outside.accounts[Venue.POLYMARKET].log_in()
            other = PolymarketHeartbeat(ours.session)
            await ours.renew()
            await rest(venues)
            for _ in range(6):
                await trio.sleep(4)
                await other.renew()
                await ours.renew()
            return await resting(venues)

    assert run_virtually(main, 7) == 1
