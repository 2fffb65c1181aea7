"""The months of page_views: each a partition, made when its first view comes.

Nothing is remembered of which there are: counting tells when one is missing, a new one or one that was dropped.
"""

from collections.abc import Iterable
from datetime import date

import structlog

from hourmill.adapters.postgres.connection import Database
from hourmill.adapters.postgres.statements import statements
from hourmill.adapters.postgres.translate import DRIVER_ERRORS
from hourmill.core.hour import moment_of
from hourmill.errors import NotAccepted, Unreachable

log = structlog.get_logger()


def month_of(hour: int) -> date:
    """The first day of the UTC month in which an hour falls."""
    return moment_of(hour).date().replace(day=1)


async def make_months(database: Database, hours: Iterable[int]) -> None:
    """Make the months of these hours, unless they are there; each in a transaction of its own.

    hours   FIRST_HOUR to LAST_HOUR
    raises  NotAccepted
    """
    months = sorted({month_of(hour) for hour in set(hours)})
    log.info("making months", first=months[0].isoformat(), last=months[-1].isoformat(), months=len(months))
    make_month = statements()["make_month"]
    try:
        async with database.connection() as connection:
            for month in months:
                await connection.execute(make_month, month)
    except (Unreachable, *DRIVER_ERRORS) as error:
        raise NotAccepted(f"A month of page_views could not be made ({error}); nothing was counted.") from error
