"""hourmill keys: create, list, revoke."""

import asyncio
import json
from datetime import datetime, timedelta

import click
from rich import box
from rich.markup import escape
from rich.table import Table

from hourmill.cli import logs
from hourmill.cli.options import database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.core.access_key import AccessKey, KeyScope, name_fault, site_fault
from hourmill.errors import HourmillError
from hourmill.services.keys import Made, Wanted, make_key
from hourmill.settings import Settings
from hourmill.wiring.commands import open_keys
from hourmill.wiring.parts import utc_now

MAX_DAYS = 36_500


@click.group("keys")
def keys_group() -> None:
    """Access keys: make them, list them, revoke them.

    HOURMILL_ACCESS says what needs one. They are kept in the store; a running service knows them at once, and forgets
    a revoked one within 10 seconds.
    """


@keys_group.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    type=click.Choice([scope.value for scope in KeyScope]),
    multiple=True,
    required=True,
    help="What it is for; may be repeated. admin is for everything.",
)
@click.option("--site", metavar="SITE", help="For pages of this site only, like example.com.  [every site]")
@click.option("--days", type=click.IntRange(1, MAX_DAYS), help="It expires after so many days.  [never]")
@click.option("--json", "as_json", is_flag=True, help="Print the key and its facts as JSON.")
@database_option
@with_settings
def create(
    settings: Settings, name: str, scopes: tuple[str, ...], site: str | None, days: int | None, as_json: bool
) -> None:
    """Make a key and print it. It is shown this once: what is kept cannot be made into it.

    NAME is for you, to know it by in lists.

    \b
    Examples:
      hourmill keys create "web shop" --scope write --site example.com
      hourmill keys create dashboard --scope read --days 365
    """
    logs.configure(settings, only_trouble=True)
    for fault, parameter in ((name_fault(name), "NAME"), (site_fault(site) if site is not None else None, "--site")):
        if fault is not None:
            raise click.BadParameter(fault, param_hint=parameter)
    if site is not None and KeyScope.ADMIN in scopes:
        raise click.UsageError("A key of scope admin is for everything; leave out --site.")
    lasts = None if days is None else timedelta(days=days)
    made = asyncio.run(_make(settings, Wanted(name, frozenset(map(KeyScope, scopes)), site, lasts)))
    if as_json:
        click.echo(json.dumps({"key": made.text} | _facts(made.key)))
    else:
        click.echo(made.text)
        click.echo("Keep it now: it is not shown again. Send it as  Authorization: Bearer hm_...", err=True)


@keys_group.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
@database_option
@with_settings
def list_keys(settings: Settings, as_json: bool) -> None:
    """List the keys: id, name, scopes, site, when made, last used, expiring.

    Not the keys themselves: they are not kept. The id is the first part of the key, behind hm_.
    """
    logs.configure(settings, only_trouble=True)
    found = asyncio.run(_read(settings))
    keys = [key for key in found if key.parent is None]
    if as_json:
        browsers = [key.parent for key in found]
        click.echo(json.dumps({"keys": [_facts(key) | {"signed_in": browsers.count(key.key_id)} for key in keys]}))
    else:
        _show(keys)


@keys_group.command()
@click.argument("key_ids", metavar="ID...", nargs=-1, required=True)
@database_option
@with_settings
def revoke(settings: Settings, key_ids: tuple[str, ...]) -> None:
    """Revoke keys by their ids: within 10 seconds they open nothing, and who is signed in with them is signed out.

    \b
    Example:
      hourmill keys revoke 3f9a2c1e
    """
    logs.configure(settings, only_trouble=True)
    unknown = asyncio.run(_remove(settings, key_ids))
    for key_id in key_ids:
        if key_id not in unknown:
            click.echo(f"{key_id} is revoked.")
    if unknown:
        raise HourmillError(f"There is no key {', '.join(unknown)}. `hourmill keys list` shows those there are.")


async def _make(settings: Settings, wanted: Wanted) -> Made:
    async with open_keys(settings) as store:
        return await make_key(store, wanted, utc_now())


async def _read(settings: Settings) -> list[AccessKey]:
    async with open_keys(settings) as store:
        return await store.keys()


async def _remove(settings: Settings, key_ids: tuple[str, ...]) -> list[str]:
    async with open_keys(settings) as store:
        return [key_id for key_id in key_ids if not await store.remove(key_id.removeprefix("hm_"))]


def _facts(key: AccessKey) -> dict[str, object]:
    return {
        "id": key.key_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "site": key.site,
        "created": _stamp(key.created_at),
        "expires": _stamp(key.expires_at),
        "used": _stamp(key.used_at),
    }


def _show(keys: list[AccessKey]) -> None:
    console = standard_output()
    if not keys:
        console.print("There are no keys. `hourmill keys create` makes one.")
        return
    table = Table("id", "name", "scopes", "site", "created", "expires", "last used, UTC", box=box.SIMPLE)
    for column in (table.columns[0], *table.columns[4:]):
        column.no_wrap = True
    for column in (table.columns[1], table.columns[3]):
        column.overflow = "fold"
    for key in keys:
        days = [f"{at:%Y-%m-%d}" if at else "never" for at in (key.created_at, key.expires_at)]
        used = f"{key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never"  # whether it still is, after it was changed
        scopes = " ".join(sorted(key.scopes))
        table.add_row(key.key_id, escape(key.name), scopes, escape(key.site or "every"), *days, used)
    console.print(table)


def _stamp(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
