"""Everything as numbers."""

from collections.abc import Sequence
from datetime import tzinfo

from hourmill.core.buckets import too_many
from hourmill.core.edge import edge_at
from hourmill.core.period import Hours
from hourmill.core.retention import HOURS_OF_DAY
from hourmill.ports.stats import MOST_VIEWS
from hourmill.services.stats.answer import ComparedTotals, Peak, Totals
from hourmill.services.stats.inquiry import Inquiry, change, stretch_of
from hourmill.services.stats.series import kept


async def totals(inquiry: Inquiry) -> Totals:
    """Views, pages, views per day, the fullest hour."""
    asked = inquiry.asked
    hours = kept(inquiry, asked.hours)
    by_hour = [] if too_many(hours, "hour") else await inquiry.series(range(hours.first.hour, hours.before.hour + 1))
    all_of_it = by_hour and hours == asked.hours  # then it need not be asked for once more
    views = min(sum(by_hour), MOST_VIEWS) if all_of_it else await inquiry.total(asked.hours)
    return Totals(
        *await inquiry.about(),
        views=views,
        pages=await inquiry.page_count(asked.hours),
        views_per_day=round(views / _days_begun(inquiry), 2),
        peak=_peak(by_hour, hours, asked.zone),
        compare=await _compared(inquiry, views),
    )


def _days_begun(inquiry: Inquiry) -> float:
    """The length of the range, up to and with the running hour; one day at least."""
    first, before = inquiry.asked.hours
    return max(1.0, (min(before.hour, inquiry.asked.until) - first.hour) / HOURS_OF_DAY)


def _peak(by_hour: Sequence[int], hours: Hours, zone: tzinfo) -> Peak | None:
    most = max(by_hour, default=0)
    return Peak(edge_at(hours.first.hour + by_hour.index(most), zone).moment, most) if most else None


async def _compared(inquiry: Inquiry, views: int) -> ComparedTotals | None:
    against = inquiry.asked.against
    if against is None:
        return None
    then = await inquiry.total(against.part)
    return ComparedTotals(
        range=stretch_of(against.whole),
        until=against.part.before.moment,
        views=then,
        pages=await inquiry.page_count(against.part),
        change=change(views, then),
    )
