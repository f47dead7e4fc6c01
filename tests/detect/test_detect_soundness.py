"""Soundness: whatever the program took in a world full of traps pays at least what was promised."""

import pytest

from arb.sim.catalogue import TrapKind
from tests.fakes.week import Verdict, Week, live_through

pytestmark = pytest.mark.timeout(300)
"""Two hours of two venues, on a machine that may be busy."""

HOURS = Week(seconds=7_200.0, markets=500, speed_ppm=20_000, seed=5)
"""A part of the week of benchmarks/soundness.py, on the same number of questions and more."""


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> Verdict:
    return live_through(HOURS, tmp_path_factory.mktemp("week"))


def test_every_basket_pays_what_its_template_promised(verdict: Verdict) -> None:
    """In every state in which its questions can still come out, and as they did come out."""
    assert verdict.questions > 100
    assert verdict.baskets > 10
    assert verdict.short == ()


def test_what_is_locked_in_is_there_in_the_worst_state(verdict: Verdict) -> None:
    """Cash, settlements and contracts on both venues, every open question at its worst: never
    less than the profit that the program says is locked."""
    assert verdict.locked > 0
    assert verdict.worst >= verdict.locked
    assert verdict.summary.differences == ()


def test_traps_are_met_and_refused(verdict: Verdict) -> None:
    """Traps of every kind are listed; those that quote are met, and refused with a reason."""
    assert all(verdict.traps[kind].markets for kind in TrapKind)
    for kind in (TrapKind.STALE_SIDE, TrapKind.PHANTOM):
        assert sum(verdict.traps[kind].refused.values()) > 0
    assert "stuck" not in verdict.summary.baskets
