"""Views over time, and by hour of the week."""

from collections import Counter
from itertools import chain, pairwise

from hourmill.core.buckets import MAX_BUCKETS, Interval, bounds_of, interval_for, too_many
from hourmill.core.edge import Edge, edge_at
from hourmill.core.hour import hour_of_moment
from hourmill.core.period import Hours
from hourmill.errors import BadQuery, Fault
from hourmill.services.slices import in_slices
from hourmill.services.stats.answer import (
    Bucket,
    ComparedBucket,
    ComparedSeries,
    HeatCell,
    Heatmap,
    SeriesRange,
    Timeseries,
)
from hourmill.services.stats.inquiry import Inquiry, stretch_of


async def timeseries(inquiry: Inquiry, interval: Interval | None) -> Timeseries:
    """Views over time.

    raises  BadQuery  there are too many buckets
    """
    asked = inquiry.asked
    interval = interval or interval_for(asked.hours)
    if too_many(asked.hours, interval):
        most = f"at most {MAX_BUCKETS[interval]:,} {interval}s: take a longer interval, or a shorter range"
        raise BadQuery([Fault(most, parameter="interval")])
    bounds = await in_slices(bounds_of(asked.hours, interval, asked.zone))
    others = await in_slices(bounds_of(asked.against.whole, interval, asked.zone)) if asked.against else []
    about = await inquiry.about(chain(bounds, others))
    views = await inquiry.series([edge.hour for edge in bounds])
    complete = hour_of_moment(inquiry.complete_until)
    buckets = await in_slices(
        Bucket(edge.moment, count, partial=end.hour > complete)
        for (edge, end), count in zip(pairwise(bounds), views, strict=True)
    )
    return Timeseries(
        range=SeriesRange(about.range.from_, about.range.to, asked.tz, asked.period, interval),
        complete_until=about.complete_until,
        approximate_edges=about.approximate_edges,
        total=sum(views),
        buckets=buckets,
        compare=await _compared(inquiry, others),
    )


async def heatmap(inquiry: Inquiry) -> Heatmap:
    """Views by weekday and hour; of the hours that are kept.

    raises  BadQuery  the range is too long
    """
    asked = inquiry.asked
    if too_many(asked.hours, "hour"):
        raise BadQuery(
            [Fault(f"at most {MAX_BUCKETS['hour']:,} hours before to: take a shorter range", parameter="from")]
        )
    hours = kept(inquiry, asked.hours)
    bounds = await in_slices(bounds_of(hours, "hour", asked.zone))
    counts = await inquiry.series([edge.hour for edge in bounds])
    views: Counter[tuple[int, int]] = Counter()
    # the last edge begins nothing
    for cell, count in zip(await in_slices(map(_cell, bounds)), counts, strict=False):
        views[cell] += count
    about = await inquiry.about()
    off = any(await in_slices(bool(edge.moment.minute) for edge in bounds))
    return Heatmap(
        *about._replace(approximate_edges=about.approximate_edges or off),
        cells=[HeatCell(weekday, hour, views[weekday, hour]) for weekday in range(1, 8) for hour in range(24)],
        most=max(views.values(), default=0),
        hours_from=hours.first.moment if hours != asked.hours else None,
    )


def kept(inquiry: Inquiry, hours: Hours) -> Hours:
    """The part of a range of which hours are kept; it can be empty."""
    if hours.first.hour >= inquiry.kept_from:
        return hours
    first: Edge = min(edge_at(inquiry.kept_from, inquiry.asked.zone), hours.before)
    return Hours(first, hours.before)


def _cell(edge: Edge) -> tuple[int, int]:
    """The weekday and hour that begin there."""
    return edge.moment.isoweekday(), edge.moment.hour


async def _compared(inquiry: Inquiry, bounds: list[Edge]) -> ComparedSeries | None:
    against = inquiry.asked.against
    if against is None:
        return None
    views = await inquiry.series([edge.hour for edge in bounds])
    return ComparedSeries(
        range=stretch_of(against.whole),
        until=against.part.before.moment,
        total=sum(views) if against.part == against.whole else await inquiry.total(against.part),
        buckets=await in_slices(ComparedBucket(edge.moment, n) for edge, n in zip(bounds, views, strict=False)),
    )
