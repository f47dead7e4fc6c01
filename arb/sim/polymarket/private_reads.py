"""The private reads: open orders, one order, trades, balances (docs: api-reference)."""

from collections.abc import Iterable, Mapping

import attrs
from starlette.requests import Request

from arb.sim.polymarket.approvals import Approvals
from arb.sim.polymarket.balances import Asset, BalanceCache
from arb.sim.polymarket.contracts import Contract
from arb.sim.polymarket.errors import bad_request, not_found
from arb.sim.polymarket.gate import Gate
from arb.sim.polymarket.keys import ApiKey, Wallet, Wallets
from arb.sim.polymarket.markets import Shelf
from arb.sim.polymarket.publisher import TradeBook
from arb.sim.polymarket.registry import ApiOrder, Registry, order_json
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.signatures import Domain
from arb.sim.polymarket.trades import Trade, trade_json
from arb.sim.polymarket.wire import LAST_PAGE, NS_PER_S, PAGE_SIZE, Json, page_of, whole_number

FOREVER_S = 2**63
"""Later than any trade."""
_ASSET_VERSIONS = {"CONDITIONAL": "v1", "CONDITIONAL-V2": "v2"}


@attrs.frozen
class PrivateReads:
    """Answers questions about an account."""

    gate: Gate
    registry: Registry
    trades: TradeBook
    wallets: Wallets
    shelf: Shelf
    balances: BalanceCache
    approvals: Approvals

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (
            ("GET", "/data/orders", self._orders),
            ("GET", "/data/order/{order_id}", self._order),
            ("GET", "/data/trades", self._trades),
            ("GET", "/data/pre-migration-orders", self._old_orders),
            ("GET", "/builder/trades", self._builder_trades),
            ("GET", "/fees/builder-fees/{code}", self._builder_fees),
            ("GET", "/balance-allowance", self._balance),
            ("GET", "/balance-allowance/update", self._update_balance),
        )

    async def _orders(self, request: Request) -> Json:
        """Live orders; with `id`, that order whatever its state."""
        key = await self.gate.key(request)
        asked = request.query_params
        orders = [o for o in self.registry.of_signer(key.address) if _wanted_order(o, asked)]
        page, following = page_of(orders, asked.get("next_cursor", ""))
        return _page([order_json(order) for order in page], following)

    async def _order(self, request: Request) -> Json:
        key = await self.gate.key(request)
        order = self.registry.find(request.path_params["order_id"].lower())
        if order is None or order.wallet.signer.lower() != key.address.lower():
            raise not_found("order not found")
        return order_json(order)

    async def _trades(self, request: Request) -> Json:
        key = await self.gate.key(request)
        asked = request.query_params
        found = [
            (trade, wallet.account)
            for wallet in self.wallets.of_signer(key.address)
            for trade in self.trades.of_account(wallet.account)
            if _wanted_trade(trade, asked)
        ]
        found.sort(key=lambda pair: -pair[0].matched_ns)
        page, following = page_of(found, asked.get("next_cursor", ""))
        return _page([trade_json(trade, account) for trade, account in page], following)

    async def _old_orders(self, request: Request) -> Json:
        """Orders of the first version: nobody has any left."""
        await self.gate.key(request)
        return _page([], LAST_PAGE)

    async def _builder_trades(self, request: Request) -> Json:
        """Trades whose takers named a builder's code: no order is attributed here."""
        if "builder_code" not in request.query_params:
            await self.gate.key(request)
        return _page([], LAST_PAGE)

    async def _builder_fees(self, _request: Request) -> Json:
        """No builder takes a fee here."""
        return {"builder_maker_fee_rate_bps": 0, "builder_taker_fee_rate_bps": 0}

    async def _balance(self, request: Request) -> Json:
        wallet = await self._wallet(request)
        asset = self._asset(request)
        held = self.balances.balance(wallet.account, asset) if wallet else 0
        return {"balance": str(held), "allowances": self._allowances(wallet, asset)}

    def _allowances(self, wallet: Wallet | None, asset: Asset) -> Json:
        """What each exchange may take of an asset."""
        keeper = Contract.PUSD
        if asset is not None:
            v1 = self.shelf.markets[asset[0]].listing.version == "v1"
            keeper = Contract.CTF if v1 else Contract.POSITION_MANAGER
        account = wallet.account if wallet else ""
        spenders = [domain.value[1] for domain in Domain]
        return {one: str(self.approvals.allowance(account, keeper, one)) for one in spenders}

    async def _update_balance(self, request: Request) -> str:
        wallet = await self._wallet(request)
        self._asset(request)
        if wallet:
            self.balances.refresh(wallet.account)
        return ""

    async def _wallet(self, request: Request) -> Wallet | None:
        """The wallet of this kind that the key's address signs for."""
        key: ApiKey = await self.gate.key(request)
        kind = whole_number(request.query_params.get("signature_type", "0"))
        mine = self.wallets.of_signer(key.address)
        return next((wallet for wallet in mine if wallet.signature_type == kind), None)

    def _asset(self, request: Request) -> Asset:
        kind = request.query_params.get("asset_type", "")
        if kind == "COLLATERAL":
            return None
        found = self.shelf.with_token(request.query_params.get("token_id", ""))
        if found is None or found[0].listing.version != _ASSET_VERSIONS.get(kind):
            raise bad_request("invalid asset type or token id")
        state, outcome = found
        return state.listing.id, outcome


def _wanted_order(order: ApiOrder, asked: Mapping[str, str]) -> bool:
    listing = order.state.listing
    if asked.get("market", listing.condition_id) != listing.condition_id:
        return False
    if asked.get("asset_id", order.token) != order.token:
        return False
    return asked["id"].lower() == order.id if "id" in asked else order.live


def _wanted_trade(trade: Trade, asked: Mapping[str, str]) -> bool:
    listing = trade.state.listing
    tokens = {listing.token(trade.outcome), *(listing.token(p.outcome) for p in trade.makers)}
    addresses = {trade.party.address, *(part.party.address for part in trade.makers)}
    return (
        asked.get("id", trade.id) == trade.id
        and asked.get("market", listing.condition_id) == listing.condition_id
        and ("asset_id" not in asked or asked["asset_id"] in tokens)
        and ("maker_address" not in asked or asked["maker_address"] in addresses)
        and _second(asked, "after", 0) <= trade.matched_ns // NS_PER_S
        and trade.matched_ns // NS_PER_S <= _second(asked, "before", FOREVER_S)
    )


def _second(asked: Mapping[str, str], name: str, default: int) -> int:
    """Read a Unix time in seconds. Raises ApiError (400)."""
    number = whole_number(asked[name]) if name in asked else default
    if number is None:
        raise bad_request(f"invalid {name}")
    return number


def _page(rows: list[Json], following: str) -> Json:
    return {"limit": PAGE_SIZE, "count": len(rows), "next_cursor": following, "data": rows}
