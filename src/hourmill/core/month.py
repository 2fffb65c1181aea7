"""UTC months, as numbers since 1970."""

from datetime import date

_EPOCH = date(1970, 1, 1)


def month_of(day: int) -> int:
    """The month in which a day falls."""
    found = date.fromordinal(_EPOCH.toordinal() + day)
    return 12 * (found.year - _EPOCH.year) + found.month - 1


def first_day(month: int) -> int:
    """The first day of a month."""
    return (date(_EPOCH.year + month // 12, month % 12 + 1, 1) - _EPOCH).days
