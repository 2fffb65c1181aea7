"""Opening a data file: one server, checked, recovered, never another program's."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hourmill.adapters.sqlite.connection import _SQL, APPLICATION_ID, open_for_reading
from hourmill.adapters.sqlite.connection import open_for_writing as _open_for_writing
from hourmill.adapters.sqlite.lock import IMPORT, SERVER, Role, check_free, locked
from hourmill.adapters.sqlite.privacy import make_private, open_to_others
from hourmill.adapters.sqlite.probe import probe
from hourmill.adapters.sqlite.storage import back_up
from hourmill.errors import DataFileInUse, DataFileUnusable


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "views.db"


def open_for_writing(path: Path) -> sqlite3.Connection:
    return _open_for_writing(path, check=True, make=True)


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
        assert {file.name for file in path.parent.iterdir()} == {"views.db.lock", "views.db.import.lock"}


def test_who_only_looks_whether_it_is_served_makes_nothing(path: Path) -> None:
    check_free(path, SERVER)
    assert list(path.parent.iterdir()) == []
    with locked(path, SERVER), pytest.raises(DataFileInUse, match=r"process \d+"):
        check_free(path, SERVER)
    check_free(path, SERVER)


def test_a_file_that_is_gone_while_somebody_works_with_it_is_not_made_anew(path: Path) -> None:
    with pytest.raises(DataFileUnusable, match="not there any more"):
        _open_for_writing(path, check=False)
    assert list(path.parent.iterdir()) == []


def test_a_folder_that_is_not_there_is_not_made(path: Path) -> None:
    below = path / "folder" / "views.db"
    for attempt in (lambda: open_for_writing(below), lambda: locked(below, SERVER).__enter__()):
        with pytest.raises(DataFileUnusable, match="mkdir -p"):
            attempt()
    assert list(path.parent.iterdir()) == []


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


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_only_the_owner_may_open_it_and_what_is_beside_it_and_its_backups(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    make_private(path)
    assert modes(tmp_path) == {"views.db": 0o600}  # before SQLite has it
    with locked(path, SERVER), closing(open_for_writing(path)) as connection:
        connection.execute("INSERT INTO journal (cells) VALUES (x'00')")
        back_up(path, tmp_path / "copy.db")
        names = ["copy.db", "views.db", "views.db-shm", "views.db-wal", "views.db.lock"]
        found = modes(tmp_path)
    assert sorted(found) == names
    assert {found[name] for name in names if name != "views.db.lock"} == {0o600}
    assert not found["views.db.lock"] & 0o077
    assert open_to_others(path) == []


def test_a_file_that_is_open_to_others_stays_so_and_is_told(tmp_path: Path) -> None:
    path = tmp_path / "views.db"
    open_for_writing(path).close()
    path.chmod(0o640)
    with closing(open_for_writing(path)) as connection:
        connection.execute("INSERT INTO journal (cells) VALUES (x'00')")
        assert {file.name for file in open_to_others(path)} == {"views.db", "views.db-wal", "views.db-shm"}
        assert probe(path).is_open
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_link_to_a_file_that_is_not_there_yet_makes_a_private_one(tmp_path: Path) -> None:
    path = tmp_path / "link.db"
    path.symlink_to(tmp_path / "views.db")
    open_for_writing(path).close()
    assert modes(tmp_path)["views.db"] == 0o600
