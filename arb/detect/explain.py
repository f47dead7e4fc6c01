"""Why a basket pays and what it costs, in lines for people. Pure."""

from arb.detect.basket import LegPlan, Plan, Template
from arb.market.units import Usd, plain_text

_RELIES = "relies on "
"""How some claims begin already."""


def explain_lines(template: Template) -> tuple[str, ...]:
    """Say what is bought, what each state pays, and on which facts that relies. All in dollars."""
    worst = template.payout
    return (
        f"{template.lane}: {template.title}",
        *(f"buy {leg.outcome.upper()} {leg.market}" for leg in template.legs),
        f"pays at least ${plain_text(worst)} a set"
        + (f", ${plain_text(template.at_once)} of it at once" if template.at_once else ""),
        *(
            f"  if {name}: ${plain_text(pays)}" + (" (the least)" if pays == worst else "")
            for name, pays in template.proof.payouts
        ),
        *(f"relies on {claim.source.removeprefix(_RELIES)}" for claim in template.proof.claims),
    )


def plan_lines(plan: Plan) -> tuple[str, ...]:
    """Say what a plan costs, leg by leg, and what it brings. All in dollars."""
    spent = Usd(plan.cost + plan.fees)
    size, cost, fees = plain_text(plan.size), plain_text(plan.cost), plain_text(plan.fees)
    payout, at_once = plain_text(plan.payout), plain_text(plan.at_once)
    return (
        *(_leg_line(leg) for leg in plan.legs),
        f"{size} sets cost ${cost} and ${fees} fees, ${plain_text(spent)} in all",
        f"they pay at least ${payout}, ${at_once} of it at once: ${plain_text(plan.profit)} earned",
    )


def _leg_line(leg: LegPlan) -> str:
    bought = f"{plain_text(leg.qty)} {leg.leg.outcome.upper()} {leg.leg.market}"
    paid = f"${plain_text(leg.cost)} and ${plain_text(leg.fees)} fees"
    return f"{bought} up to ${plain_text(leg.limit)}: {paid}"
