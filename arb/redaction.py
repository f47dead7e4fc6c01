"""What must never be written anywhere: known secrets by their value, others by their shape.

One list for the process, because so are the log's handlers.
"""

import re

import attrs

STRUCK_OUT = "[secret]"
LEAST = 6
"""Shorter texts are no secrets: striking them out would tear words apart."""
_SHAPES = (
    re.compile(
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL
    ),
    re.compile(r"https?://[^\s\"']*/api/webhooks/[^\s\"']*"),
    re.compile(
        r"(?i)(?<=[\"'\s])(?:(?:POLY[-_]?(?:SIGNATURE|PASSPHRASE|API[-_]?KEY)"
        r"|KALSHI[-_]ACCESS[-_](?:SIGNATURE|KEY)|authorization|api_?secret|passphrase|private_?key)"
        r"[\"']?\s*[:=]\s*[\"']?)[^\s\"',}]+"
    ),
)


@attrs.define
class Secrets:
    """Texts to strike out."""

    _known: set[str] = attrs.field(factory=set, init=False, repr=False)

    def add(self, value: str) -> None:
        """Remember a secret, whole and line by line: a key is often printed in parts."""
        for text in (value, value.removeprefix("0x"), *value.splitlines()):
            if len(text.strip()) >= LEAST and not text.startswith("-----"):
                self._known.add(text.strip())

    def strike_out(self, text: str) -> str:
        """Return `text` without any of them."""
        for secret in sorted(self._known, key=len, reverse=True):
            if secret in text:
                text = text.replace(secret, STRUCK_OUT)
        for shape in _SHAPES:
            text = shape.sub(STRUCK_OUT, text)
        return text


SECRETS = Secrets()
"""Of this process."""
