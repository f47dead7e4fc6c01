"""What people see of the ledger: where the money is, and how full every limit is. Pure."""

from collections import Counter
from collections.abc import Mapping

from arb.market.instruments import MarketId
from arb.market.units import Ns, Qty, Usd
from arb.messages import Balance, Fullness, Held, MoneySeen
from arb.risk.capital import view
from arb.risk.exposure import TOTAL
from arb.risk.treasury import Treasury

DAYS_SHOWN = 30

Closes = Mapping[MarketId, Ns | None]


def look_over(treasury: Treasury, closes: Closes) -> MoneySeen:
    """Look at everything once."""
    ledger, now_ns = treasury.ledger, treasury.now_ns()
    capital = view(ledger, closes, now_ns)
    return MoneySeen(
        free=tuple(Balance(venue, pool, Usd(usd)) for (venue, pool), usd in capital.free.items()),
        promised=capital.promised,
        locked=tuple(capital.locked.items()),
        yearly_ppm=capital.yearly_ppm,
        realised=ledger.realised,
        locked_profit=capital.profit,
        made=ledger.results.made,
        days=ledger.results.days(DAYS_SHOWN),
        positions=_positions(treasury, closes),
        limits=(*_of_money(treasury), *_of_the_day(treasury, now_ns), *_of_things(treasury)),
        at_ns=now_ns,
    )


def _positions(treasury: Treasury, closes: Closes) -> tuple[Held, ...]:
    ledger = treasury.ledger
    return tuple(
        Held(
            market=market,
            yes=Qty(held.yes),
            no=Qty(held.no),
            paid=Usd(ledger.paid_for(market)),
            closes_ns=closes.get(market),
        )
        for market, held in ledger.positions().items()
    )


def _of_money(treasury: Treasury) -> list[Fullness]:
    """The whole, each venue, and of markets, events and clusters the fullest."""
    exposure, caps = treasury.ledger.exposure, treasury.caps
    found = [Fullness(TOTAL, exposure.of(TOTAL), caps.total_usd)]
    bounds = {
        "venue": caps.venue_usd,
        "market": caps.market_usd,
        "event": caps.event_usd,
        "cluster": caps.cluster_usd,
    }
    fullest = Counter[str](exposure.sums()).most_common()
    for kind, most in bounds.items():
        mine = [(name, usd) for name, usd in fullest if name.startswith(f"{kind} ")]
        shown = mine if kind == "venue" else mine[:1]
        found += [Fullness(name, usd, most) for name, usd in shown]
    return found


def _of_the_day(treasury: Treasury, now_ns: Ns) -> list[Fullness]:
    limits, results = treasury.budget.limits, treasury.ledger.results
    return [
        Fullness("loss today", max(0, -results.made_on(now_ns)), limits.day_usd),
        Fullness("unhedged loss today", results.lost_on(now_ns), limits.day_unhedged_usd),
    ]


def _of_things(treasury: Treasury) -> list[Fullness]:
    caps = treasury.caps
    markets = treasury.ledger.exposure.markets
    return [
        Fullness("baskets in flight", treasury.in_flight, caps.open_baskets, counts=True),
        Fullness("open positions", markets, caps.open_positions, counts=True),
    ]
