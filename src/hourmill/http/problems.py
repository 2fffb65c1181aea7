"""Errors as answers (RFC 9457); the one table of status codes."""

from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec

from hourmill.core.strict import MAX_NAMED
from hourmill.errors import (
    BadRequest,
    Fault,
    HourmillError,
    KeyNeeded,
    KeysAway,
    KeyTooNarrow,
    KeyUnknown,
    Malformed,
    NoEntry,
    NotAccepted,
    OutcomeUnknown,
    Overloaded,
    TooLarge,
    TooManyEntries,
    TooManyReads,
    TooManyRequests,
    TooManySignIns,
    TooManyWatch,
    TooSlow,
    Unreadable,
    WrongMediaType,
)
from hourmill.http.answer import NOT_SNIFFED, Answer, Headers
from hourmill.http.limits import quota_headers

RETRY_AFTER_S = 1  # a group commit takes milliseconds: what is overloaded now may be free in a second

STATUS: dict[type[HourmillError], HTTPStatus] = {
    Malformed: HTTPStatus.BAD_REQUEST,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooManyEntries: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    WrongMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    BadRequest: HTTPStatus.BAD_REQUEST,
    KeyNeeded: HTTPStatus.UNAUTHORIZED,
    KeyUnknown: HTTPStatus.UNAUTHORIZED,
    KeyTooNarrow: HTTPStatus.FORBIDDEN,
    KeysAway: HTTPStatus.SERVICE_UNAVAILABLE,
    NotAccepted: HTTPStatus.SERVICE_UNAVAILABLE,
    OutcomeUnknown: HTTPStatus.SERVICE_UNAVAILABLE,
    Unreadable: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyReads: HTTPStatus.TOO_MANY_REQUESTS,
    TooManySignIns: HTTPStatus.TOO_MANY_REQUESTS,
    TooManyWatch: HTTPStatus.SERVICE_UNAVAILABLE,
    HourmillError: HTTPStatus.INTERNAL_SERVER_ERROR,
}


TITLES = {HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Content Too Large"}  # RFC 9110's; older Pythons have an older one


def problem(error: HourmillError) -> Answer:
    """The answer to a request that ended in an error."""
    return _overloaded() if type(error) is Overloaded else _problem(error)


@lru_cache(maxsize=1)  # always the same; and the less a refusal costs, the more is left for what is let in
def _overloaded() -> Answer:
    return _problem(Overloaded())


def status_of(error: HourmillError) -> HTTPStatus:
    """The status of a request that ended in an error."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def own_words(error: HourmillError) -> str:
    """What the kind of an error says, without what a server or a driver has said."""
    return (type(error).__doc__ or "").strip()


def _problem(error: HourmillError) -> Answer:
    status = status_of(error)
    more: dict[str, Any] = {}
    headers: Headers = []
    detail = str(error)
    if isinstance(error, Malformed | KeyTooNarrow) and error.faults:
        more["errors"] = [_named(fault) for fault in error.faults[:MAX_NAMED]]
        if len(error.faults) > MAX_NAMED:
            detail += f" {len(error.faults):,} faults, the first {MAX_NAMED} are named."
    if isinstance(error, NotAccepted | OutcomeUnknown):
        more["outcome"] = "unknown" if isinstance(error, OutcomeUnknown) else "not_accepted"
    if isinstance(error, NoEntry):
        headers.append(("www-authenticate", _challenge(error)))
    if isinstance(error, TooManyRequests):
        headers += [("retry-after", str(error.quota.next_in_s)), *quota_headers([error.quota])]
    if isinstance(error, TooSlow):
        headers.append(("connection", "close"))  # what still comes would have to be read before the next request
    if status is HTTPStatus.SERVICE_UNAVAILABLE or isinstance(error, TooManyReads | TooManySignIns):
        headers.append(retry_after())
    # Trouble behind us is told by drivers and servers: their words have names of tables, hosts, users, files.
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        detail = own_words(error)
    return described(status, detail, headers, more)


def retry_after() -> tuple[str, str]:
    """The header that goes with every 503, and with a 429 that is not about a quota."""
    return "retry-after", str(RETRY_AFTER_S)


def not_found(path: str) -> Answer:
    """404."""
    return described(HTTPStatus.NOT_FOUND, f"There is nothing at {path[:200]}.", [], {})


def not_allowed(allowed: str) -> Answer:
    """405."""
    return described(HTTPStatus.METHOD_NOT_ALLOWED, f"Use {allowed} here.", [("allow", allowed)], {})


def described(status: HTTPStatus, detail: str, headers: Headers, more: dict[str, Any]) -> Answer:
    """A problem document."""
    body = {
        "type": "about:blank",
        "title": TITLES.get(status, status.phrase),
        "status": status.value,
        "detail": detail,
        **more,
    }
    return Answer(
        status.value,
        [("content-type", "application/problem+json"), ("cache-control", "no-store"), NOT_SNIFFED, *headers],
        msgspec.json.encode(body),
    )


def _challenge(error: NoEntry) -> str:
    """What RFC 6750 has a client told."""
    match error:
        case KeyUnknown():
            return 'Bearer realm="hourmill", error="invalid_token"'
        case KeyTooNarrow():
            return f'Bearer realm="hourmill", error="insufficient_scope", scope="{error.needed}"'
    return 'Bearer realm="hourmill"'


def _named(fault: Fault) -> dict[str, str]:
    where = {"pointer": fault.pointer, "parameter": fault.parameter, "header": fault.header}
    return {name: value for name, value in where.items() if value is not None} | {"detail": fault.detail}
