"""The routes on the exchange as a whole: does it work, when does it, how fresh is what it says."""

import attrs

from arb.sim.kalshi.calls import Call, Reply, Route
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.mirror import Mirror
from arb.sim.kalshi.numbers import from_unix_s, rfc3339
from arb.sim.kalshi.pauses import Switches

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ALL_DAY = [{"open_time": "00:00", "close_time": "00:00"}]
_THURSDAY = [
    {"open_time": "00:00", "close_time": "03:00"},
    {"open_time": "05:00", "close_time": "00:00"},
]
"""Eastern Time; the gap is the weekly maintenance (recorded traffic, 2026)."""
_YEAR_S = 365 * 86_400


@attrs.frozen
class ExchangeDesk:
    """Answers how the exchange is."""

    switches: Switches
    mirror: Mirror

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            Route("GET", "/exchange/status", self.status),
            Route("GET", "/exchange/schedule", _schedule),
            Route("GET", "/exchange/user_data_timestamp", self.user_data_timestamp),
        ]

    def status(self, _: Call) -> Reply:
        """`GET /exchange/status`."""
        return Reply(self.switches.status())

    def user_data_timestamp(self, _: Call) -> Reply:
        """`GET /exchange/user_data_timestamp`: the moment that private reads show."""
        return Reply({"as_of_time": rfc3339(self.mirror.moment())})


def _schedule(call: Call) -> Reply:
    """`GET /exchange/schedule`: the same hours every week, of a year around now."""
    year = call.now // from_unix_s(_YEAR_S) * _YEAR_S
    hours: Fields = {
        "start_time": rfc3339(from_unix_s(year)),
        "end_time": rfc3339(from_unix_s(year + _YEAR_S)),
        **{day: _THURSDAY if day == "thursday" else _ALL_DAY for day in _DAYS},
    }
    return Reply({"schedule": {"standard_hours": [hours], "maintenance_windows": []}})
