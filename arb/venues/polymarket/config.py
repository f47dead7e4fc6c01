"""Where Polymarket is and as whom we trade there."""

import re

import attrs

from arb.market.errors import Refused

CHAIN_ID = 137
"""Polygon (docs: resources/contracts)."""

_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_PRIVATE_KEY = re.compile(r"(0x)?[0-9a-fA-F]{64}")


@attrs.frozen
class PolymarketUrls:
    """The venue's hosts; a simulated venue is other addresses and nothing else."""

    clob: str = "https://clob.polymarket.com"
    gamma: str = "https://gamma-api.polymarket.com"
    data: str = "https://data-api.polymarket.com"
    market_ws: str = "wss://ws-subscriptions-clob.polymarket.com/ws/market"
    user_ws: str = "wss://ws-subscriptions-clob.polymarket.com/ws/user"
    geoblock: str = "https://polymarket.com/api/geoblock"
    """A whole address, not a host: the check lives on the web site (docs: geoblock)."""


def _check_signature_type(_: object, __: "attrs.Attribute[int]", value: int) -> None:
    if value not in range(4):
        raise Refused(f"Polymarket knows signature types 0 to 3, not {value}")


def _check_wallet(_: object, __: "attrs.Attribute[str]", value: str) -> None:
    if _ADDRESS.fullmatch(value) is None:
        raise Refused(f"a wallet is 0x and 40 hexadecimal digits, not {value!r}")


def _check_private_key(_: object, __: "attrs.Attribute[str]", value: str) -> None:
    if _PRIVATE_KEY.fullmatch(value) is None:
        raise Refused("the private key is not 64 hexadecimal digits")  # never say what it is


@attrs.frozen
class PolymarketCredentials:
    """The signing key and the wallet that holds the funds.

    Raises Refused where a field cannot be what it should be.
    """

    private_key: str = attrs.field(repr=False, validator=_check_private_key)
    wallet: str = attrs.field(validator=_check_wallet)
    signature_type: int = attrs.field(validator=_check_signature_type)
    """0 the key's own address, 1 proxy, 2 safe, 3 deposit wallet (docs: trading/overview)."""
