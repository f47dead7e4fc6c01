"""Short histories of one exchange, looked at after every request, and shrunk where they fail."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from arb.market.instruments import Action, Outcome
from arb.market.units import MICRO, ONE, Px
from arb.sim.engine import Stp, Tif
from tests.fakes.crowd import ACCOUNTS, EVENT, MARKETS, Crowd, all_payouts

accounts = st.sampled_from(ACCOUNTS)
markets = st.sampled_from((EVENT[0], *MARKETS))
mills = st.integers(1, 99).map(lambda cents: cents * 10) | st.integers(1, 999)
lots = st.integers(1, 20).map(lambda contracts: contracts * 100) | st.integers(1, 300)
which = st.integers(0, 30)
pools = st.integers(0, 1)
amounts = st.integers(1, 60 * MICRO)
payouts = st.sampled_from((Px(0), ONE, Px(500_000))) | st.integers(0, ONE).map(Px)


class History(RuleBasedStateMachine):
    """Everything that can be done to an exchange, in any order, until all is resolved."""

    nets: bool
    scale: int
    """How many lots a hundredth of a contract is."""

    def __init__(self) -> None:
        super().__init__()
        self.crowd = Crowd(nets=self.nets)
        self.resolved = False

    @rule(
        account=accounts,
        market=markets,
        outcome=st.sampled_from(Outcome),
        action=st.sampled_from(Action),
        limit=mills,
        size=lots,
        tif=st.sampled_from((Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK)),
        post_only=st.sampled_from((False, False, True)),
        spend=st.sampled_from((0, 1, 777_777, 3 * MICRO)),
        stp=st.sampled_from(Stp),
    )
    def place(  # noqa: PLR0913 - an order has this many parts
        self,
        *,
        account: str,
        market: str,
        outcome: Outcome,
        action: Action,
        limit: int,
        size: int,
        tif: Tif,
        post_only: bool,
        spend: int,
        stp: Stp,
    ) -> None:
        where = next(known for known in MARKETS if known == market)
        size *= self.scale
        self.crowd.place(account, where, outcome, action, limit, size, tif, post_only, spend, stp)

    @rule(index=which)
    def cancel(self, index: int) -> None:
        self.crowd.cancel(index)

    @rule(index=which, limit=mills, size=lots)
    def amend(self, index: int, limit: int, size: int) -> None:
        self.crowd.amend(index, limit, size * self.scale)

    @rule(index=which, size=lots)
    def reduce(self, index: int, size: int) -> None:
        self.crowd.reduce(index, size * self.scale)

    @rule(index=which)
    def reverse(self, index: int) -> None:
        self.crowd.reverse(index)

    @rule(account=accounts, number=st.integers(0, 5), size=lots, merges=st.booleans())
    def change_sets(self, account: str, number: int, size: int, *, merges: bool) -> None:
        self.crowd.change_sets(account, MARKETS[number], size * self.scale, merges)

    @rule(account=accounts, mask=st.integers(1, 15), size=lots)
    def convert(self, account: str, mask: int, size: int) -> None:
        self.crowd.convert(account, mask, size * self.scale)

    @rule(number=st.integers(0, 5), is_fine=st.booleans(), fees=st.integers(0, 2))
    def change_rules(self, number: int, *, is_fine: bool, fees: int) -> None:
        self.crowd.regrid(MARKETS[number], is_fine)
        self.crowd.reprice(MARKETS[number], fees)

    @rule(number=st.integers(0, 5), is_halted=st.booleans())
    def halt(self, number: int, *, is_halted: bool) -> None:
        self.crowd.halt(MARKETS[number], is_halted)

    @rule(account=accounts, pool=pools, amount=amounts, how=st.integers(0, 2))
    def move_money(self, account: str, pool: int, amount: int, how: int) -> None:
        if how == 0 and self.nets:
            self.crowd.transfer(account, pool, amount)
        elif how == 1:
            self.crowd.withdraw(account, pool, amount)
        else:
            self.crowd.deposit(account, pool, amount)

    @invariant()
    def everything_agrees(self) -> None:
        if not self.resolved:
            self.crowd.check()

    @invariant()
    def nothing_is_lost(self) -> None:
        if self.resolved:
            self.crowd.redeem()
            assert self.crowd.cash() == self.crowd.deposits - self.crowd.fees()

    @rule(winner=st.integers(0, 3), share=payouts, single=payouts)
    def resolve(self, winner: int, share: Px, single: Px) -> None:
        """From here on nobody trades; settlements still fail, and complete sets still change."""
        if not self.resolved:
            self.resolved = True
            self.crowd.resolve(all_payouts(winner, share, lambda: single))


class Tokens(History):
    nets = False
    scale = 10_000


class Netting(History):
    nets = True
    scale = 1


SHORT = settings(max_examples=60, stateful_step_count=30, deadline=None)
TestTokens = Tokens.TestCase
TestTokens.settings = SHORT
TestNetting = Netting.TestCase
TestNetting.settings = SHORT
