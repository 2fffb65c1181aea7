"""Lists: searching them, turning them, taking them and every other panel as CSV."""

import pytest
from tests.browser.chromium import LOG_DAYS, Dashboard
from tests.browser.conftest import Tabs
from tests.service import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_search_shows_pages_that_have_it(dash: Dashboard) -> None:
    await dash.page.keyboard.press("/")
    await dash.page.keyboard.type("XDOTOOL")
    await dash.page.wait_for_url("**search=XDOTOOL**")
    await dash.stands()
    names = await dash.page.locator("#pages tbody .name").all_text_contents()
    expected = dash.answer("pages", f"{LOG_DAYS}&search=xdotool")["pages"]
    assert names == [row["page"] for row in expected]
    await dash.page.fill("#pages input", "no such page")
    await dash.page.wait_for_selector("#pages p.none:visible")
    assert "no such page" in await dash.text("#pages p.none")


async def test_lists_can_be_turned(dash: Dashboard) -> None:
    first = await dash.page.locator("#pages tbody .name").all_text_contents()
    await dash.page.click("#pages .paging button:has-text('Next')")
    await dash.page.wait_for_url("**after=**")
    await dash.stands()
    second = await dash.page.locator("#pages tbody .name").all_text_contents()
    assert [row["page"] for row in dash.answer("pages", f"{LOG_DAYS}&limit=20")["pages"]] == first + second
    await dash.page.click("#pages .paging button:has-text('First')")
    await dash.stands()
    assert await dash.page.locator("#pages tbody .name").all_text_contents() == first


async def test_every_panel_has_its_numbers_as_csv(dash: Dashboard) -> None:
    links = await dash.page.locator("a.csv").all()
    names = set()
    for link in links:
        target = str(await link.get_attribute("href"))
        answer = dash.service.get(f"/{target}")
        assert (answer.status, answer.headers["content-type"].partition(";")[0]) == (200, "text/csv"), target
        assert answer.body.count(b"\n") > 1
        names.add(target.partition("?")[0])
    assert names == {"v1/totals", "v1/timeseries", "v1/pages", "v1/sites", "v1/heatmap", "v1/live"}


async def test_a_list_as_csv_has_more_than_is_shown(tabs: Tabs, own_service: RunningService) -> None:
    hour = {"2015-05-17T10:00:00Z": 1}
    for numbers in (range(5_000), range(5_000, 10_001)):
        batch = {f"example.com/{number}": hour for number in numbers}
        assert own_service.post("/page-views/multi", batch).status == 200
    dash = await tabs.tab(own_service)
    await dash.open()
    for noun, lines, part in (("page", 10_001, "-part"), ("site", 2, "")):
        link = dash.page.locator(f"a[data-csv={noun}s]")
        assert await link.get_attribute("title") == f"The first 10,000 {noun}s"
        async with dash.page.expect_download() as downloading:
            await link.click()
        saved = await downloading.value
        assert saved.suggested_filename == f"hourmill-{noun}s-20150517T0000-20150521T0000{part}.csv"
        assert (await saved.path()).read_bytes().count(b"\n") == lines
