"""Taking over the counters of the original service: its table is set aside, its sums are brought into ours.

Both run in the transaction of the migration that makes our schema: it stands with all of the counts, or not at all.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, TypeAlias

import asyncpg

from hourmill.adapters.postgres.connection import Connection
from hourmill.adapters.postgres.statements import statements
from hourmill.errors import SchemaUnusable

LOCK_WAIT = timedelta(seconds=30)  # the original's transactions take milliseconds; whoever holds it longer is told of
DROP = "When you need it no longer: DROP TABLE page_views_original;"
UNCHANGED = "Nothing was changed."

_ORDINARY_TABLE = "r"
_PARTITIONED_TABLE = "p"
_KINDS = {_ORDINARY_TABLE: "table", _PARTITIONED_TABLE: "partitioned table", "v": "view", "m": "materialized view"}

_TEXTS = frozenset({"character varying", "text"})
_INTEGERS = frozenset({"smallint", "integer"})
_NEEDED = {
    "page": _TEXTS,
    "view_hour": frozenset({"timestamp without time zone"}),
    "views": _INTEGERS | {"bigint"},  # some have widened it by hand
}
_OPTIONAL = {"partition": _INTEGERS, "shard_key": _INTEGERS}
_BOOKKEEPING = frozenset({"id", "created_at", "updated_at"})  # an ORM's; says nothing about what was counted
_LEFT = {
    "incomplete": (
        "without a page, an hour or views",
        "SELECT * FROM page_views_original WHERE page IS NULL OR view_hour IS NULL OR views IS NULL;",
    ),
    "outside": (
        "of hours outside the years 1970 to 2200",
        "SELECT * FROM page_views_original WHERE view_hour < '1970-01-01' OR view_hour >= '2201-01-01';",
    ),
    "too_long": (
        "whose page is longer than 2048 bytes",
        "SELECT * FROM page_views_original WHERE octet_length(page) > 2048;",
    ),
}
"""Why a row cannot be one of ours -> how it is told, how the rows are found."""

_OURS = {
    "page": "text",
    "view_hour": "timestamp with time zone",
    "views": "bigint",
    "partition": "integer",
    "shard_key": "integer",
}


_Row: TypeAlias = Any  # asyncpg has no types


class _Found(NamedTuple):
    """What is called page_views: its name with the schema if that is needed, its kind, its columns' types."""

    name: str
    kind: str
    owner: str
    types: dict[str, str]

    def is_ours(self) -> bool:
        return self.kind == _PARTITIONED_TABLE and self.types == _OURS

    def __str__(self) -> str:
        columns = ", ".join(f"{column} {type_}" for column, type_ in self.types.items())
        return f"{_KINDS.get(self.kind, 'relation')} {self.name} ({columns})"


async def set_aside(connection: Connection) -> bool:
    """Rename the original service's table page_views to page_views_original, so that ours can be made.

    connection  in a transaction; until its end nobody else reads or writes the table
    returns     whether there was one; False also where ours stands already
    raises      SchemaUnusable  page_views is neither the original's nor ours, or cannot be had now; nothing was changed
    """
    sql = statements("adopt.sql")
    found = await _look(connection, sql)
    if found is None or found.is_ours():
        return False
    _recognise(found)
    try:
        await connection.execute(sql["wait_for_locks"], f"{LOCK_WAIT // timedelta(milliseconds=1)}ms")
        await connection.execute(sql["lock_page_views"])
        await connection.execute(sql["wait_for_locks"], "0")
        if await _look(connection, sql) != found:
            raise SchemaUnusable(f"{found.name} was changed while we waited for it; migrate again.")
        await connection.execute(sql["set_aside"])
    except asyncpg.LockNotAvailableError as error:
        raise SchemaUnusable(
            f"{found.name} of the original service is in use by a transaction that does not end. "
            f"Stop the original service and whatever else reads the table, then migrate again. {UNCHANGED}"
        ) from error
    except asyncpg.InsufficientPrivilegeError as error:
        raise SchemaUnusable(
            f"{found.name} of the original service belongs to {found.owner}: migrate as that user. {UNCHANGED}"
        ) from error
    except asyncpg.DuplicateTableError as error:
        raise SchemaUnusable(
            f"{found.name} of the original service cannot be set aside: {error}. Rename or drop that one, then migrate "
            f"again. {UNCHANGED}"
        ) from error
    return True


async def bring_in(connection: Connection) -> list[str]:
    """Copy the sums of page_views_original into ours, and make sure that nothing is missing.

    connection  in the transaction of set_aside, our schema made
    returns     what was done, in sentences
    raises      SchemaUnusable  what arrived is not what was there; the transaction must be rolled back
    """
    sql = statements("adopt.sql")
    waits: bool | None = await connection.fetchval(sql["look_at_original"])
    if waits is None:
        return []
    if not waits:
        return [f"The table of the original service was brought in before. {DROP}"]
    try:
        return await _bring_in(connection, sql)
    except asyncpg.NumericValueOutOfRangeError as error:
        raise SchemaUnusable(f"The views of the original service exceed 64 bits ({error}). {UNCHANGED}") from error


async def _bring_in(connection: Connection, sql: dict[str, str]) -> list[str]:
    await connection.execute(sql["see_all_rows"])
    await connection.execute(sql["name_original_rows"])
    for step in ("copy", "mark_days", "analyze"):
        await connection.execute(sql[step])
    there = await connection.fetchrow(sql["sum_up_original"])
    here = await connection.fetchrow(sql["sum_up_ours"])
    left = await connection.fetchrow(sql["count_left"])
    if (there["views"], there["cells"]) != (here["views"], here["cells"]):
        raise SchemaUnusable(
            f"The original service counted {int(there['views']):,} views of {there['cells']:,} pages and hours, "
            f"of which {int(here['views']):,} of {here['cells']:,} arrived. {UNCHANGED}"
        )
    await connection.execute(sql["finish"])
    followed = [row["name"] for row in await connection.fetch(sql["views_on_original"])]
    return [*_told(there, here), *_told_of_left(left), *_told_of_followed(followed), f"It is kept. {DROP}"]


def _told(there: _Row, here: _Row) -> Iterator[str]:
    if not there["rows"]:
        yield "The table of the original service, now page_views_original, held nothing to bring in."
        return
    yield (
        "The table of the original service is now page_views_original. Brought in from it: "
        f"{there['rows']:,} rows, {there['pages']:,} pages, {int(there['views']):,} views, "
        f"from {there['first']:%Y-%m-%d %H:%M} to {there['last']:%Y-%m-%d %H:%M} (UTC, the first and the last hour)."
    )
    if here["counters"] < there["rows"]:
        yield f"Rows of the same page, hour and shard key were added up: {here['counters']:,} are left of them."
    if here["negative"]:
        yield f"{here['negative']:,} pages and hours have less than 0 views; they were brought in as they are."


def _told_of_left(left: _Row) -> Iterator[str]:
    for fault, (what, query) in _LEFT.items():
        if left[fault]:
            yield f"{left[fault]:,} rows {what} were not brought in. To see them: {query}"


def _told_of_followed(views: Sequence[str]) -> Iterator[str]:
    if views:
        yield f"Views that still read page_views_original, until you define them anew: {', '.join(views)}."


def _recognise(found: _Found) -> None:
    faults = [] if found.kind == _ORDINARY_TABLE else ["it is not a table"]
    faults += [f"it has no column {column}" for column in _NEEDED if column not in found.types]
    for column, type_ in found.types.items():
        allowed = (_NEEDED | _OPTIONAL).get(column)
        if allowed and type_ not in allowed:
            faults.append(f"{column} is {type_}, not {' or '.join(sorted(allowed))}")
        if not allowed and column not in _BOOKKEEPING:
            faults.append(f"it has a column {column}")
    if faults:
        raise SchemaUnusable(
            f"The database holds a {found}, which is neither Hourmill's nor the original service's: "
            f"{'; '.join(faults)}. It was left alone. Give Hourmill a database of its own, or rename this one first."
        )


async def _look(connection: Connection, sql: dict[str, str]) -> _Found | None:
    row = await connection.fetchrow(sql["look_at_page_views"])
    if row is None:
        return None
    return _Found(row["name"], row["kind"], row["owner"], dict(zip(row["columns"], row["types"], strict=True)))
