"""Finding an opportunity, its name, and its episodes."""

from collections.abc import Callable

import attrs
import pytest

from arb.detect.basket import Lane, Template, TemplateId
from arb.detect.episodes import Episodes
from arb.detect.firewall import FirewallLimits
from arb.detect.opportunity import Criteria, Opportunity, find, opportunity_id, resize
from arb.detect.reasons import Reason, Rejected
from arb.detect.sweep import SweepLimits
from arb.market.book import Book, BookView
from arb.market.fees import KalshiFees
from arb.market.instruments import Market, Venue
from arb.market.units import MICRO, Ns, Qty, Usd

MakeMarket = Callable[..., Market]
MakeTemplate = Callable[..., Template]
MakeBook = Callable[..., Book]

SECOND = 10**9
NOW = Ns(1_000 * SECOND)
CRITERIA = Criteria(
    firewall=FirewallLimits(30 * SECOND, 10 * SECOND, 60 * SECOND, 200_000),
    sweep=SweepLimits(),
    bucket_ns=10 * SECOND,
)


@pytest.fixture
def views(make_market: MakeMarket, make_book: MakeBook) -> list[BookView]:
    """Kalshi, three exclusive outcomes with YES bids of .41, .52 and .12."""
    made = []
    for name, bid, ask in (
        ("A", 410_000, 440_000),
        ("B", 520_000, 550_000),
        ("C", 120_000, 140_000),
    ):
        market = make_market(name, venue=Venue.KALSHI, fees=KalshiFees(70_000, 0), lot=10_000)
        made.append(make_book(market, {bid: 10}, {ask: 10}).view(NOW))
    return made


@pytest.fixture
def basket(views: list[BookView], make_template: MakeTemplate) -> Template:
    return make_template([view.market for view in views], 2 * MICRO)


def found(basket: Template, views: list[BookView], now_ns: int = NOW) -> Opportunity:
    opportunity = find(basket, views, Ns(now_ns), CRITERIA)
    assert isinstance(opportunity, Opportunity)
    return opportunity


def test_a_basket_is_found_whole(views: list[BookView], basket: Template) -> None:
    """The Kalshi NO basket of the books: ten sets for 19.50 and .4182 of fees earn .0818."""
    opportunity = found(basket, views)
    plan = opportunity.plan
    assert (plan.size, plan.cost, plan.fees, plan.profit) == (
        10 * MICRO,
        19_500_000,
        418_200,
        81_800,
    )
    assert opportunity.views == tuple(views)
    assert opportunity.seen_ns == NOW


@pytest.mark.parametrize(
    ("sweep", "reason"),
    [
        (SweepLimits(min_profit_usd=Usd(81_801)), Reason.NO_PROFIT),
        (SweepLimits(min_edge_ppm=4_200), Reason.NO_EDGE),
        (SweepLimits(min_edge_ppm=4_107), Reason.THIN_EDGE),
        (SweepLimits(max_fee_share_ppm=36_000), Reason.FEE_SHARE),
    ],
)
def test_what_does_not_pay_enough_is_rejected(
    sweep: SweepLimits, reason: Reason, views: list[BookView], basket: Template
) -> None:
    """It earns 81,800 millionths, .4107 % of what it costs before rounding: more is not there."""
    rejected = find(basket, views, NOW, attrs.evolve(CRITERIA, sweep=sweep))
    assert isinstance(rejected, Rejected)
    assert (rejected.template, rejected.reason) == (basket, reason)


def test_the_firewall_comes_first(views: list[BookView], basket: Template) -> None:
    """Books that cannot be trusted are never swept."""
    views[2] = attrs.evolve(views[2], live=False)
    rejected = find(basket, views, NOW, CRITERIA)
    assert isinstance(rejected, Rejected)
    assert rejected.reason is Reason.NOT_LIVE
    assert views[2].market.id in rejected.detail


def test_ids_are_stable_within_their_span(basket: Template) -> None:
    """LANE-10: same basket and span, same id; another span, basket or lane, another id."""
    ids = [opportunity_id(basket, Ns(at * SECOND), 10 * SECOND) for at in (1_000, 1_009, 1_010)]
    assert ids[0] == ids[1] != ids[2]
    other = attrs.evolve(basket, id=TemplateId("other"))
    assert opportunity_id(other, NOW, 10 * SECOND) != ids[0]
    assert ids[0] == "all_no-" + ids[0].split("-")[1] + "-take-100"
    assert opportunity_id(attrs.evolve(basket, lane=Lane.BINARY), NOW, 10 * SECOND) != ids[0]


def test_an_opportunity_is_planned_again_smaller(views: list[BookView], basket: Template) -> None:
    """At most 4.567 sets: 4.56 is the largest size in hundredths, and nothing below one lot."""
    opportunity = found(basket, views)
    plan = resize(opportunity, Qty(4_567_000), CRITERIA)
    assert plan is not None
    assert plan.size <= 4_560_000
    assert plan.profit > 0
    assert resize(opportunity, Qty(9_999), CRITERIA) is None


# --- episodes ------------------------------------------------------------------------------------


def see(episodes: Episodes, opportunity: Opportunity) -> None:
    episodes.see(opportunity.plan, opportunity.seen_ns)


def sighting(opportunity: Opportunity, name: str, at_s: int, profit: int) -> Opportunity:
    """The same basket at another time, under another name, with another profit."""
    plan = opportunity.plan
    template = attrs.evolve(plan.template, id=TemplateId(name))
    plan = attrs.evolve(plan, template=template, profit=Usd(profit), size=Qty(profit))
    return attrs.evolve(opportunity, plan=plan, seen_ns=Ns(at_s * SECOND))


def test_sightings_make_one_episode(views: list[BookView], basket: Template) -> None:
    """Three sightings without a gap are one episode with its best size and its last reason."""
    opportunity = found(basket, views)
    episodes = Episodes(gap_ns=2 * SECOND, most_open=10)
    for at_s, profit in ((1, 10), (2, 30), (4, 20)):
        see(episodes, sighting(opportunity, "a", at_s, profit))
    episodes.explain(TemplateId("a"), "no room")
    episodes.explain(TemplateId("never seen"), "no room")
    assert episodes.fetch_ended(Ns(6 * SECOND)) == ()
    (episode,) = episodes.fetch_ended(Ns(6 * SECOND + 1))
    assert (episode.first_ns, episode.last_ns) == (SECOND, 4 * SECOND)
    assert (episode.sightings, episode.best_profit, episode.best_size) == (3, 30, 30)
    assert (episode.why_not, episode.taken) == ("no room", False)
    assert episodes.going_on() == ()
    assert episodes.fetch_ended(Ns(60 * SECOND)) == ()


def test_a_gap_ends_an_episode(views: list[BookView], basket: Template) -> None:
    """The same basket later is another episode; what was taken stays with the first."""
    opportunity = found(basket, views)
    episodes = Episodes(gap_ns=2 * SECOND, most_open=10)
    see(episodes, sighting(opportunity, "a", 1, 10))
    episodes.take(TemplateId("a"))
    see(episodes, sighting(opportunity, "a", 10, 5))
    ended = episodes.fetch_ended(Ns(10 * SECOND))
    assert [(e.sightings, e.taken) for e in ended] == [(1, True)]
    assert [(e.best_profit, e.taken) for e in episodes.going_on()] == [(5, False)]


def test_memory_is_bounded(views: list[BookView], basket: Template) -> None:
    """Of a thousand baskets at once the newest three go on, three wait, and the rest is counted."""
    opportunity = found(basket, views)
    episodes = Episodes(gap_ns=SECOND, most_open=3)
    for number in range(1_000):
        see(episodes, sighting(opportunity, f"t{number}", 1, number))
    assert [e.template for e in episodes.going_on()] == ["t999", "t998", "t997"]
    assert [e.template for e in episodes.fetch_ended(Ns(SECOND))] == ["t994", "t995", "t996"]
    assert episodes.forgotten == 994
