"""polymarket-client: what goes through the relayer to the chain, for a wallet that has one."""

from typing import Any

from polymarket.clients.secure import SecureClient

from clients.operations import OnPolymarket as Row
from clients.operator_door import until
from clients.reporting import Absent, answers, expect
from clients.unified_setup import Setup

NO_WALLET = "the test accounts are EOAs; the client sends their transactions to a chain node"
SHARE = 1_000_000
"""Base units of a dollar and of a share."""


class Chain(Setup):
    """Split, merge and redeem, as the owner of a deposit wallet."""

    @answers(Row.SPLIT_MERGE)
    def split_and_merge(self) -> Absent | str:
        owner = self._owner()
        if owner is None:
            return Absent(NO_WALLET)
        market, token = self.market.condition_id, self.token
        owner.split_position(condition_id=market, amount=5 * SHARE).wait()
        held = until(lambda: _balance(owner, token))
        expect(held == 5 * SHARE, held)
        owner.merge_positions(condition_id=market, amount=2 * SHARE).wait()
        until(lambda: _balance(owner, token) == 3 * SHARE)
        return "5 dollars split, 2 merged, 3 shares of each left"

    @answers(Row.REDEEM)
    def redeem(self) -> Absent | str:
        owner = self._owner()
        if owner is None:
            return Absent(NO_WALLET)
        market = self.neg_risk.condition_id
        owner.split_position(condition_id=market, amount=5 * SHARE).wait()
        before = _dollars(owner)
        self.door.do("/resolve", {"market": market, "venue": "polymarket", "payout": "1"})
        until(lambda: self.public.get_market(id=self.neg_risk.id).state.closed, 150.0)
        owner.redeem_positions(condition_id=market).wait()
        until(lambda: _dollars(owner) - before == 5 * SHARE)
        return "5 shares redeemed for 5 dollars"

    def _owner(self) -> SecureClient | None:
        """Log in as the first test account with a wallet of its own; None where there is none."""
        for account in self.venues.get("accounts", {}).values():
            credentials: dict[str, Any] = account["polymarket"]
            if credentials["signature_type"]:
                who = {name: credentials[name] for name in ("private_key", "wallet")}
                first = SecureClient.create(**who, environment=self.environment)
                key = first.create_builder_api_key()
                return SecureClient.create(**who, environment=self.environment, api_key=key)
        return None


def _balance(owner: SecureClient, token: str) -> int:
    return int(owner.get_balance_allowance(asset_type="CONDITIONAL", asset_id=token).balance)


def _dollars(owner: SecureClient) -> int:
    return int(owner.get_balance_allowance(asset_type="COLLATERAL").balance)
