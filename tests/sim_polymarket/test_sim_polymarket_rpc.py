"""The chain as a node shows it."""

from typing import TYPE_CHECKING, Any

import pytest
from eth_abi.abi import decode, encode
from eth_utils.crypto import keccak

from arb.market.units import MICRO, Qty
from tests.sim_polymarket.relaying import CTF, PUSD

if TYPE_CHECKING:
    from tests.sim_polymarket.conftest import Markets, Venue


def request(to: str, signature: str, *values: Any) -> dict[str, Any]:  # noqa: ANN401 - arguments
    types = signature[signature.index("(") + 1 : -1].split(",")
    data = keccak(text=signature)[:4] + encode(types, values)
    params = [{"to": to, "data": "0x" + data.hex()}, "latest"]
    return {"jsonrpc": "2.0", "id": 7, "method": "eth_call", "params": params}


async def ask(venue: "Venue", body: object) -> Any:  # noqa: ANN401 - whatever JSON-RPC answers
    said = await venue.ask_json("POST", "/rpc", body, {})
    assert said.status == 200
    return said.body


async def test_what_a_wallet_holds(venue: "Venue", markets: "Markets") -> None:
    """Dollars, one token, several tokens at once; nothing for strangers."""
    wallet, market = venue.people["deposit"].wallet.funder, markets["plain"]
    venue.exchange.split("deposit", market.id, Qty(3 * MICRO))
    tokens = [int(token) for token in market.tokens]
    cash = request(PUSD, "balanceOf(address)", wallet)
    one = request(CTF, "balanceOf(address,uint256)", wallet, tokens[0])
    many = request(CTF, "balanceOfBatch(address[],uint256[])", [wallet, PUSD], tokens)
    answers = await ask(venue, [cash, one, many])
    raw = [bytes.fromhex(answer["result"][2:]) for answer in answers]
    assert decode(["uint256"], raw[0]) == (997 * MICRO,)
    assert decode(["uint256"], raw[1]) == (3 * MICRO,)
    assert decode(["uint256[]"], raw[2]) == ((3 * MICRO, 0),)
    assert {answer["id"] for answer in answers} == {7}


async def test_what_a_wallet_allows(venue: "Venue") -> None:
    """Everything is allowed until it is taken back."""
    wallet = venue.people["deposit"].wallet.funder
    allowance = await ask(venue, request(PUSD, "allowance(address,address)", wallet, CTF))
    assert int(allowance["result"], 16) == 2**256 - 1
    approved = await ask(venue, request(CTF, "isApprovedForAll(address,address)", wallet, PUSD))
    assert int(approved["result"], 16) == 1


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("eth_sendRawTransaction", ["0x00"], -32601),
        ("eth_call", [], -32600),
        ("eth_call", [{"to": "0x12", "data": "0x00"}], -32600),
        ("eth_call", [{"to": PUSD, "data": "0xdeadbeef"}], 3),
        ("eth_call", [{"to": "0x" + "12" * 20, "data": "0xdeadbeef"}], 3),
    ],
)
async def test_calls_that_are_not_answered(
    venue: "Venue", method: str, params: list[Any], code: int
) -> None:
    """Sending is the relayer's; unknown functions revert."""
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    assert (await ask(venue, body))["error"]["code"] == code


async def test_the_chain_moves_on(venue: "Venue") -> None:
    """Chain id, blocks and their times."""
    bodies = [
        {"jsonrpc": "2.0", "id": index, "method": method, "params": []}
        for index, method in enumerate(("eth_chainId", "eth_blockNumber", "eth_getBlockByNumber"))
    ]
    chain, number, block = [answer["result"] for answer in await ask(venue, bodies)]
    assert (chain, int(number, 16)) == ("0x89", venue.now_s() // 2)
    assert int(block["timestamp"], 16) == venue.now_s()
    assert (await ask(venue, "?"))["error"]["code"] == -32600
