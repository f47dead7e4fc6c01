"""Notices reach a service that apprise knows, over real sockets and in a thread."""

import json
from typing import Any

import pytest
import trio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from arb.commands.surroundings import real_surroundings
from arb.market.errors import Refused, Unreachable
from arb.market.units import Ns
from arb.notify.apprise_services import Apprise
from arb.notify.digest import Digest
from arb.notify.notice import Kind
from arb.sim.serve import serve_apps

DIGEST = Digest(Kind.STUCK, ("look at this",), 1, Ns(0))
SECRET = "user:a-secret-password"


class Service:
    """Takes what apprise's json:// sends, and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[dict[str, Any]] = []
        self.app = Starlette(routes=[Route("/{path:path}", self._take, methods=["POST"])])

    async def _take(self, request: Request) -> Response:
        self.taken.append(json.loads(await request.body()))
        return Response(status_code=self.status)


async def test_everything_is_told_and_a_service_that_fails_is_unreachable(
    nursery: trio.Nursery,
) -> None:
    """The text arrives, grave kinds as failures; HTTP 500 is worth another try."""
    service = Service()
    (url,) = await nursery.start(serve_apps, [(service.app, 0)])
    address = url.replace("http://", f"json://{SECRET}@")
    apprise = Apprise.of([address], real_surroundings().in_thread)
    assert await apprise.send([DIGEST]) == 0.0
    assert "look at this" in service.taken[0]["message"]
    assert service.taken[0]["type"] == "failure"
    service.status = 500
    with pytest.raises(Unreachable) as error:
        await apprise.send([DIGEST])
    assert "a-secret-password" not in str(error.value) + repr(apprise)


def test_an_address_that_apprise_does_not_know_is_named_by_its_place_alone() -> None:
    """Addresses are secrets: the error says which one, not what it is."""
    with pytest.raises(Refused, match="address 2") as error:
        Apprise.of(
            ["json://127.0.0.1", "nosuch://a-secret-password"], real_surroundings().in_thread
        )
    assert "a-secret-password" not in str(error.value)
