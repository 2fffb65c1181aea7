"""Raising the counters, in a transaction that is open."""

import sqlite3
from collections.abc import Mapping

import msgspec

from hourmill.core import tally
from hourmill.core.batch import Cells
from hourmill.core.partition import split
from hourmill.core.retention import day_of, first_hour

MOST_DIRTY = 400  # days: more than a year, as a first import brings; docs/schema.md
SHARD_KEY = 0  # one writer needs no shards; docs/decisions/0005


def raise_counters(connection: sqlite3.Connection, sql: Mapping[str, str], cells: Cells, partitions: int) -> None:
    """Add cells to the counters of their hours, or, where these are not kept, of their days.

    Days that are raised wait to be rolled up, MOST_DIRTY of them; what is made from hours of any other day is raised
    with them.
    """
    kept, late = tally.split_at(cells, first_hour(kept_from(connection, sql)))
    for partition, part in split(kept, partitions).items():
        named = {"cells": _json(part), "partition": partition, "shard_key": SHARD_KEY}
        connection.execute(sql["raise_counters"], named)
    settled = _mark_days(connection, sql, kept)
    if settled:
        connection.execute(sql["raise_sites"], {"cells": _json(settled)})
        tally.add(late, settled)
    if late:
        by_day = {"cells": _json(tally.by_day(late))}
        connection.execute(sql["raise_days"], by_day)
        connection.execute(sql["raise_months"], by_day)


def _mark_days(connection: sqlite3.Connection, sql: Mapping[str, str], cells: Cells) -> Cells:
    """Say that days are raised; the cells of those that are not to be rolled up for it."""
    dirty = {day for (day,) in connection.execute(sql["read_dirty_days"])}
    today: int = connection.execute(sql["read_today"]).fetchone()[0]
    days = {day_of(hour) for hours in cells.values() for hour in hours}
    room = max(0, MOST_DIRTY - len(dirty))
    new = sorted(days - dirty, reverse=True)
    marked = (days & dirty) | set(new[:room]) | {day for day in new if day >= today - 1}
    connection.executemany(sql["mark_day"], [{"day": day} for day in marked])
    if days <= marked:
        return {}
    chosen = {page: {hour: views for hour, views in hours.items() if day_of(hour) not in marked}
              for page, hours in cells.items()}  # fmt: skip
    return {page: hours for page, hours in chosen.items() if hours}


def kept_from(connection: sqlite3.Connection, sql: Mapping[str, str]) -> int:
    """The first day (since 1970) of which hours are kept."""
    day: int = connection.execute(sql["read_kept_from"]).fetchone()[0]
    return day


def _json(cells: Cells) -> str:
    return msgspec.json.encode(cells).decode()
