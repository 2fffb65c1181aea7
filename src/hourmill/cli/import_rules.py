"""The options of an import that say what a page view is."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from hourmill.core.page import page_fault
from hourmill.core.page_view_rules import ASSET_EXTENSIONS, PageViewRules, statuses_of
from hourmill.services.bot_list import known_bots

OPTIONS = (
    click.option("--site", metavar="HOST", default="", help="Put before each path: HOST/path.  [the log's, or none]"),
    click.option(
        "--method", "methods", metavar="NAME", multiple=True, help="Count this method; may be repeated.  [GET]"
    ),
    click.option(
        "--status",
        "statuses",
        metavar="STATUS",
        multiple=True,
        help='Count this status ("304") or class of them ("2xx"); may be repeated.  [2xx, 304]',
    ),
    click.option(
        "--asset-extension",
        "assets",
        metavar="EXT",
        multiple=True,
        help="Paths that end in .EXT are assets too; may be repeated.",
    ),
    click.option(
        "--page-extension",
        "pages",
        metavar="EXT",
        multiple=True,
        help='Paths that end in .EXT are pages after all, like "pdf"; may be repeated.',
    ),
    click.option("--count-assets", is_flag=True, help="Count every path, whatever it ends in."),
    click.option("--count-bots", is_flag=True, help="Count the requests of known bots."),
    click.option("--keep-query", is_flag=True, help="/a?b=1 is a page of its own.  [what follows ? is cut off]"),
)

NAMES = ("site", "methods", "statuses", "assets", "pages", "count_assets", "count_bots", "keep_query")


def with_rules(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command these options, and call it with the PageViewRules that they make."""

    @wraps(command)
    def wrapped(*arguments: Any, **options: Any) -> None:
        given = {name: options.pop(name) for name in NAMES}
        command(*arguments, rules=_rules(**given), **options)

    for option in reversed(OPTIONS):
        wrapped = option(wrapped)
    return wrapped


def _rules(
    site: str,
    methods: tuple[str, ...],
    statuses: tuple[str, ...],
    assets: tuple[str, ...],
    pages: tuple[str, ...],
    count_assets: bool,
    count_bots: bool,
    keep_query: bool,
) -> PageViewRules:
    default = PageViewRules()
    return PageViewRules(
        site=_site(site),
        methods=frozenset(map(str.upper, methods)) or default.methods,
        statuses=_statuses(statuses) or default.statuses,
        asset_extensions=frozenset() if count_assets else (ASSET_EXTENSIONS | _bare(assets)) - _bare(pages),
        bots=None if count_bots else known_bots(),
        keep_query=keep_query,
    )


def _site(site: str) -> str:
    problem = "a site holds no /" if "/" in site else page_fault(site + "/")
    if problem is not None:
        raise click.BadParameter(problem, param_hint="--site")
    return site


def _statuses(texts: tuple[str, ...]) -> frozenset[int]:
    try:
        return frozenset().union(*map(statuses_of, texts))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--status") from None


def _bare(extensions: tuple[str, ...]) -> frozenset[str]:
    return frozenset(extension.removeprefix(".").lower() for extension in extensions)
