"""How much of a bet may be placed: a fraction of Kelly, of the bankroll, of a day's allowance.

A bet can lose all it costs, so its caps are its own and come on top of every other. Nothing here
leads to a yes by an exception.
"""

from collections.abc import Iterable

import attrs

from arb.detect.bet import Bet
from arb.market.units import MICRO, Ns, Usd

DAY_NS = 24 * 60 * 60 * 1_000_000_000


@attrs.frozen
class BetCaps:
    """Hard limits of all bets of all lanes together."""

    bet_usd: Usd
    """Cost and fees of one bet."""
    bankroll_ppm: int
    """Millionths of the bankroll that one bet may cost."""
    kelly_ppm: int
    """Millionths of the Kelly stake: 1,000,000 would be all of it."""
    day_usd: Usd
    """Cost and fees of all bets of a day (UTC), won or lost: what a day may lose at the most."""
    open_usd: Usd
    """Cost and fees of bets whose markets are not resolved."""


@attrs.frozen
class Spent:
    """What one bet cost, and when."""

    at_ns: Ns
    usd: Usd


class BetAllowance:
    """What is left of a day for bets. Forgets nothing of today, everything of other days.

    Money counts when it is promised; `give_back` frees what was not spent after all.
    """

    def __init__(self, caps: BetCaps, spent: Iterable[Spent] = ()) -> None:
        """Start with what was spent before, so that a restart is no new day."""
        self._caps = caps
        self._day = 0
        self._today = 0
        for entry in spent:
            self.promise(entry.usd, entry.at_ns)

    def most(self, bet: Bet, bankroll: Usd, open_usd: Usd, now_ns: Ns) -> tuple[Usd, str]:
        """The most that a bet may cost, and the cap that says so. 0 where nothing may be placed.

        `bankroll` is all cash and what is paid for; `open_usd` what open bets cost.
        """
        caps = self._caps
        rooms = (
            ("bet", caps.bet_usd),
            ("fraction of the bankroll", bankroll * caps.bankroll_ppm // MICRO),
            ("Kelly", kelly(bet, bankroll) * caps.kelly_ppm // MICRO),
            ("day", caps.day_usd - self._on(now_ns)),
            ("open bets", caps.open_usd - open_usd),
        )
        name, usd = min(rooms, key=lambda room: room[1])
        return Usd(max(0, usd)), name

    def promise(self, usd: Usd, now_ns: Ns) -> None:
        """Count what a bet may cost."""
        self._today = self._on(now_ns) + usd
        self._day = max(self._day, now_ns // DAY_NS)

    def give_back(self, usd: Usd, promised_ns: Ns) -> None:
        """Count less for a bet promised then; of another day nothing is left to give back to."""
        if promised_ns // DAY_NS == self._day:
            self._today = max(0, self._today - usd)

    def _on(self, now_ns: Ns) -> int:
        """Spent on this day; a clock that went back finds the later day's money spent."""
        return self._today if now_ns // DAY_NS <= self._day else 0


def kelly(bet: Bet, bankroll: Usd) -> Usd:
    """The stake that makes money grow fastest if the bet's own chance is right, rounded down.

    For a contract that costs c (fees included), pays a dollar with chance p and nothing else, that
    is (p - c) / (1 - c) of the bankroll; nothing where it costs what it is worth or more.
    """
    price = -(-bet.at_risk * MICRO // bet.size)
    if price >= MICRO or bet.fair_ppm <= price:
        return Usd(0)
    return Usd(bankroll * (bet.fair_ppm - price) // (MICRO - price))
