"""Where people are to be told: secrets all."""

from collections.abc import Mapping

import attrs

from arb.credentials import CredentialFault, read_credential

DISCORD = "ARB_DISCORD_WEBHOOK"
APPRISE = "ARB_APPRISE_URLS"


@attrs.frozen
class Addresses:
    """A webhook of Discord's, and services as apprise writes them."""

    discord: str | None = attrs.field(default=None, repr=False)
    apprise: tuple[str, ...] = attrs.field(default=(), repr=False)

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Addresses":
        """Read them where secrets come from. Raises CredentialFault."""
        webhook = read_credential(DISCORD, environment)
        if webhook is not None and not webhook.startswith(("https://", "http://127.0.0.1")):
            raise CredentialFault(f"{DISCORD}: must start with https://")
        return cls(webhook, tuple((read_credential(APPRISE, environment) or "").split()))

    @property
    def any(self) -> bool:
        """Whether anybody is to be told."""
        return self.discord is not None or bool(self.apprise)
