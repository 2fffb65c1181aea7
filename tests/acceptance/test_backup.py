"""Backups that are made under load and restored: hourmill backup for SQLite, pg_dump for PostgreSQL."""

import asyncio
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path

from tests.cluster import Cluster
from tests.command import run
from tests.conftest import StartService
from tests.faults.embedded import hours_since_1970
from tests.servers.install import postgres_programs
from tests.service import RunningService
from tests.traffic import Cell, Traffic

from hourmill.cli.options import Exit

CLIENTS = 16


def counted(data_file: Path) -> Counter[Cell]:
    with closing(sqlite3.connect(data_file)) as connection:
        rows = connection.execute("SELECT page, view_hour, SUM(views) FROM page_views GROUP BY 1, 2").fetchall()
    return Counter({(page, hours_since_1970(hour)): views for page, hour, views in rows})


def copies(folder: Path) -> list[str]:
    return [file.name for file in folder.glob("copy.db*")]


def backed_up(service: RunningService, copy: Path) -> None:
    done = run(service.folder, "backup", str(copy), "--database", f"sqlite:///{service.data_file}")
    assert done.returncode == 0, done.stderr
    assert f"{copy}: " in done.stdout


async def test_a_backup_of_a_running_service_is_one_moment_of_it(start_service: StartService, tmp_path: Path) -> None:
    service = start_service()
    copy = tmp_path / "copy.db"
    traffic = Traffic(service.port)
    async with traffic.running(CLIENTS):
        await traffic.more_answers(1_000)
        before = traffic.least()
        await asyncio.to_thread(backed_up, service, copy)
        await traffic.more_answers(1_000)
    after = traffic.least()
    service.stop()
    folder = tmp_path / "restored"
    folder.mkdir()
    restored = RunningService(folder)
    copy.rename(restored.data_file)
    restored.start()
    assert restored.stop() == 0
    held = counted(restored.data_file)
    assert all(held[cell] >= views for cell, views in before.items())
    assert sum(held.values()) < sum(after.values())
    database = ["--database", f"sqlite:///{restored.data_file}"]
    assert run(folder, "clean", *database).returncode == 0
    assert run(folder, "verify", *database).returncode == 0


def test_a_backup_is_never_written_over(start_service: StartService, tmp_path: Path) -> None:
    service = start_service()
    copy = tmp_path / "copy.db"
    copy.write_text("precious")
    database = ["--database", f"sqlite:///{service.data_file}"]
    refused = run(tmp_path, "backup", str(copy), *database)
    assert refused.returncode == Exit.FAILED
    assert "is there already" in refused.stderr
    assert copy.read_text() == "precious"
    nowhere = run(tmp_path, "backup", str(tmp_path / "no" / "copy.db"), *database)
    assert nowhere.returncode == Exit.FAILED
    assert "could not be made" in nowhere.stderr


async def test_of_backups_at_once_one_is_made_and_it_is_whole(start_service: StartService, tmp_path: Path) -> None:
    service = start_service()
    service.post("/page-views/multi", {f"page-{n}": {"2026-01-01T00:00Z": 1} for n in range(20_000)})
    copy = tmp_path / "copy.db"
    command = "backup", str(copy), "--database", f"sqlite:///{service.data_file}"
    done = await asyncio.gather(*[asyncio.to_thread(run, tmp_path, *command) for _ in range(3)])
    assert sorted(one.returncode for one in done) == [0, Exit.FAILED, Exit.FAILED]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert copies(tmp_path) == ["copy.db"]


def test_postgresql_is_not_backed_up_by_us(tmp_path: Path) -> None:
    done = run(tmp_path, "backup", "copy.db", settings={"DATABASE_URL": "postgresql://localhost/views"})
    assert done.returncode == Exit.SETTINGS
    assert "pg_dump" in done.stderr


async def test_a_dump_of_postgresql_restored_counts_what_the_broker_still_holds_once(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Between dump and restore nothing is counted: what waits in the queues is counted after it, exactly once."""
    cluster.migrate()
    api = await cluster.ready_api()
    worker = cluster.worker()
    traffic = Traffic(api.port)
    async with traffic.running(CLIENTS):
        await traffic.more_answers(500)
        await cluster.counts()
        worker.stop()
        await traffic.more_answers(200)
    assert await asyncio.to_thread(run, tmp_path, "clean", settings=cluster.settings)
    restored = await asyncio.to_thread(cluster.postgres.create_database)
    await asyncio.to_thread(dump_and_restore, cluster.settings["DATABASE_URL"], restored, tmp_path)
    await asyncio.to_thread(api.stop)
    cluster.settings["DATABASE_URL"] = restored
    cluster.worker()
    await cluster.exact(traffic)
    assert (await asyncio.to_thread(run, tmp_path, "clean", settings=cluster.settings)).returncode == 0
    assert (await asyncio.to_thread(run, tmp_path, "verify", settings=cluster.settings)).returncode == 0


def dump_and_restore(source: str, target: str, folder: Path) -> None:
    programs, dump = postgres_programs(), folder / "views.dump"
    commands = [
        [str(programs / "pg_dump"), "--format=custom", f"--file={dump}", source],
        [str(programs / "pg_restore"), "--exit-on-error", "--no-owner", f"--dbname={target}", str(dump)],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
