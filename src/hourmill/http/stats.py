"""GET /v1/timeseries, totals, pages, sites and heatmap: JSON, or CSV for spreadsheets."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Literal, TypeVar
from urllib.parse import urlencode

import msgspec
from msgspec import Meta

from hourmill.core.spreadsheet import cell
from hourmill.http.answer import Answer, fresh
from hourmill.http.query import both_of, pairs_in
from hourmill.http.rsgi import Handler, HTTPProtocol, Scope
from hourmill.http.stats_tables import table_of
from hourmill.http.tables import csv_answer, preferred
from hourmill.services.stats.analyst import Analyst
from hourmill.services.stats.answer import Ranked, Stats
from hourmill.services.stats.question import ComparingQuestion, Question, RankingQuestion, SeriesQuestion

Asking = TypeVar("Asking", bound=Question)


MEDIA_TYPES: dict[Literal["json", "csv"], str] = {"json": "application/json", "csv": "text/csv"}


class Form(msgspec.Struct, frozen=True):
    """How an answer is written."""

    format: Annotated[
        Literal["json", "csv"] | None,
        Meta(description="Without: what the `Accept` header prefers, else `json`."),
    ] = None


def stats_routes(analyst: Analyst) -> dict[str, Handler]:
    """The handler of each path."""
    return {
        "/v1/timeseries": _answering(SeriesQuestion, analyst.timeseries),
        "/v1/totals": _answering(ComparingQuestion, analyst.totals),
        "/v1/pages": _answering(RankingQuestion, analyst.pages),
        "/v1/sites": _answering(RankingQuestion, analyst.sites),
        "/v1/heatmap": _answering(Question, analyst.heatmap),
    }


def _answering(kind: type[Asking], ask: Callable[[Asking], Awaitable[Stats]]) -> Handler:
    async def handler(scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG001 a GET has no body to read
        question, form = both_of(kind, Form, scope.query_string)
        answer = await ask(question)
        written = form.format or preferred(scope.headers.get("accept") or "", MEDIA_TYPES)
        plain = await _as_csv(scope.path, answer) if written == "csv" else fresh(answer)
        return plain._replace(headers=[*plain.headers, ("vary", "accept"), *_next(scope, answer)])

    return handler


async def _as_csv(path: str, answer: Stats) -> Answer:
    first, last = (moment.strftime("%Y%m%dT%H%M") for moment in (answer.range.from_, answer.range.to))
    part = "-part" if isinstance(answer, Ranked) and answer.next is not None else ""  # seen by who opens the file
    name = f"hourmill-{path.rpartition('/')[2]}-{first}-{last}{part}.csv"
    plain = await csv_answer(name, table_of(answer), answer.complete_until)
    rough = ("hourmill-approximate-edges", cell(answer.approximate_edges))
    return plain._replace(headers=[*plain.headers, rough])


def _next(scope: Scope, answer: Stats) -> list[tuple[str, str]]:
    """Where a ranking goes on, as a link (RFC 8288)."""
    if not isinstance(answer, Ranked) or answer.next is None:
        return []
    pairs = [(name, value) for name, value in pairs_in(scope.query_string) if name != "after"]
    return [("link", f'<{scope.path}?{urlencode([*pairs, ("after", answer.next)])}>; rel="next"')]
