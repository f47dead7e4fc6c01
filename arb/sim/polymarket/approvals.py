"""What wallets allow the venue's contracts to take. Every wallet has allowed everything at first.

Docs: the approvals a wallet must have before trading. An allowance that is missing shows up as a
refused order, not before.
"""

import attrs

from arb.sim.polymarket.contracts import Contract

UNLIMITED = 2**256 - 1


@attrs.define(eq=False)
class Approvals:
    """Allowances that differ from the usual one, by account, contract and spender."""

    _changed: dict[tuple[str, Contract, str], int] = attrs.field(factory=dict, init=False)

    def allowance(self, account: str, contract: Contract, spender: str) -> int:
        """How much of what a contract keeps a spender may take; base units."""
        return self._changed.get((account, contract, spender.lower()), UNLIMITED)

    def change(self, account: str, contract: Contract, spender: str, amount: int) -> None:
        """Allow another amount from now on."""
        self._changed[account, contract, spender.lower()] = amount
