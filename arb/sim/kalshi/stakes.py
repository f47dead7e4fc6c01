"""What members hold, what it cost them, what they made: market by market."""

from collections import defaultdict
from collections.abc import Iterable

import attrs

from arb.market.units import MICRO, Ns, Px, Usd, complement
from arb.sim.kalshi.numbers import MICROS_PER_CENT
from arb.sim.kalshi.records import FillRow


@attrs.define(eq=False)
class Stake:
    """One account in one market. Money is in micro-dollars, contracts in micro-contracts."""

    ticker: str
    net: int = 0
    """YES positive, NO negative."""
    basis: int = 0
    """What the contracts held have cost, fees left out; closing takes its share of it away."""
    realised: int = 0
    """What closing brought above its share of the cost, fees left out."""
    fees: int = 0
    traded: int = 0
    """Sum of all fills, each at the price of the contract bought."""
    volume: int = 0
    changed_ns: Ns = Ns(0)

    def fill(self, row: FillRow) -> None:
        """Take one fill: first it closes what is held on the other side, then it opens."""
        is_bid = row.record.terms.is_bid
        paid = row.px if is_bid else MICRO - row.px
        closing = min(max(-self.net if is_bid else self.net, 0), row.qty)
        if closing:
            share = self.basis * closing // abs(self.net)
            self.basis -= share
            self.realised += (MICRO - paid) * closing // MICRO - share
        self.basis += paid * (row.qty - closing) // MICRO
        self.net += row.qty if is_bid else -row.qty
        self.fees += row.fee
        self.traded += paid * row.qty // MICRO
        self.volume += row.qty
        self.changed_ns = row.at_ns


@attrs.frozen
class SettlementRow:
    """One position that was paid out."""

    number: int
    stake: Stake
    """As it was just before."""
    payout: Px
    """What a YES paid; a NO paid the rest of a dollar."""
    at_ns: Ns

    @property
    def paid(self) -> Usd:
        """What it brought, in whole cents: only a scalar result has more to cut off."""
        return Usd(self.worth // MICROS_PER_CENT * MICROS_PER_CENT)

    @property
    def worth(self) -> Usd:
        """What it was worth, a broken micro-dollar cut off."""
        net = self.stake.net
        each = self.payout if net > 0 else complement(self.payout)
        return Usd(abs(net) * each // MICRO)


class Stakes:
    """Every account's stakes and settlements."""

    def __init__(self) -> None:
        """Start empty."""
        self._stakes: dict[str, dict[str, Stake]] = defaultdict(dict)
        self._settlements: dict[str, list[SettlementRow]] = defaultdict(list)
        self._numbers = 0

    def net(self, account: str, ticker: str) -> int:
        """An account's position in one market: YES positive, NO negative."""
        stake = self._stakes[account].get(ticker)
        return stake.net if stake else 0

    def find(self, account: str, ticker: str) -> Stake:
        """One of an account's stakes. Raises KeyError where there never was a fill."""
        return self._stakes[account][ticker]

    def of(self, account: str) -> list[Stake]:
        """An account's stakes, those with nothing left included, in the order of the first fill."""
        return list(self._stakes[account].values())

    def fill(self, row: FillRow) -> Stake:
        """Book one fill to the account's stake in its market."""
        terms = row.record.terms
        stake = self._stakes[terms.account].setdefault(terms.ticker, Stake(terms.ticker))
        stake.fill(row)
        return stake

    def settle(self, ticker: str, payout: Px, now: Ns) -> list[tuple[str, SettlementRow]]:
        """Turn every stake in a market that still holds something into a settlement.

        Returns the settlements with their accounts; the stakes are empty then.
        """
        settled = []
        for account, stakes in self._stakes.items():
            stake = stakes.get(ticker)
            if stake is None or not stake.net:
                continue
            self._numbers += 1
            row = SettlementRow(self._numbers, attrs.evolve(stake), payout, now)
            self._settlements[account].append(row)
            stake.realised += row.paid - stake.basis
            stake.net = stake.basis = 0
            stake.changed_ns = now
            settled.append((account, row))
        return settled

    def settlements(self, accounts: Iterable[str]) -> list[SettlementRow]:
        """The settlements of some accounts, newest first."""
        rows = [row for account in accounts for row in self._settlements[account]]
        return sorted(rows, key=lambda row: row.number, reverse=True)
