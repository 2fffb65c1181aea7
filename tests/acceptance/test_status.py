"""hourmill status shows what is going on, and what does not answer."""

import asyncio
import json
import subprocess
from pathlib import Path
from typing import Any

from tests.cluster import PARTITIONS, Cluster, eventually
from tests.command import run
from tests.service import COMMAND, RunningService

HOUR = "2025-07-16T10:00:00Z"


def status_of(folder: Path, settings: dict[str, str], *options: str) -> tuple[int, dict[str, Any]]:
    done = run(folder, "status", "--json", *options, settings=settings)
    return done.returncode, json.loads(done.stdout)


def test_an_embedded_service_on_one_screen(own_service: RunningService) -> None:
    own_service.post("/page-views/single", {"page": "a", "timestamp": HOUR})
    code, told = status_of(own_service.folder, {}, "--port", str(own_service.port))
    assert (code, told["well"]) == (0, True)
    assert told["api"]["state"] == "ready"
    assert told["store"]["bytes"]["data file"] > 0
    assert told["complete_until"] == told["at"]
    assert told["broker"] is None
    shown = run(own_service.folder, "status", "--port", str(own_service.port)).stdout
    for part in ("complete", "up to", "API", "ready", "store", "janitor"):
        assert part in shown


def test_where_nothing_runs_that_is_what_is_shown(tmp_path: Path) -> None:
    code, told = status_of(tmp_path, {"DATABASE_URL": "postgresql://db.invalid/a", "RABBITMQ_URL": "amqp://mq.invalid"})
    assert code == 1
    assert told["api"]["state"] == "nobody"
    assert "cannot be reached" in told["store"]["trouble"]
    assert "cannot be reached" in told["broker"]["trouble"]
    assert told["complete_until"] is None


async def test_workers_and_what_waits_for_them(cluster: Cluster, tmp_path: Path) -> None:
    cluster.migrate()
    api = await cluster.ready_api()
    port = "--port", str(api.port)
    api.post("/page-views/multi", {f"page-{number}": {HOUR: 1} for number in range(40)})
    code, told = await asyncio.to_thread(status_of, tmp_path, cluster.settings, *port)
    assert (code, told["complete_until"], told["partitions"]) == (1, None, [])
    assert told["broker"]["ready"] == PARTITIONS
    cluster.worker()

    async def counted() -> bool:
        code, told = await asyncio.to_thread(status_of, tmp_path, cluster.settings, *port)
        return code == 0 and told["complete_until"] is not None and told["broker"]["ready"] == 0

    await eventually(counted)
    _, told = await asyncio.to_thread(status_of, tmp_path, cluster.settings, *port)
    assert [one["partition"] for one in told["partitions"]] == list(range(PARTITIONS))
    assert len({one["worker"] for one in told["partitions"]}) == 1
    shown = (await asyncio.to_thread(lambda: run(tmp_path, "status", *port, settings=cluster.settings))).stdout
    assert told["partitions"][0]["worker"][:8] in shown


def test_it_is_shown_again_and_again(own_service: RunningService) -> None:
    command = [COMMAND, "status", "--watch", "--port", str(own_service.port)]
    watching = subprocess.Popen(command, cwd=own_service.folder, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    try:
        seen = ""
        while "janitor" not in seen:
            line = watching.stdout.readline()
            assert line, "it ended"
            seen += line
    finally:
        watching.kill()
        watching.wait()
        watching.stdout.close()
    assert "API" in seen
