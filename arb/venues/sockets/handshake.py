"""The opening handshake (RFC 6455 section 4), without I/O."""

import base64
import hashlib
import secrets
from collections.abc import Sequence
from typing import NoReturn
from urllib.parse import SplitResult

import h11

from arb.market.errors import Refused, Unreachable

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
"""RFC 6455 section 1.3: proves that the server speaks WebSocket."""
WORDS_BYTES = 65_536
"""How much of a refusal's body is read."""


class Handshake:
    """One request to upgrade, and its answer as it comes."""

    def __init__(self, address: SplitResult, headers: Sequence[tuple[str, str]]) -> None:
        """Make the request. Raises Unreachable where it cannot be one of HTTP."""
        self.url = address.geturl()
        self._key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._http = h11.Connection(h11.CLIENT)
        self._refusal: h11.Response | None = None
        self._words = bytearray()
        try:
            self.request = self._encode(address, headers)
        except (h11.LocalProtocolError, UnicodeEncodeError) as error:
            raise Unreachable(f"{self.url}: no request: {error}") from error

    def _encode(self, address: SplitResult, headers: Sequence[tuple[str, str]]) -> bytes:
        resource = address.path or "/"
        target = f"{resource}?{address.query}" if address.query else resource
        ours = [
            ("host", address.netloc),
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("sec-websocket-key", self._key),
            ("sec-websocket-version", "13"),
        ]
        request = h11.Request(method="GET", target=target, headers=[*ours, *headers])
        head, end = self._http.send(request), self._http.send(h11.EndOfMessage())
        return (head or b"") + (end or b"")

    def read(self, data: bytes) -> bytes | None:
        """Take the next bytes of the answer; b"" is the end of the stream.

        Returns None while the answer is incomplete; then whatever came behind it, already
        frames. Raises Refused for a 4xx, with its body's words, and Unreachable for all else.
        """
        try:
            self._http.receive_data(data)
            return self._events()
        except (h11.RemoteProtocolError, RuntimeError) as error:
            if self._refusal is not None:  # the body broke off: what came of it will do
                self._decline(self._refusal.status_code)
            words = error if data else "hung up"
            raise Unreachable(f"{self.url}: no handshake: {words}") from error

    def _events(self) -> bytes | None:
        while True:
            match self._http.next_event():
                case h11.NEED_DATA:
                    return None
                case h11.InformationalResponse(status_code=101) as answer:
                    self._check(answer)
                    return self._http.trailing_data[0]
                case h11.Response() as answer:
                    self._refusal = answer
                case h11.Data(data=data):
                    self._words += data
                    if len(self._words) >= WORDS_BYTES:
                        self._decline(self._status)
                case h11.EndOfMessage():
                    self._decline(self._status)
                case h11.ConnectionClosed():
                    raise Unreachable(f"{self.url}: hung up during the handshake")

    @property
    def _status(self) -> int:
        return 0 if self._refusal is None else self._refusal.status_code

    def _decline(self, status: int) -> NoReturn:
        words = self._words[:WORDS_BYTES].decode("utf-8", "replace")
        told = f"{self.url}: handshake answered {status}: {words}"
        raise Refused(told) if 400 <= status < 500 else Unreachable(told)  # noqa: PLR2004 - HTTP

    def _check(self, answer: h11.InformationalResponse) -> None:
        """Make sure that it is our handshake's answer, and grants nothing we did not ask for."""
        found = {name: value.decode("latin-1") for name, value in answer.headers}
        digest = hashlib.sha1((self._key + _GUID).encode(), usedforsecurity=False).digest()
        fits = (
            found.get(b"upgrade", "").lower() == "websocket"
            and "upgrade" in found.get(b"connection", "").lower()
            and found.get(b"sec-websocket-accept") == base64.b64encode(digest).decode()
            and b"sec-websocket-extensions" not in found
            and b"sec-websocket-protocol" not in found
        )
        if not fits:
            raise Unreachable(f"{self.url}: an answer to some other handshake")
