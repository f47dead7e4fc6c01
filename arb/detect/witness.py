"""Second witnesses: what has to confirm a price that one message alone cannot prove.

A best price that jumps in our favour, or that promises a fifth of its cost, is a fault more often
than a gift. What confirms it: a public trade near it, a later change of the same level, a later
telling of the whole book, and the other venue's book of the same question where it stands at the
new price. That it stands there itself confirms nothing: a stale quote stands, too.
"""

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from arb.detect.basket import Leg
from arb.detect.reasons import Objection, Reason
from arb.market.book import BookView
from arb.market.instruments import LastTrade, MarketId, Outcome
from arb.market.tops import Move
from arb.market.units import MICRO, Ns, Px, complement, plain_text

NEAR = 50_000
"""Micro-dollars: a trade within five cents of a quote speaks for it. Half of the smallest jump that
is doubted, so that no trade speaks for the prices before and after one."""
CLOCK_SLACK_NS = 2_000_000_000
"""Nanoseconds that a venue's clock and ours may differ by."""
ONE_TELLING_NS = 50_000_000
"""Nanoseconds: Polymarket tells a book twice, once for each token; the second is the same telling. A
snapshot that was asked for takes longer (recorded: 155 ms)."""
NS_PER_DAY = 86_400 * 1_000_000_000


@attrs.frozen
class Twin:
    """The same question on the other venue, by a verified pair."""

    view: BookView
    inverted: bool
    """Its YES is our NO."""


Twins = Mapping[MarketId, Twin]
"""By the market whose twin it is."""
NO_TWINS: Twins = MappingProxyType({})


def agrees(leg: Leg, view: BookView, twin: Twin) -> bool:
    """Say whether a twin's middle lies within five cents of the price that a leg jumped to.

    A twin that is quoted more than ten cents wide has no middle to speak of.
    """
    bids, asks = twin.view.bids, twin.view.asks
    if not bids or not asks or asks[0][0] - bids[0][0] > 2 * NEAR:
        return False
    middle = (bids[0][0] + asks[0][0]) // 2
    px = view.asks[0][0] if leg.outcome is Outcome.YES else view.bids[0][0]
    return abs((MICRO - middle if twin.inverted else middle) - px) <= NEAR


def doubt_jump(leg: Leg, view: BookView, now_ns: Ns, most: int, window_ns: int) -> Objection | None:
    """Object to a best price that came closer to us by more than `most` micro-dollars.

    Only moves within `window_ns` before `now_ns` count, and only until something confirms them.
    """
    move = view.ask_move if leg.outcome is Outcome.YES else view.bid_move
    if move is None or now_ns - move.moved_ns > window_ns:
        return None
    gain = _gain(leg, view, move, window_ns)
    if gain <= most or _confirmed(leg, view, move):
        return None
    words = f"{leg.market}: {leg.outcome} cheaper by {plain_text(gain)}"
    return Objection(Reason.JUMP, words, leg.market)


def _gain(leg: Leg, view: BookView, move: Move, window_ns: int) -> int:
    """By how much the contract became cheaper, in one move or in those shortly before it together."""
    before = [move.before, move.anchor]
    if move.moved_ns - move.older_ns <= window_ns:
        before.append(move.older)
    if leg.outcome is Outcome.YES:
        return max(before) - view.asks[0][0]
    return view.bids[0][0] - min(before)


def _confirmed(leg: Leg, view: BookView, move: Move) -> bool:
    px, qty = (view.asks if leg.outcome is Outcome.YES else view.bids)[0]
    told_again = view.snapshot_ns > move.moved_ns + ONE_TELLING_NS
    changed_since = qty != move.qty_then
    trade = view.last_trade
    traded = (
        trade is not None
        and trade.at_ns >= move.moved_ns - CLOCK_SLACK_NS
        and abs(trade.px - px) <= NEAR
    )
    return told_again or changed_since or traded


def doubt_gift(leg: Leg, view: BookView, now_ns: Ns, max_trade_age_ns: int) -> Objection | None:
    """Object to a leg of a basket that promises too much, unless trades speak for its price."""
    trade = view.last_trade
    if trade is None or now_ns - trade.at_ns > max_trade_age_ns:
        return Objection(Reason.STALE, f"{leg.market}: {_age_words(trade, now_ns)}", leg.market)
    px = view.asks[0][0] if leg.outcome is Outcome.YES else view.bids[0][0]
    if abs(trade.px - px) > NEAR:
        words = f"{_own(leg, px)} asked, last traded at {_own(leg, trade.px)}"
        return Objection(Reason.TOO_GOOD, f"{leg.market}: {leg.outcome} {words}", leg.market)
    return None


def _age_words(trade: LastTrade | None, now_ns: Ns) -> str:
    if trade is None:
        return "no trade known"
    return f"last trade {(now_ns - trade.at_ns) // NS_PER_DAY} days ago"


def _own(leg: Leg, px: Px) -> str:
    return plain_text(px if leg.outcome is Outcome.YES else complement(px))


def doubt_exit(leg: Leg, view: BookView, entry_pico: int, highest: Px) -> Objection | None:
    """Object to a position that no sale at `highest` or below would recover, fees included.

    `entry_pico` is what a contract costs with its fee, in pico-dollars.
    """
    proceeds = highest * MICRO - view.market.fees.least_taker_fee_pico(highest)
    if proceeds >= entry_pico:
        return None
    words = f"{leg.market}: costs {plain_text(entry_pico // MICRO)}"
    return Objection(Reason.NO_EXIT, f"{words}, sold at {plain_text(highest)} at the most")
