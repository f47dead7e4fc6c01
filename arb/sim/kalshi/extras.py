"""The public routes on what surrounds markets: milestones, targets, incentives, combos, search.

Nothing of the kind exists here beyond the categories and tags of what is listed; the answers are
empty and well-formed, and their parameters are checked as everywhere.
"""

import attrs

from arb.sim.kalshi.auth import Scope
from arb.sim.kalshi.board import Board
from arb.sim.kalshi.calls import Call, Handler, Reply, Route, private
from arb.sim.kalshi.errors import bad_query, not_found
from arb.sim.kalshi.forms import Fields
from arb.sim.kalshi.paging import END, read_cursor

_MILESTONES_MOST = 500
_TARGETS_MOST = 2_000
_TARGETS_DEFAULT = 100
_COLLECTIONS_MOST = 200
_INCENTIVES_MOST = 10_000
_INCENTIVES_DEFAULT = 100
_QUOTES_MOST = 500
_QUOTES_DEFAULT = 100
_FORECAST_MINUTES = (0, 1, 60, 1440)


@attrs.frozen
class Extras:
    """Answers what surrounds the markets."""

    board: Board

    def routes(self) -> list[Route]:
        """Every route of this desk."""
        return [
            Route("GET", "/milestones", _milestones),
            Route("GET", "/milestones/{id}", _nothing),
            Route("GET", "/structured_targets", _targets),
            Route("GET", "/structured_targets/{id}", _nothing),
            Route("GET", "/incentive_programs", _incentives),
            Route("GET", "/multivariate_event_collections", _collections),
            Route("GET", "/multivariate_event_collections/{ticker}", _nothing),
            _create_combo(),
            Route("GET", "/search/tags_by_categories", self.tags),
            Route("GET", "/search/filters_by_sport", _sports),
            private("/series/{series}/events/{ticker}/forecast_percentile_history", self.forecast),
            private("/communications/id", _communications_id),
            private("/communications/rfqs", _empty("rfqs", _QUOTES_MOST, _QUOTES_DEFAULT)),
            private("/communications/rfqs/{id}", _nothing),
            private("/communications/quotes", _empty("quotes", _QUOTES_MOST, _QUOTES_DEFAULT)),
            private("/communications/quotes/{id}", _nothing),
        ]

    def tags(self, _: Call) -> Reply:
        """`GET /search/tags_by_categories`: null for a category without tags."""
        found: dict[str, set[str]] = {}
        for series in self.board.series.values():
            found.setdefault(series.category, set()).update(series.tags)
        tags = {category: sorted(some) or None for category, some in sorted(found.items())}
        return Reply({"tags_by_categories": tags})

    def forecast(self, call: Call) -> Reply:
        """`GET .../forecast_percentile_history`: nobody forecasts here."""
        event = self.board.events.get(call.path["ticker"])
        if event is None or event.series != call.path["series"]:
            raise not_found()
        query = call.query
        window = (query.integer("start_ts"), query.integer("end_ts"))
        minutes = query.integer("period_interval")
        if None in window or minutes not in _FORECAST_MINUTES or not query.many("percentiles"):
            raise bad_query("percentiles, start_ts, end_ts and period_interval are required")
        return Reply({"forecast_history": []})


def _create_combo() -> Route:
    path = "/multivariate_event_collections/{ticker}"
    return Route("POST", path, _nothing, scope=Scope.WRITE)


def _nothing(_: Call) -> Reply:
    raise not_found()


def _empty(name: str, most: int, default: int) -> Handler:
    def answer(call: Call) -> Reply:
        call.query.number("limit", 1, most, default)
        read_cursor(call.query)
        return Reply({name: [], "cursor": END})

    return answer


def _milestones(call: Call) -> Reply:
    if call.query.integer("limit") is None:
        raise bad_query("limit is required")
    return _empty("milestones", _MILESTONES_MOST, _MILESTONES_MOST)(call)


def _targets(call: Call) -> Reply:
    if len(call.query.many("ids")) > _TARGETS_MOST:
        raise bad_query("too many values in ids")
    call.query.number("page_size", 1, _TARGETS_MOST, _TARGETS_DEFAULT)
    read_cursor(call.query)
    return Reply({"structured_targets": [], "cursor": END})


def _incentives(call: Call) -> Reply:
    call.query.choice("status", ("all", "active", "upcoming", "closed", "paid_out"))
    call.query.number("limit", 1, _INCENTIVES_MOST, _INCENTIVES_DEFAULT)
    read_cursor(call.query)
    return Reply({"incentive_programs": [], "next_cursor": END})


def _collections(call: Call) -> Reply:
    call.query.choice("status", ("unopened", "open", "closed"))
    return _empty("multivariate_contracts", _COLLECTIONS_MOST, _COLLECTIONS_MOST)(call)


def _sports(_: Call) -> Reply:
    body: Fields = {"filters_by_sports": {}, "sport_ordering": []}
    return Reply(body)


def _communications_id(call: Call) -> Reply:
    return Reply({"communications_id": f"anonymous-{call.who.user_id}"})
