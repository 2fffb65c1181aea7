"""docs/schema.md and docs/schema/sqlite.sql say what a new data file and a new database hold."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
from tests.documents import ROOT, blocks, sections, text_of

from hourmill.adapters.postgres.migrate import migrate
from hourmill.adapters.sqlite.connection import APPLICATION_ID, open_for_writing


def half(store: str) -> str:
    """What docs/schema.md says of one store."""
    parts = re.split(r"^## In (\w+)$", text_of("docs/schema.md"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[store]


def queries(store: str) -> str:
    """The example queries for a store."""
    return next(block.text for block in blocks(half(store)) if block.language == "sql")


def test_the_documented_schema_is_that_of_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    open_for_writing(path, check=True, make=True).close()
    with closing(sqlite3.connect(path)) as connection:
        statements = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert text_of("docs/schema/sqlite.sql") == ";\n\n".join(statements) + ";\n"
    assert f"is the number of the newest migration: {version}." in half("SQLite")
    assert f"{APPLICATION_ID} (`{APPLICATION_ID.to_bytes(4).decode()}`)" in half("SQLite")


def test_no_number_of_a_migration_is_taken_twice_or_left_out() -> None:
    for store in ("postgres", "sqlite"):
        numbers = sorted(path.name[:4] for path in (ROOT / f"src/hourmill/adapters/{store}/sql").glob("[0-9]*_*.sql"))
        assert numbers == [f"{number:04}" for number in range(1, len(numbers) + 1)]


def test_every_table_and_column_has_its_paragraph(tmp_path: Path) -> None:
    paragraphs = sections(half("SQLite"))
    with closing(open_for_writing(tmp_path / "new.db", check=True, make=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for column in connection.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE name <> 'id'"):
                assert f"`{column[0]}`" in paragraphs[table]


def test_the_queries_in_the_docs_run(tmp_path: Path) -> None:
    with closing(open_for_writing(tmp_path / "new.db", check=True, make=True)) as connection:
        connection.executescript(queries("SQLite"))


async def test_the_documented_schema_is_that_of_a_new_database(database_url: str) -> None:
    await migrate(database_url)
    connection = await asyncpg.connect(database_url)
    try:
        columns = await connection.fetch(
            "SELECT relname, attname, format_type(atttypid, NULL) AS type FROM pg_attribute"
            " JOIN pg_class ON pg_class.oid = attrelid AND relkind IN ('r', 'p') AND NOT relispartition"
            " WHERE relnamespace = current_schema()::regnamespace AND attnum > 0 ORDER BY relname, attnum"
        )
        await connection.execute(queries("PostgreSQL"))
    finally:
        await connection.close()
    paragraphs = sections(half("PostgreSQL"))
    assert {table for table, _, _ in columns} == {name for name in paragraphs if re.fullmatch("[a-z_]+", name)}
    for table, column, _ in columns:
        assert f"`{column}`" in paragraphs[table], (table, column)
    documented = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", paragraphs["page_views"], re.MULTILINE)
    short = {"timestamp with time zone": "timestamptz"}
    found = [(name, short.get(type_, type_)) for table, name, type_ in columns if table == "page_views"]
    assert documented == found
