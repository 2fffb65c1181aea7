"""What statistics answer with; encoded as they are."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from hourmill.core.buckets import Interval
from hourmill.core.period import PeriodName

Moment = Annotated[datetime, Meta(tz=True)]
Views = Annotated[int, Meta(ge=0, description="Page views.")]
Share = Annotated[float, Meta(ge=0, le=1, description="Of `total`, to four places.")]
Change = Annotated[
    float | None,
    Meta(description="(now - then) / then, to four places; null without a comparison, or if there was nothing then."),
]


class Stretch(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """From a moment to another."""

    from_: Moment
    to: Annotated[Moment, Meta(description="Exclusive.")]


class Range(Stretch, frozen=True):
    """What an answer is about."""

    tz: str
    period: PeriodName


class SeriesRange(Range, frozen=True):
    """What a series is about."""

    interval: Interval


class Stats(msgspec.Struct, frozen=True):
    """What every answer says."""

    range: Range
    complete_until: Annotated[Moment, Meta(description="Every view accepted before this moment is in the answer.")]
    approximate_edges: Annotated[
        bool,
        Meta(description="Some edge is not where a counted hour begins; what is counted begins up to an hour earlier."),
    ]


class Compared(msgspec.Struct, frozen=True):
    """What a comparison says."""

    range: Annotated[Stretch, Meta(description="The whole period compared with.")]
    until: Annotated[
        Moment,
        Meta(description="Sums are of this part only: as much as has begun of the period that is asked for."),
    ]


class Bucket(msgspec.Struct, frozen=True):
    """Views of an hour, day, week or month."""

    start: Moment
    views: Views
    partial: Annotated[bool, Meta(description="It ends after `complete_until`: more views are to come.")]


class ComparedBucket(msgspec.Struct, frozen=True):
    """Views of a bucket of the period compared with."""

    start: Moment
    views: Views


class ComparedSeries(Compared, frozen=True):
    """A series to compare with."""

    total: Views
    buckets: Annotated[list[ComparedBucket], Meta(description="Of the whole period compared with.")]


class Timeseries(Stats, frozen=True):
    """Views over time."""

    range: SeriesRange
    total: Views
    buckets: list[Bucket]
    compare: ComparedSeries | None


class Peak(msgspec.Struct, frozen=True):
    """The hour with the most views."""

    start: Moment
    views: Views


class ComparedTotals(Compared, frozen=True):
    """Totals to compare with."""

    views: Views
    pages: int
    change: Change


class Totals(Stats, frozen=True):
    """Everything as numbers."""

    views: Views
    pages: Annotated[int, Meta(ge=0, description="How many different pages were viewed.")]
    views_per_day: Annotated[float, Meta(ge=0, description="In the days that have begun, to two places.")]
    peak: Annotated[
        Peak | None,
        Meta(description="The first of the hours with the most views; null if there is none, or no hours are kept."),
    ]
    compare: ComparedTotals | None


class PageEntry(msgspec.Struct, frozen=True):
    """A page."""

    page: str
    views: Views
    share: Share
    previous: Annotated[int | None, Meta(description="Views in the period compared with.")]
    change: Change


class SiteEntry(msgspec.Struct, frozen=True):
    """A site."""

    site: str
    views: Views
    share: Share
    previous: Annotated[int | None, Meta(description="Views in the period compared with.")]
    change: Change


class Ranked(Stats, frozen=True):
    """What every ranking says."""

    total: Annotated[int, Meta(ge=0, description="All views, whatever is searched for.")]
    next: Annotated[str | None, Meta(description="`after` of the next answer; null: this is the last one.")]
    compare: Compared | None


class Pages(Ranked, frozen=True):
    """Pages in order."""

    pages: list[PageEntry]


class Sites(Ranked, frozen=True):
    """Sites in order."""

    sites: list[SiteEntry]


class HeatCell(msgspec.Struct, frozen=True):
    """An hour of the week."""

    weekday: Annotated[int, Meta(ge=1, le=7, description="1 is Monday.")]
    hour: Annotated[int, Meta(ge=0, le=23, description="Local time.")]
    views: Views


class Heatmap(Stats, frozen=True):
    """Views by weekday and hour."""

    cells: Annotated[list[HeatCell], Meta(min_length=168, max_length=168)]
    most: Annotated[int, Meta(ge=0, description="Of the fullest cell.")]
    hours_from: Annotated[
        Moment | None,
        Meta(description="Hours before are not kept any more and not in it; null: all hours of the range are."),
    ]


class LiveMinute(msgspec.Struct, frozen=True):
    """A minute."""

    start: Moment
    views: Annotated[int, Meta(ge=0, description="That were counted in it, whatever their timestamps.")]


class LivePage(msgspec.Struct, frozen=True):
    """A page of now."""

    page: str
    views: Annotated[int, Meta(ge=0, description="In the running hour and the one before.")]


class LiveViews(msgspec.Struct, frozen=True):
    """What is viewed now."""

    since: Annotated[Moment, Meta(description="From when on minutes are known.")]
    complete_until: Annotated[Moment, Meta(description="Every view accepted before this moment is in it.")]
    views: Annotated[int, Meta(ge=0, description="Of all the minutes.")]
    minutes: Annotated[list[LiveMinute], Meta(max_length=60, description="The last one runs.")]
    pages: Annotated[list[LivePage], Meta(max_length=10)]
