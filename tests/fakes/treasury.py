"""A treasury to test with: wide open unless told otherwise. Plain values, nothing that decides."""

from collections.abc import Callable

import attrs

from arb.detect.basket import Lane
from arb.detect.history import NOTHING_LEARNT
from arb.market.instruments import Venue
from arb.market.units import MICRO, Clock, Px, Usd
from arb.messages import Balance
from arb.risk.bans import BanRule, Bans, Offence
from arb.risk.budget import LossBudget, LossLimits
from arb.risk.chances import Chances, Priors
from arb.risk.drift import Drift
from arb.risk.ledger import Ledger
from arb.risk.limits import Caps
from arb.risk.obstacles import Obstacles, Pauses
from arb.risk.sizing import SizingLimits
from arb.risk.treasury import Resize, Treasury, Wisdom

SECOND = 10**9
CAPS = Caps(
    basket_usd=Usd(50 * MICRO),
    market_usd=Usd(100 * MICRO),
    event_usd=Usd(200 * MICRO),
    venue_usd=Usd(800 * MICRO),
    total_usd=Usd(1_500 * MICRO),
    market_contracts=500,
    open_baskets=2,
    cash_reserve_usd=Usd(5 * MICRO),
    cluster_usd=Usd(300 * MICRO),
    open_positions=100,
    break_even=Px(950_000),
)
RULES = {
    Offence.REFUSED: BanRule(1, 60 * SECOND, 7200 * SECOND),
    Offence.STORM: BanRule(5, 300 * SECOND, 7200 * SECOND),
    Offence.HALF_FILLED: BanRule(2, 600 * SECOND, 7200 * SECOND),
    Offence.MISSED: BanRule(3, 60 * SECOND, 600 * SECOND),
}
PAUSES = Pauses(cooldown_ns=0, most_failures=1_000, failures_ns=600 * SECOND)
LOSSES = LossLimits(Usd(5 * MICRO), Usd(1_000 * MICRO), Usd(1_000 * MICRO))
SIZING = SizingLimits(
    kelly_ppm=MICRO,
    half_loss_ppm=50_000,
    believed_edge_ppm=MICRO,
    hurdle_ppm=0,
    unknown_wait_ns=0,
    worst_loss_usd=Usd(100_000 * MICRO),
    trust_ppm={str(lane): MICRO for lane in Lane},
)
PRIORS = Priors(whole_ppm=500_000, half_ppm=10_000)


def rich_ledger(usd: int = 1_000 * MICRO) -> Ledger:
    """So much cash in the first pool of both venues."""
    ledger = Ledger()
    ledger.open([Balance(venue, 0, Usd(usd)) for venue in Venue])
    return ledger


@attrs.frozen
class Terms:
    """What a treasury keeps to."""

    caps: Caps = CAPS
    losses: LossLimits = LOSSES
    pauses: Pauses = PAUSES
    sizing: SizingLimits = SIZING
    priors: Priors = PRIORS


def make_treasury(
    ledger: Ledger,
    now_ns: Clock,
    *,
    resize: Resize = lambda *_: None,
    new_id: Callable[[], str] = lambda: "unused",
    terms: Terms | None = None,
) -> Treasury:
    """A treasury over a ledger."""
    kept = terms or Terms()
    return Treasury(
        ledger=ledger,
        caps=kept.caps,
        resize=resize,
        new_id=new_id,
        now_ns=now_ns,
        ttl_ns=2 * SECOND,
        wisdom=Wisdom(Chances(NOTHING_LEARNT, kept.priors), kept.sizing),
        budget=LossBudget(kept.losses, ledger.results),
        obstacles=Obstacles(Bans(RULES), kept.pauses),
        drift=Drift(Usd(10_000)),
    )
