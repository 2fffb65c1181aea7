"""When there is nothing to show: what is said, and how it ends."""

import asyncio
from asyncio.subprocess import DEVNULL

import pytest
from tests.acceptance.access_keys import make_key
from tests.browser.chromium import LOG_DAYS
from tests.browser.conftest import Tabs
from tests.client import PATIENCE_S
from tests.conftest import StartService
from tests.service import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_the_empty_service_says_how_to_count_and_shows_the_first_view(
    tabs: Tabs, own_service: RunningService
) -> None:
    dash = await tabs.tab(own_service)
    await dash.open("")
    await dash.page.wait_for_selector("#notice:has-text('Nothing is counted yet')")
    assert dash.complaints == []
    line = await dash.text("#notice pre")
    pasted = await asyncio.create_subprocess_exec("bash", "-c", line, stdout=DEVNULL, stderr=DEVNULL)
    assert await asyncio.wait_for(pasted.wait(), PATIENCE_S) == 0
    await dash.page.wait_for_selector("#notice", state="hidden")
    assert await dash.text("#figures .value >> nth=0") == "1"
    assert await dash.page.locator("#pages tbody .name").all_text_contents() == ["example.com/first"]


async def test_an_empty_period_leads_to_the_views_there_are(tabs: Tabs, log_service: RunningService) -> None:
    dash = await tabs.tab(log_service)
    await dash.open("")
    await dash.page.click("#notice button:has-text('Show them')")
    await dash.page.wait_for_url("**from=2015-05-01&to=2015-05-31")
    await dash.stands()
    assert await dash.text("#figures .value >> nth=0") == "2,279"
    assert "May 2015" in await dash.sentence()
    assert not await dash.page.is_visible("#notice")


async def test_a_name_without_views_leads_back_to_everything(tabs: Tabs, log_service: RunningService) -> None:
    dash = await tabs.tab(log_service)
    await dash.open(f"{LOG_DAYS}&site=example.org")
    await dash.page.click("#notice button:has-text('Show everything')")
    await dash.page.wait_for_selector("#notice", state="hidden")
    assert await dash.text("#figures .value >> nth=0") == "2,279"


async def test_a_service_that_is_away_is_asked_again_until_it_is_back(tabs: Tabs, own_service: RunningService) -> None:
    own_service.post("/page-views/multi", {"example.com/": {"2015-05-17T10:00:00Z": 7}})
    dash = await tabs.tab(own_service)
    await dash.open()
    own_service.stop()
    await dash.page.keyboard.press("ArrowLeft")
    await dash.page.wait_for_selector("#notice:has-text('The service does not answer')")
    assert await dash.page.is_visible("#notice :text-matches('^in [0-9]+ s$')")
    assert not await dash.page.is_visible("#report"), "numbers of another period would be taken for those of this one"
    own_service.start()
    await dash.page.keyboard.press("ArrowRight")
    await dash.stands()
    assert await dash.text("#figures .value >> nth=0") == "7"
    assert not await dash.page.is_visible("#notice")


async def test_a_service_that_is_back_is_found_without_a_key(tabs: Tabs, own_service: RunningService) -> None:
    own_service.post("/page-views/multi", {"example.com/": {"2015-05-13T10:00:00Z": 7}})
    dash = await tabs.tab(own_service)
    await dash.open("from=2015-05-13&to=2015-05-13")
    own_service.stop()
    await dash.page.keyboard.press("i")
    await dash.page.keyboard.press("x")
    await dash.page.wait_for_selector("#notice:has-text('The service does not answer')")
    own_service.start()
    await dash.page.wait_for_selector("#notice", state="hidden")
    assert await dash.text("#figures .value >> nth=0") == "7"


async def test_a_wrong_address_says_what_is_wrong_in_it(tabs: Tabs, log_service: RunningService) -> None:
    dash = await tabs.tab(log_service)
    await dash.page.goto(f"http://127.0.0.1:{log_service.port}/?{LOG_DAYS}&tz=Nowhere%2FAt_all")
    await dash.page.wait_for_selector("#notice:has-text('This cannot be shown')")
    assert "tz" in await dash.text("#notice li")
    await dash.page.click("#notice button:has-text('Start again')")
    await dash.stands()
    assert dash.query == ""


async def test_long_periods_do_without_the_week(tabs: Tabs, log_service: RunningService) -> None:
    dash = await tabs.tab(log_service)
    await dash.open("from=2005-01-01&to=2024-12-31")
    assert await dash.text("#figures .value >> nth=0") == "2,279"
    assert "up to 830 days" in await dash.text("#heatmap")
    assert dash.complaints == []


async def test_who_needs_a_key_signs_in_and_out(tabs: Tabs, start_service: StartService) -> None:
    closed = start_service({"HOURMILL_ACCESS": "read"})
    closed.post("/page-views/multi", {"example.com/": {"2015-05-17T10:00:00Z": 7}})
    dash = await tabs.tab(closed)
    await dash.page.goto(f"http://127.0.0.1:{closed.port}/?{LOG_DAYS}")
    await dash.page.fill("[aria-label='Access key']", "hm_wrong")
    await dash.page.press("[aria-label='Access key']", "Enter")
    await dash.page.wait_for_selector("#notice [role=alert]:not(:empty)")
    await dash.page.fill("[aria-label='Access key']", make_key(closed, "--scope", "read"))
    await dash.page.press("[aria-label='Access key']", "Enter")
    await dash.stands()
    assert await dash.text("#figures .value >> nth=0") == "7"
    await dash.page.reload()
    await dash.stands()
    await dash.page.click("#out")
    await dash.page.wait_for_selector("#notice:has-text('Sign in')")
    assert not await dash.page.is_visible("#report")


async def test_a_key_of_one_site_shows_that_site(tabs: Tabs, start_service: StartService) -> None:
    closed = start_service({"HOURMILL_ACCESS": "read"})
    hour = {"2015-05-17T10:00:00Z": 7}
    closed.post("/page-views/multi", {"example.com/": hour, "example.org/": hour})
    dash = await tabs.tab(closed)
    await dash.page.goto(f"http://127.0.0.1:{closed.port}/?{LOG_DAYS}")
    await dash.page.fill("[aria-label='Access key']", make_key(closed, "--scope", "read", "--site", "example.org"))
    await dash.page.press("[aria-label='Access key']", "Enter")
    await dash.stands()
    assert "Views of example.org" in await dash.sentence()
    assert await dash.text("#figures .value >> nth=0") == "7"
    await dash.press("Escape")
    await dash.page.wait_for_url("**site=example.org**")
