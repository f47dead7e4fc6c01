"""Where Kalshi is, and who we are there. Handed in by whoever builds the adapter."""

import attrs


def _without_slash(url: str) -> str:
    return url.rstrip("/")


@attrs.frozen
class KalshiUrls:
    """One environment. Keys and money of one are unknown to the other (docs: demo_env)."""

    rest: str = attrs.field(converter=_without_slash)
    """With the version's path: "https://external-api.kalshi.com/trade-api/v2"."""
    ws: str
    """With its path, which is another: ".../trade-api/ws/v2"."""


@attrs.frozen
class KalshiCredentials:
    """An API key: its id and the private half, which is never printed."""

    key_id: str
    private_key_pem: str = attrs.field(repr=False)
    """RSA (2048 bits or more) or Ed25519; which of them is read from the text itself."""
