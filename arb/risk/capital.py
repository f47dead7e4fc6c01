"""Where the money is: free by pool, locked by resolution date, and what it earns there. Pure."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import attrs

from arb.market.instruments import MarketId
from arb.market.units import MICRO, Ns, Usd, decimal_text, plain_text, round_down
from arb.risk.basis import DAY_NS
from arb.risk.ledger import Ledger
from arb.risk.sizing import YEAR_NS
from arb.risk.stakes import Pool

DRY_PART = 10
"""A pool with less than a tenth of what the fullest has free is dry."""
DATES_TOLD = 4


@attrs.frozen
class Capital:
    """Micro-dollars by where they are."""

    free: Mapping[Pool, int]
    """Cash that nothing is promised to."""
    promised: int
    locked: Mapping[int | None, int]
    """What is held cost, by the UTC day (since the epoch) on which its market closes; None where
    no market says."""
    profit: int
    """What complete sets must pay over what all contracts cost."""
    yearly_ppm: int | None
    """That profit over the money and the time it is locked for, in millionths a year; None where
    no date is known."""

    @property
    def dry(self) -> tuple[tuple[Pool, Pool, Usd], ...]:
        """Pools that ran dry, the fullest one, and what would even both out."""
        if not self.free:
            return ()
        fullest = max(self.free, key=self._of)
        return tuple(
            (pool, fullest, Usd((self.free[fullest] - usd) // 2))
            for pool, usd in sorted(self.free.items())
            if usd * DRY_PART < self.free[fullest]
        )

    def _of(self, pool: Pool) -> int:
        return self.free[pool]


def view(ledger: Ledger, closes: Mapping[MarketId, Ns | None], now_ns: Ns) -> Capital:
    """Look at a ledger; `closes` says when markets end, where that is known."""
    locked: Counter[int | None] = Counter()
    waits = 0
    for market in ledger.positions():
        paid, end = ledger.paid_for(market), closes.get(market)
        locked[None if end is None else end // DAY_NS] += paid
        waits += paid * max(0, end - now_ns) if end is not None else 0
    return Capital(
        free={pool: ledger.free(pool) for pool in ledger.cash},
        promised=sum(ledger.reserved(pool) for pool in ledger.cash),
        locked={day: usd for day, usd in locked.items() if usd},
        profit=ledger.unrealised,
        yearly_ppm=ledger.unrealised * MICRO * YEAR_NS // waits if waits else None,
    )


def capital_lines(capital: Capital) -> list[str]:
    """The view for people."""
    free = ", ".join(f"{_name(pool)} ${plain_text(usd)}" for pool, usd in capital.free.items())
    lines = [f"capital: free {free}; promised ${plain_text(capital.promised)}"]
    if capital.locked:
        lines.append(_locked_line(capital))
    return lines + [
        f"{_name(pool)} runs dry: about ${plain_text(usd)} moved there from {_name(fullest)}"
        " would even them out"
        for pool, fullest, usd in capital.dry
    ]


def _locked_line(capital: Capital) -> str:
    days = sorted(capital.locked.items(), key=_day)
    told = [f"${plain_text(usd)} {_date(day)}" for day, usd in days[:DATES_TOLD]]
    rest = sum(usd for _, usd in days[DATES_TOLD:])
    told += [f"${plain_text(rest)} later"] if rest else []
    yearly = capital.yearly_ppm
    earns = "" if yearly is None else f"; earns {_percent(yearly)} % a year"
    return f"locked: {', '.join(told)}{earns}"


def _percent(ppm: int) -> str:
    return decimal_text(round_down(ppm * 100, MICRO // 100), 2)


def _day(entry: tuple[int | None, int]) -> tuple[bool, int]:
    day = entry[0]
    return day is None, day or 0


def _date(day: int | None) -> str:
    if day is None:
        return "without a date"
    return f"until {datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day):%Y-%m-%d}"


def _name(pool: Pool) -> str:
    return f"{pool[0]}:{pool[1]}"
