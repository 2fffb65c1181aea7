"""docs/schema.md and docs/schema/sqlite.sql say what a new data file holds."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.documents import blocks, sections, text_of

from hourmill.adapters.sqlite.connection import APPLICATION_ID, open_for_writing


def test_the_documented_schema_is_that_of_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    open_for_writing(path, check=True).close()
    with closing(sqlite3.connect(path)) as connection:
        statements = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]
        (version,) = connection.execute("PRAGMA user_version").fetchone()
    assert text_of("docs/schema/sqlite.sql") == ";\n\n".join(statements) + ";\n"
    assert f"is the number of the newest migration: {version}." in text_of("docs/schema.md")
    assert f"{APPLICATION_ID} (`{APPLICATION_ID.to_bytes(4).decode()}`)" in text_of("docs/schema.md")


def test_every_table_and_column_has_its_paragraph(tmp_path: Path) -> None:
    paragraphs = sections(text_of("docs/schema.md"))
    with closing(open_for_writing(tmp_path / "new.db", check=True)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        for table in tables:
            for column in connection.execute(f"SELECT name FROM pragma_table_info('{table}') WHERE name <> 'id'"):
                assert f"`{column[0]}`" in paragraphs[table]


def test_the_queries_in_the_docs_run(tmp_path: Path) -> None:
    queries = next(block.text for block in blocks(text_of("docs/schema.md")) if block.language == "sql")
    with closing(open_for_writing(tmp_path / "new.db", check=True)) as connection:
        connection.executescript(queries)
