"""The name under which a request can be found in logs: its client's, or one of ours for a fault of ours."""

import re
from http import HTTPStatus
from uuid import uuid4

import structlog

from hourmill.http.answer import Answer
from hourmill.http.problems import described
from hourmill.http.rsgi import RequestHeaders

HEADER = "x-request-id"
FAULT = "A fault of ours; it is in our log, under this request_id."

_NAME = re.compile(r"[\x21-\x7e]{1,128}")  # goes into a header and the log

log = structlog.get_logger()


def request_id(headers: RequestHeaders) -> str | None:
    """What the client calls its request."""
    name = headers.get(HEADER)
    return name if name is not None and _NAME.fullmatch(name) else None


def named(answer: Answer, headers: RequestHeaders) -> Answer:
    """The answer, with the name that its request came with."""
    name = request_id(headers)
    return (
        answer
        if name is None or answer.status == HTTPStatus.INTERNAL_SERVER_ERROR
        else answer._replace(headers=[*answer.headers, (HEADER, name)])
    )


def failed(route: str, headers: RequestHeaders) -> Answer:
    """500, for the error that is being handled; it is logged under the request's name."""
    name = request_id(headers) or uuid4().hex
    log.error("request failed", route=route, request_id=name, exc_info=True)
    return described(HTTPStatus.INTERNAL_SERVER_ERROR, FAULT, [(HEADER, name)], {"request_id": name})
