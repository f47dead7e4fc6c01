"""No micro-dollar appears or vanishes, whatever a hundred thousand requests do to an exchange."""

import random

import pytest

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, ONE, Px
from arb.sim.engine import ROUNDING, Stp, Tif
from tests.fakes.crowd import ACCOUNTS, MARKETS, Crowd, all_payouts

STEPS = 100_000
LOOK_EVERY = 1_000
SCALARS = (0, 0, MICRO, MICRO, 500_000, 1, 333_333, 999_999, 637_104)


class Dice:
    """Draws what happens next from one seed."""

    def __init__(self, crowd: Crowd, seed: int) -> None:
        self.crowd = crowd
        self.rng = random.Random(seed)
        self.kinds = {
            self.place: 60,
            self.cancel: 12,
            self.amend: 8,
            self.reduce: 4,
            self.sets: 6,
            self.convert: 3,
            self.reverse: 1,
            self.venue: 1,
            self.money: 2,
        }

    def roll(self) -> None:
        (kind,) = self.rng.choices(list(self.kinds), list(self.kinds.values()))
        kind()

    def place(self) -> None:
        rng = self.rng
        self.crowd.place(
            rng.choice(ACCOUNTS),
            rng.choice(MARKETS),
            rng.choice(list(Outcome)),
            rng.choice(list(Action)),
            self.mills(),
            self.lots(),
            rng.choice((Tif.GTC, Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK)),
            rng.random() < 0.1,
            rng.choice((0, rng.randrange(1, 3 * MICRO))),
            rng.choice((Stp.TAKER, Stp.TAKER, Stp.MAKER, Stp.NONE)),
        )

    def cancel(self) -> None:
        self.crowd.cancel(self.rng.randrange(100))

    def amend(self) -> None:
        self.crowd.amend(self.rng.randrange(100), self.mills(), self.lots())

    def reduce(self) -> None:
        self.crowd.reduce(self.rng.randrange(100), self.lots())

    def sets(self) -> None:
        account, market = self.rng.choice(ACCOUNTS), self.rng.choice(MARKETS)
        self.crowd.change_sets(account, market, self.lots(), self.rng.random() < 0.4)

    def convert(self) -> None:
        self.crowd.convert(self.rng.choice(ACCOUNTS), self.rng.randrange(1, 16), self.lots())

    def reverse(self) -> None:
        self.crowd.reverse(self.rng.randrange(100))

    def venue(self) -> None:
        market, rare = self.rng.choice(MARKETS), self.rng.random() < 0.15
        match self.rng.randrange(3):
            case 0:
                self.crowd.regrid(market, not rare)
            case 1:
                self.crowd.halt(market, rare)
            case _:
                self.crowd.reprice(market, self.rng.randrange(3))

    def money(self) -> None:
        account, pool = self.rng.choice(ACCOUNTS), self.rng.randrange(2)
        amount = self.rng.randrange(1, 3 * MICRO)
        if self.rng.random() < 0.3:
            self.crowd.deposit(account, pool, amount)
        elif self.rng.random() < 0.2:
            self.crowd.withdraw(account, pool, amount)
        elif self.crowd.nets:
            self.crowd.transfer(account, pool, amount)

    def mills(self) -> int:
        whole = self.rng.choice((self.rng.randrange(1, 100), self.rng.randrange(45, 56))) * 10
        return whole + (self.rng.randrange(10) if self.rng.random() < 0.2 else 0)

    def lots(self) -> int:
        micros = self.rng.choice((self.rng.randrange(1, 20) * MICRO, self.rng.randrange(1, MICRO)))
        return max(micros // self.crowd.lot, 1)


@pytest.mark.parametrize("nets", [False, True], ids=["tokens", "netting"])
def test_everything_adds_up_over_a_hundred_thousand_requests(nets: bool) -> None:
    """Cash and positions at settlement are the deposits less the fees, to the micro-dollar: at
    every thousandth request, and at the end, when all is resolved, redeemed and cash.
    """
    crowd = Crowd(nets=nets)
    dice = Dice(crowd, seed=20_261_121)
    for step in range(STEPS):
        dice.roll()
        if not step % LOOK_EVERY:
            crowd.check()
    share = ONE if nets else dice.rng.choice((ONE, ONE // 3))
    crowd.resolve(all_payouts(dice.rng.randrange(4), share, lambda: Px(dice.rng.choice(SCALARS))))
    crowd.check_books()
    assert not any(crowd.exchange.positions(account) for account in ACCOUNTS)
    assert not any(any(crowd.exchange.reserved(account).values()) for account in ACCOUNTS)
    assert crowd.cash() == crowd.deposits - crowd.fees()
    crumbs = sum(crowd.exchange.cash(ROUNDING).values())
    assert 0 < crumbs < len(ACCOUNTS) * len(MARKETS)
    check_that_everything_happened(crowd)


def check_that_everything_happened(crowd: Crowd) -> None:
    """The stream is worth its length only where each kind of request succeeds often enough."""
    expected = {"cancel", "amend", "reduce", "regrid", "halt", "set_fees", "reverse", "deposit"}
    expected |= {"withdraw"}
    expected |= {f"place {tif} {stp}" for tif in Tif for stp in Stp}
    expected |= {"transfer"} if crowd.nets else {"split", "merge", "convert", "spend"}
    assert {what for what, times in crowd.done.items() if times >= 50} >= expected
    assert {"off_grid", "crosses", "unfillable", "self_trade", "no_balance"} <= set(crowd.refused)
