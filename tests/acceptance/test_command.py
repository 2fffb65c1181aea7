"""The command line: what it prints and the codes it ends with."""

import json
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import pytest
from tests.command import run
from tests.conftest import StartService
from tests.service import COMMAND, RunningService

from hourmill.adapters.sqlite.lock import IMPORT, locked

NOW = "2026-01-02T03:30:00Z"


def stated(folder: Path, **settings: str) -> dict[str, dict[str, str]]:
    """What `hourmill config --json` says, by name."""
    result = run(folder, "config", "--json", settings=settings)
    assert result.returncode == 0, result.stderr
    return {setting["name"]: setting for setting in json.loads(result.stdout)}


def test_the_version_is_the_packages(tmp_path: Path) -> None:
    assert run(tmp_path, "--version").stdout == f"hourmill {version('hourmill')}\n"
    assert run(tmp_path, "-m", "hourmill", "--version", program=(sys.executable,)).stdout.startswith("hourmill ")


def test_an_interrupt_while_the_command_still_loads_ends_it_with_one_sentence(tmp_path: Path) -> None:
    telling_what_it_loads = [sys.executable, "-X", "importtime", "-m", "hourmill", "serve"]
    with subprocess.Popen(telling_what_it_loads, cwd=tmp_path, stderr=subprocess.PIPE, text=True) as loading:
        try:
            assert loading.stderr is not None
            for line in loading.stderr:
                if line.endswith(" click\n"):
                    loading.send_signal(signal.SIGINT)
                    break
            said = [line for line in loading.stderr if not line.startswith("import time:")]
        finally:
            loading.kill()
    assert (loading.returncode, said) == (1, ["Interrupted.\n"])


@pytest.mark.parametrize("command", ["serve", "report", "import", "config"])
def test_every_command_has_a_manual(tmp_path: Path, command: str) -> None:
    result = run(tmp_path, command, "--help")
    assert (result.returncode, result.stderr) == (0, "")
    assert "Usage: hourmill " + command in result.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("fly",),
        ("serve", "--fast"),
        ("report",),
        ("report", ""),
        ("report", "p", "--now", "noon"),
        ("report", "p", "--take", "0"),
    ],
)
def test_wrong_usage_ends_with_2(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    result = run(tmp_path, *arguments)
    assert result.returncode == 2
    assert "Error: " in result.stderr


def test_settings_that_cannot_be_used_are_all_named_and_end_with_3(tmp_path: Path) -> None:
    settings = {
        "PORT": "http",
        "NUM_PARTITIONS": "0",
        "DATABASE_URL": "mysql://u:secret@h/d",
        "RABBITMQ_URL": "amqp://",
    }
    result = run(tmp_path, "serve", settings=settings)
    assert result.returncode == 3
    for name in settings:
        assert name in result.stderr
    assert "PORT=http" in result.stderr
    assert "secret" not in result.stderr


def test_config_tells_each_value_and_where_it_came_from(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=3001\nNUM_PARTITIONS=7\nUNKNOWN=1\n")
    (tmp_path / "url").write_text("sqlite:///from-a-file.db\n")
    found = stated(tmp_path, PORT="3002", DATABASE_URL_FILE="url")
    assert (found["PORT"]["value"], found["PORT"]["source"]) == ("3002", "environment")
    assert (found["NUM_PARTITIONS"]["value"], found["NUM_PARTITIONS"]["source"]) == ("7", ".env")
    assert (found["HOURMILL_HOST"]["value"], found["HOURMILL_HOST"]["source"]) == ("127.0.0.1", "default")
    assert found["DATABASE_URL"]["source"] == "secret file"
    assert "from-a-file" not in json.dumps(found)


def test_a_secrets_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    result = run(tmp_path, "config", settings={"DATABASE_URL_FILE": "nowhere"})
    assert (result.returncode, "DATABASE_URL_FILE=nowhere" in result.stderr) == (3, True)


def test_a_second_server_on_the_data_file_ends_with_4_and_names_the_first(service: RunningService) -> None:
    result = run(service.folder, "serve", "--port", "1", settings={"DATABASE_URL": f"sqlite:///{service.data_file}"})
    assert result.returncode == 4
    assert f"process {service.pid}" in result.stderr


def test_a_host_may_be_a_name(start_service: StartService) -> None:
    assert start_service({"HOURMILL_HOST": "localhost"}).get("/health").status == 200


def test_a_second_server_through_a_link_is_refused_too(service: RunningService, tmp_path: Path) -> None:
    (tmp_path / "link.db").symlink_to(service.data_file)
    assert run(tmp_path, "serve", "--port", "1", "--database", "sqlite:///link.db").returncode == 4


@pytest.mark.parametrize("page", ["a[/b]", "[red]x", ":smile:"])
def test_a_report_shows_the_page_as_it_is(service: RunningService, page: str) -> None:
    result = run(service.folder, "report", page, "--database", f"sqlite:///{service.data_file}")
    assert (result.returncode, page in result.stdout) == (0, True)


def test_a_report_goes_to_a_terminal_that_knows_ascii_only(service: RunningService, page: str) -> None:
    service.post("/page-views/single", {"page": page, "timestamp": datetime.now(UTC).isoformat()})
    settings = {"PYTHONIOENCODING": "ascii"}
    result = run(service.folder, "report", page, "--database", f"sqlite:///{service.data_file}", settings=settings)
    assert (result.returncode, "1 view" in result.stdout) == (0, True)


def test_a_report_that_cannot_be_written_ends_with_1(service: RunningService, page: str) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [COMMAND, "report", page, "--json", "--database", f"sqlite:///{service.data_file}"]
        result = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, cwd=service.folder, check=False)
    assert (result.returncode, b"Traceback" in result.stderr) == (1, False)


def test_an_env_file_that_is_not_utf_8_ends_with_3(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"PORT=\xff")
    result = run(tmp_path, "config")
    assert (result.returncode, ".env" in result.stderr) == (3, True)


def test_a_port_that_is_taken_ends_with_1_and_says_so(service: RunningService, tmp_path: Path) -> None:
    result = run(tmp_path, "serve", "--port", str(service.port))
    assert result.returncode == 1
    assert "another process listens there" in result.stderr


def test_a_file_of_another_program_ends_with_1_and_stays_as_it_is(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = (tmp_path / "other.db").read_bytes()
    for command in (("serve",), ("report", "p")):
        result = run(tmp_path, *command, "--database", "sqlite:///other.db")
        assert (result.returncode, "another program" in result.stderr) == (1, True)
    assert (tmp_path / "other.db").read_bytes() == before


def test_a_report_without_a_data_file_says_how_to_get_one(tmp_path: Path) -> None:
    result = run(tmp_path, "report", "p")
    assert (result.returncode, "hourmill serve" in result.stderr) == (1, True)


def test_a_report_beside_the_server_equals_the_servers(service: RunningService, page: str) -> None:
    service.post("/page-views/multi", {page: {"2026-01-02T03:00:00Z": 12, "2026-01-01T10:00:00Z": 3}})
    database = f"sqlite:///{service.data_file}"
    options = ("--now", NOW, "--order", "desc", "--take", "20", "--complete")
    result = run(service.folder, "report", page, *options, "--json", "--database", database)
    answer = service.get(f"/report?page={page}&now={NOW}&order=desc&take=20&complete=true")
    assert json.loads(result.stdout) == answer.json()


def test_a_report_for_people_is_a_table_with_bars(service: RunningService, page: str) -> None:
    service.post("/page-views/multi", {page: {"2026-01-02T03:00:00Z": 1200, "2026-01-01T10:00:00Z": 300}})
    shown = run(service.folder, "report", page, "--now", NOW, "--database", f"sqlite:///{service.data_file}").stdout
    lines = {line.strip()[:16]: line.split()[2:] for line in shown.splitlines() if line.strip().startswith("2026-")}
    assert len(lines) == 24
    assert lines["2026-01-02 03:00"] == ["1,200", "█" * 40]
    assert lines["2026-01-01 10:00"] == ["300", "█" * 10]
    assert lines["2026-01-01 11:00"] == ["0"]
    assert "1,500 views" in shown


def test_a_report_now_is_the_clocks(service: RunningService, page: str) -> None:
    hour = datetime.now(UTC)
    service.post("/page-views/single", {"page": page, "timestamp": hour.isoformat()})
    result = run(service.folder, "report", page, "--json", "--database", f"sqlite:///{service.data_file}")
    assert {"h": hour.hour, "v": 1} in json.loads(result.stdout)["data"]


def test_a_second_import_at_the_same_time_is_refused(tmp_path: Path) -> None:
    with locked(tmp_path / "hourmill.db", IMPORT):
        (tmp_path / "a.log").write_text("")
        result = run(tmp_path, "import", "access-log", "a.log")
    assert (result.returncode, "being imported into" in result.stderr) == (4, True)


def test_a_dry_run_makes_no_data_file(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text('h - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 1\n')
    result = run(tmp_path, "import", "access-log", "--dry-run", "a.log")
    assert result.returncode == 0, result.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["a.log"]
