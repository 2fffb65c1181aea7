"""hourmill status."""

import asyncio
import json
import sys
from contextlib import nullcontext
from datetime import datetime

import click
from rich import box
from rich.console import Group, RenderableType
from rich.filesize import decimal
from rich.live import Live
from rich.table import Table
from rich.text import Text

from hourmill.cli import logs
from hourmill.cli.options import Exit, address_options, database_option, with_settings
from hourmill.cli.output import standard_output
from hourmill.core.plural import counted
from hourmill.ports.probe import ApiState
from hourmill.ports.progress import PartitionState
from hourmill.services.status import Status
from hourmill.settings import Settings
from hourmill.wiring.setting_names import unknown_names
from hourmill.wiring.status import look

WATCHED_EVERY_S = 2.0


@click.command()
@click.option("--watch", is_flag=True, help="Show it again and again, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@address_options
@database_option
@with_settings
def status(settings: Settings, watch: bool, as_json: bool) -> None:
    """Show what is going on: API, broker, partitions, store, janitor, and up to when counters are complete.

    Asks all of them, and shows what does not answer as that. Exit code 1: something does not answer, or nobody counts
    a partition.

    \b
    Examples:
      hourmill status
      hourmill status --watch
      hourmill status --json
    """
    logs.configure(settings, only_trouble=True, only_errors=True)
    for unknown in unknown_names():
        click.echo(unknown.told, err=True)
    if watch:
        asyncio.run(_watch(settings))
        return
    now = asyncio.run(look(settings))
    if as_json:
        click.echo(json.dumps(_facts(now), indent=2))
    else:
        standard_output(soft_wrap=False).print(_shown(now))
    if not now.well:
        sys.exit(Exit.FAILED)


async def _watch(settings: Settings) -> None:
    console = standard_output(soft_wrap=False)
    with Live(console=console, auto_refresh=False) if console.is_terminal else nullcontext() as screen:
        while True:
            shown = _shown(await look(settings))
            if screen is None:  # into a file or pipe: one below the other
                console.print(shown)
            else:
                screen.update(shown, refresh=True)
            await asyncio.sleep(WATCHED_EVERY_S)


def _shown(now: Status) -> RenderableType:
    lines = Table.grid(padding=(0, 2))
    lines.add_row("complete", _complete(now))
    says = f". {now.api.says}" if now.api.says else ""
    lines.add_row("API", _told(now.api.state is ApiState.READY, f"{now.api.state.value}, {now.place}{says}"))
    lines.add_row("store", _store(now))
    if now.broker is not None:
        ready = sum(now.broker.waiting.values())
        dead = f", {counted(now.broker.dead, 'dead letter')}" if now.broker.dead else ""
        lines.add_row("broker", _told(now.broker.trouble is None, now.broker.trouble or f"{ready:,} ready{dead}"))
    lines.add_row("janitor", _janitor(now))
    return Group(lines, _partitions(now)) if now.broker is not None else lines


def _complete(now: Status) -> Text:
    if now.complete_until is None:
        return _told(False, "not known: no worker has told yet")
    ago_s = (now.now - now.complete_until).total_seconds()
    return _told(ago_s < 120, f"up to {now.complete_until:%Y-%m-%d %H:%M:%S} UTC, {_seconds(ago_s)} ago")


def _store(now: Status) -> Text:
    if now.store is None:
        return _told(False, now.store_trouble or "does not answer")
    parked = f", {counted(now.store.parked_cells, 'parked cell')}" if now.store.parked_cells else ""
    days = counted(now.store.dirty_days, "day")
    return _told(not parked, f"{decimal(sum(now.store.bytes.values()))}, {days} to roll up{parked}")


def _janitor(now: Status) -> Text:
    cleaned = now.store.cleaned if now.store else None
    if cleaned is None:
        return Text("has not come to its end yet" if now.store else "not known")
    return Text(
        f"{cleaned.began_at:%Y-%m-%d %H:%M:%S} UTC, took {cleaned.took_s:.1f} s, {counted(cleaned.rows, 'row')} and "
        f"{decimal(cleaned.bytes)} freed"
    )


def _partitions(now: Status) -> Table:
    table = Table("partition", "worker", "waiting", "ready now", "behind", box=box.SIMPLE)
    for column in table.columns[2:]:
        column.justify = "right"
    ready = now.broker.waiting if now.broker else {}
    for state in now.partitions:
        table.add_row(str(state.partition), _told(state.worker is not None, (state.worker or "nobody")[:8]),
                      "?" if state.waiting is None else f"{state.waiting:,}", f"{ready.get(state.partition, 0):,}",
                      _behind(state, now.now))  # fmt: skip
    return table


def _behind(state: PartitionState, now: datetime) -> str:
    return "?" if state.counted_until is None else _seconds((now - state.counted_until).total_seconds())


def _seconds(seconds: float) -> str:
    return f"{max(0.0, seconds):,.0f} s"


def _told(well: bool, text: str) -> Text:
    return Text(text, style="" if well else "red")


def _facts(now: Status) -> dict[str, object]:
    store, broker = now.store, now.broker
    cleaned = store.cleaned if store else None
    return {
        "at": _moment(now.now),
        "well": now.well,
        "complete_until": _moment(now.complete_until),
        "api": {"state": now.api.state.value, "address": now.place, "says": now.api.says or None},
        "store": {"trouble": now.store_trouble} if store is None else {
            "bytes": dict(store.bytes), "parked_cells": store.parked_cells, "dirty_days": store.dirty_days},
        "broker": None if broker is None else {
            "trouble": broker.trouble, "ready": sum(broker.waiting.values()), "dead_letters": broker.dead},
        "janitor": None if cleaned is None else {
            "began_at": _moment(cleaned.began_at), "took_s": cleaned.took_s, "rows": cleaned.rows,
            "bytes": cleaned.bytes},
        "partitions": [
            {"partition": one.partition, "worker": one.worker, "waiting": one.waiting,
             "counted_until": _moment(one.counted_until), "noted_at": _moment(one.noted_at)}
            for one in now.partitions
        ],
    }  # fmt: skip


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
