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
from arb.market.units import MICRO, Ns, Usd
from arb.plant import Plant
from arb.risk.budget import LossBudget
from arb.risk.chances import NOTHING, WHOLE, Chances
from arb.risk.correlation import correlate
from arb.risk.drift import Drift
from arb.risk.ledger import Ledger
from arb.risk.treasury import Treasury, Wisdom
from arb.store.journal import Journal, StoredBasket


def make_treasury(plant: Plant, calibration: Calibration) -> Treasury:
    """The treasury over the recovered ledger; what former runs won and lost today counts."""
    settings, ledger = plant.settings, plant.recovered.ledger
    ledger.exposure.correlate(correlate(plant.baskets, plant.clusters, plant.markets))
    replay(plant.journal, ledger)
    looking = criteria(settings)
    return Treasury(
        ledger=ledger,
        caps=caps(settings),
        resize=lambda opportunity, most: resize(opportunity, most, looking),
        new_id=plant.outside.new_id,
        now_ns=plant.outside.now_ns,
        ttl_ns=settings.execution.opportunity_ttl_ms * NS_PER_MS,
        wisdom=Wisdom(Chances(calibration, priors(settings)), sizing_limits(settings)),
        budget=LossBudget(loss_limits(settings), ledger.results),
        obstacles=obstacles(settings),
        drift=Drift(settings.accounts.drift_usd),
        fills_told=lambda: not plant.recovered.tracking.wanting,
    )


def replay(journal: Journal, ledger: Ledger) -> None:
    """Tell the ledger how every basket of the store ended; their fills it knows already."""
    for basket in journal.baskets():
        ledger.results.plan(basket.id, Usd(basket.payout * MICRO // basket.size))
        if basket.outcome is not None:
            _end(basket, ledger)


def _end(basket: StoredBasket, ledger: Ledger) -> None:
    unhedged = basket.outcome not in WHOLE and basket.outcome not in NOTHING
    ledger.results.end(basket.id, basket.sets, Ns(basket.ended_ns or 0), unhedged=unhedged)
