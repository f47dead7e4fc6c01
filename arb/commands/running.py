"""Asks a running bot over its dashboard, whose address is in the data directory."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import attrs

from arb.market.errors import ArbError
from arb.store.lock import owner_of
from arb.web.server import ADDRESS_FILE

ANSWER_S = 5.0
"""A bot that is busy answers within milliseconds all the same."""
OK = 200


def address_of(data_dir: Path) -> str | None:
    """Where the dashboard of a running bot is; None: there is none to open."""
    try:
        return RunningBot.find(data_dir).url
    except (NotRunning, NoAnswer):
        return None


class NotRunning(ArbError):
    """No bot works in the data directory."""


class NoAnswer(ArbError):
    """A bot works there, but does not answer: no dashboard, or it hangs."""


@attrs.frozen
class RunningBot:
    """The dashboard of a running bot. Every question raises NoAnswer where none comes."""

    url: str
    token: str | None = attrs.field(repr=False)

    @classmethod
    def find(cls, data_dir: Path) -> "RunningBot":
        """Find the bot of a data directory. Raises NotRunning, or NoAnswer where it has no page."""
        pid = owner_of(data_dir)
        if pid is None:
            raise NotRunning(f"no bot runs in {data_dir}")
        try:
            said = json.loads((data_dir / ADDRESS_FILE).read_text(encoding="utf-8"))
            return cls(said["url"], said["token"])
        except FileNotFoundError:
            raise NoAnswer(
                f"process {pid} works in {data_dir}, but has no dashboard: it is still starting,"
                " or web.enabled is false"
            ) from None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise NoAnswer(f"{data_dir / ADDRESS_FILE}: {error}") from error

    def state(self) -> dict[str, Any]:
        """Everything that the dashboard shows, section by section."""
        return self._get("/api/state")

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Whether a supervisor should leave it alone, and what speaks against that."""
        with self._asked("/health") as answer:
            said = _object(answer.read(), f"{self.url}/health")
        return answer.status == OK, said

    def about(self) -> dict[str, Any]:
        """What does not change: mode, venues, seed, version."""
        return self._get("/api/run")

    def search(self, words: str) -> dict[str, Any]:
        """How many markets have every word in id or title, and the first page of them."""
        return self._get(f"/api/markets?search={quote(words)}")

    def market(self, name: str) -> dict[str, Any]:
        """Why a market was or was not traded."""
        return self._get(f"/api/market?id={quote(name)}")

    def _get(self, path: str) -> dict[str, Any]:
        with self._asked(path) as answer:
            text = answer.read()
        if answer.status != OK:
            raise NoAnswer(f"{self.url}{path}: {answer.status} {text[:200]!r}")
        return _object(text, f"{self.url}{path}")

    @contextmanager
    def _asked(self, path: str) -> Iterator[http.client.HTTPResponse]:
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.netloc, timeout=ANSWER_S)
        with closing(connection):
            try:
                connection.request("GET", path, headers=self._headers())
                yield connection.getresponse()
            except (OSError, http.client.HTTPException) as error:
                raise NoAnswer(f"{self.url}: {type(error).__name__} {error}") from error

    def _headers(self) -> dict[str, str]:
        return {} if self.token is None else {"authorization": f"Bearer {self.token}"}


def _object(text: bytes, address: str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except ValueError as error:
        raise NoAnswer(f"{address}: {error}") from error
    if not isinstance(said, dict):
        raise NoAnswer(f"{address}: not an object")
    return said
