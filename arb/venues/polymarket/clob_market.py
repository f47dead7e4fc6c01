"""What the CLOB says of a market: the second witness beside Gamma. Pure.

`/clob-markets/{condition}` writes short names and leaves out what does not apply: no `fd` means
no fee, no `nr` means no negative risk (docs: market-details).
"""

import attrs

from arb.market.errors import Unintelligible
from arb.market.fees import PolymarketFees
from arb.market.grid import PriceGrid
from arb.market.instruments import Market, Outcome
from arb.market.units import Qty
from arb.venues.polymarket.directory import Contract, reference
from arb.venues.polymarket.fields import Raw, mapping, quantity, rows, text
from arb.venues.polymarket.listing import (
    LeftOut,
    fee_schedule,
    market_id,
    price_grid,
    token_pair,
)

_CONDITION_LENGTH = 66


@attrs.frozen
class ClobMarket:
    """The trading parameters of one market."""

    yes_token: str
    no_token: str
    fees: PolymarketFees
    grid: PriceGrid
    min_qty: Qty
    neg_risk: bool
    protocol: str | None
    accepting: bool | None
    """None where the CLOB does not say."""


def clob_path(condition: str) -> str:
    """Where to ask: the short ids of Protocol V2 are found padded with zeros only."""
    return f"/clob-markets/{condition.ljust(_CONDITION_LENGTH, '0')}"


def parse_clob_market(raw: Raw) -> ClobMarket:
    """Read one answer. Raises Unintelligible or UnknownRule."""
    yes, no = token_pair([text(row, "t") for row in rows(raw.get("t"))])
    return ClobMarket(
        yes_token=yes,
        no_token=no,
        fees=_fees(raw),
        grid=price_grid(raw.get("mts")),
        min_qty=quantity(raw.get("mos")),
        neg_risk=_flag(raw, "nr") or False,
        protocol=text(raw, "v") if raw.get("v") is not None else None,
        accepting=_flag(raw, "ao"),
    )


def confirm(market: Market, seen: ClobMarket) -> Market | LeftOut:
    """Hold Gamma's market against the CLOB's word.

    What decides money or signing must agree: tokens, fee, negative risk, protocol. Tick and
    smallest size are taken from the CLOB, because Gamma's answers are cached for minutes.
    """
    ref = reference(market)
    if (seen.yes_token, seen.no_token) != (ref.yes_token, ref.no_token):
        return LeftOut("tokens_disagree", f"{market.id}: Gamma and the CLOB pair tokens otherwise")
    if not _same_fee(market.fees, seen.fees):
        return LeftOut("fee_disagrees", f"{market.id}: {market.fees} against {seen.fees}")
    if seen.neg_risk is not ref.neg_risk:
        return LeftOut("neg_risk_disagrees", f"{market.id}: Gamma says {ref.neg_risk}")
    if seen.protocol not in {None, ref.protocol}:
        return LeftOut("version_disagrees", f"{market.id}: {ref.protocol}, {seen.protocol}")
    if seen.accepting is False:
        return LeftOut("not_accepting_orders", f"{market.id}: by the CLOB")
    return attrs.evolve(market, grid=seen.grid, min_qty=max(seen.min_qty, market.lot))


def contracts(condition: str, seen: ClobMarket) -> dict[str, Contract]:
    """Both contracts by token, for a market that no catalogue holds any more."""
    market = market_id(condition)
    return {
        seen.yes_token: Contract(market, Outcome.YES, seen.fees),
        seen.no_token: Contract(market, Outcome.NO, seen.fees),
    }


def _fees(raw: Raw) -> PolymarketFees:
    if raw.get("fd") is None:
        return PolymarketFees(0)
    details = mapping(raw["fd"])
    return fee_schedule(details.get("r"), details.get("e"), details.get("to"))


def _same_fee(ours: object, theirs: PolymarketFees) -> bool:
    if not isinstance(ours, PolymarketFees):
        return False
    return ours == theirs or ours.rate_ppm == theirs.rate_ppm == 0


def _flag(raw: Raw, key: str) -> bool | None:
    value = raw.get(key)
    if value is None or isinstance(value, bool):
        return value
    raise Unintelligible(f"{key} should be true or false: {value!r}")
