"""The door: who may look, and who may give a verb."""

from collections.abc import Mapping

import httpx
import pytest
from starlette.responses import PlainTextResponse

from arb.web.access import KEY_HEADER, Doorkeeper

HOST = "127.0.0.1"
TOKEN, KEY = "secret-token", "secret-key"


async def ask(
    method: str = "GET",
    path: str = "/",
    *,
    token: str | None = None,
    headers: Mapping[str, str] | None = None,
    host: str = HOST,
) -> httpx.Response:
    """Ask through the door; behind it somebody always says yes."""
    door = Doorkeeper(PlainTextResponse("yes"), frozenset({HOST}), token, KEY)
    transport = httpx.ASGITransport(door)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}:8710") as client:
        return await client.request(method, path, headers=dict(headers or {}))


async def test_a_foreign_name_for_this_machine_is_no_way_in() -> None:
    """A page elsewhere may have its name resolve to us: its Host header gives it away."""
    assert (await ask()).text == "yes"
    for host in ("evil.example", "localhost.evil.example", "0.0.0.0"):  # noqa: S104 - a name here
        assert (await ask(host=host)).status_code == 421


async def test_a_token_opens_the_page_once_and_stays_in_a_cookie() -> None:
    """Without it: nothing. In the address: taken out of it. As a bearer or a cookie: yes."""
    assert (await ask(token=TOKEN)).status_code == 401
    assert (await ask(path="/?token=wrong", token=TOKEN)).status_code == 401
    assert (await ask(path="/api/state?token=" + TOKEN, token=TOKEN)).status_code == 401
    first = await ask(path=f"/?token={TOKEN}", token=TOKEN)
    assert (first.status_code, first.headers["location"]) == (303, "/")
    cookie = first.headers["set-cookie"]
    assert all(word in cookie.lower() for word in ("httponly", "samesite=strict"))
    shown = {"cookie": cookie.partition(";")[0]}
    assert (await ask(token=TOKEN, headers=shown)).text == "yes"
    assert (await ask(token=TOKEN, headers={"authorization": f"Bearer {TOKEN}"})).text == "yes"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_whatever_changes_something_needs_the_key_of_this_run(method: str) -> None:
    """A foreign page can send a request here, but it cannot set that header."""
    assert (await ask(method, "/api/verbs/kill")).status_code == 403
    assert (await ask(method, headers={KEY_HEADER: "wrong"})).status_code == 403
    assert (await ask(method, headers={KEY_HEADER: KEY})).text == "yes"
    both = {KEY_HEADER: KEY}
    assert (await ask(method, token=TOKEN, headers=both)).status_code == 401


async def test_every_answer_forbids_what_is_not_ours() -> None:
    """Also a refusal: no inline code, nothing from elsewhere, in nobody's frame."""
    for answer in (await ask(), await ask(host="evil.example"), await ask("POST")):
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert not any(word in policy for word in ("unsafe", "http:", "https:", "*"))
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_secrets_are_not_in_what_is_printed() -> None:
    """A traceback may print the door."""
    door = Doorkeeper(PlainTextResponse("yes"), frozenset(), TOKEN, KEY)
    assert TOKEN not in repr(door)
    assert KEY not in repr(door)
