"""Faults of requests: each acts within its scope and window, and is counted."""

import json

import httpx
import pytest
import trio

from arb.market.instruments import Venue
from tests.sim_faults.tiny_venue import Bench, virtually

ORDER = {
    Venue.POLYMARKET: "/order",
    Venue.KALSHI: "/trade-api/v2/portfolio/events/orders",
}


@virtually
async def test_without_faults_nothing_changes(bench: Bench) -> None:
    """An empty board adds no time and changes no byte."""
    reply = await bench.ask()
    assert (reply.status, reply.text, reply.seconds) == (200, '{"number":1}', 0.0)


@virtually
async def test_latency_acts_in_its_window_only(bench: Bench) -> None:
    """Fixed latency passes once there and once back, from its start to its end."""
    entry = bench.inject("latency venue=polymarket fixed_ms=400 start_s=10 for_s=10")
    assert (await bench.ask()).seconds == 0
    await trio.sleep(10)
    assert (await bench.ask()).seconds == pytest.approx(0.8)
    assert (await bench.ask(venue=Venue.KALSHI)).seconds == 0
    await trio.sleep(10)
    assert (await bench.ask()).seconds == 0
    assert entry.acted == 2


@pytest.mark.parametrize("direction", ["request", "answer"])
@virtually
async def test_latency_has_a_direction(bench: Bench, direction: str) -> None:
    """To the venue or from it: the caller waits as long, the venue acts sooner or later."""
    bench.inject(f"latency fixed_ms=1000 direction={direction}")
    with pytest.raises(trio.TooSlowError):
        await bench.ask("POST", "/order", "one", patience_s=0.5)
    assert bench.venues[Venue.POLYMARKET].asked == ([] if direction == "request" else ["one"])
    await trio.sleep(1)
    assert bench.venues[Venue.POLYMARKET].asked == ["one"]


@virtually
async def test_sampled_latency_stays_in_its_range(bench: Bench) -> None:
    """fixed_ms plus up to spread_ms, each way, drawn anew."""
    bench.inject("latency fixed_ms=100 spread_ms=200 endpoint='GET *'")
    taken = {(await bench.ask()).seconds for _ in range(20)}
    assert len(taken) > 10
    assert all(0.2 <= seconds <= 0.6 + 1e-9 for seconds in taken)


@virtually
async def test_an_endpoint_is_hit_and_its_neighbours_are_not(bench: Bench) -> None:
    """Method and path, with globs; Kalshi's common prefix is left out."""
    entry = bench.inject("server_error endpoint='POST /portfolio/*' status=500")
    assert (await bench.ask("POST", ORDER[Venue.KALSHI], venue=Venue.KALSHI)).status == 500
    assert (await bench.ask("POST", "/order")).status == 200
    assert (await bench.ask("GET", "/book", venue=Venue.KALSHI)).status == 200
    assert entry.acted == 1


@virtually
async def test_a_market_is_hit_and_its_neighbours_are_not(bench: Bench) -> None:
    """A market is found in path, query or body, as a whole word."""
    entry = bench.inject("server_error market=polymarket:M-1")
    assert (await bench.ask("GET", "/book?token_id=M-1")).status == 503
    assert (await bench.ask("POST", "/order", '{"token":"M-1"}')).status == 503
    assert (await bench.ask("GET", "/book?token_id=M-12")).status == 200
    assert (await bench.ask("GET", "/book?token_id=AM-1")).status == 200
    assert entry.acted == 2


@virtually
async def test_chance_and_limit(bench: Bench) -> None:
    """probability_ppm acts now and then, limit so often at most."""
    rare = bench.inject("server_error probability_ppm=500000 endpoint='GET *'")
    statuses = [(await bench.ask()).status for _ in range(100)]
    assert 30 < statuses.count(503) < 70
    assert rare.acted == statuses.count(503)
    bench.board.clear(rare.id)
    bench.inject("server_error limit=2")
    assert [(await bench.ask()).status for _ in range(4)] == [503, 503, 200, 200]


@pytest.mark.parametrize("venue", list(Venue))
@virtually
async def test_rate_limits_as_each_venue_words_them(bench: Bench, venue: Venue) -> None:
    """Polymarket's 429 has headers of its own, Kalshi's none; a bare one is a page of the edge."""
    bench.inject(f"rate_limit venue={venue}")
    reply = await bench.ask(venue=venue)
    assert reply.status == 429
    assert ("poly-ratelimit-remaining" in reply.headers) is (venue is Venue.POLYMARKET)
    assert "error" in json.loads(reply.text)
    bench.inject(f"rate_limit venue={venue} form=bare")
    bare = await bench.ask(venue=venue)
    assert bare.status == 429
    assert bare.headers["content-type"] == "text/html"
    assert "poly-ratelimit-remaining" not in bare.headers
    assert bench.venues[venue].asked == []


@pytest.mark.parametrize(("body", "starts"), [("json", "{"), ("html", "<"), ("empty", "")])
@virtually
async def test_server_errors_before_and_after_the_fact(
    bench: Bench, body: str, starts: str
) -> None:
    """5xx with any body; `when` decides whether the venue has acted."""
    before = bench.inject(f"server_error status=502 body={body}")
    reply = await bench.ask("POST", "/order", "one")
    assert (reply.status, reply.text[:1]) == (502, starts)
    assert bench.venues[Venue.POLYMARKET].asked == []
    bench.board.clear(before.id)
    bench.inject(f"server_error body={body} when=after")
    assert (await bench.ask("POST", "/order", "two")).status == 503
    assert bench.venues[Venue.POLYMARKET].asked == ["two"]


@pytest.mark.parametrize("kind", ["request_lost", "answer_lost"])
@virtually
async def test_what_is_lost_is_never_answered(bench: Bench, kind: str) -> None:
    """Silence until the caller gives up; only a lost answer was acted on."""
    entry = bench.inject(f"{kind} endpoint='POST /order'")
    with pytest.raises(trio.TooSlowError):
        await bench.ask("POST", "/order", "one", patience_s=60)
    acted = ["one"] if kind == "answer_lost" else []
    assert bench.venues[Venue.POLYMARKET].asked == acted
    assert entry.acted == 1


@pytest.mark.parametrize("kind", ["request_lost", "answer_lost"])
@virtually
async def test_what_is_lost_may_break_the_connection(bench: Bench, kind: str) -> None:
    """how=reset: the caller hears at once that the connection broke."""
    bench.inject(f"{kind} how=reset")
    with pytest.raises(httpx.ReadError):
        await bench.ask("POST", "/order", "one")
    acted = ["one"] if kind == "answer_lost" else []
    assert bench.venues[Venue.POLYMARKET].asked == acted


@pytest.mark.parametrize("venue", list(Venue))
@pytest.mark.parametrize(
    "reason", ["balance", "price", "size", "closed", "unfillable", "unauthorised"]
)
@virtually
async def test_rejects_hit_new_orders_only(bench: Bench, venue: Venue, reason: str) -> None:
    """A documented refusal in the venue's words; reads pass."""
    entry = bench.inject(f"reject reason={reason}")
    reply = await bench.ask("POST", ORDER[venue], "{}", venue=venue)
    assert 400 <= reply.status < 500
    assert json.loads(reply.text)["error"]
    assert (await bench.ask(venue=venue)).status == 200
    assert entry.acted == 1


@virtually
async def test_stale_reads_are_as_old_as_allowed_and_no_older(bench: Bench) -> None:
    """Reads repeat what was said at most age_ms ago; writes are never answered from the cache."""
    entry = bench.inject("stale_rest age_ms=5000 start_s=1 for_s=20")
    first = await bench.ask()
    await trio.sleep(2)
    assert (await bench.ask()).text == first.text
    await trio.sleep(4)
    second = await bench.ask()
    assert second.text != first.text
    assert (await bench.ask("GET", "/book?other=1")).text != second.text
    before = len(bench.venues[Venue.POLYMARKET].asked)
    await bench.ask("POST", "/order", "one")
    await bench.ask("POST", "/order", "one")
    assert len(bench.venues[Venue.POLYMARKET].asked) == before + 2
    await trio.sleep(20)
    assert (await bench.ask()).text != second.text
    assert entry.acted == 1


@pytest.mark.parametrize("form", ["cut", "noise", "shape"])
@virtually
async def test_malformed_answers(bench: Bench, form: str) -> None:
    """The status says 200 and the body says nothing that can be used."""
    entry = bench.inject(f"malformed form={form} endpoint='GET *'")
    reply = await bench.ask()
    assert reply.status == 200
    if form == "shape":
        assert "number" not in json.loads(reply.text)
    else:
        with pytest.raises(json.JSONDecodeError):
            json.loads(reply.text)
    assert int(reply.headers["content-length"]) == len(reply.text)
    assert entry.acted == 1


@virtually
async def test_slow_answers_take_their_bytes(bench: Bench) -> None:
    """An answer needs as long as its bytes at the given rate."""
    bench.inject("slow bytes_per_s=4")
    reply = await bench.ask()
    assert reply.seconds == pytest.approx(len(reply.text) / 4)


@virtually
async def test_arriving_orders_are_met_first(bench: Bench) -> None:
    """Orders that reach the venue pass the moment before; those that are refused do not."""
    bench.inject("partial_fill")
    await bench.ask("POST", "/order", "one")
    await bench.ask()
    bench.inject("rate_limit")
    await bench.ask("POST", "/order", "two")
    assert bench.arrivals.met == ["POST /order one"]
