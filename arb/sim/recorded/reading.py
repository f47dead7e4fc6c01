"""Read recordings of any known form.

One JSON object a line: a frame of Polymarket's market channel as it is, or `{"recv_ts_ns", "raw"}` with
the text of a frame of either venue. Frames that are lists are read one by one.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from arb.market.errors import Malformed
from arb.market.units import Ns
from arb.sim.recorded import kalshi_session, polymarket_session
from arb.sim.recorded.recording import Recording, RecordingFault

Timed = tuple[Ns, Mapping[str, Any]]


def read_recordings(text: str, name: str, now_ns: Ns) -> list[Recording]:
    """Read a file's text; `name` is how faults call the file. One recording for each venue in it.

    Raises RecordingFault.
    """
    try:
        frames = list(_frames(text))
        poly = [frame for _, frame in frames if "event_type" in frame]
        kalshi = [(at, frame) for at, frame in frames if "type" in frame]
        made = []
        if poly:
            made.append(polymarket_session.read_session(poly, now_ns))
        if kalshi:
            made.append(kalshi_session.read_session(kalshi, now_ns))
    except RecordingFault as fault:
        raise RecordingFault(f"{name}: {fault}") from fault
    except (Malformed, KeyError, TypeError, ValueError) as error:
        raise RecordingFault(f"{name}: not a recording: {error!r}") from error
    if not made:
        raise RecordingFault(f"{name}: no frame of a known venue")
    return made


def _frames(text: str) -> Iterator[Timed]:
    for number, line in enumerate(text.splitlines(), start=1):
        try:
            found = json.loads(line)
            at = Ns(found.get("recv_ts_ns", 0))
            frame = json.loads(found["raw"]) if "raw" in found else found
        except (ValueError, AttributeError) as error:
            raise RecordingFault(f"line {number}: not a frame: {error}") from error
        for one in frame if isinstance(frame, list) else [frame]:
            yield at, one
