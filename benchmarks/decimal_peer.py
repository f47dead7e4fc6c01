"""The peer of `detect.py`: the same work done in the straightforward way.

`json`, `Decimal` and dictionaries; each token has a book of its own whose best ask is remembered;
after a change the sums of its market and of its event are added up anew. The sweep takes the
smallest of the best levels again and again, in `Decimal`. Both are correct and as quick as this
way allows; neither looks for a better size below the one that it ends at.
"""

import json
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

from arb.detect.basket import MAX_LEGS, Template
from arb.detect.sweep import Offer
from arb.market.fees import KalshiFees, PolymarketFees
from arb.market.instruments import Market, PolymarketRef
from arb.market.units import MICRO

ZERO, ONE = Decimal(0), Decimal(1)
NO_ASK = Decimal(10**6)
RATE = Decimal("0.04")
"""Of the benchmark's markets."""
STEP = {PolymarketFees: Decimal("0.00001"), KalshiFees: Decimal("0.0001")}
"""What a fill's fee is rounded up to."""


class TokenBook:
    """One token's levels."""

    def __init__(self) -> None:
        self.bids: dict[Decimal, Decimal] = {}
        self.asks: dict[Decimal, Decimal] = {}
        self.best_ask = NO_ASK

    def set_level(self, side: str, price: Decimal, size: Decimal) -> None:
        """Set a level's new total; 0 removes it."""
        levels = self.bids if side == "BUY" else self.asks
        if size:
            levels[price] = size
        else:
            levels.pop(price, None)
        if side == "SELL" and (price <= self.best_ask or not size):
            self.best_ask = min(self.asks, default=NO_ASK)

    def all_in(self) -> Decimal:
        """The best ask and its fee."""
        return self.best_ask + RATE * self.best_ask * (ONE - self.best_ask)


class DecimalPath:
    """From a frame's bytes to the sums that its change moves."""

    def __init__(self, events: Sequence[Sequence[Market]]) -> None:
        self.books: dict[str, TokenBook] = {}
        self.baskets: dict[str, list[tuple[int, list[TokenBook]]]] = {}
        self.found = 0
        for event in events:
            self._add_event(event)

    def _add_event(self, event: Sequence[Market]) -> None:
        refs = [one.ref for one in event if isinstance(one.ref, PolymarketRef)]
        pairs = [(ref.yes_token, ref.no_token) for ref in refs]
        for yes, no in pairs:
            self.books[yes], self.books[no] = TokenBook(), TokenBook()
        groups: list[tuple[int, Sequence[str]]] = [(1, pair) for pair in pairs]
        if 1 < len(pairs) <= MAX_LEGS:
            groups.append((1, tuple(yes for yes, _ in pairs)))
            groups.append((len(pairs) - 1, tuple(no for _, no in pairs)))
        for payout, tokens in groups:
            legs = [self.books[token] for token in tokens]
            for token in tokens:
                self.baskets.setdefault(token, []).append((payout, legs))

    def receive(self, frame: bytes) -> None:
        """Take one frame; baskets that cost less than they pay are counted."""
        message = json.loads(frame)
        if message["event_type"] == "book":
            self._load(message)
            return
        for change in message["price_changes"]:
            book = self.books[change["asset_id"]]
            book.set_level(change["side"], Decimal(change["price"]), Decimal(change["size"]))
        for change in message["price_changes"]:
            self._decide(change["asset_id"])

    def _load(self, message: dict[str, list[dict[str, str]] | str]) -> None:
        book = self.books[str(message["asset_id"])]
        for name, side in (("bids", "BUY"), ("asks", "SELL")):
            for level in message[name]:
                assert isinstance(level, dict)
                book.set_level(side, Decimal(level["price"]), Decimal(level["size"]))

    def _decide(self, token: str) -> None:
        for payout, legs in self.baskets[token]:
            self.found += sum(leg.all_in() for leg in legs) < payout


class DecimalSweep:
    """The sweep of one basket."""

    def __init__(self, template: Template, offers: Sequence[Offer]) -> None:
        self.payout = Decimal(template.payout) / MICRO
        self.ladders = [
            [(Decimal(px) / MICRO, Decimal(qty) / MICRO) for px, qty in offer.ladder]
            for offer in offers
        ]
        self.rates = [_rate(offer) for offer in offers]
        self.steps = [STEP[type(offer.market.fees)] for offer in offers]
        self.lot = max(Decimal(offer.market.lot) / MICRO for offer in offers)

    def run(self, least_edge: Decimal) -> tuple[Decimal, Decimal]:
        """Size and profit."""
        size = self._reach(least_edge) // self.lot * self.lot
        return size, self.payout * size - sum(
            map(self._spent, range(len(self.ladders)), [size] * len(self.ladders))
        )

    def _reach(self, least_edge: Decimal) -> Decimal:
        """Take the smallest of the best levels until a set brings too little."""
        at = [0] * len(self.ladders)
        left = [ladder[0][1] for ladder in self.ladders]
        size = ZERO
        while True:
            cost = ZERO
            for leg, ladder in enumerate(self.ladders):
                px = ladder[at[leg]][0]
                cost += px + self.rates[leg] * px * (ONE - px)
            if self.payout - cost < least_edge:
                return size
            step = min(left)
            size += step
            for leg, ladder in enumerate(self.ladders):
                left[leg] -= step
                if not left[leg]:
                    at[leg] += 1
                    if at[leg] == len(ladder):
                        return size
                    left[leg] = ladder[at[leg]][1]

    def _spent(self, leg: int, size: Decimal) -> Decimal:
        """Cost and fees of one leg, each fill rounded up."""
        spent = ZERO
        for px, qty in self.ladders[leg]:
            fill = min(qty, size)
            fee = self.rates[leg] * fill * px * (ONE - px)
            spent += px * fill + fee.quantize(self.steps[leg], ROUND_CEILING)
            size -= fill
            if not size:
                break
        return spent


def _rate(offer: Offer) -> Decimal:
    fees = offer.market.fees
    match fees:
        case PolymarketFees():
            return Decimal(fees.rate_ppm) / MICRO
        case KalshiFees():
            return Decimal(fees.taker_ppm) / MICRO
        case _:
            raise ValueError(fees)
