"""Where a run may be made to die: nowhere unless somebody asks, and never on real venues."""

from pathlib import Path

import httpx
import pytest

from arb.crashpoints import CrashRefused, Moments, mortal, open_journal, refuse_where_real
from arb.market.units import Ns
from arb.messages import Noted
from arb.store.journal import Journal
from arb.venues.sockets.http_connections import HttpConnections
from arb.venues.wire import TrioSockets, http_client


async def answer(_: httpx.Request) -> httpx.Response:  # noqa: ASYNC124 - httpx wants a coroutine
    return httpx.Response(200)


def test_nothing_is_wrapped_where_nobody_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without the variables the store and the ways to the venues are what they always are."""
    monkeypatch.delenv("ARB_CRASH_AT", raising=False)
    monkeypatch.delenv("ARB_CRASH_LOG", raising=False)
    sockets = TrioSockets()
    connections = HttpConnections()
    found, transport = mortal(sockets, lambda _: connections)
    assert found is sockets
    assert transport("http://127.0.0.1") is connections
    journal = open_journal(tmp_path / "arb.db")
    journal.close()
    assert type(journal) is Journal


@pytest.mark.parametrize("variable", ["ARB_CRASH_AT", "ARB_CRASH_LOG"])
def test_real_venues_are_refused(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Where real money is, a run that shall die does not begin."""
    monkeypatch.setenv(variable, "x")
    with pytest.raises(CrashRefused, match="simulated venues alone"):
        refuse_where_real("real")
    refuse_where_real("venues.json")


async def test_moments_have_names_without_ids_and_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Each write and each request has one moment before and one after; ids are left out."""
    log = tmp_path / "moments"
    monkeypatch.setenv("ARB_CRASH_LOG", str(log))
    _, transport = mortal(TrioSockets(), lambda _: httpx.MockTransport(answer))
    async with http_client("http://venue", transport("http://venue")) as client:
        for path in ("/data/order/0x12ab", "/data/order/0x34cd", "/trade-api/v2/markets/KX-1/book"):
            await client.get(path)
    journal = open_journal(tmp_path / "arb.db")
    journal.write([Noted("a", "b", Ns(1)), Noted("c", "d", Ns(2))])
    journal.close()
    assert log.read_text("utf-8").splitlines() == [
        "before:http:GET /data/order/*:1",
        "after:http:GET /data/order/*:1",
        "before:http:GET /data/order/*:2",
        "after:http:GET /data/order/*:2",
        "before:http:GET /trade-api/v2/markets/*/book:1",
        "after:http:GET /trade-api/v2/markets/*/book:1",
        "before:journal:Noted:1",
        "before:journal:Noted:2",
        "after:journal:Noted:1",
        "after:journal:Noted:2",
    ]


def test_only_the_named_moment_is_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second of its name kills, and neither the first nor another one."""
    killed: list[int] = []
    monkeypatch.setattr("os.kill", lambda _, number: killed.append(number))
    moments = Moments.of({"ARB_CRASH_AT": "after:x:2"})
    assert moments is not None
    for name in ("before:x", "after:x", "before:x", "after:y"):
        moments.passes(name)
    assert killed == []
    moments.passes("after:x")
    assert killed == [9]
