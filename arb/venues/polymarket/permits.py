"""What our account lacks to trade on Polymarket: allowances of the exchanges over its pUSD."""

import attrs

from arb.market.errors import Unintelligible
from arb.market.instruments import Venue
from arb.venues.polymarket.fields import mapping
from arb.venues.polymarket.session import PolymarketSession


@attrs.frozen
class PolymarketPermits:
    """Asks for allowances; needs a log-in."""

    session: PolymarketSession
    venue: Venue = Venue.POLYMARKET

    async def lacks(self) -> tuple[str, ...]:
        """Name every exchange that may take nothing (docs: balance-allowance)."""
        kind = str(self.session.signer.signature_type)
        params = [("asset_type", "COLLATERAL"), ("signature_type", kind)]
        raw = mapping(await self.session.read("/balance-allowance", params))
        allowances = raw.get("allowances")
        if not isinstance(allowances, dict) or not allowances:
            raise Unintelligible("the answer on balance and allowance names no allowances")
        return tuple(
            f"exchange {spender} has no allowance over our pUSD"
            for spender, amount in allowances.items()
            if not _is_positive(amount)
        )


def _is_positive(amount: object) -> bool:
    """Base units as a text; anything that is no number is nothing."""
    return isinstance(amount, str) and amount.isdecimal() and int(amount) > 0
