"""From a question to what it asks for, or everything that is wrong with it."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, tzinfo
from typing import NamedTuple

from hourmill.core.bound import LAST_YEAR, BadBound, bound_of
from hourmill.core.edge import Edge, edge_at, edge_of
from hourmill.core.hour import hour_of_moment
from hourmill.core.page import page_fault
from hourmill.core.period import (
    DAY,
    Comparison,
    Days,
    Hours,
    Period,
    PeriodName,
    compared_with,
    hours_of,
    months_later,
    period_named,
    same_part,
)
from hourmill.core.scope import Everything, Page, Prefix, Scope, Site
from hourmill.errors import BadQuery, Fault
from hourmill.services.stats.question import Question, ScopeQuestion
from hourmill.services.zones import zone_named

DEFAULT: PeriodName = "7d"
MAX_YEARS = 200


class Against(NamedTuple):
    """What is compared with: the whole period, and the part that sums are of."""

    whole: Hours
    part: Hours


class Asked(NamedTuple):
    """What is asked for.

    until    the UTC hour after the running one
    against  what it is compared with, or None
    """

    scope: Scope
    zone: tzinfo
    tz: str
    period: PeriodName
    hours: Hours
    until: int
    against: Against | None


def asked_for(question: Question, comparison: Comparison | None, now: datetime) -> Asked:
    """What a question asks for at a moment.

    raises  BadQuery, with every fault named
    source  docs/stats-api.md
    """
    faults: list[Fault] = []
    scope = _scope(question, faults)
    zone = zone_named(question.tz) or UTC  # to find the other faults
    if zone is UTC:
        faults.append(Fault("the name of a zone in the IANA database, like Europe/Berlin", parameter="tz"))
    name: PeriodName = question.period or (DEFAULT if question.from_ is question.to is None else "custom")
    period = _custom(question, now, zone, faults) if name == "custom" else _named(name, question, now, zone, faults)
    if period is None or faults:
        raise BadQuery(faults)
    until = hour_of_moment(now) + 1
    against = _against(period, comparison, until, zone)
    return Asked(scope, zone, question.tz, name, hours_of(period, zone), until, against)


def _against(period: Period, comparison: Comparison | None, until: int, zone: tzinfo) -> Against | None:
    if comparison is None:
        return None
    whole = hours_of(compared_with(period, comparison, zone), zone)
    return Against(whole, same_part(period, comparison, until, zone))


def scope_of(question: ScopeQuestion) -> Scope:
    """Of what a question is.

    raises  BadQuery, with every fault named
    """
    faults: list[Fault] = []
    scope = _scope(question, faults)
    if faults:
        raise BadQuery(faults)
    return scope


def _scope(question: ScopeQuestion, faults: list[Fault]) -> Scope:
    kinds: dict[str, Callable[[str], Scope]] = {"page": Page, "site": Site, "prefix": Prefix}
    given = {name: text for name in kinds if (text := getattr(question, name)) is not None}
    if len(given) > 1:
        faults.extend(Fault("give only one of page, site and prefix", parameter=name) for name in given)
    for name, text in given.items():
        fault = page_fault(text) if text or name != "site" else None
        if fault is not None:
            faults.append(Fault(fault, parameter=name))
        elif name == "site" and "/" in text:
            faults.append(Fault("a site is what stands before the first / of a page", parameter=name))
    for name, text in given.items():
        return kinds[name](text)
    return Everything()


def _named(name: PeriodName, question: Question, now: datetime, zone: tzinfo, faults: list[Fault]) -> Period | None:
    given = {"from": question.from_, "to": question.to}
    faults.extend(
        Fault("only with period=custom, or without period", parameter=parameter)
        for parameter, text in given.items()
        if text is not None
    )
    return period_named(name, now, zone)


def _custom(question: Question, now: datetime, zone: tzinfo, faults: list[Fault]) -> Period | None:
    if question.from_ is None:
        faults.append(Fault("required with to, and with period=custom", parameter="from"))
        return None
    first, before = _bound("from", question.from_, zone, faults), _bound("to", question.to, zone, faults)
    if first is None or (before is None and question.to is not None):
        return None
    if before is None:
        now_local = now.astimezone(zone).date()
        before = now_local if isinstance(first, date) else edge_at(hour_of_moment(now) + 1, zone)
    period = _between(first, before, zone)
    hours = hours_of(period, zone)
    if hours.first.hour >= hours.before.hour:
        faults.append(Fault("lies after to, or there is no time between the two", parameter="from"))
    elif _years_later(hours.first.moment) < hours.before.moment.replace(tzinfo=None):
        faults.append(Fault(f"at most {MAX_YEARS} years before to", parameter="from"))
    return period


def _bound(name: str, text: str | None, zone: tzinfo, faults: list[Fault]) -> date | Edge | None:
    if text is None:
        return None
    try:
        return bound_of(text, zone)
    except BadBound as error:
        hint = "; in a query string + is written %2B" if " " in text else ""
        faults.append(Fault(f"{error}{hint}", parameter=name))
        return None


def _between(first: date | Edge, last: date | Edge, zone: tzinfo) -> Period:
    """The period between two bounds; a last date belongs to it, a last hour does not."""
    if isinstance(first, date) and isinstance(last, date):
        return Days(first, last + DAY)
    return Hours(
        edge_of(datetime.combine(first, time()), zone) if isinstance(first, date) else first,
        edge_of(datetime.combine(last + DAY, time()), zone) if isinstance(last, date) else last,
    )


def _years_later(moment: datetime) -> datetime:
    year = min(moment.year + MAX_YEARS, LAST_YEAR + 2)
    return datetime.combine(months_later(moment.date(), 12 * (year - moment.year)), moment.time())
