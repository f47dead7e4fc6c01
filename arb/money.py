"""The treasury of one run, wired: caps and priors from the settings, history from the store."""

from arb.detect.history import Calibration
from arb.detect.opportunity import resize
from arb.knobs import (
    NS_PER_MS,
    caps,
    criteria,
    loss_limits,
    obstacles,
    priors,
    sizing_limits,
)
from arb.learning import attempts
from arb.market.units import MICRO, Ns, Usd
from arb.messages import BasketEnd
from arb.pairing.watch import PairWatch
from arb.plant import Plant
from arb.risk.budget import LossBudget
from arb.risk.chances import NOTHING, WHOLE, Chances
from arb.risk.correlation import correlate
from arb.risk.drift import Drift
from arb.risk.ledger import Ledger
from arb.risk.obstacles import Obstacles
from arb.risk.treasury import Treasury, Wisdom
from arb.store.baskets import StoredBasket
from arb.store.journal import Journal


def make_treasury(plant: Plant) -> Treasury:
    """The treasury over the recovered ledger; what former runs won and lost today counts."""
    settings, ledger = plant.settings, plant.recovered.ledger
    ledger.exposure.correlate(correlate(plant.baskets, plant.clusters, plant.markets))
    replay(plant.journal, ledger)
    looking, blocked = criteria(settings), obstacles(settings)
    recall(plant.journal, blocked)
    calibration = Calibration(attempts(plant.journal))
    treasury = Treasury(
        ledger=ledger,
        caps=caps(settings),
        resize=lambda opportunity, most: resize(opportunity, most, looking),
        new_id=plant.outside.new_id,
        now_ns=plant.outside.now_ns,
        ttl_ns=settings.execution.opportunity_ttl_ms * NS_PER_MS,
        wisdom=Wisdom(Chances(calibration, priors(settings)), sizing_limits(settings)),
        budget=LossBudget(loss_limits(settings), ledger.results),
        obstacles=blocked,
        drift=Drift(settings.accounts.drift_usd),
        fills_told=lambda: not plant.recovered.tracking.wanting,
    )
    for new in PairWatch(plant.pairs).observe(plant.outside.now_ns()):
        treasury.bar_claim(new.key, new.reason)
    return treasury


def replay(journal: Journal, ledger: Ledger) -> None:
    """Tell the ledger how every basket of the store ended; their fills it knows already."""
    for basket in journal.baskets():
        payout = Usd(basket.payout * MICRO // basket.size)
        ledger.results.plan(basket.id, payout, basket.contracts)
        if basket.outcome is not None:
            _end(basket, ledger)


def recall(journal: Journal, blocked: Obstacles) -> None:
    """Leave alone what former runs left alone: half-filled markets, and all after many failures.

    What was merely missed, or refused, is tried again: the store does not say by which market.
    """
    for basket in sorted(journal.baskets(), key=lambda one: one.ended_ns or 0):
        if basket.outcome is None or basket.outcome in NOTHING:
            continue
        end, markets = BasketEnd(basket.outcome), [leg.market for leg in basket.legs]
        blocked.ended(end, markets, markets, (), Ns(basket.ended_ns or 0))


def _end(basket: StoredBasket, ledger: Ledger) -> None:
    unhedged = basket.outcome not in WHOLE and basket.outcome not in NOTHING
    ledger.results.end(basket.id, basket.sets, Ns(basket.ended_ns or 0), unhedged=unhedged)
