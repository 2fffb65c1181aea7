"""What the document says of each route: what it takes, what it answers, how it refuses."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal, NamedTuple

from hourmill.http.live import LiveForm
from hourmill.http.openapi import shapes
from hourmill.http.session import Presented, State
from hourmill.http.stats import Form
from hourmill.services.stats.answer import Heatmap, LiveViews, Pages, Sites, Timeseries, Totals
from hourmill.services.stats.question import ComparingQuestion, Question, RankingQuestion, ScopeQuestion, SeriesQuestion

JSON = "application/json"
CSV = "text/csv"
EVENTS = "text/event-stream"
HTML = "text/html"
TEXT = "text/plain"

BAD, UNAVAILABLE = HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE
TOO_MANY = HTTPStatus.TOO_MANY_REQUESTS
_BODY = (BAD, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)

_AHEAD = "A timestamp that is more than 25 hours (or what a setting says) ahead of the server's clock is refused."

Tag = Literal["Counting", "Statistics", "Report", "Service", "Signing in"]


class Operation(NamedTuple):
    """A path with one method.

    takes    structs whose fields are parameters of the query
    body     type of the JSON that is sent, None without one
    gives    media type -> type of the answer, None where it is plain text
    refuses  with a problem, beside the statuses that every route has
    """

    tag: Tag
    summary: str
    description: str = ""
    takes: tuple[type, ...] = ()
    body: Any = None
    keyed: bool = False
    status: HTTPStatus = HTTPStatus.OK
    gives: Mapping[str, Any] = {}
    refuses: tuple[HTTPStatus, ...] = (UNAVAILABLE,)


def _statistic(summary: str, takes: type, gives: type, description: str = "") -> Operation:
    forms = {JSON: gives, CSV: None}
    return Operation("Statistics", summary, description, (takes, Form), gives=forms, refuses=(BAD, UNAVAILABLE))


def _counting(summary: str, body: Any, description: str) -> Operation:
    gives = {JSON: shapes.Counted}
    refuses = (*_BODY, UNAVAILABLE)
    return Operation("Counting", summary, description, body=body, keyed=True, gives=gives, refuses=refuses)


OPERATIONS: dict[tuple[str, str], Operation] = {
    ("POST", "/page-views/single"): _counting(
        "Count a view",
        shapes.View,
        f"Adds 1 to the page, in the UTC hour of the timestamp. Success means: durable. {_AHEAD}",
    ),
    ("POST", "/page-views/multi"): _counting(
        "Count a batch",
        shapes.Batch,
        f"All of it or nothing: one bad entry refuses the whole request. {_AHEAD}",
    ),
    ("GET", "/v1/timeseries"): _statistic("Views over time", SeriesQuestion, Timeseries),
    ("GET", "/v1/totals"): _statistic("Everything as numbers", ComparingQuestion, Totals),
    ("GET", "/v1/pages"): _statistic(
        "Pages, in order", RankingQuestion, Pages, "The next page of the list is in `next`, and in the header `Link`."
    ),
    ("GET", "/v1/sites"): _statistic(
        "Sites, in order", RankingQuestion, Sites, "The next page of the list is in `next`, and in the header `Link`."
    ),
    ("GET", "/v1/heatmap"): _statistic("Views by weekday and hour", Question, Heatmap, "At most 20,000 hours."),
    ("GET", "/v1/live"): Operation(
        "Statistics",
        "What is viewed now",
        "Server-sent events named `live`, one at once, then one every 5 seconds; the data of each is a `LiveViews`. "
        "Or one `LiveViews` alone, as JSON or CSV.",
        (ScopeQuestion, LiveForm),
        gives={EVENTS: None, JSON: LiveViews, CSV: None},
        refuses=(BAD, UNAVAILABLE),
    ),
    ("GET", "/report"): Operation(
        "Report",
        "24 hours of a page",
        "The 24 UTC hours that end with the hour of `now`; every hour is there.",
        (shapes.ReportQuery,),
        gives={JSON: shapes.ReportData},
        refuses=(BAD, UNAVAILABLE),
    ),
    ("GET", "/health"): Operation("Service", "The process answers", gives={JSON: shapes.Ok}, refuses=()),
    ("GET", "/livez"): Operation("Service", "The process answers", "As /health.", gives={JSON: shapes.Ok}, refuses=()),
    ("GET", "/metrics"): Operation("Service", "What can be measured", "For Prometheus.", gives={TEXT: None}),
    ("GET", "/readyz"): Operation("Service", "Whether to send it requests", gives={JSON: shapes.Ready}),
    ("GET", "/openapi.json"): Operation("Service", "This document", gives={JSON: dict[str, Any]}, refuses=()),
    ("GET", "/docs"): Operation("Service", "This document, for people", gives={HTML: None}, refuses=()),
    ("GET", "/session"): Operation("Signing in", "Whether this browser is signed in", gives={JSON: State}),
    ("POST", "/session"): Operation(
        "Signing in",
        "Sign in with an access key",
        "Gives a cookie that reads, and never counts.",
        body=Presented,
        gives={JSON: State},
        refuses=(*_BODY, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, TOO_MANY, UNAVAILABLE),
    ),
    ("DELETE", "/session"): Operation("Signing in", "Sign out", status=HTTPStatus.NO_CONTENT),
}
