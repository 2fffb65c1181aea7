"""hourmill doctor finds what was planted, and says what to do about it."""

import asyncio
import json
import shlex
import sqlite3
import subprocess
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.acceptance.access_keys import make_key
from tests.cluster import Cluster, eventually
from tests.contract.postgres_store import ask
from tests.servers.postgres import PostgresServer
from tests.service import COMMAND, RunningService

from hourmill.adapters.rabbitmq.topology import Topology

EXPECTED_EXIT = {True: 1, False: 0}


def examine(folder: Path, settings: dict[str, str], prefix: str = "") -> list[dict[str, str]]:
    """What it finds."""
    command = f"{prefix} exec {shlex.quote(COMMAND)} doctor --json"
    environment = {"PATH": "/usr/bin:/bin", **settings}
    done = subprocess.run(
        ["sh", "-c", command], check=False, cwd=folder, env=environment, capture_output=True, text=True
    )
    facts: dict[str, Any] = json.loads(done.stdout)
    findings: list[dict[str, str]] = facts["findings"]
    faults = [finding for finding in findings if finding["level"] == "fault"]
    assert done.returncode == EXPECTED_EXIT[bool(faults)], done.stderr
    assert facts["faults"] == len(faults)
    assert done.stderr == ""
    assert all(finding["do"] for finding in findings if finding["level"] != "well")
    return findings


def finding(findings: list[dict[str, str]], about: str, found: str) -> dict[str, str]:
    """The one of them that is meant."""
    meant = [one for one in findings if one["about"].startswith(about) and found in one["found"]]
    assert len(meant) == 1, findings
    return meant[0]


def test_a_service_that_is_well(own_service: RunningService) -> None:
    findings = examine(own_service.folder, {"PORT": str(own_service.port)})
    assert {one["level"] for one in findings} == {"well"}


def test_a_data_file_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "hourmill.db").write_text("a letter to the editor")
    found = finding(examine(tmp_path, {}), "data file", "")
    assert found["level"] == "fault"
    assert "DATABASE_URL" in found["do"]


def test_a_data_file_of_an_earlier_version(own_service: RunningService) -> None:
    own_service.stop()
    with closing(sqlite3.connect(own_service.data_file)) as file:
        (version,) = file.execute("PRAGMA user_version").fetchone()
        file.execute(f"PRAGMA user_version = {version - 1}")
    found = finding(examine(own_service.folder, {}), "schema", "older")
    assert (found["level"], "hourmill serve" in found["do"]) == ("fault", True)


async def test_a_store_that_cannot_be_looked_at_is_told_and_the_rest_is_looked_at(
    cluster: Cluster, tmp_path: Path
) -> None:
    cluster.migrate()
    await ask(cluster.settings["DATABASE_URL"], "DROP TABLE janitor CASCADE")
    findings = examine(tmp_path, cluster.settings)
    assert finding(findings, "PostgreSQL", "could not be looked at")["level"] == "fault"
    assert finding(findings, "RabbitMQ", "answers")["level"] == "well"


def test_an_address_that_is_open_to_everybody(tmp_path: Path) -> None:
    refused = finding(examine(tmp_path, {"HOURMILL_HOST": "0.0.0.0"}), "HOURMILL_HOST", "others can reach")
    assert refused["level"] == "fault"
    assert "hourmill keys create" in refused["do"]


def test_an_address_that_somebody_has_opened_to_everybody(tmp_path: Path) -> None:
    findings = examine(tmp_path, {"HOURMILL_HOST": "0.0.0.0", "HOURMILL_ACCESS": "open"})
    opened = finding(findings, "HOURMILL_ACCESS", "whoever reaches 0.0.0.0 may count and read")
    assert (opened["level"], "HOURMILL_ACCESS=both" in opened["do"]) == ("warning", True)
    assert "HOURMILL_ACCESS=open" not in str(findings)


def test_a_password_that_everybody_knows_and_somebody_allows(tmp_path: Path) -> None:
    allowed = {"DATABASE_URL": "postgresql://postgres:postgres@db.invalid/v", "HOURMILL_DEFAULT_CREDENTIALS": "warn"}
    found = finding(examine(tmp_path, allowed), "DATABASE_URL", "everybody knows")
    assert (found["level"], "remove HOURMILL_DEFAULT_CREDENTIALS=warn" in found["do"]) == ("warning", True)


def test_a_data_file_whose_folder_is_not_there(tmp_path: Path) -> None:
    found = finding(examine(tmp_path, {"DATABASE_URL": f"sqlite:///{tmp_path}/disk/a.db"}), "data file", "mkdir -p")
    assert found["level"] == "fault"


def test_keys_that_are_needed_and_not_there(own_service: RunningService) -> None:
    settings = {"PORT": str(own_service.port), "HOURMILL_ACCESS": "both"}
    found = finding(examine(own_service.folder, settings), "HOURMILL_ACCESS", "no access key")
    assert "hourmill keys create" in found["do"]


def test_clients_behind_a_proxy_that_nobody_believes(tmp_path: Path) -> None:
    limited = {"HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS": "60"}
    found = finding(examine(tmp_path, limited), "HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS", "share one limit")
    assert (found["level"], "HOURMILL_TRUSTED_PROXIES" in found["do"]) == ("warning", True)
    believed = examine(tmp_path, limited | {"HOURMILL_TRUSTED_PROXIES": "127.0.0.1"})
    assert "share one limit" not in str(believed)


def test_few_files(tmp_path: Path) -> None:
    found = finding(examine(tmp_path, {}, "ulimit -n 300;"), "limits", "300")
    assert "LimitNOFILE" in found["do"]


def test_another_program_on_the_port(tmp_path: Path) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as other:
        Thread(target=other.serve_forever).start()
        try:
            found = finding(examine(tmp_path, {"PORT": str(other.server_port)}), "API", "another program")
        finally:
            other.shutdown()
    assert found["level"] == "fault"


def test_servers_that_are_away_and_passwords_that_everybody_knows(tmp_path: Path) -> None:
    settings = {"DATABASE_URL": "postgresql://postgres:postgres@db.invalid/views", "RABBITMQ_URL": "amqp://mq.invalid"}
    findings = examine(tmp_path, settings)
    assert "password of its own" in finding(findings, "DATABASE_URL", "everybody knows")["do"]
    assert "password of its own" in finding(findings, "RABBITMQ_URL", "everybody knows")["do"]
    assert finding(findings, "PostgreSQL", "cannot be reached")["level"] == "fault"
    assert finding(findings, "RabbitMQ", "cannot be reached")["level"] == "fault"


async def test_a_schema_that_is_missing_and_one_that_is_newer(cluster: Cluster, tmp_path: Path) -> None:
    assert "hourmill migrate" in finding(examine(tmp_path, cluster.settings), "schema", "missing")["do"]
    cluster.migrate()
    await ask(cluster.settings["DATABASE_URL"], "INSERT INTO hourmill_migrations (version, digest) VALUES (99, '')")
    assert finding(examine(tmp_path, cluster.settings), "schema", "newer")["level"] == "fault"


async def test_a_user_who_may_not_create_tables(cluster: Cluster, postgres: PostgresServer, tmp_path: Path) -> None:
    cluster.migrate()
    url = cluster.settings["DATABASE_URL"]
    user = f"reader_{cluster.prefix.replace('-', '_')}"
    await ask(url, f"CREATE ROLE {user} LOGIN PASSWORD 'own'")
    await ask(url, "REVOKE CREATE ON SCHEMA public FROM public")
    await ask(url, f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {user}")
    scheme, _, place = url.partition("://")
    findings = examine(
        tmp_path, cluster.settings | {"DATABASE_URL": f"{scheme}://{user}:own@{place.rpartition('@')[2]}"}
    )
    assert "GRANT CREATE" in finding(findings, "PostgreSQL", "may not create")["do"]
    assert "hourmill migrate" in finding(findings, "PostgreSQL", "another user")["do"]


async def test_nobody_who_counts_and_queues_that_are_not_there(cluster: Cluster, tmp_path: Path) -> None:
    cluster.migrate()
    findings = examine(tmp_path, cluster.settings)
    assert "hourmill worker" in finding(findings, "workers", "none is alive")["do"]
    assert finding(findings, "queue", "not there yet")["level"] == "warning"


async def test_a_queue_that_cannot_be_trusted(cluster: Cluster, tmp_path: Path) -> None:
    async with cluster.channel() as channel:
        await channel.queue_declare(f"{cluster.prefix}.views.0", durable=True)
    found = finding(examine(tmp_path, cluster.settings), "queue", "cannot be used")
    assert found["level"] == "fault"


async def test_queues_and_an_exchange_that_are_not_as_we_declare_them(cluster: Cluster, tmp_path: Path) -> None:
    names = Topology(1, 1 << 20, cluster.prefix)
    async with cluster.channel() as channel:
        await channel.queue_declare(names.queue(0), durable=True, arguments=names.arguments())
        await channel.queue_declare(names.dead_letters(), durable=True)
        await channel.exchange_declare(names.views(), exchange_type="fanout", durable=True)
    findings = examine(tmp_path, cluster.settings)
    smaller = finding(findings, "queue", "x-max-length-bytes 1048576")
    assert (smaller["level"], "delete it" in smaller["do"]) == ("warning", True)
    assert finding(findings, "queue", f"Queue {names.dead_letters()} exists but cannot be used")["level"] == "fault"
    assert finding(findings, "queue", f"Exchange {names.views()} exists but cannot be used")["level"] == "fault"


def test_a_broker_that_gives_batches_up_and_takes_small_ones_only(cluster: Cluster, tmp_path: Path) -> None:
    broker, policy = cluster.rabbitmq, cluster.prefix
    assert "dead letter" not in str(examine(tmp_path, cluster.settings))
    broker.ctl("set_policy", "--apply-to", "queues", policy, f"^{cluster.prefix}", '{"delivery-limit": 3}')
    try:
        with broker.taking_no_more_than(1 << 20):
            findings = examine(tmp_path, cluster.settings)
    finally:
        broker.ctl("clear_policy", policy)
    assert "policy" in finding(findings, "RabbitMQ", "becomes a dead letter")["do"]
    assert "max_message_size" in finding(findings, "RabbitMQ", "messages of 1,048,576 bytes at most")["do"]
    assert "doctor" not in broker.ctl("list_queues", "name")


async def test_policies_that_change_our_queues(cluster: Cluster, tmp_path: Path) -> None:
    cluster.migrate()
    await cluster.ready_api()
    broker, policy = cluster.rabbitmq, cluster.prefix
    unseen = finding(examine(tmp_path, cluster.settings), "policies", "AMQP")
    assert (unseen["level"], "HOURMILL_RABBITMQ_MANAGEMENT_URL" in unseen["do"]) == ("skipped", True)
    with broker.managed() as url:
        asked = cluster.settings | {"HOURMILL_RABBITMQ_MANAGEMENT_URL": url}
        assert finding(examine(tmp_path, asked), "policies", "")["level"] == "well"
        broker.ctl("set_policy", "--apply-to", "queues", policy, f"^{cluster.prefix}",
                   '{"message-ttl": 60000, "max-length-bytes": 1000, "overflow": "drop-head"}')  # fmt: skip
        findings: list[dict[str, str]] = []

        async def seen() -> bool:  # the broker gathers what it tells every few seconds
            findings[:] = await asyncio.to_thread(examine, tmp_path, asked)
            return "for 5 queues" in str(findings)

        try:
            await eventually(seen)
        finally:
            broker.ctl("clear_policy", policy)
        assert finding(findings, "policy", "message-ttl 60000 for 5 queues")["level"] == "fault"
        assert finding(findings, "policy", "max-length-bytes 1000")["level"] == "warning"
        assert "no effect" in finding(findings, "policy", "overflow drop-head")["found"]
        stranger = asked | {"HOURMILL_RABBITMQ_MANAGEMENT_URL": url.replace("http://", "http://nobody:wrong@")}
        refused = finding(examine(tmp_path, stranger), "policies", "401")
        assert (refused["level"], "monitoring" in refused["do"]) == ("skipped", True)


def test_a_user_of_the_broker_who_may_not_publish_to_the_dead_letters(cluster: Cluster, tmp_path: Path) -> None:
    user = cluster.prefix
    cluster.rabbitmq.ctl("add_user", user, "own")
    cluster.rabbitmq.ctl("set_permissions", user, *[f"^{cluster.prefix}"] * 3)
    try:
        place = cluster.rabbitmq.url.rpartition("@")[2].removeprefix("amqp://")
        findings = examine(tmp_path, cluster.settings | {"RABBITMQ_URL": f"amqp://{user}:own@{place}"})
        assert "amq.default" in finding(findings, "RabbitMQ", "may not make")["do"]
    finally:
        cluster.rabbitmq.ctl("delete_user", user)


async def test_a_user_of_the_broker_without_permissions(cluster: Cluster, tmp_path: Path) -> None:
    user = cluster.prefix
    cluster.rabbitmq.ctl("add_user", user, "own")
    cluster.rabbitmq.ctl("set_permissions", user, "^nothing$", "^nothing$", "^nothing$")
    try:
        place = cluster.rabbitmq.url.rpartition("@")[2].removeprefix("amqp://")
        findings = examine(tmp_path, cluster.settings | {"RABBITMQ_URL": f"amqp://{user}:own@{place}"})
        assert "set_permissions" in finding(findings, "RabbitMQ", "may not make")["do"]
    finally:
        cluster.rabbitmq.ctl("delete_user", user)


def test_settings_that_are_none_or_that_nobody_should_have(tmp_path: Path) -> None:
    planted = {
        "HOURMILL_TRUSTED_PROXY": "10.0.0.1",
        "HOURMILL_TRUSTED_PROXIES": "127.0.0.1, 0.0.0.0/0",
        "HOURMILL_FAILPOINTS": "stored=kill@3",
    }
    findings = examine(tmp_path, planted)
    assert "HOURMILL_TRUSTED_PROXIES?" in finding(findings, "HOURMILL_TRUSTED_PROXY", "no such setting")["do"]
    assert finding(findings, "HOURMILL_TRUSTED_PROXIES", "0.0.0.0/0 is everybody")["level"] == "warning"
    assert finding(findings, "HOURMILL_FAILPOINTS", "made to fail")["level"] == "warning"


@pytest.mark.parametrize("everybody", ["0.0.0.0/0.0.0.0", "0.0.0.0/00", "::/0"])
def test_proxies_that_are_everybody_however_they_are_written(tmp_path: Path, everybody: str) -> None:
    findings = examine(tmp_path, {"HOURMILL_TRUSTED_PROXIES": everybody})
    assert finding(findings, "HOURMILL_TRUSTED_PROXIES", "is everybody")["level"] == "warning"


def test_a_setting_that_is_none_in_the_file_env(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("HOURMILL_PORT=20400\nHOURMILL_LOG_LEVEL=info\n")
    findings = examine(tmp_path, {})
    assert finding(findings, "HOURMILL_PORT", "no such setting")["do"] == "Did you mean PORT?"
    assert "HOURMILL_LOG_LEVEL" not in str(findings)


def test_keys_that_do_not_let_count(own_service: RunningService) -> None:
    make_key(own_service, "--scope", "read")
    settings = {"PORT": str(own_service.port), "HOURMILL_ACCESS": "both"}
    found = finding(examine(own_service.folder, settings), "HOURMILL_ACCESS", "no key of scope")
    assert (found["level"], "--scope write" in found["do"]) == ("warning", True)


def test_keys_that_are_needed_where_there_is_no_data_file_yet(tmp_path: Path) -> None:
    found = finding(examine(tmp_path, {"HOURMILL_ACCESS": "both"}), "HOURMILL_ACCESS", "no access key")
    assert "hourmill keys create" in found["do"]
    assert not list(tmp_path.iterdir())


async def test_a_user_without_rights_to_our_tables(cluster: Cluster, tmp_path: Path) -> None:
    cluster.migrate()
    url = cluster.settings["DATABASE_URL"]
    user = f"stranger_{cluster.prefix.replace('-', '_')}"
    await ask(url, f"CREATE ROLE {user} LOGIN PASSWORD 'own'")
    scheme, _, place = url.partition("://")
    theirs = {"DATABASE_URL": f"{scheme}://{user}:own@{place.rpartition('@')[2]}"}
    findings = examine(tmp_path, cluster.settings | theirs)
    assert "hourmill migrate" in finding(findings, "schema", "may not read")["do"]
    assert "another user" in finding(findings, "PostgreSQL", "belong")["found"]


async def test_a_database_that_takes_no_writes(cluster: Cluster, tmp_path: Path) -> None:
    cluster.migrate()
    url = cluster.settings["DATABASE_URL"]
    await ask(url, f"ALTER DATABASE {url.rpartition('/')[2]} SET default_transaction_read_only = on")
    assert "RESET" in finding(examine(tmp_path, cluster.settings), "PostgreSQL", "default_transaction_read_only")["do"]


def test_what_a_server_says_gets_no_second_full_stop(cluster: Cluster, tmp_path: Path) -> None:
    place = cluster.rabbitmq.url.rpartition("@")[2].removeprefix("amqp://")
    asked_wrongly = {
        "RABBITMQ_URL": f"amqp://nobody:wrong@{place}",
        "DATABASE_URL": cluster.settings["DATABASE_URL"] + "?sslmode=verify-full&sslrootcert=/nowhere.crt",
    }
    findings = examine(tmp_path, cluster.settings | asked_wrongly)
    for server in ("RabbitMQ", "PostgreSQL"):
        told = finding(findings, server, "cannot be reached")["found"]
        assert (told[-1], ".." in told) == (".", False)


async def test_a_virtual_host_that_is_not_there(cluster: Cluster, tmp_path: Path) -> None:
    elsewhere = cluster.settings["RABBITMQ_URL"].rstrip("/") + "/nowhere"
    found = finding(examine(tmp_path, cluster.settings | {"RABBITMQ_URL": elsewhere}), "RabbitMQ", "virtual host")
    assert "virtual host" in found["do"]


def test_it_speaks_to_people(own_service: RunningService) -> None:
    command = [COMMAND, "doctor", "--port", str(own_service.port)]
    said = subprocess.run(command, check=True, cwd=own_service.folder, capture_output=True, text=True).stdout
    assert "well     API: is ready" in said
    assert said.endswith("0 faults, 0 warnings.\n")


@pytest.mark.parametrize("option", ["--json", "--help"])
def test_it_makes_no_data_file(tmp_path: Path, option: str) -> None:
    subprocess.run([COMMAND, "doctor", option], check=True, cwd=tmp_path, capture_output=True)
    assert list(tmp_path.iterdir()) == []
