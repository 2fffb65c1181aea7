"""Shapes of bodies that are not decoded or encoded as a struct, for the document alone."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from hourmill.core.strict import MAX_COUNT
from hourmill.services.stats.question import PageText

Timestamp = Annotated[
    str,
    Meta(
        description="RFC 3339; counts in its UTC hour, of the years 1970 to 2200.",
        examples=["2025-07-16T10:00:00Z"],
        extra_json_schema={"format": "date-time"},
    ),
]
Count = Annotated[int, Meta(ge=0, le=MAX_COUNT)]


class View(msgspec.Struct):
    """A view."""

    page: PageText
    timestamp: Annotated[Timestamp | UnsetType, Meta(description="Left out: now, by the server's clock.")] = UNSET


Batch = Annotated[
    dict[PageText, dict[Timestamp, Count]],
    Meta(
        description="Counts, by page and timestamp.",
        examples=[{"example.com/page": {"2025-07-16T10:00:00Z": 5, "2025-07-16T11:00:00Z": 3}}],
    ),
]


class Counted(msgspec.Struct):
    """What was sent is counted, durably."""

    success: Literal[True]
    day_only: Annotated[
        Annotated[int, Meta(ge=1)] | UnsetType,
        Meta(description="How many of the views count in their day only: hours as old are not kept. Absent: none."),
    ] = UNSET


class ReportQuery(msgspec.Struct, kw_only=True):
    """Which 24 hours of which page."""

    page: PageText
    now: Annotated[Timestamp | None, Meta(description="The report ends with its hour. Without: now.")] = None
    order: Annotated[Literal["asc", "desc"], Meta(description="Oldest hour first, or newest.")] = "asc"
    take: Annotated[int, Meta(ge=1, description="The first N hours after ordering; above 24 it is 24.")] = 24
    complete: Annotated[
        Literal["true", "false"], Meta(description="`true` leaves the running hour out: the 24 before it.")
    ] = "false"


class ReportHour(msgspec.Struct):
    """An hour of a report."""

    h: Annotated[int, Meta(ge=0, le=23, description="UTC hour of day.")]
    v: Annotated[int, Meta(ge=0, description="Views.")]


class ReportData(msgspec.Struct):
    """24 hours of a page."""

    data: Annotated[list[ReportHour], Meta(min_length=1, max_length=24)]


class Ok(msgspec.Struct):
    """The process answers."""

    status: Literal["ok"]


class Ready(msgspec.Struct):
    """Requests are welcome."""

    status: Literal["ready"]


class ProblemPlace(msgspec.Struct):
    """One thing that is wrong, and where."""

    detail: Annotated[str, Meta(description="What is allowed.")]
    pointer: Annotated[str | UnsetType, Meta(description="JSON Pointer into the body.")] = UNSET
    parameter: Annotated[str | UnsetType, Meta(description="Parameter of the query.")] = UNSET
    header: Annotated[str | UnsetType, Meta(description="Header.")] = UNSET


class Problem(msgspec.Struct):
    """Why a request was not answered as asked (RFC 9457)."""

    type: str
    title: str
    status: Annotated[int, Meta(ge=400, le=599)]
    detail: str
    errors: list[ProblemPlace] | UnsetType = UNSET
    outcome: Annotated[
        Literal["not_accepted", "unknown"] | UnsetType,
        Meta(description="Of what was to be counted: nothing was, or it is not known."),
    ] = UNSET
