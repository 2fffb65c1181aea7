"""What a service logs, and where to: lines that machines read, without secrets, also shipped to Logz.io."""

import json
from pathlib import Path

from tests.command import run
from tests.conftest import StartService
from tests.contract.postgres_store import until
from tests.listener import TOKEN, listener


async def test_a_service_ships_its_log_up_to_its_last_line(start_service: StartService, tmp_path: Path) -> None:
    with listener(tmp_path) as logzio:
        service = start_service(logzio.settings)
        await until(lambda: bool(service.logged("started")))
        assert service.stop() == 0
        assert [message for message in logzio.messages() if message in ("started", "stopped")] == ["started", "stopped"]
        started = next(line for line in logzio.lines if line["message"] == "started")
        assert started["level"] == "info"
        assert started["@timestamp"].endswith("Z")
        assert TOKEN not in service.log_file.read_text()


def test_a_service_counts_and_stops_in_time_while_logzio_stands_still(
    start_service: StartService, tmp_path: Path
) -> None:
    with listener(tmp_path) as logzio:
        logzio.hang.clear()
        service = start_service(logzio.settings)
        view = {"page": "a", "timestamp": "2025-07-16T10:00:00Z"}
        assert service.post("/page-views/single", view).status == 200
        assert service.stop() == 0
    assert service.logged("log not shipped")[-1]["lines_lost"] > 0


def test_a_service_at_debug_prints_ships_and_writes_nothing_of_how_it_ships(
    start_service: StartService, tmp_path: Path
) -> None:
    with listener(tmp_path) as logzio:
        logzio.statuses = [500, 401]
        logzio.told = TOKEN.encode()
        service = start_service({**logzio.settings, "HOURMILL_LOG_LEVEL": "debug"})
        before = {path.name for path in service.folder.iterdir()}
        assert service.stop() == 0
    assert {path.name for path in service.folder.iterdir()} <= before
    assert [line["reason"] for line in service.logged("log not shipped")] == [
        "Logz.io answers 500",
        "Logz.io answers 401",
    ]
    told = service.log_file.read_text() + json.dumps(logzio.lines)
    assert TOKEN not in told
    assert "urllib3" not in told


def test_what_cannot_ship_is_said_at_the_start(tmp_path: Path) -> None:
    (library := tmp_path / "logzio").mkdir()
    refused = run(tmp_path, "serve", settings={"LOGZIO_TOKEN": TOKEN, "LOGZIO_URL": "https://a:b:c"})
    assert (refused.returncode, "LOGZIO_URL: " in refused.stderr) == (3, True)
    (library / "__init__.py").touch()
    refused = run(tmp_path, "serve", settings={"LOGZIO_TOKEN": TOKEN, "PYTHONPATH": str(tmp_path)})
    assert (refused.returncode, "LOGZIO_TOKEN: what ships to Logz.io is not installed" in refused.stderr) == (3, True)


def test_the_token_is_a_secret_and_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    told = json.loads(run(tmp_path, "config", "--json", settings={"LOGZIO_TOKEN_FILE": str(tmp_path / "token")}).stdout)
    setting = next(one for one in told if one["name"] == "LOGZIO_TOKEN")
    assert setting["source"] == "secret file"
    assert TOKEN not in json.dumps(told)
    refused = run(tmp_path, "config", settings={"LOGZIO_TOKEN": TOKEN, "LOGZIO_URL": "http://listener.logz.io"})
    assert refused.returncode == 3
    assert "LOGZIO_URL" in refused.stderr
    assert TOKEN not in refused.stderr
