"""GET /report."""

import re

from hourmill.core.hour import BadTimestamp, hour_of, hour_of_day
from hourmill.core.page import page_fault
from hourmill.core.window import HOURS, Order
from hourmill.errors import BadQuery, Fault
from hourmill.http.answer import Answer, fresh
from hourmill.http.query import given_in
from hourmill.http.rsgi import HTTPProtocol, Scope
from hourmill.services.report import Question, Reporter

_INTEGER = re.compile(r"[0-9]+")
_PARAMETERS = ("page", "now", "order", "take", "complete")


class Report:
    """The report of the original."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    async def report(self, scope: Scope, protocol: HTTPProtocol) -> Answer:  # noqa: ARG002 a GET has no body to read
        """The views of a page in 24 hours."""
        hours = await self._reporter.report(question_of(scope.query_string))
        return fresh({"data": [{"h": hour_of_day(hour), "v": views} for hour, views in hours]})


def question_of(query: str) -> Question:
    """What a query string asks for.

    raises  BadQuery, with every fault named
    source  docs/http-api.md
    """
    given, faults = given_in(query, _PARAMETERS)
    question = Question(
        page=_page(given.get("page"), faults),
        now_hour=_now(given.get("now"), faults),
        order=_order(given.get("order", "asc"), faults),
        take=_take(given.get("take"), faults),
        complete=_complete(given.get("complete", "false"), faults),
    )
    if faults:
        raise BadQuery(faults)
    return question


def _page(text: str | None, faults: list[Fault]) -> str:
    problem = "required, like page=example.com/page" if text is None else page_fault(text)
    if problem is not None:
        faults.append(Fault(problem, parameter="page"))
    return text or ""


def _now(text: str | None, faults: list[Fault]) -> int | None:
    if text is None:
        return None
    try:
        return hour_of(text)
    except BadTimestamp as error:
        hint = "; in a query string + is written %2B" if " " in text else ""
        faults.append(Fault(f"{error}{hint}", parameter="now"))
        return None


def _order(text: str, faults: list[Fault]) -> Order:
    match text:
        case "asc" | "desc":
            return text
    faults.append(Fault("asc (oldest hour first) or desc", parameter="order"))
    return "asc"


def _take(text: str | None, faults: list[Fault]) -> int:
    if text is None:
        return HOURS
    digits = text.lstrip("0")
    if not _INTEGER.fullmatch(text) or not digits:
        faults.append(Fault("an integer from 1", parameter="take"))
        return HOURS
    return min(int(digits), HOURS) if len(digits) < 3 else HOURS


def _complete(text: str, faults: list[Fault]) -> bool:
    if text not in ("true", "false"):
        faults.append(Fault("true or false", parameter="complete"))
    return text == "true"
