"""hourmill import access-log."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import closing, suppress
from functools import partial
from typing import TypeAlias

import click

from hourmill.cli import logs
from hourmill.cli.import_files import check, opened, progress
from hourmill.cli.import_rules import with_rules
from hourmill.cli.import_summary import show, show_json
from hourmill.cli.options import database_option, with_settings
from hourmill.core.page_view_rules import Judge, PageViewRules
from hourmill.errors import HourmillError, InputUnreadable, NotAccepted, OutcomeUnknown
from hourmill.services.import_log import LogImport, Summary
from hourmill.services.log_input import LogInput
from hourmill.settings import Settings
from hourmill.wiring.commands import open_ledger
from hourmill.wiring.parts import oldest_hour

Imported: TypeAlias = tuple[Summary, list[str]]
"""The summary, and a line for each file that could not be read to its end."""

BROKE_OFF = "The import broke off ({}). Run the same command again: what is counted is remembered."


@click.group("import")
def import_group() -> None:
    """Count what was logged before Hourmill was here."""


@import_group.command("access-log")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@with_rules
@click.option("--dry-run", is_flag=True, help="Say what would be counted; write nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@database_option
@with_settings
def access_log(settings: Settings, files: tuple[str, ...], rules: PageViewRules, dry_run: bool, as_json: bool) -> None:
    """Count the page views in access logs of Apache or nginx (common or combined format; plain or gzip).

    FILE may be - for standard input. A line is counted once: repeat an import whenever you like, of the same files,
    grown, renamed, gzipped or cut off, also after one that was killed. Works beside a running server.

    \b
    Examples:
      hourmill import access-log --site example.com --dry-run /var/log/nginx/access.log
      hourmill import access-log --site example.com /var/log/nginx/access.log*
      ssh web cat /var/log/nginx/access.log | hourmill import access-log --site example.com -
    """
    logs.configure(settings, only_trouble=True)
    check(files)
    summary, unreadable = _run(_import(settings, files, rules, dry_run=dry_run))
    if as_json:
        show_json(summary, dry_run, unreadable)
    else:
        show(summary, dry_run)
    if unreadable:
        raise InputUnreadable("\n".join(unreadable))


def _run(importing: Coroutine[None, None, Imported]) -> Imported:
    # not asyncio.run(): it turns Ctrl-C into a cancellation, which waits for an await that waits; a read does not
    with closing(asyncio.new_event_loop()) as loop:
        task = loop.create_task(importing)
        try:
            return loop.run_until_complete(task)
        except (NotAccepted, OutcomeUnknown) as error:
            raise type(error)(BROKE_OFF.format(str(error.__cause__ or "") or type(error.__cause__).__name__)) from error
        except KeyboardInterrupt:
            if task.done():
                task.exception()  # the interrupt itself, which asyncio would complain of as never looked at
            else:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    loop.run_until_complete(task)  # to close what it has opened
            raise HourmillError(BROKE_OFF.format("Ctrl-C")) from None


async def _import(settings: Settings, files: tuple[str, ...], rules: PageViewRules, *, dry_run: bool) -> Imported:
    async with open_ledger(settings, dry_run=dry_run) as ledger:
        log_import = LogImport(ledger, Judge(rules, oldest_hour(settings)), rules.site, dry_run=dry_run)
        with progress(files) as on_read:
            unreadable = await _take(files, log_import, on_read)
    return log_import.summary, unreadable


async def _take(files: tuple[str, ...], log_import: LogImport, on_read: Callable[[str, int], None]) -> list[str]:
    unreadable = []
    for name in files:
        try:
            with opened(name) as stream:
                await log_import.take(LogInput(name, stream, partial(on_read, name)))
        except InputUnreadable as error:
            unreadable.append(str(error))
    return unreadable
