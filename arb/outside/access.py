"""Where the venues are and who we are there: read from a file, or from settings and secrets."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import cattrs

from arb.credentials import read_credential
from arb.pairing.pair import Pair
from arb.redaction import SECRETS
from arb.settings import Settings, SettingsFault

POLYMARKET_KEY = "ARB_POLYMARKET_PRIVATE_KEY"
POLYMARKET_WALLET = "ARB_POLYMARKET_WALLET"
RELAYER_KEY = "ARB_POLYMARKET_RELAYER_KEY"
"""Made on the venue's site by the wallet's owner; nothing needs it but merging and the like."""
KALSHI_KEY_ID = "ARB_KALSHI_KEY_ID"
KALSHI_KEY = "ARB_KALSHI_PRIVATE_KEY"
CREDENTIALS = (POLYMARKET_KEY, POLYMARKET_WALLET, KALSHI_KEY_ID, KALSHI_KEY)
"""Our credentials on the real venues; `arb/credentials.py` says where they may come from."""


@attrs.frozen
class PolymarketAccess:
    """Where Polymarket is and who we are there."""

    clob: str
    gamma: str
    data: str
    market_ws: str
    user_ws: str
    geoblock: str
    private_key: str = attrs.field(repr=False)
    wallet: str
    signature_type: int
    relayer: str = ""
    relayer_key: str = attrs.field(default="", repr=False)
    """"" where we have none: then nothing is merged, converted or redeemed."""

    def __attrs_post_init__(self) -> None:
        """From here on the key is struck out of everything that is written."""
        SECRETS.add(self.private_key)


@attrs.frozen
class KalshiAccess:
    """Where Kalshi is and who we are there."""

    rest: str
    ws: str
    key_id: str
    private_key_pem: str = attrs.field(repr=False)

    def __attrs_post_init__(self) -> None:
        """From here on the key is struck out of everything that is written."""
        SECRETS.add(self.private_key_pem)


@attrs.frozen
class SpotAccess:
    """Where simulated venues tell spot prices."""

    polymarket: str
    coinbase: str


@attrs.frozen
class Access:
    """Everything needed to reach both venues; `arb sim` prints one."""

    polymarket: PolymarketAccess
    kalshi: KalshiAccess
    pairs: list[dict[str, Any]]
    spot: SpotAccess | None = None
    """None: where the settings say."""


def read_access(path: Path) -> Access:
    """Read a file that `arb sim` wrote. Raises SettingsFault naming the file and what is wrong."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        return to_access(raw)
    except OSError as error:
        raise SettingsFault(f"run.venues: {path}: {error.strerror}") from error
    except json.JSONDecodeError as error:
        raise SettingsFault(f"run.venues: {path}: not JSON: {error}") from error
    except cattrs.BaseValidationError as error:
        faults = "; ".join(cattrs.transform_error(error, path="venues"))
        raise SettingsFault(f"run.venues: {path}: {faults}") from error


def to_access(raw: Any) -> Access:  # noqa: ANN401 - the point is to check it
    """Check what a connection file says. Raises cattrs.BaseValidationError."""
    converter = cattrs.Converter()
    converter.register_structure_hook(str, _text)
    return converter.structure(raw, Access)


def _text(value: Any, _: Any) -> str:  # noqa: ANN401 - the point is to check it
    if not isinstance(value, str):
        raise TypeError("must be a text")
    return value


def real_access(settings: Settings, environment: Mapping[str, str]) -> Access:
    """Addresses from the settings, credentials from the environment, never from a file of ours."""
    found = _secrets(environment)
    poly, kalshi = settings.polymarket, settings.kalshi
    return Access(
        polymarket=PolymarketAccess(
            clob=poly.clob_url,
            gamma=poly.gamma_url,
            data=poly.data_url,
            market_ws=poly.market_ws_url,
            user_ws=poly.user_ws_url,
            geoblock=poly.geoblock_url,
            private_key=found[POLYMARKET_KEY],
            wallet=found[POLYMARKET_WALLET],
            signature_type=poly.signature_type,
            relayer=poly.relayer_url,
            relayer_key=read_credential(RELAYER_KEY, environment) or "",
        ),
        kalshi=KalshiAccess(
            rest=kalshi.rest_url,
            ws=kalshi.ws_url,
            key_id=found[KALSHI_KEY_ID],
            private_key_pem=found[KALSHI_KEY],
        ),
        pairs=[],
    )


def _secrets(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Everything that real venues need to know us by; SettingsFault names all that is missing."""
    found = {name: read_credential(name, environment) for name in CREDENTIALS}
    missing = [name for name, value in found.items() if value is None]
    if missing:
        raise SettingsFault(
            "\n".join(f"environment: {name}: missing; real venues need it" for name in missing)
        )
    return {name: value for name, value in found.items() if value is not None}


def pairs_of(access: Access) -> tuple[Pair, ...]:
    """Pairs that came with the venues."""
    return tuple(cattrs.structure(raw, Pair) for raw in access.pairs)
