"""What the operator of the simulated venues does for a row: ends a market, halts it, breaks things.

Only rows that no trader can bring about need it.
"""

import json
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from clients.reporting import Mismatch

NO_DOOR = "these simulated venues were started without a control endpoint"


class Door:
    """The control endpoint of running simulated venues."""

    def __init__(self, venues: dict[str, Any]) -> None:
        """Take its address from the connection file."""
        self._url: str = venues.get("control", "")

    def do(self, path: str, body: object, method: str = "POST") -> dict[str, Any]:
        """Ask for something to be done. Raises Mismatch where there is nobody to do it."""
        if not self._url:
            raise Mismatch(NO_DOOR)
        request = urllib.request.Request(  # noqa: S310 - the simulator's own address
            self._url + path,
            json.dumps(body).encode() if body is not None else None,
            {"content-type": "application/json"},
            method=method,
        )
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as answer:
            said: dict[str, Any] = json.loads(answer.read())
            return said

    @contextmanager
    def fault(self, line: str) -> Iterator[None]:
        """Have something go wrong for as long as the block lasts."""
        name = self.do("/faults", line)["id"]
        try:
            yield
        finally:
            self.do(f"/faults/{name}", None, "DELETE")


def until(happened: Any, patience_s: float = 20.0) -> Any:
    """Ask again until the answer is true. Raises Mismatch when patience ends."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        answer = happened()
        if answer:
            return answer
        time.sleep(0.1)
    raise Mismatch(f"not within {patience_s} s")
