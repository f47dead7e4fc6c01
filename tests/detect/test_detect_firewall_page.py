"""The page about the firewall names everything that it speaks of."""

from pathlib import Path

import attrs

from arb.detect.reasons import Reason
from arb.detect.score import WEIGHTS
from arb.settings import Detect

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "firewall.md").read_text(encoding="utf-8")


def test_every_reason_is_explained() -> None:
    """A reason that a person may meet in the funnel stands on the page, word for word."""
    assert [reason.value for reason in Reason if reason.value not in PAGE] == []


def test_every_limit_of_the_firewall_is_named() -> None:
    """The bounds of quotes, jumps, edges and lanes are told by their names in the settings."""
    names = [field.name for field in attrs.fields(Detect)]
    limits = [name for name in names if name.startswith(("max_", "min_", "lane_", "jump_"))]
    assert [name for name in limits if name not in PAGE] == []


def test_the_weights_are_those_of_the_page() -> None:
    """They add up to a hundred, and the page gives each of them."""
    assert sum(WEIGHTS.values()) == 100
    score = PAGE[PAGE.index("## The score") :]
    assert all(f"({weight}" in score for weight in WEIGHTS.values())
