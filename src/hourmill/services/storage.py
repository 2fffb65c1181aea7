"""What is stored, how fast it grows, and what that makes in a year."""

from datetime import datetime, timedelta
from typing import NamedTuple

from hourmill.core.hour import hour_of_moment
from hourmill.core.month import first_day, month_of
from hourmill.core.retention import Retention, day_of
from hourmill.ports.housekeeping import Grain
from hourmill.ports.storage import Storage, TableSize

WEEK_DAYS = 7
MONTHS = "page_views_monthly"  # grows by a row where a page is read for the first time in a month
YEAR = timedelta(days=365)


class Forecast(NamedTuple):
    """A table now and in a year. Without a grain it is not forecast.

    daily_rows   new ones in a day, on the average of the last seven whole ones, or of those since the first with rows;
                 of months, on that of the running month and the one before
    year_rows    that will be there in a year if it grows like that, under the retention; as year_bytes
    """

    size: TableSize
    daily_rows: float | None = None
    daily_bytes: int | None = None
    year_rows: int | None = None
    year_bytes: int | None = None


async def forecast(storage: Storage, retention: Retention, now: datetime) -> list[Forecast]:
    """Every table of the store.

    raises  Unreadable
    """
    return [await _forecast(storage, retention, now, size) for size in await storage.sizes()]


async def _forecast(storage: Storage, retention: Retention, now: datetime, size: TableSize) -> Forecast:
    if size.grain is None:
        return Forecast(size)
    kept_from = {Grain.HOURLY: retention.hours_from, Grain.DAILY: retention.days_from}[size.grain]
    today, horizon = day_of(hour_of_moment(now)), kept_from(now + YEAR)
    since, until = (first_day(month_of(today) - 1), today + 1) if size.name == MONTHS else (today - WEEK_DAYS, today)
    since = await storage.first_day(size.name, since, until)
    daily_rows = await storage.rows(size.name, since, until) / max(1, until - since)
    still_there = await storage.rows(size.name, horizon)
    new_days = today + YEAR.days - max(today, horizon)
    year_rows = still_there + round(daily_rows * new_days)
    row_bytes = size.bytes / size.rows if size.bytes is not None and size.rows else None
    if row_bytes is None:
        return Forecast(size, daily_rows, None, year_rows, None)
    return Forecast(size, daily_rows, round(daily_rows * row_bytes), year_rows, round(year_rows * row_bytes))
