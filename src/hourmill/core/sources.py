"""Which tables hold the views of a scope: the fewest rows that make them up."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hourmill.core.cover import Cover, Grains, Range, as_hours, joined, without
from hourmill.core.month import first_day, month_of
from hourmill.core.scope import Names, Scope, pages_in, sites_in

NOBODY = Names(before="")


class Sources(NamedTuple):
    """Counters that make up the views of a scope together.

    pages       the pages of `months`, `days`, `less` and `hours`
    months      of page_views_monthly
    days        of page_views_daily
    less        of page_views_daily, to be taken away: what the months have of other days
    hours       of page_views
    sites       the sites of `site_hours`
    site_hours  of site_views
    """

    pages: Names
    months: Sequence[int]
    days: Sequence[Range]
    less: Sequence[Range]
    hours: Sequence[Range]
    sites: Names = NOBODY
    site_hours: Sequence[Range] = ()


def of_pages(scope: Scope, cover: Cover, grains: Grains) -> Sources:
    """Those by page."""
    days = _by_month(joined(cover.old + cover.days), max(grains.dirty, default=None))
    return Sources(pages_in(scope), *days, cover.hours + cover.dirty)


def of_sites(scope: Scope, cover: Cover, grains: Grains) -> Sources:
    """Those by site, as far as there are any: not of old days, nor of dirty ones."""
    sites = sites_in(scope)
    if sites is None:
        return of_pages(scope, cover, grains)
    site_hours = joined(cover.hours + as_hours(cover.days))
    return Sources(pages_in(scope), *_by_month(cover.old, None), cover.dirty, sites, site_hours)


def in_buckets(scope: Scope, cover: Cover) -> Sources:
    """Those by site if there are any, else those by page; no months, which lie in more than one bucket."""
    sites = sites_in(scope)
    if sites is None:
        return Sources(pages_in(scope), [], joined(cover.old + cover.days), [], cover.hours + cover.dirty)
    site_hours = joined(cover.hours + as_hours(cover.days))
    return Sources(pages_in(scope), [], cover.old, [], cover.dirty, sites, site_hours)


def _by_month(days: Iterable[Range], newest: int | None) -> tuple[list[int], list[Range], list[Range]]:
    """The days as months, days, and days that these months have too many, wherever that is less to read.

    days    ascending
    newest  the last day of which there may be views; None if that is not known. Only what is read depends on it
    """
    months: list[int] = []
    kept: list[Range] = []
    less: list[Range] = []
    for month, inside in _split(days).items():
        outside = list(without(inside, Range(first_day(month), first_day(month + 1))))
        viewed = outside if newest is None else [Range(first, min(before, newest + 1)) for first, before in outside]
        if 1 + _size(viewed) < _size(inside):
            months.append(month)
            less += outside
        else:
            kept += inside
    return months, kept, less


def _split(days: Iterable[Range]) -> dict[int, list[Range]]:
    """The days of each month."""
    found: dict[int, list[Range]] = {}
    for part in days:
        first = part.first
        while first < part.before:
            month = month_of(first)
            before = min(part.before, first_day(month + 1))
            found.setdefault(month, []).append(Range(first, before))
            first = before
    return found


def _size(ranges: Iterable[Range]) -> int:
    return sum(max(0, before - first) for first, before in ranges)
