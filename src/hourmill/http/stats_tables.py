"""Statistics as tables."""

from collections.abc import Sequence
from itertools import zip_longest

import msgspec

from hourmill.http.tables import Table
from hourmill.services.stats.answer import (
    HeatCell,
    Heatmap,
    LiveViews,
    PageEntry,
    Pages,
    SiteEntry,
    Sites,
    Stats,
    Timeseries,
    Totals,
)


def table_of(answer: Stats) -> Table:
    """The rows of an answer; what it says besides is in headers."""
    match answer:
        case Timeseries():
            return _series(answer)
        case Totals():
            return _totals(answer)
        case Pages():
            return _entries(PageEntry, answer.pages)
        case Sites():
            return _entries(SiteEntry, answer.sites)
        case Heatmap():
            return _entries(HeatCell, answer.cells)
    raise TypeError(f"no table of {type(answer).__name__}")


def live_table(seen: LiveViews) -> Table:
    """What is viewed now: rows of minutes have no page, rows of pages no minute."""
    minutes = [(minute.start, None, minute.views) for minute in seen.minutes]
    pages = [(None, page.page, page.views) for page in seen.pages]
    return Table(["minute", "page", "views"], [*minutes, *pages])


def _series(answer: Timeseries) -> Table:
    table = Table(["start", "views", "partial"], ((b.start, b.views, b.partial) for b in answer.buckets))
    if answer.compare is None:
        return table
    compared = ((b.start, b.views) for b in answer.compare.buckets)
    rows = zip_longest(table.rows, compared)  # a month has fewer days than another
    return Table(
        [*table.columns, "compare_start", "compare_views"],
        ((*(own or (None, None, None)), *(other or (None, None))) for own, other in rows),
    )


def _totals(answer: Totals) -> Table:
    peak = (answer.peak.start, answer.peak.views) if answer.peak else (None, None)
    own = {
        "from": answer.range.from_,
        "to": answer.range.to,
        "views": answer.views,
        "pages": answer.pages,
        "views_per_day": answer.views_per_day,
        "peak_start": peak[0],
        "peak_views": peak[1],
    }
    if answer.compare is not None:
        own |= {
            "compare_from": answer.compare.range.from_,
            "compare_until": answer.compare.until,
            "compare_views": answer.compare.views,
            "compare_pages": answer.compare.pages,
            "change": answer.compare.change,
        }
    return Table(list(own), [list(own.values())])


def _entries(kind: type[msgspec.Struct], entries: Sequence[msgspec.Struct]) -> Table:
    return Table(kind.__struct_fields__, (msgspec.structs.astuple(entry) for entry in entries))
