"""Fixtures of the tests in a browser."""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser
from tests.browser.chromium import Dashboard, Looks, chromium, dashboard, import_log
from tests.conftest import on_the_terminal
from tests.documents import ROOT
from tests.servers.install import browser as browser_program
from tests.service import RunningService, running_service

PICTURES = ROOT / "tests/browser/results"


class Tabs:
    """Opens tabs of one test; with it they are closed."""

    def __init__(self, browser: Browser, stack: AsyncExitStack) -> None:
        self._browser = browser
        self._stack = stack

    async def tab(self, service: RunningService, looks: Looks = Looks()) -> Dashboard:  # noqa: B008 it is frozen
        """An empty tab, for the dashboard of a service."""
        opened: AbstractAsyncContextManager[Dashboard] = dashboard(self._browser, service, looks)
        return await self._stack.enter_async_context(opened)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(pytestconfig: pytest.Config) -> AsyncIterator[Browser]:
    """One Chromium for all tests."""
    with on_the_terminal(pytestconfig):
        browser_program()
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="session")
async def tabs(browser: Browser) -> AsyncIterator[Tabs]:
    """Opens tabs of one test."""
    async with AsyncExitStack() as stack:
        yield Tabs(browser, stack)


@pytest.fixture(scope="session")
def log_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service that has counted the log of the tests, and counts nothing else."""
    folder = tmp_path_factory.mktemp("log-service")
    import_log(folder)
    with running_service(folder) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def dash(tabs: Tabs, log_service: RunningService) -> Dashboard:
    """The dashboard with the log, its days open."""
    opened = await tabs.tab(log_service)
    await opened.open()
    return opened


@pytest.fixture
def pictures() -> Path:
    """Where screenshots are put, for people to look at."""
    PICTURES.mkdir(exist_ok=True)
    return PICTURES
