"""Opening a data file: one server, checked, recovered, never another program's."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hourmill.adapters.sqlite.connection import _SQL, APPLICATION_ID, open_for_reading
from hourmill.adapters.sqlite.connection import open_for_writing as _open_for_writing
from hourmill.adapters.sqlite.lock import IMPORT, SERVER, Role, locked
from hourmill.errors import DataFileInUse, DataFileUnusable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "views.db"


def open_for_writing(path: Path) -> sqlite3.Connection:
    return _open_for_writing(path, check=True)


def execute(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(sql)
        connection.commit()


@pytest.mark.parametrize("role", [SERVER, IMPORT])
def test_a_second_process_in_the_same_role_is_refused_by_name(path: Path, role: Role) -> None:
    with locked(path, role), pytest.raises(DataFileInUse, match=r"process \d+"), locked(path, role):
        pass
    with locked(path, role):
        pass


def test_a_server_and_an_import_may_hold_the_file_together(path: Path) -> None:
    with locked(path, SERVER), locked(path, IMPORT):
        assert path.parent.is_dir()


def test_a_new_file_is_ours_and_commits_with_fsync(path: Path) -> None:
    with closing(open_for_writing(path)) as connection:
        pragmas = {name: connection.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    assert pragmas == PRAGMAS


PRAGMAS = {
    "application_id": APPLICATION_ID,
    "user_version": 4,
    "auto_vacuum": 2,
    "journal_mode": "wal",
    "synchronous": 2,
}


def test_opening_twice_changes_nothing(path: Path) -> None:
    dumps = []
    for _ in range(2):
        with closing(open_for_writing(path)) as connection:
            dumps.append(list(connection.iterdump()))
    assert dumps[0] == dumps[1]


def test_another_programs_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    execute(path, "CREATE TABLE t (x)")
    before = path.read_bytes()
    for opener in (open_for_writing, open_for_reading):
        with pytest.raises(DataFileUnusable, match="another program"):
            opener(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "text.db"
    path.write_text("not a database, but long enough to be looked at " * 100)
    with pytest.raises(DataFileUnusable, match="not a database"):
        open_for_writing(path)
    assert path.read_text().startswith("not a database")


def test_a_newer_schema_is_refused(path: Path) -> None:
    open_for_writing(path).close()
    execute(path, "PRAGMA user_version = 99")
    with pytest.raises(DataFileUnusable, match="newer Hourmill"):
        open_for_writing(path)


def test_a_file_of_schema_1_keeps_every_count_and_can_give_pages_back(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((_SQL / "0001_counters.sql").read_text())
        connection.execute("INSERT INTO page_views VALUES ('b', '2026-01-02 10:00:00', 0, 3, 1)")
        connection.execute("INSERT INTO page_views VALUES ('a', '2026-01-03 10:00:00', 0, 4, 2)")
        connection.execute("PRAGMA user_version = 1")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.commit()
    with closing(open_for_writing(path)) as connection, closing(open_for_writing(path.with_name("new.db"))) as new:
        counters = connection.execute("SELECT page, view_hour, views, partition FROM page_views").fetchall()
        assert counters == [("b", "2026-01-02 10:00:00", 3, 1), ("a", "2026-01-03 10:00:00", 4, 2)]
        assert connection.execute("SELECT view_day FROM dirty_days").fetchall() == [("2026-01-02",), ("2026-01-03",)]
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,)
        schemas = [set(one.execute("SELECT type, name FROM sqlite_schema").fetchall()) for one in (connection, new)]
        assert schemas[0] == schemas[1]


def test_a_file_of_schema_2_keeps_every_count_and_has_no_access_keys_yet(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        for script in ("0001_counters.sql", "0002_grains.sql"):
            connection.executescript((_SQL / script).read_text())
        connection.execute("INSERT INTO page_views VALUES ('2026-01-02 10:00:00', 'b', 0, 3, 1)")
        connection.execute("PRAGMA user_version = 2")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.commit()
    with closing(open_for_writing(path)) as connection:
        assert connection.execute("SELECT page, views FROM page_views").fetchall() == [("b", 3)]
        assert connection.execute("SELECT * FROM access_keys").fetchall() == []


def test_a_file_of_schema_3_has_its_months_summed_up(path: Path) -> None:
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as connection:
        for script in ("0001_counters.sql", "0002_grains.sql", "0003_access_keys.sql"):
            connection.executescript((_SQL / script).read_text())
        days = [("2026-01-01", "a", 2**63 - 1), ("2026-01-31", "a", 1), ("2026-01-31", "b", 3), ("2026-02-01", "b", 4)]
        connection.executemany("INSERT INTO page_views_daily VALUES (?, ?, ?)", days)
        connection.execute("PRAGMA user_version = 3")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.commit()
    with closing(open_for_writing(path)) as connection:
        assert connection.execute("SELECT * FROM page_views_monthly ORDER BY 1, 2").fetchall() == [
            ("a", "2026-01-01", 2**63 - 1),
            ("b", "2026-01-01", 3),
            ("b", "2026-02-01", 4),
        ]


def test_reading_a_missing_file_says_so_and_makes_none(path: Path) -> None:
    with pytest.raises(DataFileUnusable, match="no such data file"):
        open_for_reading(path)
    assert not path.exists()


def test_a_reader_cannot_write(path: Path) -> None:
    open_for_writing(path).close()
    with closing(open_for_reading(path)) as connection, pytest.raises(sqlite3.OperationalError, match="readonly"):
        connection.execute("DELETE FROM page_views")


def test_a_folder_where_the_file_should_be_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(DataFileUnusable, match="unable to open"):
        open_for_writing(tmp_path)


def test_damage_is_found_after_an_unclean_stop(path: Path) -> None:
    with closing(open_for_writing(path)) as connection:
        connection.executemany(
            "INSERT INTO page_views VALUES (?, '2025-07-16 10:00:00', 0, 1, 0)", ((f"page/{n}",) for n in range(5000))
        )
    damaged = bytearray(path.read_bytes())
    damaged[40_000:60_000] = bytes(20_000)
    path.write_bytes(damaged)
    path.with_name(path.name + "-wal").write_bytes(b"what a killed server leaves")
    with pytest.raises(DataFileUnusable, match=r"damaged|malformed"):
        open_for_writing(path)
