"""Fixtures of all tests."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from tests.service import RunningService, running_service

StartService = Callable[..., RunningService]


def pytest_configure() -> None:
    """Let no test of generated cases fail because the machine is slow."""
    settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("patient")


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
