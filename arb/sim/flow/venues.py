"""Both venues as the flow sees them: engines to trade on, operators to ask."""

import attrs

from arb.market.instruments import MarketId, Venue
from arb.market.units import Px
from arb.sim.catalogue import Draw
from arb.sim.engine import Exchange
from arb.sim.kalshi.face import KalshiFace
from arb.sim.kalshi.listing import ticker_of
from arb.sim.polymarket.face import PolymarketFace


@attrs.frozen
class Venues:
    """Both venues: their matching engines, and what their operators can do."""

    polymarket: PolymarketFace
    kalshi: KalshiFace
    exchanges: dict[Venue, Exchange]

    def end(self, venue: Venue, market: MarketId, payout: Px) -> None:
        """Resolve a market, unless an operator was there before."""
        if venue is Venue.POLYMARKET:
            condition = condition_of(market)
            state = self.polymarket.shelf.with_condition(condition)
            if state.proposed is None and not state.closed:
                self.polymarket.resolve(condition, payout)
        elif not self.kalshi.board.markets[ticker_of(market)].result:
            self.kalshi.determine(ticker_of(market), payout)

    def list_draw(self, draw: Draw) -> None:
        """List what was drawn, while the venues are open."""
        for event in draw.polymarket:
            self.polymarket.list_event(event)
        for about in draw.events:
            series = next((one for one in draw.series if one.ticker == about.series), None)
            markets = [one for one in draw.markets if one.event == about.ticker]
            self.kalshi.list_event(series or self.kalshi.board.series[about.series], about, markets)


def condition_of(market: MarketId) -> str:
    """Polymarket's name of a market, from ours."""
    return market.removeprefix("polymarket:")
