"""Which tables hold the views of a scope: counters of pages, or, where it is made of whole sites, those of sites."""

from collections.abc import Sequence
from typing import NamedTuple

from hourmill.core.cover import Cover, Range, as_hours, joined
from hourmill.core.scope import Names, Scope, pages_in, sites_in

NOBODY = Names(before="")


class Sources(NamedTuple):
    """Counters that make up the views of a scope, each of them once.

    pages       the pages of `days` and `hours`
    days        of page_views_daily
    hours       of page_views
    sites       the sites of `site_hours`
    site_hours  of site_views
    """

    pages: Names
    days: list[Range]
    hours: list[Range]
    sites: Names = NOBODY
    site_hours: Sequence[Range] = ()


def of_pages(scope: Scope, cover: Cover) -> Sources:
    """Those by page."""
    return Sources(pages_in(scope), cover.old + cover.days, cover.hours + cover.dirty)


def of_sites(scope: Scope, cover: Cover) -> Sources:
    """Those by site, as far as there are any: not of old days, nor of dirty ones."""
    sites = sites_in(scope)
    if sites is None:
        return of_pages(scope, cover)
    return Sources(pages_in(scope), cover.old, cover.dirty, sites, joined(cover.hours + as_hours(cover.days)))
