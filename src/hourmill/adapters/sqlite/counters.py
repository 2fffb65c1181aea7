"""Raising the counters, in a transaction that is open."""

import sqlite3
from collections.abc import Mapping

import msgspec

from hourmill.core import tally
from hourmill.core.batch import Cells
from hourmill.core.partition import split
from hourmill.core.retention import day_of, first_hour

SHARD_KEY = 0  # one writer needs no shards; docs/decisions/0005


def raise_counters(connection: sqlite3.Connection, sql: Mapping[str, str], cells: Cells, partitions: int) -> None:
    """Add cells to the counters of their hours, or, where these are not kept, of their days."""
    kept, late = tally.split_at(cells, first_hour(kept_from(connection, sql)))
    for partition, part in split(kept, partitions).items():
        named = {"cells": _json(part), "partition": partition, "shard_key": SHARD_KEY}
        connection.execute(sql["raise_counters"], named)
    days = {day_of(hour) for hours in kept.values() for hour in hours}
    connection.executemany(sql["mark_day"], [{"day": day} for day in days])
    if late:
        by_day = {"cells": _json(tally.by_day(late))}
        connection.execute(sql["raise_days"], by_day)
        connection.execute(sql["raise_months"], by_day)


def kept_from(connection: sqlite3.Connection, sql: Mapping[str, str]) -> int:
    """The first day (since 1970) of which hours are kept."""
    day: int = connection.execute(sql["read_kept_from"]).fetchone()[0]
    return day


def _json(cells: Cells) -> str:
    return msgspec.json.encode(cells).decode()
