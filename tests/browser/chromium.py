"""A real Chromium on the real service, with what it says and asks for kept."""

import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright
from tests.client import HOST, PATIENCE_S
from tests.documents import ROOT
from tests.servers.install import browser as browser_program
from tests.service import COMMAND, RunningService

LOG = ROOT / "tests/data/access.log.gz"
LOG_DAYS = "from=2015-05-17&to=2015-05-20"  # all that the log has
PATIENCE_MS = 1000 * PATIENCE_S
FLAGS = [
    "--no-sandbox",  # the tests may run as root; the pages are ours
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class Looks(NamedTuple):
    """How a reader has set up the browser."""

    width: int = 1280
    height: int = 900
    colours: Literal["light", "dark"] = "light"
    language: str = "en-GB"
    zone: str = "UTC"


class Dashboard:
    """The dashboard in a tab of its own.

    complaints  what the console said that no dashboard should make it say
    hosts       whom the tab has asked
    """

    def __init__(self, page: Page, service: RunningService) -> None:
        self.page = page
        self.service = service
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        page.on("console", lambda message: self._heard(message.type, f"{message.text} {message.location['url']}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.hosts.add(urlsplit(request.url).netloc))

    async def open(self, query: str = LOG_DAYS) -> None:
        """Show a view, and wait until it stands."""
        await self.page.goto(f"http://{HOST}:{self.service.port}/{'?' if query else ''}{query}")
        await self.stands()

    async def stands(self) -> None:
        """Wait until all that was asked for is shown."""
        await self.page.wait_for_selector("body.loaded:not(.loading):not(.broken)")

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until what they ask for is shown."""
        for key in keys:
            await self.page.keyboard.press(key)
        await self.stands()

    async def text(self, selector: str) -> str:
        """What can be read there."""
        return (await self.page.inner_text(selector)).strip()

    async def sentence(self) -> str:
        """What the sentence says, without the button that removes a filter."""
        return " ".join(
            (await self.page.text_content("#sentence") or "").replace("\N{MULTIPLICATION SIGN}", "").split()
        )

    async def texts(self, selector: str) -> list[str]:
        """What can be read at each of them."""
        return [text.strip() for text in await self.page.locator(selector).all_inner_texts()]

    @property
    def query(self) -> str:
        """What the address holds."""
        return urlsplit(self.page.url).query

    def answer(self, path: str, query: str = LOG_DAYS) -> Any:
        """What the API says to the same question."""
        answer = self.service.get(f"/v1/{path}?{query}")
        assert answer.status == 200, answer
        return answer.json()

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A started browser."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_program(), args=FLAGS)
        yield browser
        await browser.close()


@asynccontextmanager
async def dashboard(browser: Browser, service: RunningService, looks: Looks) -> AsyncIterator[Dashboard]:
    """A tab without cookies, storage or cache."""
    context = await browser.new_context(
        viewport={"width": looks.width, "height": looks.height},
        color_scheme=looks.colours,
        locale=looks.language,
        timezone_id=looks.zone,
        reduced_motion="reduce",  # a picture does not depend on when it is taken
    )
    context.set_default_timeout(PATIENCE_MS)
    yield Dashboard(await context.new_page(), service)
    await context.close()


def import_log(folder: Path) -> None:
    """Count the log of the tests in the data file of a folder, as views of example.com."""
    database = f"sqlite:///{folder / 'hourmill.db'}"
    command = [COMMAND, "import", "access-log", "--database", database, "--site", "example.com", str(LOG)]
    subprocess.run(command, cwd=folder, env={}, check=True, capture_output=True)
