"""hourmill import access-log."""

from typing import TypeAlias

import click

from hourmill.cli import logs
from hourmill.cli.import_files import check, progress
from hourmill.cli.import_rules import with_rules
from hourmill.cli.import_run import run, take_all
from hourmill.cli.import_summary import show, show_json
from hourmill.cli.options import database_option, with_settings
from hourmill.core.page_view_rules import Judge, PageViewRules
from hourmill.errors import InputUnreadable
from hourmill.services.import_log import LogImport, Summary
from hourmill.settings import Settings
from hourmill.wiring.commands import open_ledger
from hourmill.wiring.parts import bounds_now

Imported: TypeAlias = tuple[Summary, list[str]]
"""The summary, and a line for each file that could not be read to its end."""


@click.command("access-log")
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
    summary, unreadable = run(_import(settings, files, rules, dry_run=dry_run))
    if as_json:
        show_json(summary, dry_run, unreadable)
    else:
        show(summary, dry_run)
    if unreadable:
        raise InputUnreadable("\n".join(unreadable))


async def _import(settings: Settings, files: tuple[str, ...], rules: PageViewRules, *, dry_run: bool) -> Imported:
    async with open_ledger(settings, dry_run=dry_run) as ledger:
        log_import = LogImport(ledger, Judge(rules, bounds_now(settings)), rules.site)
        with progress(files) as on_read:
            unreadable = await take_all(files, log_import.take, on_read)
    return log_import.summary, unreadable
