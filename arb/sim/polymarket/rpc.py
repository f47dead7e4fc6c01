"""The chain as a node shows it: balances and allowances, read-only (Ethereum JSON-RPC).

Clients read what a wallet holds here before they merge or redeem through the relayer. Sending
transactions is the relayer's; anything else is refused by its name.
"""

from collections.abc import Callable, Iterable

import attrs
import msgspec
from eth_utils.crypto import keccak
from starlette.requests import Request

from arb.market.instruments import Outcome
from arb.market.units import Ns
from arb.sim.engine import Exchange
from arb.sim.polymarket.approvals import Approvals
from arb.sim.polymarket.calldata import SELECTOR, Unreadable, Words
from arb.sim.polymarket.contracts import Contract
from arb.sim.polymarket.keys import Wallets
from arb.sim.polymarket.listing import POOL
from arb.sim.polymarket.markets import Shelf
from arb.sim.polymarket.routing import Call
from arb.sim.polymarket.signatures import CHAIN_ID, is_address, is_hex, uint_word
from arb.sim.polymarket.wire import NS_PER_S, Json

BLOCK_S = 2
"""Polygon makes a block about every two seconds."""
NO_METHOD, BAD_REQUEST, REVERTED = -32601, -32600, 3
_TOKENS = (Contract.CTF, Contract.POSITION_MANAGER)


class _Failure(Exception):
    """An error as JSON-RPC gives it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@attrs.frozen
class ChainReads:
    """Answers what the chain holds."""

    exchange: Exchange
    shelf: Shelf
    wallets: Wallets
    approvals: Approvals
    now_ns: Callable[[], Ns]

    def calls(self) -> Iterable[Call]:
        """Method, path and handler of each endpoint."""
        return (("POST", "/rpc", self._rpc),)

    async def _rpc(self, request: Request) -> object:
        """One call, or several at once; errors are answers too."""
        try:
            body = msgspec.json.decode(await request.body())
        except msgspec.DecodeError:
            return _wrapped(None, _Failure(-32700, "parse error"))
        return [self._one(call) for call in body] if isinstance(body, list) else self._one(body)

    def _one(self, call: object) -> Json:
        if not isinstance(call, dict) or not isinstance(call.get("params", []), list):
            return _wrapped(None, _Failure(BAD_REQUEST, "invalid request"))
        try:
            result = self._answer(call.get("method"), call.get("params", []))
        except _Failure as failure:
            return _wrapped(call.get("id"), failure)
        return _wrapped(call.get("id"), result)

    def _answer(self, method: object, params: list[object]) -> object:
        now_s = self.now_ns() // NS_PER_S
        match method:
            case "eth_chainId":
                return hex(CHAIN_ID)
            case "net_version":
                return str(CHAIN_ID)
            case "eth_blockNumber":
                return hex(now_s // BLOCK_S)
            case "eth_getBlockByNumber":
                return {"number": hex(now_s // BLOCK_S), "timestamp": hex(now_s)}
            case "eth_estimateGas":
                return hex(200_000)
            case "eth_call":
                return "0x" + self._call(params).hex()
            case _:
                raise _Failure(NO_METHOD, f"the method {method} is not simulated")

    def _call(self, params: list[object]) -> bytes:
        asked = params[0] if params else None
        to = asked.get("to") if isinstance(asked, dict) else None
        data = asked.get("data", asked.get("input")) if isinstance(asked, dict) else None
        if not isinstance(to, str) or not isinstance(data, str):
            raise _Failure(BAD_REQUEST, "eth_call needs to and data")
        if not is_address(to) or not is_hex(data):
            raise _Failure(BAD_REQUEST, "to or data is not in hex")
        raw = bytes.fromhex(data[2:])
        try:
            return self._read(to.lower(), raw[:SELECTOR], Words(raw[SELECTOR:]))
        except (Unreadable, ValueError) as error:
            raise _Failure(REVERTED, f"execution reverted: {error}") from error

    def _read(self, to: str, selector: bytes, body: Words) -> bytes:
        """Call one function. Raises Unreadable, ValueError for an unknown contract."""
        contract = Contract(to)
        if contract is Contract.PUSD and selector == _BALANCE:
            return uint_word(self._cash(body.address(0)))
        if contract is Contract.PUSD and selector == _ALLOWANCE:
            return uint_word(self._allowance(contract, body))
        if contract in _TOKENS and selector == _TOKEN_BALANCE:
            return uint_word(self._held(body.address(0), body.number(1)))
        if contract in _TOKENS and selector == _TOKEN_BALANCES:
            owners, tokens = body.inner(0).numbers(), body.inner(1).numbers()
            pairs = zip(owners, tokens, strict=True)
            held = [uint_word(self._held(f"0x{owner:040x}", token)) for owner, token in pairs]
            return uint_word(32) + uint_word(len(held)) + b"".join(held)
        if contract in _TOKENS and selector == _APPROVED:
            return uint_word(int(self._allowance(contract, body) > 0))
        raise Unreadable(f"no function 0x{selector.hex()} at {to} is simulated")

    def _allowance(self, contract: Contract, body: Words) -> int:
        wallet = self.wallets.holding(body.address(0))
        account = wallet.account if wallet else ""
        return self.approvals.allowance(account, contract, body.address(1))

    def _cash(self, owner: str) -> int:
        wallet = self.wallets.holding(owner)
        return max(self.exchange.cash(wallet.account).get(POOL, 0), 0) if wallet else 0

    def _held(self, owner: str, token: int) -> int:
        wallet, found = self.wallets.holding(owner), self.shelf.with_token(str(token))
        if wallet is None or found is None:
            return 0
        state, outcome = found
        yes, no = self.exchange.position(wallet.account, state.listing.id)
        return max(yes if outcome is Outcome.YES else no, 0)


def _wrapped(call_id: object, result: object) -> Json:
    shown: Json = {"jsonrpc": "2.0", "id": call_id}
    if isinstance(result, _Failure):
        shown["error"] = {"code": result.code, "message": str(result)}
    else:
        shown["result"] = result
    return shown


_BALANCE = keccak(text="balanceOf(address)")[:SELECTOR]
_ALLOWANCE = keccak(text="allowance(address,address)")[:SELECTOR]
_TOKEN_BALANCE = keccak(text="balanceOf(address,uint256)")[:SELECTOR]
_TOKEN_BALANCES = keccak(text="balanceOfBatch(address[],uint256[])")[:SELECTOR]
_APPROVED = keccak(text="isApprovedForAll(address,address)")[:SELECTOR]
