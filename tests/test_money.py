"""The treasury of a run: what former runs won and lost today counts, and the settings mean caps."""

from pathlib import Path

import attrs
import pytest

from arb.detect.basket import Lane
from arb.knobs import bans, caps, loss_limits, obstacles, sizing_limits
from arb.market.instruments import Action, Market, Outcome, Venue
from arb.market.units import MICRO, Ns, Qty
from arb.messages import (
    BasketEnd,
    BasketEnded,
    BasketId,
    FillStatus,
    OrderEnded,
    OrderFilled,
)
from arb.money import recall, replay
from arb.risk.bans import Offence
from arb.risk.budget import LossBudget
from arb.risk.ledger import Ledger, Stake
from arb.settings import Layer, Settings, build, read_toml
from arb.store.journal import Journal
from tests.fakes.markets import EPOCH_NS, approve, make_fill, make_market, make_order, make_prepared

SHIPPED = Path(__file__).resolve().parents[1] / "settings.toml"
POLY, KALSHI = make_market("p", Venue.POLYMARKET), make_market("k")
NOW = Ns(EPOCH_NS)


def settings(**sections: dict[str, object]) -> Settings:
    shipped = read_toml(SHIPPED.read_text(encoding="utf-8"), "settings.toml")
    return build([shipped, Layer("test", sections)])


def fill_of(basket: str, market: Market, outcome: Outcome, px: int, action: Action) -> OrderFilled:
    name = f"{basket}-{market.id}-{action}"
    order = make_order(market, name, basket=basket, outcome=outcome, action=action, limit=px)
    fill = make_fill(market, name, outcome=outcome, action=action, px=px, fee=1_000)
    return OrderFilled(order, attrs.evolve(fill, status=FillStatus.FIRM))


def happenings() -> list[tuple[BasketId, list[OrderFilled], BasketEnded]]:
    """One basket that made half a dollar, one whose only leg was sold back for a dollar less."""
    good, bad = BasketId("good"), BasketId("bad")
    return [
        (
            good,
            [
                fill_of(good, POLY, Outcome.YES, 450_000, Action.BUY),
                fill_of(good, KALSHI, Outcome.NO, 500_000, Action.BUY),
            ],
            BasketEnded(good, BasketEnd.COMPLETED, Qty(10 * MICRO), (), "", NOW),
        ),
        (
            bad,
            [
                fill_of(bad, POLY, Outcome.YES, 450_000, Action.BUY),
                fill_of(bad, POLY, Outcome.YES, 350_000, Action.SELL),
            ],
            BasketEnded(bad, BasketEnd.UNWOUND, Qty(0), (), "", NOW),
        ),
    ]


def test_a_restart_counts_what_the_day_made_and_lost(tmp_path: Path) -> None:
    """A ledger replayed from the store has the day's results and the same budget as the live one."""
    live, journal = Ledger(), Journal(tmp_path / "store.db")
    legs = [(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)]
    for basket, fills, end in happenings():
        approved = approve(legs, 10 * MICRO, name=basket)
        journal.write([approved])
        live.results.plan(basket, approved.plan.template.payout)
        for report in fills:
            live.book(report.fill, Stake.of(report.order.market), basket)
            done = OrderEnded(report.order.id, "", report.fill.qty, "", NOW)
            journal.write([make_prepared(report.order), report, done])
        live.results.end(basket, end.sets, NOW, unhedged=end.end is BasketEnd.UNWOUND)
        journal.write([end])
    again = _replayed(journal)
    journal.close()
    assert again.results.made_on(NOW) == live.results.made_on(NOW) == 500_000 - MICRO - 4_000
    assert again.results.lost_on(NOW) == live.results.lost_on(NOW) == MICRO + 2_000
    limits = loss_limits(settings())
    assert LossBudget(limits, again.results).left(NOW) == LossBudget(limits, live.results).left(NOW)


def test_a_restart_goes_on_leaving_alone_what_failed(tmp_path: Path) -> None:
    """Five baskets half done in a row pause everything, and ban their markets, in the next run."""
    journal, made = Journal(tmp_path / "store.db"), settings()
    legs = [(POLY, Outcome.YES, 450_000), (KALSHI, Outcome.NO, 500_000)]
    ends = [BasketEnd.COMPLETED] * 6 + [BasketEnd.UNWOUND, BasketEnd.MISSED] * 5
    for number, end in enumerate(ends):
        name, at_ns = f"b{number:02}", Ns(NOW + number * 10**9)
        sets = Qty(MICRO if end is BasketEnd.COMPLETED else 0)
        approved = approve(legs, MICRO, name=name)
        journal.write([approved, BasketEnded(approved.basket, end, sets, (), "", at_ns)])
    blocked = obstacles(made)
    recall(journal, blocked)
    journal.close()
    soon, later = Ns(NOW + 60 * 10**9), Ns(NOW + 700 * 10**9)
    assert "5 baskets in a row failed" in blocked.failing(soon)
    assert blocked.failing(later) == ""
    assert "half done" in blocked.bans.objection(POLY.id, later)
    assert "half done" in blocked.bans.objection(KALSHI.id, later)


def _replayed(journal: Journal) -> Ledger:
    ledger, stakes = Ledger(), journal.stakes()
    for line in journal.fills():
        ledger.book(line.fill, stakes[line.fill.market], line.basket)
    replay(journal, ledger)
    return ledger


@pytest.mark.parametrize("mode", ["paper", "live"])
def test_the_canary_bounds_every_dollar_cap_in_live_mode(mode: str) -> None:
    """Live, nothing may be at risk beyond the canary, whatever the other caps say."""
    made = settings(run={"mode": mode}, limits={"canary_total_usd": "25.00"})
    found = caps(made)
    dollars = (found.basket_usd, *found.of_groups(), sizing_limits(made).worst_loss_usd)
    if mode == "live":
        assert max(dollars) <= 25 * MICRO
    else:
        assert min(dollars) > 25 * MICRO


def test_every_lane_has_a_trust_and_every_offence_a_rule() -> None:
    """What baskets can be made of can be sized, and what can go wrong has a pause."""
    made = settings()
    assert sizing_limits(made).trust_ppm.keys() >= {str(lane) for lane in Lane}
    assert bans(made).rules.keys() == set(Offence)
    assert obstacles(made).pauses.cooldown_ns == 30 * 10**9


def test_all_that_may_fly_at_once_never_passes_the_day() -> None:
    """As shipped, baskets in flight together lose no more than the day allows."""
    made = settings()
    limits = loss_limits(made)
    assert limits.basket_usd * caps(made).open_baskets <= limits.day_usd
