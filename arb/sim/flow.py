"""The order flow of the simulated venues: makers, noise, news, and the arbitrages these leave.

Every question has a fair value that wanders. A maker quotes each market around what its venue
believes; news moves one venue first and the other seconds later, and now and then a maker misreads
one market of a set for a while. So arbitrages appear, and vanish by themselves. Everything is drawn
from one seeded generator in the order of virtual time, and acts through the matching engine only.
"""

import heapq
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import attrs
import trio

from arb.market.errors import OffGrid
from arb.market.grid import PriceGrid
from arb.market.instruments import Action, MarketId, Outcome
from arb.market.units import MICRO, Px, Qty, Usd, complement
from arb.sim.catalogue import Question
from arb.sim.engine import Exchange, RejectCode, Rejection, Tif

MAKER = "maker"
NOISE = "noise"
PURSE = Usd(10**15)
"""A billion dollars: makers never run dry."""
INVENTORY = Qty(10**13)
"""Contracts of each kind that a maker starts with where a sale needs them."""
LEVELS = 4
"""Price levels on each side of a quote."""
MIN_FAIR, MAX_FAIR = 15_000, 985_000


@attrs.frozen
class Pace:
    """Mean seconds between two events of a kind, before the speed is applied."""

    requote_s: float = 6.0
    """Of one market."""
    noise_s: float = 0.7
    """Of all markets together."""
    news_s: float = 14.0
    lag_s: float = 3.0
    """How long the slower venue believes the old price."""
    misread_s: float = 9.0
    misread_for_s: float = 12.0


@attrs.define
class _Belief:
    """One market as its venue's maker sees it."""

    exchange: Exchange
    market: MarketId
    grid: PriceGrid
    fair: int
    """Micro-dollars."""
    misread: int = 0
    orders: dict[tuple[bool, Px], str] = attrs.field(factory=dict)
    """Resting quotes by side (True: bid) and price."""


@attrs.define
class _Topic:
    """One question with its true values, and what each venue believes."""

    fair: list[int]
    sides: list[list[_Belief]]
    """By venue that lists it, then by answer."""
    moves_together: bool
    """Whether the answers share what there is: more for one is less for the others."""


class Flow:
    """Makes both venues live. `speed_ppm` divides every pause (1,000,000: as it is)."""

    def __init__(  # noqa: PLR0913 - what it acts on and how
        self,
        polymarket: Exchange,
        kalshi: Exchange,
        questions: Sequence[Question],
        rng: random.Random,
        *,
        pace: Pace | None = None,
        speed_ppm: int = MICRO,
    ) -> None:
        """Fund the makers and put up the first quotes."""
        self.refused: Counter[RejectCode] = Counter()
        """Orders of the flow that a venue did not take, by reason."""
        self._rng = rng
        self._pace = pace or Pace()
        self._speed = speed_ppm / MICRO
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._entries = 0
        self._orders = 0
        self._now_s = 0.0
        self._topics = [self._topic(question, polymarket, kalshi) for question in questions]
        self._fund(polymarket, kalshi)
        self._begin()

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Act when it is time, until cancelled."""
        start = trio.current_time()
        task_status.started()
        while True:
            due_s, _, act = heapq.heappop(self._agenda)
            await trio.sleep_until(start + due_s / self._speed)
            self._now_s = due_s
            act()

    # --- beginning ---

    def _topic(self, question: Question, polymarket: Exchange, kalshi: Exchange) -> _Topic:
        fair = self._first_fair(question)
        listed = [(polymarket, question.polymarket), (kalshi, question.kalshi)]
        sides = [
            [
                _Belief(exchange, market, exchange.listing(market).grid, value)
                for market, value in zip(markets, fair, strict=True)
            ]
            for exchange, markets in listed
            if markets
        ]
        return _Topic(fair, sides, moves_together=question.answers > 1)

    def _first_fair(self, question: Question) -> list[int]:
        if question.answers == 1:
            return [self._rng.randrange(60_000, 940_000)]
        weights = [self._rng.randrange(10, 100) for _ in range(question.answers)]
        share = MICRO if question.subject.complete else self._rng.randrange(850_000, 960_000)
        return [_bounded(share * weight // sum(weights)) for weight in weights]

    def _fund(self, polymarket: Exchange, kalshi: Exchange) -> None:
        for exchange in (polymarket, kalshi):
            pools = dict.fromkeys(range(4), PURSE)
            for account in (MAKER, NOISE):
                exchange.open_account(account, pools, remembers=False)  # it trades for days
        for belief in self._beliefs():
            if not belief.exchange.nets:
                for account in (MAKER, NOISE):
                    belief.exchange.split(account, belief.market, INVENTORY)

    def _begin(self) -> None:
        for topic in self._topics:
            for side in topic.sides:
                for belief in side:
                    self._quote(belief)
                    self._repeat(self._pace.requote_s, self._requote(topic, belief))
        self._repeat(self._pace.noise_s, self._trade_noise)
        self._repeat(self._pace.news_s, self._break_news)
        self._repeat(self._pace.misread_s, self._misread)

    def _beliefs(self) -> list[_Belief]:
        return [belief for topic in self._topics for side in topic.sides for belief in side]

    # --- agenda ---

    def _after(self, mean_s: float, act: Callable[[], None], *, least_s: float = 0.0) -> None:
        self._entries += 1
        due = self._now_s + least_s + self._rng.expovariate(1 / mean_s)
        heapq.heappush(self._agenda, (due, self._entries, act))

    def _repeat(self, mean_s: float, act: Callable[[], None]) -> None:
        def again() -> None:
            act()
            self._after(mean_s, again)

        self._after(mean_s, again)

    # --- what happens ---

    def _requote(self, topic: _Topic, belief: _Belief) -> Callable[[], None]:
        """A maker looks again; what is asked wanders a little meanwhile."""

        def act() -> None:
            self._wander(topic, belief)
            self._quote(belief)

        return act

    def _wander(self, topic: _Topic, belief: _Belief) -> None:
        for side in topic.sides:
            for place, seen in enumerate(side):
                if seen is belief:
                    self._shift(topic, place, self._rng.randint(-2_000, 2_000))
                    belief.fair = topic.fair[place]

    def _shift(self, topic: _Topic, place: int, by: int) -> None:
        """Move one answer's true value; where answers share, the others make room."""
        before = topic.fair[place]
        topic.fair[place] = _bounded(before + by)
        if not topic.moves_together:
            return
        moved = topic.fair[place] - before
        other = (place + 1 + self._rng.randrange(len(topic.fair) - 1)) % len(topic.fair)
        room = _bounded(topic.fair[other] - moved)
        topic.fair[place] -= moved + room - topic.fair[other]
        topic.fair[other] = room

    def _break_news(self) -> None:
        """One venue learns something; the other a little later."""
        topic = self._rng.choice([topic for topic in self._topics if len(topic.sides) > 1])
        place = self._rng.randrange(len(topic.fair))
        by = self._rng.choice((-1, 1)) * self._rng.randrange(50_000, 110_000)
        self._shift(topic, place, by)
        first, second = self._rng.sample(topic.sides, 2)
        self._learn(topic, first)
        self._after(self._pace.lag_s, lambda: self._learn(topic, second), least_s=0.4)

    def _learn(self, topic: _Topic, side: Sequence[_Belief]) -> None:
        for place, belief in enumerate(side):
            if belief.fair != topic.fair[place]:
                belief.fair = topic.fair[place]
                self._quote(belief)

    def _misread(self) -> None:
        """A maker misreads one market of a set, and notices after a while."""
        side = self._rng.choice([s for t in self._topics if t.moves_together for s in t.sides])
        belief = self._rng.choice(side)
        if belief.misread:
            return
        belief.misread = self._rng.choice((-1, 1)) * self._rng.randrange(60_000, 120_000)
        self._quote(belief)
        self._after(self._pace.misread_for_s, lambda: self._notice(belief), least_s=1.0)

    def _notice(self, belief: _Belief) -> None:
        belief.misread = 0
        self._quote(belief)

    def _trade_noise(self) -> None:
        """Somebody buys or sells a little at whatever price there is."""
        belief = self._rng.choice(self._beliefs())
        outcome = self._rng.choice((Outcome.YES, Outcome.NO))
        bids, asks = belief.exchange.levels(belief.market)
        levels = asks if outcome is Outcome.YES else bids
        if not levels:
            return
        px = levels[0][0] if outcome is Outcome.YES else complement(levels[0][0])
        qty = Qty(self._rng.randrange(5, 40) * MICRO)
        self._place(belief, NOISE, outcome, Action.BUY, px, qty, Tif.IOC)

    # --- quoting ---

    def _quote(self, belief: _Belief) -> None:
        """Replace what differs from the quotes that the maker wants now."""
        wanted = self._wanted(belief)
        for key, order_id in list(belief.orders.items()):
            order = belief.exchange.order(order_id)
            if order is None or not order.open or key not in wanted:
                belief.exchange.cancel(order_id)
                del belief.orders[key]
        for (is_bid, px), qty in wanted.items():
            if (is_bid, px) not in belief.orders:
                order_id = self._rest(belief, px, qty, is_bid=is_bid)
                if order_id:
                    belief.orders[is_bid, px] = order_id

    def _wanted(self, belief: _Belief) -> Mapping[tuple[bool, Px], Qty]:
        """A few levels on both sides; more contracts the further away."""
        center = _bounded(belief.fair + belief.misread)
        half = belief.grid.finest_step // 4 + 1_500
        gap = max(belief.grid.finest_step, 5_000)
        wanted: dict[tuple[bool, Px], Qty] = {}
        for depth in range(LEVELS):
            size = Qty(self._rng.randrange(15, 90) * (1 + 2 * depth) * MICRO)
            try:
                bid = belief.grid.at_most(center - half - depth * gap)
                wanted.setdefault((True, bid), size)
                ask = belief.grid.at_least(center + half + depth * gap)
                wanted.setdefault((False, ask), size)
            except OffGrid:
                continue  # no room so close to 0 or 1
        return wanted

    def _rest(self, belief: _Belief, px: Px, qty: Qty, *, is_bid: bool) -> str:
        if is_bid:
            return self._place(belief, MAKER, Outcome.YES, Action.BUY, px, qty, Tif.GTC)
        if belief.exchange.nets:
            no_px = complement(px)
            return self._place(belief, MAKER, Outcome.NO, Action.BUY, no_px, qty, Tif.GTC)
        return self._place(belief, MAKER, Outcome.YES, Action.SELL, px, qty, Tif.GTC)

    def _place(  # noqa: PLR0913, PLR0917 - an order has this many parts
        self,
        belief: _Belief,
        account: str,
        outcome: Outcome,
        action: Action,
        limit: Px,
        qty: Qty,
        tif: Tif,
    ) -> str:
        """Place an order; returns its id, or "" where the venue refuses it."""
        self._orders += 1
        order_id = f"{account}-{self._orders}"
        try:
            belief.exchange.place(
                id=order_id,
                account=account,
                market=belief.market,
                outcome=outcome,
                action=action,
                limit=limit,
                qty=qty,
                tif=tif,
            )
        except Rejection as rejection:
            self.refused[rejection.code] += 1  # closed meanwhile: the next look mends it
            return ""
        return order_id


def _bounded(micros: int) -> int:
    return min(MAX_FAIR, max(MIN_FAIR, micros))
