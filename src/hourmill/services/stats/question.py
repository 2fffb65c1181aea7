"""What statistics are asked with: every parameter, its meaning, what is allowed."""

from typing import Annotated

import msgspec
from msgspec import Meta

from hourmill.core.buckets import Interval
from hourmill.core.page import MAX_PAGE_BYTES
from hourmill.core.period import Comparison, PeriodName
from hourmill.ports.stats import RankedBy

MAX_PLACES = 10_000  # some 40 ms and 1 MB

PageText = Annotated[
    str,
    Meta(
        min_length=1, max_length=MAX_PAGE_BYTES, pattern="^[^\\u0000-\\u001f\\u007f-\\u009f]*$"
    ),  # as core/page.py has it
]
SiteText = Annotated[str, Meta(max_length=MAX_PAGE_BYTES, pattern="^[^/\\u0000-\\u001f\\u007f-\\u009f]*$")]


class ScopeQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Of what: at most one is given; without one, of everything."""

    page: Annotated[PageText | None, Meta(description="Only this page.", examples=["example.com/page"])] = None
    site: Annotated[
        SiteText | None,
        Meta(description="Only pages of this site: what stands before the first `/`. Empty: pages without one."),
    ] = None
    prefix: Annotated[
        PageText | None, Meta(description="Only pages that begin so.", examples=["example.com/blog/"])
    ] = None


class Question(ScopeQuestion, frozen=True, kw_only=True, rename={"from_": "from"}):
    """Of what, and when."""

    period: Annotated[
        PeriodName | None,
        Meta(description="The period. Without one, and without `from`: `7d`. `custom` needs `from`."),
    ] = None
    from_: Annotated[
        str | None,
        Meta(
            description="Where a custom period begins: a local date, or a timestamp on a whole hour.",
            examples=["2015-05-17", "2015-05-17T10:00:00Z"],
            extra_json_schema={"format": "bound"},
        ),
    ] = None
    to: Annotated[
        str | None,
        Meta(
            description="Where it ends: a local date (that day belongs to it), or a timestamp on a whole hour (that "
            "hour does not). Without: now.",
            examples=["2015-05-20"],
            extra_json_schema={"format": "bound"},
        ),
    ] = None
    tz: Annotated[
        str,
        Meta(
            description="The time zone of days, weeks and months: an IANA name.",
            examples=["Europe/Berlin"],
            extra_json_schema={"format": "iana-time-zone"},
        ),
    ] = "UTC"


class ComparingQuestion(Question, frozen=True, kw_only=True):
    """The same, compared with another period."""

    compare: Annotated[
        Comparison | None,
        Meta(description="Compare with the period before, or with the same one a year earlier."),
    ] = None


class SeriesQuestion(ComparingQuestion, frozen=True, kw_only=True):
    """Views over time."""

    interval: Annotated[
        Interval | None,
        Meta(
            description="What one bucket is; at most 20,000 hours, or 5,000 of the others. "
            "Without: `hour` to 2 days, `day` to 92 days, else `month`."
        ),
    ] = None


class RankingQuestion(ComparingQuestion, frozen=True, kw_only=True):
    """Pages or sites, in order."""

    search: Annotated[str, Meta(description="Only names that hold this text, in upper or lower case.")] = ""
    sort: Annotated[RankedBy, Meta(description="Most views first, or by name (by its bytes).")] = "views"
    limit: Annotated[int, Meta(ge=1, le=MAX_PLACES, description="How many at most; fewer where names are long.")] = 10
    after: Annotated[str | None, Meta(description="`next` of the answer before: what comes after it.")] = None
