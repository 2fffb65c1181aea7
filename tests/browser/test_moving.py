"""Clicks, keys and the address: each leads to the same view."""

from urllib.parse import parse_qs

import pytest
from tests.browser.chromium import LOG_DAYS, Dashboard
from tests.browser.conftest import Tabs
from tests.service import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="session")

TOP = "example.com/blog/tags/puppet"
PERIODS = {"d": "today", "e": "yesterday", "h": "24h", "w": "7d", "m": "month", "y": "year", "l": "12mo"}


def asked(dash: Dashboard) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(dash.query, keep_blank_values=True).items()}


async def shown_views(dash: Dashboard) -> int:
    return int((await dash.text("#figures .value >> nth=0")).replace(",", ""))


async def test_a_press_on_a_page_shows_that_page_alone_until_it_is_removed(dash: Dashboard) -> None:
    everything = await shown_views(dash)
    await dash.page.click(f"#pages .pick:has-text('{TOP}')")
    await dash.page.wait_for_selector("#sentence .off")
    await dash.stands()
    assert asked(dash)["page"] == TOP
    assert await shown_views(dash) == dash.answer("totals", f"{LOG_DAYS}&page={TOP}")["views"] < everything
    await dash.page.click("#sentence .off")
    await dash.stands()
    assert "page" not in asked(dash)
    assert await shown_views(dash) == everything


async def test_a_press_on_a_site_shows_that_site(dash: Dashboard) -> None:
    await dash.page.click("#sites .pick")
    await dash.page.wait_for_selector("#sentence .off")
    assert asked(dash)["site"] == "example.com"


async def test_pages_without_a_site_can_be_shown(tabs: Tabs, own_service: RunningService) -> None:
    batch = {"rooted": {"2015-05-17T10:00:00Z": 3}, "example.com/": {"2015-05-17T10:00:00Z": 2}}
    own_service.post("/page-views/multi", batch)
    dash = await tabs.tab(own_service)
    await dash.open()
    await dash.page.click("#sites .pick:has-text('(no site)')")
    await dash.page.wait_for_selector("#sentence .off")
    await dash.stands()
    assert asked(dash)["site"] == ""
    assert await shown_views(dash) == 3


async def test_pages_that_begin_alike_can_be_shown(dash: Dashboard) -> None:
    await dash.page.click("#sentence .word >> nth=0")
    await dash.page.select_option(".menu:popover-open select", "prefix")
    await dash.page.fill(".menu:popover-open input", "example.com/blog/")
    await dash.page.press(".menu:popover-open input", "Enter")
    await dash.stands()
    assert await shown_views(dash) == dash.answer("totals", f"{LOG_DAYS}&prefix=example.com/blog/")["views"]


async def test_back_and_forward_lead_where_they_should(dash: Dashboard) -> None:
    before = (dash.page.url, await dash.sentence(), await shown_views(dash))
    await dash.page.click("#pages .pick >> nth=0")
    await dash.page.wait_for_selector("#sentence .off")
    await dash.stands()
    after = (dash.page.url, await dash.sentence(), await shown_views(dash))
    await dash.page.go_back()
    await dash.page.wait_for_selector("#sentence .off", state="detached")
    await dash.stands()
    assert (dash.page.url, await dash.sentence(), await shown_views(dash)) == before
    await dash.page.go_forward()
    await dash.page.wait_for_selector("#sentence .off")
    await dash.stands()
    assert (dash.page.url, await dash.sentence(), await shown_views(dash)) == after


async def test_the_address_holds_all_that_is_shown(dash: Dashboard) -> None:
    query = f"site=example.com&{LOG_DAYS}&tz=Europe%2FBerlin&interval=day&compare=year&search=blog&sort=name"
    await dash.open(query)
    assert set(dash.query.split("&")) == set(query.split("&"))
    days = "17 \N{EN DASH} 20 May 2015"
    assert await dash.sentence() == f"Views of example.com, {days}, against the year before, on Berlin time"
    assert await dash.text("#intervals [aria-pressed=true]") == "day"
    assert await dash.page.input_value("#pages input") == "blog"
    names = await dash.page.locator("#pages tbody .name").all_text_contents()
    assert names == sorted(names)
    assert all("blog" in name for name in names)
    assert await dash.page.get_attribute("#pages th:first-child", "aria-sort") == "ascending"


async def test_each_period_has_its_key(dash: Dashboard) -> None:
    for key, period in PERIODS.items():
        await dash.page.keyboard.press(key)
        assert asked(dash) == {"period": period}
    await dash.press("t")
    assert asked(dash) == {}
    assert "the last 30 days" in await dash.sentence()


async def test_arrows_go_to_the_period_before_and_after(dash: Dashboard) -> None:
    await dash.page.keyboard.press("ArrowLeft")
    assert asked(dash) == {"from": "2015-05-13", "to": "2015-05-16"}
    await dash.press("ArrowRight", "ArrowRight")
    assert asked(dash) == {"from": "2015-05-21", "to": "2015-05-24"}
    await dash.open("from=2015-05-01&to=2015-05-31")
    await dash.page.keyboard.press("ArrowLeft")
    assert asked(dash) == {"from": "2015-04-01", "to": "2015-04-30"}
    await dash.open("from=2016-01-01&to=2016-12-31")
    await dash.page.keyboard.press("ArrowLeft")
    assert asked(dash) == {"from": "2015-01-01", "to": "2015-12-31"}


async def test_the_time_to_come_cannot_be_gone_to(dash: Dashboard) -> None:
    await dash.press("d")
    assert await dash.page.is_disabled("#after")
    await dash.press("ArrowRight")
    assert asked(dash) == {"period": "today"}


async def test_a_letter_changes_interval_and_comparison(dash: Dashboard) -> None:
    await dash.press("i")
    assert asked(dash)["interval"] == "day"
    await dash.press("x")
    assert asked(dash)["compare"] == "none"
    assert await dash.page.locator("#legend .before").count() == 0
    await dash.press("x")
    assert "compare" not in asked(dash)
    assert await dash.page.locator("#legend .before").count() == 1


async def test_days_of_ones_own_can_be_chosen_by_keyboard_alone(dash: Dashboard) -> None:
    await dash.page.keyboard.press("c")
    await dash.page.fill("[aria-label='First day']", "2015-05-18")
    await dash.page.fill("[aria-label='Last day']", "2015-05-18")
    await dash.press("Enter")
    assert asked(dash) == {"from": "2015-05-18", "to": "2015-05-18"}
    assert "Monday, 18 May 2015" in await dash.sentence()


async def test_what_is_open_is_closed_by_escape_before_a_filter_is(dash: Dashboard) -> None:
    await dash.open(f"{LOG_DAYS}&site=example.com")
    for key, opened in (("c", ".menu:popover-open"), ("?", "dialog[open]")):
        await dash.page.keyboard.press(key)
        await dash.page.wait_for_selector(opened)
        await dash.press("Escape")
        assert await dash.page.locator(opened).count() == 0
        assert asked(dash)["site"] == "example.com"
    await dash.press("Escape")
    assert "site" not in asked(dash)


async def test_a_press_on_a_bar_shows_that_day(dash: Dashboard) -> None:
    await dash.open(f"{LOG_DAYS}&interval=day")
    box = await dash.page.locator("#chart .u-over").bounding_box()
    assert box is not None
    await dash.page.click("#chart .u-over", position={"x": box["width"] * 3 / 8, "y": box["height"] - 5})
    await dash.page.wait_for_url("**from=2015-05-18**")
    assert asked(dash) == {"from": "2015-05-18", "to": "2015-05-18"}


async def test_a_drag_over_bars_shows_their_days(dash: Dashboard) -> None:
    await dash.open(f"{LOG_DAYS}&interval=day")
    box = await dash.page.locator("#chart .u-over").bounding_box()
    assert box is not None
    y = box["y"] + box["height"] / 2
    await dash.page.mouse.move(box["x"] + box["width"] * 3 / 8, y)
    await dash.page.mouse.down()
    await dash.page.mouse.move(box["x"] + box["width"] * 5 / 8, y, steps=4)
    await dash.page.mouse.up()
    await dash.page.wait_for_url("**from=2015-05-18**")
    assert asked(dash) == {"from": "2015-05-18", "to": "2015-05-19"}


async def test_focus_is_not_lost_when_a_choice_is_made(dash: Dashboard) -> None:
    await dash.page.focus("#intervals button:has-text('day')")
    await dash.press("Enter")
    assert await dash.page.evaluate("document.activeElement.textContent") == "day"
    await dash.page.focus("#pages .pick")
    await dash.press("Enter")
    assert await dash.page.evaluate("document.activeElement.className") == "word"


async def test_what_an_address_cannot_mean_is_left_out(dash: Dashboard) -> None:
    await dash.open("from=yesterday&to=2015-13-45&interval=minute&compare=all&sort=size&period=week&tz=")
    assert "the last 30 days" in await dash.sentence()
    assert dash.complaints == []


async def test_hours_are_said_in_the_zone_that_is_shown(dash: Dashboard) -> None:
    await dash.open("from=2015-05-18T22:00:00Z&to=2015-05-19T04:00:00Z&tz=Europe/Berlin")
    assert "19 May 00:00 \N{EN DASH} 19 May 06:00" in await dash.sentence()
    await dash.press("ArrowRight")
    assert asked(dash)["from"] == "2015-05-19T04:00:00Z"


async def test_the_same_key_again_is_no_step_back(dash: Dashboard) -> None:
    await dash.press("y", "y", "y")
    await dash.page.go_back()
    await dash.stands()
    assert "17 \N{EN DASH} 20 May 2015" in await dash.sentence()


async def test_arrows_work_after_a_search(tabs: Tabs, own_service: RunningService) -> None:
    dash = await tabs.tab(own_service)
    year = int(dash.answer("totals", "period=year")["range"]["from"][:4])
    own_service.post("/page-views/single", {"page": "example.com/blog", "timestamp": f"{year}-01-01T10:00:00Z"})
    await dash.open("period=year")
    await dash.page.fill("#pages input", "blog")
    await dash.page.wait_for_url("**search=blog**")
    await dash.page.click("#before")
    assert asked(dash)["from"] == f"{year - 1}-01-01"
