"""Contracts that turn what is held into cash, and what is said to them (Solidity ABI). Pure.

Addresses: docs, resources/contracts. Functions and their arguments: the official client's
encoders; the conversion's: the adapter's own interface.
"""

from typing import assert_never

import attrs
from eth_utils.crypto import keccak

from arb.market.errors import Refused
from arb.market.instruments import PolymarketRef
from arb.trade.turning import Convert, Merge, Redeem, Wish

PUSD = "0xC011a7E12a19f7B1f670d46F03B03f3342E82DFB"
ADAPTER = "0xAdA100Db00Ca00073811820692005400218FcE1f"
NEG_RISK_ADAPTER = "0xadA2005600Dec949baf300f4C6120000bDB6eAab"
ROUTER = "0x12121212006e4CD160D18e3f00711DA5c3372600"
WORD = 32
LONG_CONDITION, SHORT_CONDITION = 32, 31
"""Bytes of a condition's id, in the first protocol and in the second."""


@attrs.frozen
class ContractCall:
    """One call: to whom, and what is said."""

    target: str
    data: bytes


def calls_of(wish: Wish) -> tuple[ContractCall, ...]:
    """What the wallet has to call, all of it or nothing. Raises Refused for an unknown protocol."""
    match wish:
        case Merge():
            return (_merge(wish),)
        case Convert():
            return (_convert(wish),)
        case Redeem():
            return _redeem(wish)
        case _:
            assert_never(wish)


def _merge(wish: Merge) -> ContractCall:
    ref = wish.market.ref
    if not isinstance(ref, PolymarketRef):
        raise Refused(f"{wish.market.id} is no market of Polymarket")
    condition = _bytes(ref.condition_id)
    if len(condition) == SHORT_CONDITION:
        return ContractCall(
            ROUTER, _call("merge(bytes31,uint256)", _left(condition), _word(wish.qty))
        )
    return ContractCall(
        _adapter(neg_risk=ref.neg_risk),
        _call(
            "mergePositions(address,bytes32,bytes32,uint256[],uint256)",
            *_set_of(condition, arguments=5),
            _word(wish.qty),
            *_BOTH,
        ),
    )


def _convert(wish: Convert) -> ContractCall:
    group = _bytes(wish.group.group)
    function = "convertPositions(bytes32,uint256,uint256)"
    return ContractCall(
        NEG_RISK_ADAPTER, _call(function, group, _word(wish.index_set), _word(wish.qty))
    )


def _redeem(wish: Redeem) -> tuple[ContractCall, ...]:
    held, condition = wish.held, _bytes(wish.held.condition_id)
    if len(condition) == SHORT_CONDITION:
        function = "redeem(bytes31,uint256,uint256)"
        sides = [(number, qty) for number, qty in enumerate((held.yes, held.no)) if qty]
        return tuple(
            ContractCall(ROUTER, _call(function, _left(condition), _word(number), _word(qty)))
            for number, qty in sides
        )
    function = "redeemPositions(address,bytes32,bytes32,uint256[])"
    data = _call(function, *_set_of(condition, arguments=4), *_BOTH)
    return (ContractCall(_adapter(neg_risk=held.neg_risk), data),)


def _set_of(condition: bytes, *, arguments: int) -> tuple[bytes, ...]:
    """The collateral, no parent, the condition, and where the list of outcomes begins."""
    if len(condition) != LONG_CONDITION:
        raise Refused(f"a condition of {len(condition)} bytes is of no known protocol")
    return (_bytes(PUSD).rjust(WORD, b"\0"), bytes(WORD), condition, _word(arguments * WORD))


def _adapter(*, neg_risk: bool) -> str:
    return NEG_RISK_ADAPTER if neg_risk else ADAPTER


def _call(function: str, *words: bytes) -> bytes:
    return bytes(keccak(text=function)[:4]) + b"".join(words)


def _word(number: int) -> bytes:
    return number.to_bytes(WORD, "big")


def _left(short: bytes) -> bytes:
    return short.ljust(WORD, b"\0")


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


_BOTH = (_word(2), _word(1), _word(2))
"""The list of both outcomes: its length, then each as a set of one (docs: positions)."""
