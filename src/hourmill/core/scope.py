"""Which pages a question is about, and the ranges of names in which the stores find them."""

import sys
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

_AFTER_NAME = "\x01"  # no page holds it: nothing lies between a name and the name followed by it
_SURROGATES = range(0xD800, 0xE000)  # no characters


@dataclass(frozen=True)
class Everything:
    """All pages."""


@dataclass(frozen=True)
class Page:
    """One page."""

    page: str


@dataclass(frozen=True)
class Site:
    """The pages of a site, as site_of() tells it."""

    site: str


@dataclass(frozen=True)
class Prefix:
    """The pages that begin with a text, taken literally."""

    prefix: str


Scope: TypeAlias = Everything | Page | Site | Prefix


class Names(NamedTuple):
    """Names in the order of their bytes, first <= name < before; before None: to the last one.

    bare  of pages, only those whose site is empty
    """

    first: str = ""
    before: str | None = None
    bare: bool = False


def site_of(page: str) -> str:
    """What stands before the first / of a page; empty where none stands there."""
    site, slash, _ = page.partition("/")
    return site if slash else ""


def holds(scope: Scope, page: str) -> bool:
    """Whether a page is in a scope."""
    match scope:
        case Everything():
            return True
        case Page(name):
            return page == name
        case Site(site):
            return site_of(page) == site
        case Prefix(prefix):
            return page.startswith(prefix)


def pages_in(scope: Scope) -> Names:
    """The pages of a scope."""
    match scope:
        case Everything():
            return Names()
        case Page(page):
            return Names(page, page + _AFTER_NAME)
        case Site(""):
            return Names(bare=True)
        case Site(site) if "/" in site:
            return Names(before="")  # none has such a name
        case Site(site):
            return pages_in(Prefix(f"{site}/"))
        case Prefix(prefix):
            return Names(prefix, _after(prefix))


def sites_in(scope: Scope) -> Names | None:
    """The sites of a scope; None if it is not made of whole sites."""
    match scope:
        case Everything() | Prefix(""):
            return Names()
        case Site(site):
            return Names(site, site + _AFTER_NAME)
        case Prefix(prefix) if prefix.find("/") == len(prefix) - 1 > 0:
            return sites_in(Site(prefix[:-1]))
        case _:
            return None


def _after(prefix: str) -> str | None:
    """The first of the names that come after all that begin with a text; None if there is none."""
    kept = prefix.rstrip(chr(sys.maxunicode))  # the last character of all has none after it
    if not kept:
        return None
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(_SURROGATES.stop if following in _SURROGATES else following)
