"""The worked examples of docs/lanes: every number on the pages is computed here."""

import re
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs
import pytest

from arb.detect.basket import Leg
from arb.detect.bet import Bet, BetLane, Estimate
from arb.detect.fair import Walk, chance_at_or_above
from arb.detect.lanes.spike import Spike, expect
from arb.detect.reasons import Objection, Reason
from arb.detect.stake import StakeLimits, blend, stake
from arb.market.book import BookView
from arb.market.fees import PolymarketFees
from arb.market.instruments import Outcome
from arb.market.spot import parse_spot
from arb.market.units import MICRO, Ns, Qty, parse_px, parse_qty, parse_usd
from arb.settings import Bets, build, read_toml
from arb.wagers import latency_limits, spike_limits, stake_limits

from .conftest import book, market

ROOT = Path(__file__).resolve().parents[2]
NOW = Ns(10**18)
Example = dict[str, Any]


def example(page: str) -> Example:
    text = (ROOT / "docs" / "lanes" / page).read_text(encoding="utf-8")
    (block,) = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    return tomllib.loads(block)


@pytest.fixture(scope="module")
def shipped() -> Bets:
    text = (ROOT / "settings.toml").read_text(encoding="utf-8")
    return build([read_toml(text, "settings.toml")]).bets


def view(of: Example, bid: str, asks: Sequence[Sequence[str]]) -> BookView:
    fees = PolymarketFees(of["fee_rate_ppm"])
    listed = market("m", fees=fees, lot=10_000, min_qty=5 * MICRO, min_take_usd=MICRO)
    made = book(listed, {parse_px(bid): 100}, {})
    ladder = [(parse_px(px), parse_qty(qty)) for px, qty in asks]
    made.replace([(parse_px(bid), Qty(100 * MICRO))], ladder)
    return made.view(NOW)


def limits(of: Example) -> StakeLimits:
    return StakeLimits(of["min_edge_ppm"], parse_usd(of["max_bet_usd"]), 60 * 10**9)


def same(bet: Bet | Objection, told: Example) -> None:
    assert isinstance(bet, Bet)
    assert bet.fair_ppm == told["fair_ppm"]
    assert bet.size == parse_qty(told["contracts"])
    assert bet.limit == parse_px(told["limit"])
    assert bet.cost == parse_usd(told["cost_usd"])
    assert bet.fees == parse_usd(told["fees_usd"])
    assert bet.expected == parse_usd(told["expected_usd"])


def nothing(found: Bet | Objection) -> None:
    assert isinstance(found, Objection)
    assert found.reason is Reason.NO_EDGE


def test_the_latency_page() -> None:
    """Chance, fair value, the bet that is placed and the one that is not."""
    told = example("latency.md")
    walk = Walk(
        variance_per_s=told["variance_per_s"] * (MICRO + told["markup_ppm"]) / MICRO,
        left_s=told["seconds_left"],
        averaging_s=told["averaging_seconds"],
        basis_ppm=told["basis_ppm"],
    )
    spot, strike = parse_spot(told["spot_usd"]), parse_spot(told["strike_usd"])
    assert walk.deviation * MICRO == pytest.approx(told["deviation_ppm"])
    assert chance_at_or_above(spot, strike, walk) == told["chance_up_ppm"]
    for name in ("bought", "left"):
        shown = view(told, told[name]["bid"], told[name]["asks"])
        leg = Leg(shown.market.id, Outcome.YES)
        chance, confidence = told["chance_up_ppm"], told["confidence_ppm"]
        estimate = Estimate(BetLane.LATENCY, leg, chance, confidence, ())
        assert blend(estimate, shown) == told[name]["fair_ppm"]
        bet = stake(estimate, shown, NOW, limits(told))
        same(bet, told[name]) if name == "bought" else nothing(bet)


def test_the_spike_page(shipped: Bets) -> None:
    """What part of the way back is worth, as shipped and for the brave."""
    told = example("spike.md")
    shown = view(told, told["bid"], told["asks"])
    spike = Spike(shown.market.id, parse_px(told["before"]), parse_px(told["after"]), 10**9, 3)
    for name in ("shipped", "brave"):
        knobs = attrs.evolve(spike_limits(shipped), reversion_ppm=told[name]["reversion_ppm"])
        estimate = expect(spike, knobs)
        assert estimate.chance_ppm == told[name]["chance_ppm"]
        assert blend(estimate, shown) == told[name]["fair_ppm"]
        bet = stake(estimate, shown, NOW, limits(told))
        same(bet, told[name]) if name == "brave" else nothing(bet)


def test_the_examples_use_the_shipped_settings(shipped: Bets) -> None:
    """Both lanes are off, and the pages count with what settings.toml says."""
    assert not shipped.spike
    assert not shipped.latency
    latency, spike = example("latency.md"), example("spike.md")
    for told in (latency, spike):
        assert attrs.evolve(stake_limits(shipped), bucket_ns=60 * 10**9) == limits(told)
    assert latency["markup_ppm"] == latency_limits(shipped).variance_markup_ppm
    assert latency["basis_ppm"] == latency_limits(shipped).basis_ppm
    assert latency["confidence_ppm"] == latency_limits(shipped).confidence_ppm
    assert spike["confidence_ppm"] == spike_limits(shipped).confidence_ppm
    assert spike["shipped"]["reversion_ppm"] == spike_limits(shipped).reversion_ppm


def test_every_knob_of_a_lane_on_a_page_is_a_setting(shipped: Bets) -> None:
    """A name like bets.x on the pages is a key of [bets]."""
    for page in ("latency.md", "spike.md"):
        text = (ROOT / "docs" / "lanes" / page).read_text(encoding="utf-8")
        named = set(re.findall(r"`bets\.(\w+)`", text))
        assert named
        assert named <= {field.name for field in attrs.fields(type(shipped))}
