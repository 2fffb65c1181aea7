"""How it looks: narrow, dark, with names that nobody hoped for; and for those who do not see it."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from tests.browser.chromium import LOG_DAYS, Dashboard, Looks
from tests.browser.conftest import Tabs
from tests.service import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCRIPT = "<script>document.title='run'</script>/a"
NAMES = [
    SCRIPT,
    "\"><img src=x onerror=document.title='run'>/b",
    "javascript:document.title='run'",
    "example.com/" + "a-very-long-way/" * 100 + "end.html",
    "example.com/" + "x" * 2_000,
    "example.com/日本語/ページ",
    "example.com/مرحبا/صفحة",
    "example.com/?a=1&b=%3Cb%3E&lt;",
    "   spaces   /   within   ",
    "👩‍👩‍👧‍👦/" + "👩‍👩‍👧‍👦" * 30,
]
WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth > innerWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"
VIEWS = [Looks(width=1440), Looks(width=1440, colours="dark"), Looks(width=360), Looks(width=800, language="ar-EG")]


async def findings(dash: Dashboard, within: str = "html") -> list[Any]:
    """What axe finds serious or critical: rule, and where."""
    results = await Axe().run(dash.page, context=within)
    return [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in results.response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


@pytest.mark.parametrize("looks", VIEWS, ids=str)
async def test_axe_finds_nothing_serious(tabs: Tabs, log_service: RunningService, looks: Looks, pictures: Path) -> None:
    dash = await tabs.tab(log_service, looks)
    await dash.open(f"{LOG_DAYS}&site=example.com")
    await dash.page.screenshot(path=pictures / f"log-{looks.width}-{looks.colours}.png", full_page=True)
    assert await findings(dash) == []


async def test_axe_finds_nothing_serious_in_what_can_be_opened(dash: Dashboard) -> None:
    await dash.page.click("#chart-table summary")
    assert await findings(dash, "#chart-table") == []
    for word in range(4):
        await dash.page.click(f"#sentence .word >> nth={word}")
        await dash.page.wait_for_selector(".menu:popover-open")
        assert await findings(dash, ".menu:popover-open") == []
        await dash.press("Escape")
    await dash.press("?")
    assert await findings(dash, "dialog") == []


@pytest.mark.parametrize("query", [LOG_DAYS, f"{LOG_DAYS}&page=example.com/{'x' * 300}", "", f"{LOG_DAYS}&search=none"])
async def test_nothing_is_wider_than_a_telephone(tabs: Tabs, log_service: RunningService, query: str) -> None:
    dash = await tabs.tab(log_service, Looks(width=360, height=740))
    await dash.open(query)
    assert not await dash.page.evaluate(WIDER_THAN_THE_WINDOW)


async def test_names_are_text_whatever_is_in_them(tabs: Tabs, own_service: RunningService, pictures: Path) -> None:
    hours = {name: {"2015-05-17T10:00:00Z": 100 - index} for index, name in enumerate(NAMES)}
    assert own_service.post("/page-views/multi", hours).status == 200
    for looks in (Looks(), Looks(width=360)):
        dash = await tabs.tab(own_service, looks)
        await dash.open()
        assert await dash.page.locator("#pages tbody .name").all_text_contents() == NAMES
        titles = [await name.get_attribute("title") for name in await dash.page.locator("#pages tbody .name").all()]
        assert titles == NAMES
        assert not await dash.page.evaluate(WIDER_THAN_THE_WINDOW)
        await dash.page.screenshot(path=pictures / f"names-{looks.width}.png", full_page=True)
        await dash.page.click("#pages .pick >> nth=0")
        await dash.page.wait_for_selector("#sentence .off")
        await dash.stands()
        assert SCRIPT in await dash.sentence()
        assert await dash.page.locator("#report img, #report script, #sentence script").count() == 0
        assert await dash.page.title() == "Hourmill"
        assert dash.complaints == []


async def test_dark_and_light_follow_the_system_and_the_switch(tabs: Tabs, log_service: RunningService) -> None:
    light, dark = [await tabs.tab(log_service, Looks(colours=colours)) for colours in ("light", "dark")]
    for dash in (light, dark):
        await dash.open()
    by_day, by_night = [await dash.page.evaluate(GROUND) for dash in (light, dark)]
    assert by_day != by_night
    await light.page.click("#theme")
    assert await light.page.evaluate(GROUND) == by_day
    await light.page.click("#theme")
    assert await light.page.evaluate(GROUND) == by_night
    await light.open()
    assert await light.page.evaluate(GROUND) == by_night, "it is remembered"


async def test_who_goes_by_keyboard_sees_where(dash: Dashboard) -> None:
    for _ in range(6):
        await dash.page.keyboard.press("Tab")
        outline = await dash.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid", await dash.page.evaluate("document.activeElement.outerHTML")
