"""Scripts of faults: what they say, and how wrong ones are told."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arb.market.instruments import Venue
from arb.sim.faults.fault import Fault, FaultsFault
from arb.sim.faults.kinds import KINDS, Choice, Kind, Layer, Number
from arb.sim.faults.script import read_fault, read_faults

SCRIPT = """
[[fault]]
kind = "latency"
venue = "kalshi"
endpoint = "POST *"
start_s = 10
for_s = 30.5
fixed_ms = 400

[[fault]]
kind = "drop_frames"
channel = "market"
market = "0xabc"
probability_ppm = 10000
limit = 5
"""


def test_a_script_says_everything() -> None:
    """Kind, scope, window, chance, limit and parameters; what is left out has its default."""
    latency, drops = read_faults(SCRIPT, "faults.toml")
    assert latency.kind is Kind.LATENCY
    assert latency.scope.venue is Venue.KALSHI
    assert (latency.start_s, latency.for_s, latency.limit) == (10, 30.5, None)
    assert latency.numbers == {"fixed_ms": 400, "spread_ms": 0, "tail_ms": 0}
    assert latency.words == {"direction": "both"}
    assert (drops.scope.channel, drops.scope.market) == ("market", "0xabc")
    assert (drops.probability_ppm, drops.limit, drops.for_s) == (10_000, 5, None)


def test_one_line_says_the_same() -> None:
    """The form of the command line."""
    line = "latency venue=kalshi endpoint='POST *' start_s=10 for_s=30.5 fixed_ms=400"
    assert read_fault(line) == read_faults(SCRIPT, "")[0]


def test_a_text_may_look_like_a_number() -> None:
    """Tokens are digits and ticks are decimals: on one line they need no quotes."""
    fault = read_fault("tick_change market=8675309 tick_usd=0.005 limit=3")
    assert (fault.scope.market, fault.words["tick_usd"], fault.limit) == ("8675309", "0.005", 3)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[[fault]]\nkind = 'latancy'", "faults.toml: fault 1: kind: 'latancy' is no kind"),
        ("[[fault]]", "fault 1: kind: None is no kind"),
        ("[[fault]]\nkind = 'slow'", "fault 1: bytes_per_s: is missing"),
        ("[[fault]]\nkind = 'slow'\nbytes_per_s = 0", "fault 1: bytes_per_s: 0 must be a whole"),
        ("[[fault]]\nkind = 'slow'\nbytes_per_s = true", "bytes_per_s: True must be a whole"),
        ("[[fault]]\nkind = 'silence'\nfor_s = -1", "fault 1: for_s: -1 must be seconds"),
        ("[[fault]]\nkind = 'silence'\nvenue = 'ftx'", "fault 1: venue: 'ftx' is none of"),
        ("[[fault]]\nkind = 'geoblock'\nvenue = 'kalshi'", "venue: this cannot happen on kalshi"),
        ("[[fault]]\nkind = 'silence'\nendpoint = 'GET *'", "endpoint: silence does not act on"),
        ("[[fault]]\nkind = 'reject'\nchannel = 'user'", "channel: reject does not act on frames"),
        ("[[fault]]\nkind = 'reject'\nreason = 'mood'", "fault 1: reason: 'mood' is none of"),
        ("[[fault]]\nkind = 'halt'", "fault 1: market: is missing"),
        ("[[fault]]\nkind = 'reset'\nmarket = 'M'", "market: reset concerns whole connections"),
        ("[[fault]]\nkind = 'gap'\nframe = 3", "fault 1: frame: no such key here; there are kind"),
        ("[[fault]]\nkind = 'gap'\nlimit = 0", "fault 1: limit: 0 must be a whole number from 1"),
        ("[[fault]]\nkind = 'gap'\nchannel = 3", "fault 1: channel: 3 must be a text"),
        ("[[fault]]\nkind = 'geoblock'\nprobability_ppm = 5", "probability_ppm: geoblock is there"),
        ("[[fault]]\nkind = 'latency'\nchannel = 'a'\nendpoint = 'b'", "name one of them"),
        ("[fault]\nkind = 'gap'", "faults.toml: fault: only [[fault]] tables"),
        ("fault = 3", "faults.toml: fault: only [[fault]] tables"),
        ("[[faults]]\nkind = 'gap'", "faults.toml: faults: only [[fault]] tables"),
        ("[[fault]", "faults.toml: not TOML"),
    ],
)
def test_errors_name_file_entry_and_key(text: str, told: str) -> None:
    """Whoever wrote the script finds the place."""
    with pytest.raises(FaultsFault) as error:
        read_faults(text, "faults.toml")
    assert told in str(error.value)


def test_all_errors_are_told_at_once() -> None:
    """One line each, over all entries."""
    with pytest.raises(FaultsFault) as error:
        read_faults("[[fault]]\nkind = 'slow'\nlimit = -1\n[[fault]]\nkind = 'x'", "f")
    lines = str(error.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["fault 1", "fault 1", "fault 2"]


@pytest.mark.parametrize("line", ["", "latency fixed_ms", "gap 'open", "gap limit=1 limit=2"])
def test_lines_that_cannot_be_read(line: str) -> None:
    """An empty line, a key without a value, an open quote, a key twice."""
    with pytest.raises(FaultsFault):
        read_fault(line)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_no_text_does_worse_than_be_refused(text: str) -> None:
    """Whatever is given is read or refused in words."""
    for read in (lambda: read_faults(text, "f"), lambda: read_fault(text)):
        with contextlib.suppress(FaultsFault):
            read()


def _smallest(kind: Kind) -> str:
    """The shortest line for a kind: what has no default."""
    needed = [
        f"{name}={taken.high}"
        for name, taken in KINDS[kind].takes.items()
        if taken.default is None and isinstance(taken, Number)
    ]
    return " ".join([kind, *needed, *(["market=M"] if kind is Kind.HALT else [])])


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_can_be_written_and_is_complete(kind: Kind) -> None:
    """Each kind is in the table; a fault that was read has every parameter, and a layer."""
    fault = read_fault(_smallest(kind))
    recipe = KINDS[kind]
    numbers = {name for name, taken in recipe.takes.items() if isinstance(taken, Number)}
    words = {name for name, taken in recipe.takes.items() if isinstance(taken, Choice)}
    assert (set(fault.numbers), set(fault.words)) == (numbers, words)
    assert fault.layers
    assert fault.venues


def test_an_endpoint_means_requests_and_a_channel_means_frames() -> None:
    """A kind of both layers acts on one of them where the scope says so."""
    assert read_fault("latency fixed_ms=1").layers == {Layer.REST, Layer.STREAM}
    assert read_fault("latency fixed_ms=1 endpoint='GET *'").layers == {Layer.REST}
    assert read_fault("latency fixed_ms=1 channel=user").layers == {Layer.STREAM}


def test_faults_are_values() -> None:
    """Two readings of one line are equal."""
    first, second = read_fault("gap frames=3"), read_fault("gap frames=3")
    assert first == second
    assert isinstance(first, Fault)
