"""What would be open to everybody is refused at the start, with what to do; or warned of, if somebody wants it so."""

from pathlib import Path

import pytest
from tests.acceptance.routes import GOOD, SINGLE
from tests.command import run
from tests.conftest import StartService
from tests.contract.postgres_store import until

from hourmill.cli.options import Exit

NOBODY = "192.0.2.1"  # a documentation address: nobody answers there
OUTSIDE = {"HOURMILL_HOST": "0.0.0.0"}
KNOWN_TO_ALL = [
    {"DATABASE_URL": f"postgresql://postgres:postgres@{NOBODY}/d"},
    {"POSTGRES_HOST": NOBODY, "POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": "postgres"},
    {"POSTGRES_HOST": "localhost", "RABBITMQ_URL": f"amqp://guest:guest@{NOBODY}/"},
    {"POSTGRES_HOST": "localhost", "RABBITMQ_URL": f"amqp://{NOBODY}"},
    {"POSTGRES_HOST": "localhost", "RABBITMQ_URL": "amqp://guest@rabbitmq.example"},
]


@pytest.mark.parametrize(
    ("host", "command"),
    [
        ("0.0.0.0", ["serve"]),
        ("::", ["serve"]),
        (NOBODY, ["serve"]),
        ("0.0.0.0", ["api"]),
        ("0.0.0.0", ["api", "--workers", "2"]),
    ],
)
def test_an_address_that_others_reach_is_refused_until_somebody_says_who_may(
    tmp_path: Path, host: str, command: list[str]
) -> None:
    store = {} if command == ["serve"] else {"DATABASE_URL": "postgresql://localhost/d"}
    done = run(tmp_path, *command, settings={"HOURMILL_HOST": host} | store)
    assert done.returncode == Exit.SETTINGS
    for named in (f"HOURMILL_HOST={host}", "HOURMILL_ACCESS=both", "HOURMILL_ACCESS=open", "hourmill keys create"):
        assert named in done.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mode", ["open", "write", "read", "both"])
def test_it_is_listened_on_once_somebody_says_who_may(start_service: StartService, mode: str) -> None:
    service = start_service(OUTSIDE | {"HOURMILL_ACCESS": mode})
    assert service.post(SINGLE, GOOD).status == (200 if mode in {"open", "read"} else 401)
    service.stop()
    warned = "everybody who reaches this address may count and read" in service.log_file.read_text()
    assert warned == (mode == "open")


@pytest.mark.parametrize(("mode", "with_key"), [("open", 0), ("write", 1), ("read", 1), ("both", 2)])
async def test_the_greeting_sends_a_key_where_one_is_needed(
    start_service: StartService, mode: str, with_key: int
) -> None:
    service = start_service({"HOURMILL_ACCESS": mode})
    await until(lambda: bool(service.logged("started")))
    service.stop()
    assert service.log_file.read_text().count("-H 'authorization: Bearer hm_...'") == with_key


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_an_address_of_this_machine_only_needs_no_word(start_service: StartService, host: str) -> None:
    service = start_service({"HOURMILL_HOST": host})
    service.stop()
    assert "everybody" not in service.log_file.read_text()


@pytest.mark.parametrize(
    ("settings", "command"),
    [*((settings, "serve") for settings in KNOWN_TO_ALL), (KNOWN_TO_ALL[0], "api"), (KNOWN_TO_ALL[0], "worker")],
)
def test_a_password_that_everybody_knows_is_refused_for_another_machine(
    tmp_path: Path, settings: dict[str, str], command: str
) -> None:
    if command == "worker":
        settings = {"RABBITMQ_URL": "amqp://localhost"} | settings
    done = run(tmp_path, command, settings=settings)
    assert done.returncode == Exit.SETTINGS
    assert "everybody knows" in done.stderr
    assert "HOURMILL_DEFAULT_CREDENTIALS=warn" in done.stderr
    assert "guest" not in done.stderr
