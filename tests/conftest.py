"""Fixtures of all tests."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
import structlog
from hypothesis import HealthCheck, settings
from tests.cluster import Cluster
from tests.servers.install import postgres_programs, rabbitmq_programs
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.process import awaited
from tests.servers.rabbitmq import RabbitMQNode, rabbitmq_node
from tests.service import RunningService, running_service

StartService = Callable[..., RunningService]


def pytest_configure() -> None:
    """Let no test of generated cases fail because the machine is slow."""
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")


@pytest.fixture(autouse=True)
def log_of_its_own() -> Iterator[None]:
    """A command that runs within a test's process sets the log for that test only."""
    yield
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """One service for all tests that do not mind what it holds already."""
    with running_service(tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def own_service(tmp_path: Path) -> Iterator[RunningService]:
    """A service with an empty data file for one test."""
    with running_service(tmp_path) as running:
        yield running


@pytest.fixture
def start_service(tmp_path: Path) -> Iterator[StartService]:
    """Starts services of one test under given settings, as running_service does; ends them with it."""
    with ExitStack() as stack:
        yield lambda settings=None: stack.enter_context(running_service(tmp_path, settings))


@pytest.fixture
def page() -> str:
    """A page of this test only."""
    return f"example.com/{uuid4()}"


@pytest.fixture(scope="session")
def postgres(pytestconfig: pytest.Config) -> Iterator[PostgresServer]:
    """One PostgreSQL for all tests; who stops it starts it again."""
    if given := os.environ.get("HOURMILL_TEST_DATABASE_URL"):
        yield PostgresServer(given)
        return
    with on_the_terminal(pytestconfig):
        postgres_programs()
    # not below tmp_path_factory: only its owner may enter there, and PostgreSQL runs as another user than root
    with tempfile.TemporaryDirectory(prefix="hourmill-postgres-") as folder, postgres_server(Path(folder)) as server:
        yield server


@pytest.fixture
def database_url(postgres: PostgresServer) -> str:
    """An empty database of this test only."""
    if not postgres.runs:  # a test failed before it started it again
        postgres.start()
    return postgres.create_database()


@pytest.fixture(scope="session")
def rabbitmq(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQNode]:
    """One RabbitMQ for all tests; who stops it starts it again."""
    if given := os.environ.get("HOURMILL_TEST_RABBITMQ_URL"):
        yield RabbitMQNode(given)
        return
    with on_the_terminal(pytestconfig):
        rabbitmq_programs()
    with rabbitmq_node(tmp_path_factory.mktemp("rabbitmq")) as node:
        yield node


@pytest.fixture
def queue_prefix() -> str:
    """What the names of a test's queues begin with, so that tests share a broker without meeting."""
    return f"t-{uuid4().hex[:12]}"


@pytest.fixture
def cluster(
    tmp_path: Path, postgres: PostgresServer, rabbitmq: RabbitMQNode, database_url: str, queue_prefix: str
) -> Iterator[Cluster]:
    """API and worker processes of one test, none yet; both servers run, before and after."""
    if not rabbitmq.runs:
        rabbitmq.start()
    cluster = Cluster(tmp_path, postgres, rabbitmq, database_url, queue_prefix)
    try:
        yield cluster
    finally:
        cluster.kill_all()
        broker_ran = rabbitmq.runs
        for server in (postgres, rabbitmq):
            if not server.runs:
                server.start()
        # Queues that are deleted while RabbitMQ 3.10 starts take the supervisor of all dead-lettering with them, and
        # from then on every quorum queue fails (INTERNAL_ERROR): they stay, under a prefix that nobody uses again.
        if broker_ran:
            awaited(cluster.remove_queues())


def on_the_terminal(config: pytest.Config) -> AbstractContextManager[None]:
    """Lets through what is said meanwhile: who waits for an installation sees why."""
    capture = config.pluginmanager.getplugin("capturemanager")
    assert capture is not None
    disabled: AbstractContextManager[None] = capture.global_and_fixture_disabled()
    return disabled
