"""A page of another origin that the settings list counts a view and reads the report, as a browser lets it."""

import pytest
from playwright.async_api import Browser
from tests.acceptance.routes import SINGLE, TEN
from tests.client import HOST
from tests.conftest import StartService
from tests.service import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="session")

COUNT_AND_READ = """async ([service, route, view]) => {
    const headers = {"content-type": "application/json", "idempotency-key": "from-a-browser"};
    await fetch(service + route, {method: "POST", headers, body: JSON.stringify(view)});
    const report = await fetch(`${service}/report?page=${view.page}&now=${view.timestamp}&order=desc&take=1`);
    return (await report.json()).data[0].v;
}"""


async def test_a_listed_page_counts_and_reads(
    browser: Browser, log_service: RunningService, start_service: StartService
) -> None:
    origin = f"http://{HOST}:{log_service.port}"  # any other server
    service = start_service({"HOURMILL_CORS_ORIGINS": origin})
    page = await browser.new_page()
    await page.goto(f"{origin}/health")
    view = {"page": "shop.example/", "timestamp": TEN}
    assert await page.evaluate(COUNT_AND_READ, [f"http://{HOST}:{service.port}", SINGLE, view]) == 1
    await page.close()
