"""A basket bought by half: sell what is exposed, buy what is missing, offer it for a while, or hold.

Whichever leaves most after fees at the depth that the books show now, of those that cannot lose
more than the basket's budget. Where all would lose more, it is a person's decision.
"""

from collections.abc import Sequence

import attrs

from arb.market.units import Usd, plain_text
from arb.messages import Approved, Way
from arb.trade.quotes import Views, known
from arb.trade.ways import (
    Option,
    Scene,
    UnwindLimits,
    UnwindOrder,
    complete,
    hold,
    rest,
    sell,
)


@attrs.frozen
class Choice:
    """What to do now, and what it is expected to lose against what was paid."""

    way: Way
    orders: tuple[UnwindOrder, ...]
    loss: Usd
    reason: str
    risk: Usd = Usd(0)
    """What it may lose at the most: all of it at its limits."""


@attrs.frozen
class Situation:
    """How far an unwind has come."""

    lost: Usd = Usd(0)
    """By the choices so far, micro-dollars."""
    rested: bool = False
    """Offering at a better price was tried, or may not be."""


def budget_of(approved: Approved, limits: UnwindLimits) -> Usd:
    """What an unwind of this basket may lose; the usual amount where the basket does not say."""
    return approved.loss_budget or limits.budget_usd


def choose(
    approved: Approved,
    bought: Sequence[int],
    views: Views,
    limits: UnwindLimits,
    situation: Situation = Situation(),
) -> Choice:
    """Choose among all ways out. `views` lacks the books that must not be traded on."""
    scene = Scene(approved, tuple(bought), views, limits, situation.rested)
    left = Usd(budget_of(approved, limits) - situation.lost)
    options = _options(scene, left)
    borne = [option for option in options if option.risk <= left and _helps(option)]
    best = max(borne, key=lambda option: option.gain, default=None)
    if best is not None:
        return Choice(best.way, best.orders, best.loss, _words(best), best.risk)
    return Choice(Way.STUCK, (), Usd(0), _why_stuck(options, left))


def all_known(approved: Approved, views: Views) -> bool:
    """Say whether every book of a basket is there to be believed."""
    return all(known(views, market.id) is not None for market in approved.markets)


def _helps(option: Option) -> bool:
    """Doing something has to bring something; holding is what is left."""
    return option.way is Way.HOLD or option.gain > 0


def _options(scene: Scene, left: Usd) -> list[Option]:
    """Every way there is; those whose limits would lose too much without any give in them."""
    give = scene.limits.give_ticks
    selling = sell(scene, give)
    if selling is not None and selling.risk > left:
        selling = sell(scene, 0)
    completing = complete(scene, give)
    if completing is not None and completing.risk > left:
        completing = complete(scene, 0)
    found = (selling, completing, rest(scene, selling), hold(scene))
    return [option for option in found if option is not None]


_WORDS = {
    Way.SELL: "sell what is exposed",
    Way.COMPLETE: "buy what is missing",
    Way.REST: "offer what is exposed for a while",
    Way.HOLD: "keep it until it resolves: nobody pays more for it",
}


def _words(option: Option) -> str:
    return f"{_WORDS[option.way]} ({_money(option.loss)})"


def _why_stuck(options: Sequence[Option], left: Usd) -> str:
    over = [option for option in options if _helps(option)]
    best = min(over, key=lambda option: option.risk, default=None)
    if best is None:
        return "too small to sell or complete, or nobody who would pay for it"
    risk, most = plain_text(best.risk), plain_text(max(0, left))
    return f"to {_WORDS[best.way]} may lose ${risk}, more than the ${most} that is left to lose"


def _money(loss: int) -> str:
    word = "loses" if loss > 0 else "gains"
    return f"{word} ${plain_text(abs(loss))}"
