"""Counters that are sums of hours: which of them are wrong, and which are missing."""

import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from hourmill.core.hour import hour_of_moment
from hourmill.ports.housekeeping import Grain, Misfit


class Sums(NamedTuple):
    """The statements of counters that are sums of hours, and their table; set: one after the other."""

    table: str
    sum_up: str
    set: tuple[str, ...]
    read: str


SUMS_OF = {
    Grain.DAILY: Sums("page_views_daily", "sum_up_pages", ("raise_months_of_wrong", "set_pages"), "read_page_counters"),
    Grain.HOURLY: Sums("site_views", "sum_up_sites", ("set_sites",), "read_site_counters"),
}
SUMS = tuple(SUMS_OF.values())


def find_wrong(connection: sqlite3.Connection, sql: Mapping[str, str], sums: Sums, day: int) -> int:
    """Fill the connection's table `wrong` with the counters of a day that are missing or too small; how many are."""
    connection.execute(sql["forget_wrong"])
    found = f"SELECT at, name, summed FROM ({_summed(sql, sums)})"  # noqa: S608 ours
    filling = f"INSERT INTO wrong (at, name, summed) {found} WHERE counted IS NULL OR summed > counted"
    return connection.execute(filling, {"day": day}).rowcount


def addable(connection: sqlite3.Connection, sql: Mapping[str, str], sums: Sums, day: int) -> int:
    """How many counters of a day are missing."""
    counting = f"SELECT count(*) FROM ({_summed(sql, sums)}) WHERE counted IS NULL"  # noqa: S608 ours
    number: int = connection.execute(counting, {"day": day}).fetchone()[0]
    return number


def misfits(connection: sqlite3.Connection, sql: Mapping[str, str], sums: Sums, day: int) -> list[Misfit]:
    """The counters of a day that its hours do not make, are missing, or have no hour behind them."""
    rows = connection.execute(sql[sums.sum_up], {"day": day}).fetchall()
    summed = {(at, name) for at, name, *_ in rows}
    wrong = [(at, name, counted or 0, views) for at, name, counted, views in rows if views != counted]
    counters = connection.execute(sql[sums.read], {"day": day}).fetchall()
    wrong += [(at, name, views, 0) for at, name, views in counters if (at, name) not in summed]
    return [Misfit(sums.table, name, _hour_of(at), counted, views) for at, name, counted, views in wrong]


def _summed(sql: Mapping[str, str], sums: Sums) -> str:
    return sql[sums.sum_up].rstrip().rstrip(";")


def _hour_of(at: str) -> int:
    """The hour, or the first of the day, that a text of a table names."""
    return hour_of_moment(datetime.fromisoformat(at).replace(tzinfo=UTC))
