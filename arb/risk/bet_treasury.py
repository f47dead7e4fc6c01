"""The treasury's other counter: which bets may be placed, and with how much.

Bets share the ledger, the bans and the limits on what is in flight with baskets, and have caps of
their own on top. What is not known to be allowed is declined with a reason in words.
"""

from collections.abc import Callable

import attrs

from arb.detect.bet import Bet, BetId
from arb.detect.reasons import Objection
from arb.detect.stake import StakeLimits, cut
from arb.market.instruments import Market, MarketId
from arb.market.units import Ns, Px, Qty, Usd, ceil_div, cost
from arb.messages import BasketEnd, BasketEnded, BasketId, Fill
from arb.risk.bets import DAY_NS, BetAllowance, Spent
from arb.risk.ledger import Ledger, pool_of
from arb.risk.limits import Caps
from arb.risk.treasury import Treasury

BET_PREFIX = "bet-"
"""What the name of a bet begins with where baskets and bets lie side by side: in the store."""


@attrs.frozen
class ApprovedBet:
    """A bet whose money is reserved. Nothing is bought for a bet without one."""

    basket: BasketId
    """The name under which its money and its order are booked."""
    bet: Bet
    worst: Usd
    """What is set aside: all of it at the limit, with the fee there."""
    decided_ns: Ns


def is_bet(basket: BasketId) -> bool:
    """Say whether what the store calls a basket was a bet."""
    return basket.startswith(BET_PREFIX)


def spent_by(fill: Fill) -> Spent:
    """What a purchase took from the allowance of its day."""
    return Spent(fill.at_ns, Usd(fill.worth + fill.fee))


@attrs.define
class BetTreasury:
    """Decides on bets over the treasury's own ledger. Every yes has its money set aside."""

    treasury: Treasury
    allowance: BetAllowance
    limits: StakeLimits
    new_id: Callable[[], str]
    markets: set[MarketId]
    """Where bets were made: what is paid for there counts as open."""
    _acted: dict[BetId, Ns] = attrs.field(factory=dict, init=False)

    def decide(self, bet: Bet, now_ns: Ns) -> ApprovedBet | str:
        """Approve as much of it as every cap allows, or say why nothing may be placed."""
        why = self._objection(bet, now_ns)
        if why:
            return why
        most, name = self._room(bet, now_ns)
        fitted = self._fitted(bet, most)
        if isinstance(fitted, Objection):
            return f"no room: {name}: {fitted.reason}"
        basket = BasketId(f"{BET_PREFIX}{self.new_id()}")
        approved = ApprovedBet(basket, fitted, worst_cost(fitted), now_ns)
        self._set_aside(approved)
        return approved

    def _objection(self, bet: Bet, now_ns: Ns) -> str:
        if bet.id in self._acted:
            return "already acted on"
        if not 0 <= now_ns - bet.seen_ns <= self.treasury.ttl_ns:
            return "too old"
        return self.treasury.objection([bet.market])

    def _room(self, bet: Bet, now_ns: Ns) -> tuple[Usd, str]:
        ledger = self.treasury.ledger
        paid = ledger.paid()
        bankroll = Usd(sum(ledger.cash.values()) + ledger.basis)
        open_usd = Usd(sum(usd for market, usd in paid.items() if market in self.markets))
        own = self.allowance.most(bet, bankroll, open_usd, now_ns)
        return min(own, hard_room(bet.market, ledger, self.treasury.caps), key=_dollars)

    def _fitted(self, bet: Bet, most: Usd) -> Bet | Objection:
        """The bet at a size whose worst cost is no more than that."""
        left: int = min(most, bet.at_risk)
        while True:
            fitted = cut(bet, attrs.evolve(self.limits, max_cost_usd=Usd(left)))
            if isinstance(fitted, Objection) or worst_cost(fitted) <= most:
                return fitted
            left = min(left - 1, left * most // worst_cost(fitted))

    def _set_aside(self, approved: ApprovedBet) -> None:
        market, now_ns = approved.bet.market, approved.decided_ns
        self.treasury.ledger.reserve(approved.basket, market, approved.worst)
        self.treasury.begin(approved.basket, [market])
        self.allowance.promise(approved.worst, now_ns)
        self.markets.add(market.id)
        self._acted = {bet: at for bet, at in self._acted.items() if now_ns - at < DAY_NS}
        self._acted[approved.bet.id] = now_ns

    def ended(self, approved: ApprovedBet, filled: Qty, refused: bool, now_ns: Ns) -> None:  # noqa: FBT001 - a fact of the order
        """Free what a bet did not spend; leave its market alone where the venue said no."""
        used = ceil_div(approved.worst * filled, approved.bet.size)
        self.allowance.give_back(Usd(approved.worst - used), approved.decided_ns)
        market = approved.bet.market.id
        self.treasury.ended(
            BasketEnded(
                basket=approved.basket,
                end=BasketEnd.COMPLETED if filled else BasketEnd.MISSED,
                sets=filled,
                stuck=(),
                note="",
                at_ns=now_ns,
                refused=(market,) if refused else (),
            )
        )


def worst_cost(bet: Bet) -> Usd:
    """All of it at its limit, and the fee there or as planned, whichever is more."""
    fees = bet.market.fees.taker_fees([(Px(bet.limit), bet.size)])
    return Usd(cost(bet.limit, bet.size) + max(fees, bet.fees))


def hard_room(market: Market, ledger: Ledger, caps: Caps) -> tuple[Usd, str]:
    """The least that the caps of everything together leave for one market, and which cap it is."""
    names = ("market", "event", "venue", "cluster", "total exposure")
    groups = ledger.exposure.groups(ledger.stake(market))
    rooms = (
        ("cash", ledger.free(pool_of(market)) - caps.cash_reserve_usd),
        ("basket", caps.basket_usd),
        *(
            (name, cap - ledger.exposure.of(group))
            for name, cap, group in zip(names, caps.of_groups(), groups, strict=True)
        ),
    )
    name, usd = min(rooms, key=lambda room: room[1])
    return Usd(max(0, usd)), name


def _dollars(room: tuple[Usd, str]) -> Usd:
    return room[0]
