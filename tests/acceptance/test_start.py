"""Mistakes at the start are told, by every command, and leave nothing behind; `started` is said when it has started."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cluster import Cluster
from tests.command import run
from tests.contract.postgres_store import until
from tests.service import RunningCommand, RunningService, free_port

from hourmill.cli.main import COMMANDS
from hourmill.cli.options import Exit

GREETING = "Hourmill is counting at"
NOBODY_LISTENS = "postgresql://u@127.0.0.1:1/d"
ENDING_SOON = {
    "api": ["api"],
    "backup": ["backup", "copy.db"],
    "clean": ["clean"],
    "config": ["config"],
    "doctor": ["doctor"],
    "export": ["export"],
    "import": ["import", "access-log", "a.log"],
    "keys": ["keys", "create", "a", "--scope", "read"],
    "migrate": ["migrate"],
    "report": ["report", "p"],
    "serve": ["serve"],
    "stats": ["stats"],
    "status": ["status"],
    "storage": ["storage"],
    "top": ["top"],
    "verify": ["verify"],
    "worker": ["worker"],
}
"""Each command, so that it ends by itself: `serve` on a port that is taken, `api` and `worker` without servers."""


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def listing(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def greeted(command: RunningCommand) -> bool:
    return GREETING in command.log_file.read_text()


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_names_a_setting_that_there_is_not(tmp_path: Path, command: str, taken_port: int) -> None:
    (tmp_path / "a.log").touch()
    done = run(tmp_path, *ENDING_SOON[command], settings={"HOURMILL_PORT": "20400", "PORT": str(taken_port)})
    said = " ".join((done.stdout + done.stderr).split())
    assert "there is no such setting" in said
    assert '"name": "HOURMILL_PORT", "meant": "PORT"' in said or ("HOURMILL_PORT" in said and "mean PORT?" in said)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_goes_on_with_a_misspelt_access(tmp_path: Path, command: str) -> None:
    (tmp_path / ".env").write_text("hourmill_acess=both\n")
    done = run(tmp_path, *ENDING_SOON[command])
    assert done.returncode == Exit.SETTINGS
    assert "HOURMILL_ACESS: there is no such setting. Did you mean HOURMILL_ACCESS?" in done.stderr
    assert listing(tmp_path) == [".env"]


def test_a_service_goes_on_and_logs_each_name_that_no_setting_has(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HOURMILL_PORT=20400\nHOURMILL_HOTS=\n")
    service = RunningService(tmp_path, {"HOURMILL_HOME": "/opt/hourmill", "HOURMILL_TEST_X": "1"})
    service.start()
    service.stop()
    told = [(line["name"], line["meant"]) for line in service.logged("there is no such setting")]
    assert told == [("HOURMILL_HOME", None), ("HOURMILL_PORT", "PORT")]


@pytest.mark.parametrize("command", ["serve", "import", "keys", "migrate"])
def test_a_folder_that_is_not_there_is_not_made(tmp_path: Path, command: str) -> None:
    (tmp_path / "a.log").touch()
    url = f"sqlite:///{tmp_path}/disk of its own/hourmill.db"
    done = run(tmp_path, *ENDING_SOON[command], settings={"DATABASE_URL": url, "PORT": str(free_port())})
    assert done.returncode == Exit.FAILED
    assert f"mkdir -p '{tmp_path}/disk of its own'" in done.stderr
    assert listing(tmp_path) == ["a.log"]


def test_a_link_into_a_folder_that_is_not_there_is_an_error_too(tmp_path: Path) -> None:
    (tmp_path / "hourmill.db").symlink_to(tmp_path / "disk" / "hourmill.db")
    done = run(tmp_path, "serve", "--port", str(free_port()))
    assert (done.returncode, f"mkdir -p {tmp_path}/disk" in done.stderr) == (Exit.FAILED, True)
    assert listing(tmp_path) == ["hourmill.db"]


async def test_a_new_data_file_is_told_once(tmp_path: Path) -> None:
    service = RunningService(tmp_path)
    service.start()
    await until(lambda: greeted(service))
    service.restart()
    await until(lambda: service.log_file.read_text().count(GREETING) == 2)
    service.stop()
    assert [line["path"] for line in service.logged("made a new data file")] == [str(service.data_file)]
    greetings = [line for line in service.log_file.read_text().splitlines() if GREETING in line]
    assert ["(new data file: " in line for line in greetings] == [True, False]


@pytest.mark.parametrize("settings", [{}, {"DATABASE_URL": NOBODY_LISTENS}], ids=["sqlite", "postgresql"])
def test_a_port_in_use_leaves_nothing_behind(tmp_path: Path, settings: dict[str, str], taken_port: int) -> None:
    done = run(tmp_path, "serve", "--port", str(taken_port), settings=settings)
    assert (done.returncode, "another process listens there" in done.stderr) == (Exit.FAILED, True)
    assert listing(tmp_path) == []


def test_a_service_that_is_started_twice_is_told_that_it_runs(service: RunningService) -> None:
    second = run(service.folder, *service.arguments)
    assert (second.returncode, f"process {service.pid}" in second.stderr) == (Exit.IN_USE, True)


@pytest.mark.parametrize("command", ["serve", "api"])
async def test_what_is_stopped_before_it_has_started_does_not_say_that_it_has(tmp_path: Path, command: str) -> None:
    settings = {"DATABASE_URL": NOBODY_LISTENS, "PORT": str(free_port())}
    service = RunningCommand(tmp_path, [command], settings)
    service.start()
    await until(lambda: bool(service.logged("waiting for PostgreSQL")))
    assert service.stop() == 0
    events = [line["event"] for line in service.logged("started") + service.logged("stopped")]
    assert (events, greeted(service)) == (["stopped"], False)


async def test_an_api_has_started_when_it_reaches_its_servers(cluster: Cluster) -> None:
    api = cluster.api()
    await until(lambda: any(line.startswith("waiting for the schema") for line in events_of(api)))
    assert api.logged("started") == []
    cluster.migrate()
    await cluster.ready(api)
    await until(lambda: bool(api.logged("started")))


def events_of(service: RunningService) -> list[str]:
    lines = service.log_file.read_text().splitlines()
    return [json.loads(line)["event"] for line in lines if line.endswith("}")]


@pytest.mark.parametrize(
    ("settings", "value"), [({}, "sqlite:///hourmill.db"), ({"POSTGRES_HOST": "db"}, "")], ids=["sqlite", "postgresql"]
)
def test_config_shows_the_store_that_is_the_default(tmp_path: Path, settings: dict[str, str], value: str) -> None:
    told = json.loads(run(tmp_path, "config", "--json", settings=settings).stdout)
    (store,) = [one for one in told if one["name"] == "DATABASE_URL"]
    assert (store["value"], store["source"]) == (value, "default")


def test_the_file_of_a_secret_may_be_named_in_the_file_env(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("DATABASE_URL_FILE=url\n")
    (tmp_path / "url").write_text("sqlite:///elsewhere.db\n")
    done = run(tmp_path, "migrate")
    assert (done.returncode, (tmp_path / "elsewhere.db").exists()) == (0, True), done.stderr
