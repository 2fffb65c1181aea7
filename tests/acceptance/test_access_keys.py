"""The life of an access key: it is made, listed, used, expires, is revoked."""

import asyncio
import json
from pathlib import Path

import pytest
from tests.acceptance.access_keys import bearer, challenged, keys, made_key, store_of
from tests.acceptance.answers import success
from tests.acceptance.routes import GOOD, SINGLE, TEN
from tests.client import head
from tests.cluster import Cluster, eventually
from tests.command import run
from tests.conftest import StartService
from tests.service import RunningService

REPORT = "/report?page=example.com/a&now=" + TEN


async def test_a_service_notices_that_a_key_was_revoked_and_knows_a_new_one_at_once(own_closed: RunningService) -> None:
    made = made_key(own_closed, "--scope", "read")
    headers = bearer(made["key"])
    assert own_closed.get(REPORT, headers).status == 200
    assert f"{made['id']} is revoked." in keys(own_closed, "revoke", made["id"])

    async def refused_now() -> bool:
        return own_closed.get(REPORT, headers).status == 401

    await eventually(refused_now)  # within ten seconds of its clock: tests/unit/test_key_ring.py
    made_again = made_key(own_closed, "--scope", "read")
    assert own_closed.get(REPORT, bearer(made_again["key"])).status == 200


def test_an_expiring_key_says_so_and_its_use_is_shown(own_closed: RunningService) -> None:
    made = made_key(own_closed, "--scope", "read", "--days", "3", name="a [red]name")
    assert own_closed.get(REPORT, bearer(made["key"])).status == 200
    own_closed.stop()
    (listed,) = json.loads(keys(own_closed, "list", "--json"))["keys"]
    assert (listed["id"], listed["name"], listed["scopes"]) == (made["id"], "a [red]name", ["read"])
    assert listed["used"]
    assert listed["expires"] > listed["created"]
    shown = keys(own_closed, "list")
    assert made["id"] in shown
    assert listed["used"][:16].replace("T", " ") in shown
    assert "[red]name" in shown
    assert made["key"].rpartition("_")[2] not in shown + own_closed.log_file.read_text()


def test_a_key_is_not_in_the_data_file(own_closed: RunningService) -> None:
    made = made_key(own_closed, "--scope", "read")
    assert own_closed.get(REPORT, bearer(made["key"])).status == 200
    own_closed.stop()
    secret = made["key"].rpartition("_")[2]
    content = own_closed.data_file.read_bytes()
    assert made["id"].encode() in content
    assert secret.encode() not in content
    assert bytes.fromhex(secret) not in content


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["create", "a"], 2, "--scope"),
        (["create", "a", "--scope", "all"], 2, "write"),
        (["create", "", "--scope", "read"], 2, "name"),
        (["create", "a\x1b[31m", "--scope", "read"], 2, "control character"),
        (["create", "a", "--scope", "write", "--site", "example.com/a"], 2, "--site"),
        (["create", "a", "--scope", "admin", "--site", "example.com"], 2, "admin"),
        (["create", "a", "--scope", "read", "--days", "0"], 2, "--days"),
        (["revoke", "12345678"], 1, "no key 12345678"),
        (["revoke"], 2, "ID"),
    ],
)
def test_what_cannot_be_made_or_revoked_is_told(
    service: RunningService, arguments: list[str], code: int, said: str
) -> None:
    done = run(service.folder, "keys", *arguments, settings={"DATABASE_URL": store_of(service)})
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr


def test_a_data_file_that_is_made_for_a_key_is_told(tmp_path: Path) -> None:
    arguments = ("keys", "create", "a", "--scope", "read")
    first, second = (run(tmp_path, *arguments) for _ in range(2))
    assert '"event": "made a new data file"' in first.stderr
    assert str(tmp_path / "hourmill.db") in first.stderr
    assert "data file" not in second.stderr


def test_that_there_is_no_key_yet_is_logged(own_closed: RunningService) -> None:
    assert own_closed.get("/readyz").status == 200
    own_closed.stop()
    assert "there is no access key yet" in own_closed.log_file.read_text()


@pytest.mark.parametrize("by", ["header", "query"])
def test_a_stream_ends_with_its_key(own_closed: RunningService, by: str) -> None:
    made = made_key(own_closed, "--scope", "read")
    target, headers = ("/v1/live", bearer(made["key"])) if by == "header" else (f"/v1/live?key={made['key']}", [])
    with own_closed.connection() as connection:
        connection.send(head("GET", target, headers))
        assert connection.socket.recv(1000).startswith(b"HTTP/1.1 200")
        keys(own_closed, "revoke", made["id"])
        connection.everything()
    challenged(own_closed.get("/v1/live"), 401, None)
    own_closed.stop()
    assert "Traceback" not in own_closed.log_file.read_text()


async def test_keys_open_every_api_process_on_postgresql(cluster: Cluster) -> None:
    del cluster.settings["RABBITMQ_URL"]
    cluster.migrate()
    cluster.settings["HOURMILL_ACCESS"] = "both"
    one, other = await cluster.ready_api(), await cluster.ready_api()
    made = await asyncio.to_thread(made_key, one, "--scope", "write", "--scope", "read")
    for api in (one, other):
        assert success(await asyncio.to_thread(api.post, SINGLE, GOOD, bearer(made["key"])))
    await asyncio.to_thread(keys, one, "revoke", made["id"])

    async def refused_by_both() -> bool:
        answers = [await asyncio.to_thread(api.get, REPORT, bearer(made["key"])) for api in (one, other)]
        return [answer.status for answer in answers] == [401, 401]

    await eventually(refused_by_both)


@pytest.fixture
def own_closed(start_service: StartService) -> RunningService:
    """A service that needs keys for everything, for one test."""
    return start_service({"HOURMILL_ACCESS": "both"})
