"""Questions whether a coin ends a quarter of an hour above where it began it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import attrs

from arb.market.units import Ns
from arb.sim.questions.subject import NS_PER_S, Subject, minute_code

QUARTER_NS = 15 * 60 * NS_PER_S
"""Windows begin on the quarters of an hour, UTC."""
_EASTERN = ZoneInfo("America/New_York")


@attrs.frozen
class Coin:
    """A coin that such questions are asked about."""

    name: str
    code: str
    usd: int
    """What it costs at the start of a world, in whole dollars."""

    @property
    def symbol(self) -> str:
        """Polymarket's name of its price: "btcusd"."""
        return f"{self.code.lower()}usd"


COINS = (Coin("Bitcoin", "BTC", 81_000), Coin("Ethereum", "ETH", 2_900))


def up_down(coin: Coin, start_ns: Ns) -> Subject:
    """Is a coin's average over the last minute at or above that at the start of its window?"""
    ends_ns = Ns(start_ns + QUARTER_NS)
    when = _window(start_ns, ends_ns)
    title = f"{coin.name} Up or Down - {when}"
    return Subject(
        category="Crypto",
        series=f"KX{coin.code}15M",
        code=minute_code(datetime.fromtimestamp(ends_ns // NS_PER_S, UTC)),
        ends_ns=ends_ns,
        event=(title, f"{coin.name} up in the 15 minutes to {when}?"),
        question=(title, title),
        rules=(
            (
                f'This market will resolve to "Up" if the 60-second average price of {coin.name} at'
                " the end of the time range in the title is greater than or equal to that at its"
                ' beginning. Otherwise, this market will resolve to "Down".'
            ),
            (
                f"If {coin.name}'s 60-second average at the end is not below that at the beginning,"
                " then the market resolves to Yes."
            ),
        ),
        sides=("Up", "Down"),
        frequency="fifteen_min",
    )


def _window(start_ns: Ns, ends_ns: Ns) -> str:
    """Say "September 28, 5:00AM-5:15AM ET" (recorded traffic)."""
    start, end = (
        datetime.fromtimestamp(at // NS_PER_S, UTC).astimezone(_EASTERN)
        for at in (start_ns, ends_ns)
    )
    return f"{start:%B} {start.day}, {_clock(start)}-{_clock(end)} ET"


def _clock(at: datetime) -> str:
    return f"{at.hour % 12 or 12}:{at:%M%p}"
