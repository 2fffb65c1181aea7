"""The page at /docs in a browser: readable for everybody, at every width, with nothing from elsewhere."""

from pathlib import Path

import pytest
from tests.browser.chromium import Looks
from tests.browser.conftest import Tabs
from tests.browser.test_looks import VIEWS, WIDER_THAN_THE_WINDOW, findings
from tests.client import HOST
from tests.service import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("looks", VIEWS, ids=str)
async def test_the_description_of_the_api_is_readable(
    tabs: Tabs, service: RunningService, looks: Looks, pictures: Path
) -> None:
    tab = await tabs.tab(service, looks)
    await tab.page.goto(f"http://{HOST}:{service.port}/docs")
    await tab.page.screenshot(path=pictures / f"docs-{looks.width}-{looks.colours}.png", full_page=True)
    assert await findings(tab) == []
    assert not await tab.page.evaluate(WIDER_THAN_THE_WINDOW)
    assert tab.hosts == {f"{HOST}:{service.port}"}
    assert tab.complaints == []
