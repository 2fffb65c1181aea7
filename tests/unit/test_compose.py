"""The image and compose.yaml agree with the code, publish nothing to the network, and hold no secret."""

import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.client import PATIENCE_S
from tests.documents import ROOT, text_of
from tests.service import RunningService

from hourmill.adapters.rabbitmq.topology import Topology
from hourmill.cli.main import COMMANDS
from hourmill.cli.settings import load
from hourmill.settings import Settings, is_secret

COMPOSE: dict[str, Any] = yaml.safe_load(text_of("compose.yaml"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ["migrate", "api", "worker"]
FIELDS = {str(field.alias): field for field in Settings.model_fields.values()}
DOCKERFILE = text_of("Dockerfile")
FOLDER = "/run/secrets/hourmill/"
GIVEN = "o'r \"\\ä/:@"


def made(folder: Path, postgres_password: str = "") -> dict[str, str]:
    """What make_secrets.py leaves in a folder: file -> text."""
    environment = os.environ | {"POSTGRES_PASSWORD": postgres_password, "PYTHONUTF8": "1"}
    subprocess.run(
        [sys.executable, ROOT / "deploy/make_secrets.py", folder], env=environment, check=True, timeout=PATIENCE_S
    )
    return {path.name: path.read_text() for path in folder.iterdir()}


@pytest.mark.parametrize("service", OURS)
def test_what_a_service_is_told_is_a_setting_or_the_file_of_a_secret(service: str) -> None:
    for name in SERVICES[service]["environment"]:
        setting = name.removesuffix("_FILE")
        assert setting in FIELDS, name
        assert is_secret(FIELDS[setting]) == name.endswith("_FILE"), name


@pytest.mark.parametrize("service", OURS)
def test_a_setting_that_nobody_changes_has_the_default_of_the_code(service: str) -> None:
    for name, value in SERVICES[service]["environment"].items():
        asked = re.fullmatch(r"\$\{(\w+):-(.*)\}", value)
        if asked:
            assert asked[1] == name
            assert name == "POSTGRES_USER" or asked[2] == str(FIELDS[name].default)


def test_hours_are_kept_for_400_days_and_days_for_ever_unless_somebody_says_otherwise() -> None:
    for service in OURS:
        environment = SERVICES[service]["environment"]
        # no colon: set, but empty, means for ever
        assert environment["HOURMILL_RETENTION_HOURLY_DAYS"] == "${HOURMILL_RETENTION_HOURLY_DAYS-400}"
        assert "HOURMILL_RETENTION_DAILY_DAYS" not in environment


@pytest.mark.parametrize("service", OURS)
def test_a_service_runs_a_command_that_there_is(service: str) -> None:
    assert SERVICES[service]["command"] == [service]
    assert service in COMMANDS


@pytest.mark.parametrize("service", SERVICES)
def test_ports_are_published_on_loopback_only(service: str) -> None:
    assert all(str(port).startswith("127.0.0.1:") for port in SERVICES[service].get("ports", []))
    assert SERVICES[service].get("network_mode") in {None, "none"}


def test_workers_can_be_many() -> None:
    assert not {"container_name", "ports", "hostname"} & SERVICES["worker"].keys()


@pytest.mark.parametrize("service", [*OURS, "secrets"])
def test_our_services_can_write_nowhere_and_gain_nothing(service: str) -> None:
    ours = SERVICES[service]
    assert ours["read_only"] is True
    assert ours["cap_drop"] == ["ALL"]
    assert ours["security_opt"] == ["no-new-privileges:true"]
    owner = re.search(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE)
    assert owner
    uid, gid = owner.groups()
    assert ours["tmpfs"] == (["/data"] if "user" in ours else [f"/data:uid={uid},gid={gid},mode=0750"])
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & ours.keys()


def test_nobody_is_root_but_who_makes_the_secrets_and_has_no_network() -> None:
    assert re.search(r"^USER 10001:10001$", DOCKERFILE, re.MULTILINE)
    root = {service for service in [*OURS, "secrets"] if SERVICES[service].get("user", "10001:10001") != "10001:10001"}
    assert root == {"secrets"}
    assert SERVICES["secrets"]["network_mode"] == "none"


def test_one_container_alone_is_shut_in_likewise() -> None:
    (run,) = re.findall(r"^docker run .*?[^\\]$", text_of("docs/docker.md"), re.MULTILINE | re.DOTALL)
    assert "--read-only --cap-drop ALL --security-opt no-new-privileges" in run


@pytest.mark.parametrize("service", SERVICES)
def test_no_password_is_in_the_file(service: str) -> None:
    for name, value in SERVICES[service].get("environment", {}).items():
        if name.endswith("_FILE"):
            assert value.startswith(FOLDER)
        elif re.search(r"PASS|SECRET|TOKEN|KEY|URL\b|COOKIE", name):
            assert value == f"${{{name}:-}}"
    assert not re.search(r"://[^/\s]*:[^/\s]*@", text_of("compose.yaml"))


@pytest.mark.parametrize("service", SERVICES)
def test_images_have_a_version(service: str) -> None:
    assert re.fullmatch(r"[a-z]+:\d[\w.]*(-[a-z]+)?", SERVICES[service]["image"])


def test_the_image_has_the_versions_of_the_project() -> None:
    project = re.search(r'^version = "(.+)"$', text_of("pyproject.toml"), re.MULTILINE)
    uv = re.search(r"^UV_VERSION := (.+)$", text_of("Makefile"), re.MULTILINE)
    assert project
    assert uv
    assert f'image.version="{project[1]}"' in DOCKERFILE
    assert {SERVICES[service]["image"] for service in [*OURS, "secrets"]} == {f"hourmill:{project[1]}"}
    assert f"ARG UV_VERSION={uv[1]}\n" in DOCKERFILE
    assert len(set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))) == 1


def test_what_the_image_is_made_of_is_let_in() -> None:
    let_in = {line[1:] for line in text_of(".dockerignore").splitlines() if line.startswith("!")}
    copied = re.findall(r"^COPY (?!--from)(?:--chmod=\d+ )?(.+) \S+$", DOCKERFILE, re.MULTILINE)
    assert {source for sources in copied for source in sources.split()} == let_in
    assert all((ROOT / path).exists() for path in let_in)


def test_the_image_leaves_the_store_to_the_settings() -> None:
    told = set(re.findall(r"\b([A-Z_]+)=", DOCKERFILE.rpartition("FROM")[2]))
    assert told & FIELDS.keys() == {"HOURMILL_HOST"}


def test_scripts_are_run_from_where_the_image_has_them() -> None:
    called = re.findall(r"/opt/hourmill/(deploy/\w+\.py)", DOCKERFILE + text_of("compose.yaml"))
    assert set(called) == {"deploy/healthcheck.py", "deploy/make_secrets.py"}
    assert "deploy/healthcheck.py deploy/make_secrets.py /opt/hourmill/deploy/" in DOCKERFILE


def test_a_folder_that_copying_makes_can_be_entered() -> None:
    # since Docker 28.1 the mode is also that of the folder
    modes = re.findall(r"^COPY --chmod=(\d+) .+/$", DOCKERFILE, re.MULTILINE)
    assert modes == ["0755"]


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_needs_to_read_a_file_of_the_checkout(service: str) -> None:
    mounted = [str(volume).partition(":")[0] for volume in SERVICES[service].get("volumes", [])]
    assert set(mounted) <= COMPOSE["volumes"].keys()
    assert all(set(config) == {"content"} for config in COMPOSE["configs"].values())


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_waits_for_what_can_tell_that_it_is_there(service: str) -> None:
    for needed, how in SERVICES[service].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "test" in SERVICES[needed]["healthcheck"]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert SERVICES[needed]["restart"] == "no"


@pytest.mark.parametrize("given", ["", GIVEN])
def test_every_file_that_a_server_reads_is_made(tmp_path: Path, given: str) -> None:
    files = made(tmp_path, given)
    read = [value for one in SERVICES.values() for value in one.get("environment", {}).values() if FOLDER in value]
    configured = re.findall(rf"= ({FOLDER}.+)$", COMPOSE["configs"]["rabbitmq"]["content"], re.MULTILINE)
    assert {path.removeprefix(FOLDER) for path in [*read, *configured]} <= files.keys()
    assert files["postgres_password"] == given or (not given and len(files["postgres_password"]) >= 32)
    assert all(path.stat().st_mode & 0o777 == 0o444 for path in tmp_path.iterdir())


def test_secrets_are_kept_until_another_password_is_given(tmp_path: Path) -> None:
    before, again, given, after = made(tmp_path), made(tmp_path), made(tmp_path, GIVEN), made(tmp_path)
    kept = {"postgres_password", "rabbitmq_password", "rabbitmq_url"}
    assert {name: again[name] for name in kept} == {name: before[name] for name in kept}
    assert given["postgres_password"] == after["postgres_password"] == GIVEN
    assert given["rabbitmq_url"] == before["rabbitmq_url"]


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "other"]
    for folder in folders:
        folder.mkdir()
    one, other = map(made, folders)
    assert not set(one.values()) & set(other.values())


def test_the_services_can_read_their_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = made(tmp_path, GIVEN)
    monkeypatch.chdir(tmp_path)
    for name, value in SERVICES["worker"]["environment"].items():
        default = re.sub(r"\$\{\w+:?-(.*)\}", r"\1", value)
        monkeypatch.setenv(name, default.replace(FOLDER, f"{tmp_path}/"))
    settings = load({})
    assert settings.postgres_url == "postgresql://postgres:o%27r%20%22%5C%C3%A4%2F%3A%40@postgres:5432/analytics"
    assert settings.rabbitmq_url
    assert settings.rabbitmq_url.get_secret_value() == files["rabbitmq_url"]


def test_rabbitmq_knows_the_user_of_the_url_and_no_other(tmp_path: Path) -> None:
    files = made(tmp_path)
    (user,) = json.loads(files["rabbitmq_definitions.json"])["users"]
    hashed = b64decode(user["password_hash"])
    assert hashed[4:] == sha256(hashed[:4] + files["rabbitmq_password"].encode()).digest()
    assert files["rabbitmq_url"] == f"amqp://{user['name']}:{files['rabbitmq_password']}@rabbitmq:5672/"


def test_rights_and_policy_are_those_of_our_queues(tmp_path: Path) -> None:
    definitions = json.loads(made(tmp_path)["rabbitmq_definitions.json"])
    (policy,), (rights,) = definitions["policies"], definitions["permissions"]
    topology = Topology(10, 1, str(FIELDS["HOURMILL_QUEUE_PREFIX"].default))
    for pattern in (policy["pattern"], rights["configure"], rights["write"], rights["read"]):
        assert re.search(pattern, topology.queue(9))
        assert re.search(pattern, topology.dead_letters())
        assert not re.search(pattern, "somebody.elses")
    assert policy["definition"] == {"delivery-limit": -1}


def checked(port: int, path: str) -> int:
    """The exit code of the image's health check."""
    check = [sys.executable, str(ROOT / "deploy/healthcheck.py"), path]
    environment = os.environ | {"PORT": str(port), "http_proxy": "http://127.0.0.1:1"}
    return subprocess.run(check, env=environment, capture_output=True, check=False, timeout=PATIENCE_S).returncode


def test_the_health_check_asks_the_service(service: RunningService) -> None:
    assert [checked(service.port, path) for path in ("/health", "/readyz", "/nothing")] == [0, 0, 1]


def test_the_health_check_fails_where_nothing_listens(unused_tcp_port: int) -> None:
    assert checked(unused_tcp_port, "/health") == 1
