"""What texts suggest waits for a person, and reaches no basket before."""

from collections.abc import Callable

import attrs
import pytest

from arb.detect.lanes import compile_baskets
from arb.detect.proposals import propose
from arb.detect.rules import RuleKind
from arb.market.instruments import Catalogue, EventId, Market, Strike, StrikeKind, Venue

MakeMarket = Callable[..., Market]


@attrs.frozen
class Lanes:
    """The structural lane alone."""

    binary: bool = False
    multi_outcome: bool = False
    cross_venue: bool = False
    structural: bool = True


def asked(make_market: MakeMarket, *titles: str) -> list[Market]:
    return [
        attrs.evolve(make_market(f"m{at}"), title=title, event=EventId(f"polymarket:e{at}"))
        for at, title in enumerate(titles)
    ]


@pytest.mark.parametrize(
    ("first", "second", "kind", "implied"),
    [
        ("Bitcoin above $100,000?", "Bitcoin above $110,000?", RuleKind.IMPLIES, (1, 0)),
        ("Inflation below 3.5%?", "Inflation below 3.2%?", RuleKind.IMPLIES, (1, 0)),
        (
            "Will X resign by March 31, 2027?",
            "Will X resign by June 30, 2027?",
            RuleKind.IMPLIES,
            (0, 1),
        ),
        ("Will X leave before 2028?", "Will X leave before 2027?", RuleKind.IMPLIES, (1, 0)),
        ("Exactly 3 cuts this season?", "Exactly 4 cuts this season?", RuleKind.AT_MOST_ONE, None),
    ],
)
def test_texts_suggest_rules(
    first: str,
    second: str,
    kind: RuleKind,
    implied: tuple[int, int] | None,
    make_market: MakeMarket,
) -> None:
    """Another number or another deadline: the stronger statement implies the weaker."""
    markets = asked(make_market, first, second)
    (rule,) = propose(markets)
    assert (rule.kind, rule.accepted) == (kind, False)
    if implied:
        assert rule.markets == tuple(markets[at].id for at in implied)
    assert first in rule.evidence
    assert second in rule.evidence


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Bitcoin above $100,000?", "Ether above $110,000?"),
        ("Will X resign by March 31, 2027?", "Will Y resign by June 30, 2027?"),
        ("Bitcoin above $100,000 on May 5?", "Bitcoin above $110,000 on May 6?"),
        ("Will X resign by March 31?", "Will X resign by June 30, 2027?"),
        ("Bitcoin above $100,000?", "Bitcoin above $100,000?"),
    ],
)
def test_other_subjects_suggest_nothing(first: str, second: str, make_market: MakeMarket) -> None:
    """Other words, two differences at once, or none at all: no proposal."""
    assert propose(asked(make_market, first, second)) == ()


def test_only_neighbours_are_proposed(make_market: MakeMarket) -> None:
    """A ladder of ten numbers needs nine implications: the rest follows."""
    titles = [f"Bitcoin above ${at}0,000?" for at in range(1, 11)]
    assert len(propose(asked(make_market, *titles))) == 9


def test_strikes_come_before_words(make_market: MakeMarket) -> None:
    """Where the venue gives bounds, its text is not read."""
    markets = asked(make_market, "Bitcoin above $100,000?", "Bitcoin above $110,000?")
    given = attrs.evolve(markets[0], strike=Strike(StrikeKind.GREATER, 10**11, None))
    assert propose([given, markets[1]]) == ()


def test_nothing_proposed_reaches_a_basket(make_market: MakeMarket) -> None:
    """The same rules make baskets once a person accepted them, and none before."""
    markets = asked(make_market, *(f"Bitcoin above ${at}0,000?" for at in range(1, 5)))
    catalogue = Catalogue(Venue.POLYMARKET, (), tuple(markets))
    proposed = propose(markets)
    before = compile_baskets([catalogue], (), Lanes(), proposed)
    assert (before.baskets, before.clusters) == ((), ())
    taken = [attrs.evolve(rule, accepted=True) for rule in proposed]
    after = compile_baskets([catalogue], (), Lanes(), taken)
    assert len(after.baskets) == 6
    assert len(after.clusters) == 1
