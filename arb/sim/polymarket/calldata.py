"""What a transaction asks the contracts to do, read from its bytes (Solidity ABI).

Only what the venue's relayer lets through is understood: split, merge, redeem, convert, and the
approvals around them. Everything else is refused with a reason. Docs: the official client's
encoders.
"""

from collections.abc import Callable

import attrs
from eth_utils.crypto import keccak

from arb.market.instruments import Outcome
from arb.market.units import Qty
from arb.sim.polymarket.contracts import Contract

WORD = 32
SELECTOR = 4
BOTH_OUTCOMES = [1, 2]
NO_PARENT = bytes(WORD)
MOST_CALLS = 64
"""Calls in one batch; no limit is documented, and nobody needs more."""


class Unreadable(Exception):
    """A call that is not understood; the message says why."""


@attrs.frozen
class RawCall:
    """One call: whom, with how much of the chain's own coin, and what it says."""

    target: str
    value: int
    data: bytes


@attrs.frozen
class Split:
    """Dollars become as many YES and NO of a condition. `condition` is 32 or 31 bytes in hex."""

    contract: Contract
    condition: str
    qty: Qty


@attrs.frozen
class Merge:
    """As many YES and NO become dollars."""

    contract: Contract
    condition: str
    qty: Qty


@attrs.frozen
class Redeem:
    """What is held of a resolved condition becomes its payout; `outcome` None means of both."""

    contract: Contract
    condition: str
    outcome: Outcome | None = None
    qty: Qty | None = None


@attrs.frozen
class Convert:
    """`qty` NO of each question in `index_set` become dollars and YES of the other questions."""

    neg_risk_market: str
    index_set: int
    qty: Qty


@attrs.frozen
class Approve:
    """`spender` may take `amount` of what `contract` keeps; any amount of tokens is 2**256 - 1."""

    contract: Contract
    spender: str
    amount: int


Operation = Split | Merge | Redeem | Convert | Approve


def read_operation(call: RawCall) -> Operation:
    """Read one call. Raises Unreadable."""
    if call.value:
        raise Unreadable("calls that carry value are not relayed")
    contract = _contract(call.target)
    selector, body = call.data[:SELECTOR], Words(call.data[SELECTOR:])
    reader = _READERS.get((contract, selector))
    if reader is None:
        raise Unreadable(f"no function 0x{selector.hex()} at {call.target} is relayed")
    return reader(contract, body)


def read_proxy_calls(data: bytes) -> list[RawCall]:
    """Read what a proxy is asked to do: `proxy((uint8,address,uint256,bytes)[])`."""
    if data[:SELECTOR] != _selector("proxy((uint8,address,uint256,bytes)[])"):
        raise Unreadable("a proxy's data must call proxy(...)")
    items = Words(data[SELECTOR:]).inner(0)
    count = items.number(0)
    if count > MOST_CALLS:
        raise Unreadable(f"{count} calls in one transaction, {MOST_CALLS} at most")
    calls = [items.after(1).inner(index) for index in range(count)]
    if any(call.number(0) != 1 for call in calls):
        raise Unreadable("a proxy makes plain calls only")
    return [RawCall(call.address(1), call.number(2), call.inner(3).text()) for call in calls]


def read_multisend(data: bytes) -> list[RawCall]:
    """Read what a safe sends together: `multiSend(bytes)` of packed calls."""
    if data[:SELECTOR] != _selector("multiSend(bytes)"):
        raise Unreadable("a safe's delegate call must be multiSend(bytes)")
    packed = Words(data[SELECTOR:]).inner(0).text()
    calls: list[RawCall] = []
    while packed:
        if len(calls) == MOST_CALLS:
            raise Unreadable(f"more than {MOST_CALLS} calls in one transaction")
        call, packed = _packed_call(packed)
        calls.append(call)
    return calls


def _packed_call(packed: bytes) -> tuple[RawCall, bytes]:
    """Split off the first call: kind, address, value, length, data."""
    head = 1 + 20 + 2 * WORD
    length = int.from_bytes(packed[head - WORD : head])
    if len(packed) < head + length or packed[0] != 0:
        raise Unreadable("multiSend holds something that is no plain call")
    target = "0x" + packed[1:21].hex()
    value = int.from_bytes(packed[21 : 21 + WORD])
    return RawCall(target, value, packed[head : head + length]), packed[head + length :]


@attrs.frozen
class Words:
    """ABI-encoded arguments, word by word."""

    data: bytes

    def word(self, index: int) -> bytes:
        """The word at a place. Raises Unreadable past the end."""
        found = self.data[index * WORD : (index + 1) * WORD]
        if len(found) != WORD:
            raise Unreadable("the call's data ends too early")
        return found

    def number(self, index: int) -> int:
        """A uint256."""
        return int.from_bytes(self.word(index))

    def address(self, index: int) -> str:
        """An address in lower case."""
        return "0x" + self.word(index)[12:].hex()

    def after(self, words: int) -> "Words":
        """What comes after so many words."""
        return Words(self.data[words * WORD :])

    def inner(self, index: int) -> "Words":
        """What a dynamic argument points to."""
        offset = self.number(index)
        if offset % WORD or offset >= len(self.data):
            raise Unreadable("an argument points outside of the call's data")
        return Words(self.data[offset:])

    def text(self) -> bytes:
        """Bytes after their length."""
        length = self.number(0)
        if length > len(self.data) - WORD:
            raise Unreadable("the call's data ends too early")
        return self.data[WORD : WORD + length]

    def numbers(self) -> list[int]:
        """A uint256[] after its length."""
        count = self.number(0)
        if count > MOST_CALLS:
            raise Unreadable("a list too long")
        return [self.number(1 + index) for index in range(count)]


def _split(contract: Contract, body: Words) -> Split:
    _check_sets(body)
    return Split(contract, _condition(body, 2), Qty(body.number(4)))


def _merge(contract: Contract, body: Words) -> Merge:
    _check_sets(body)
    return Merge(contract, _condition(body, 2), Qty(body.number(4)))


def _redeem(contract: Contract, body: Words) -> Redeem:
    _check_sets(body)
    return Redeem(contract, _condition(body, 2))


def _check_sets(body: Words) -> None:
    """Raise Unreadable unless pUSD and both outcomes of a plain condition are meant."""
    if body.address(0) != Contract.PUSD:
        raise Unreadable("the collateral must be pUSD")
    if body.word(1) != NO_PARENT or body.inner(3).numbers() != BOTH_OUTCOMES:
        raise Unreadable("only both outcomes of a condition without parent are relayed")


def _convert(_contract_called: Contract, body: Words) -> Convert:
    return Convert(_condition(body, 0), body.number(1), Qty(body.number(2)))


def _router_split(contract: Contract, body: Words) -> Split:
    return Split(contract, _short_condition(body), Qty(body.number(1)))


def _router_merge(contract: Contract, body: Words) -> Merge:
    return Merge(contract, _short_condition(body), Qty(body.number(1)))


def _router_redeem(contract: Contract, body: Words) -> Redeem:
    if body.number(1) not in {0, 1}:
        raise Unreadable("an outcome is 0 or 1")
    outcome = Outcome.NO if body.number(1) else Outcome.YES
    return Redeem(contract, _short_condition(body), outcome, Qty(body.number(2)))


def _approve(contract: Contract, body: Words) -> Approve:
    return Approve(contract, body.address(0), body.number(1))


def _approve_all(contract: Contract, body: Words) -> Approve:
    return Approve(contract, body.address(0), 2**256 - 1 if body.number(1) else 0)


def _condition(body: Words, index: int) -> str:
    return "0x" + body.word(index).hex()


def _short_condition(body: Words) -> str:
    """A bytes31: the word's last byte is padding."""
    return "0x" + body.word(0)[:-1].hex()


def _selector(signature: str) -> bytes:
    return keccak(text=signature)[:SELECTOR]


def _contract(target: str) -> Contract:
    try:
        contract = Contract(target.lower())
    except ValueError:
        raise Unreadable(f"{target} is not a contract that is relayed to") from None
    if contract is Contract.OLD_NEG_RISK_ADAPTER:
        raise Unreadable("calls to the legacy NegRisk Adapter are retired since 2026-07-17")
    return contract


_Reader = Callable[[Contract, Words], Operation]
_SETS = "(address,bytes32,bytes32,uint256[]"
_READERS: dict[tuple[Contract, bytes], _Reader] = {
    **{
        (adapter, _selector(name + _SETS + more)): reader
        for adapter in (Contract.ADAPTER, Contract.NEG_RISK_ADAPTER)
        for name, more, reader in (
            ("splitPosition", ",uint256)", _split),
            ("mergePositions", ",uint256)", _merge),
            ("redeemPositions", ")", _redeem),
        )
    },
    (
        Contract.NEG_RISK_ADAPTER,
        _selector("convertPositions(bytes32,uint256,uint256)"),
    ): _convert,
    (Contract.ROUTER, _selector("split(bytes31,uint256)")): _router_split,
    (Contract.ROUTER, _selector("merge(bytes31,uint256)")): _router_merge,
    (Contract.ROUTER, _selector("redeem(bytes31,uint256,uint256)")): _router_redeem,
    (Contract.PUSD, _selector("approve(address,uint256)")): _approve,
    (Contract.CTF, _selector("setApprovalForAll(address,bool)")): _approve_all,
    (Contract.POSITION_MANAGER, _selector("setApprovalForAll(address,bool)")): _approve_all,
}
"""What is understood, by contract and function selector."""
