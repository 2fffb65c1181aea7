"""What the dashboard shows is what the API says, and what the data file holds."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from tests.browser.chromium import LOG_DAYS, Dashboard, Looks
from tests.browser.conftest import Tabs
from tests.client import HOST
from tests.command import run
from tests.service import RunningService

pytestmark = pytest.mark.asyncio(loop_scope="session")

# how many pixels have the colour of a bar, or a tint of it: red over green over blue
BARS = """
() => {
  const canvas = document.querySelector("#chart canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let count = 0;
  for (let i = 0; i < data.length; i += 4) {
    const [red, green, blue, alpha] = data.slice(i, i + 4);
    if (alpha > 200 && red > green + 30 && green > blue + 30) count++;
  }
  return count / (canvas.width * canvas.height);
}
"""


def number(text: str) -> int:
    return int(text.replace(",", ""))


async def test_the_days_of_the_log_show_its_views(dash: Dashboard) -> None:
    with closing(sqlite3.connect(dash.service.data_file)) as connection:
        views, pages = connection.execute("SELECT sum(views), count(DISTINCT page) FROM page_views").fetchone()
    assert (await dash.texts("#figures .value"))[:2] == [f"{views:,}", f"{pages:,}"]
    assert views > 2_000


async def test_the_cards_say_what_the_api_says(dash: Dashboard) -> None:
    totals = dash.answer("totals")
    values = await dash.texts("#figures .value")
    assert [number(value) for value in values[:3]] == [
        totals["views"],
        totals["pages"],
        round(totals["views_per_day"]),
    ]
    assert values[3] == totals["peak"]["start"][11:16]
    assert f"{totals['peak']['views']} views" in await dash.text("#figures .card:last-child .note")


async def test_the_lists_say_what_the_api_says(dash: Dashboard) -> None:
    for noun in ("page", "site"):
        rows = dash.answer(f"{noun}s")[f"{noun}s"]
        names = await dash.page.locator(f"#{noun}s tbody .name").all_text_contents()
        assert names == [row[noun] for row in rows][: len(names)]
        views = await dash.texts(f"#{noun}s tbody .views")
        assert [number(count) for count in views] == [row["views"] for row in rows][: len(views)]
        assert len(names) == min(len(rows), 10)


async def test_the_week_says_what_the_api_says(dash: Dashboard) -> None:
    cells = dash.answer("heatmap")["cells"]
    shown = await dash.page.locator("#heatmap tbody td").all_text_contents()
    assert [number(count) for count in shown] == [cell["views"] for cell in cells]
    assert await dash.page.get_attribute("#heatmap td.most", "title") == "Tuesday, 07:00 to 08:00: 63 views"


async def test_the_chart_is_drawn_and_can_be_read_as_a_table(dash: Dashboard) -> None:
    assert await dash.page.evaluate(BARS) > 0.05
    buckets = dash.answer("timeseries", f"{LOG_DAYS}&interval=hour")["buckets"]
    await dash.page.click("#chart-table summary")
    await dash.page.wait_for_selector("#chart-table tbody tr:nth-child(96)")
    rows = await dash.page.locator("#chart-table tbody tr").all_text_contents()
    assert len(rows) == len(buckets) == 96
    assert [number(text) for text in await dash.texts("#chart-table tbody td:nth-child(2)")] == [
        bucket["views"] for bucket in buckets
    ]
    assert "2,279 views in all" in str(await dash.page.get_attribute("#chart .stage", "aria-label"))


async def test_the_pointer_shows_the_values_of_a_bucket(dash: Dashboard) -> None:
    box = await dash.page.locator("#chart .u-over").bounding_box()
    assert box is not None
    buckets = dash.answer("timeseries", f"{LOG_DAYS}&interval=hour")["buckets"]
    tenth = box["width"] * (10.5 / len(buckets))
    await dash.page.hover("#chart .u-over", position={"x": tenth, "y": 40})
    assert (await dash.text("#chart .tip")).splitlines()[:2] == [f"{buckets[10]['views']} views", "Sun 17 May, 10:00"]


async def test_views_of_now_are_said_to_be_those_since_somebody_watched(
    tabs: Tabs, own_service: RunningService
) -> None:
    dash = await tabs.tab(own_service, Looks(zone="Asia/Tokyo"))
    await dash.open("")
    since = datetime.fromisoformat(dash.answer("live", "format=json")["since"]) + timedelta(hours=9)
    await dash.page.wait_for_selector(f"#pulse:has-text('0 since {since:%H:%M}')")
    own_service.post("/page-views/single", {"page": "example.com/now", "timestamp": datetime.now(UTC).isoformat()})
    await dash.page.wait_for_selector(f"#live svg[aria-label='1 view since {since:%H:%M}']", state="attached")


async def test_days_begin_where_the_zone_has_them_begin(tabs: Tabs, log_service: RunningService) -> None:
    dash = await tabs.tab(log_service, Looks(zone="Asia/Tokyo"))
    await dash.open("from=2015-05-17&to=2015-05-17")
    expected = dash.answer("totals", "from=2015-05-17&to=2015-05-17&tz=Asia/Tokyo")["views"]
    assert number(await dash.text("#figures .value >> nth=0")) == expected
    assert "Tokyo" in await dash.sentence()
    assert expected != dash.answer("totals", "from=2015-05-17&to=2015-05-17")["views"]


async def test_edges_that_are_not_exact_are_said(tabs: Tabs, log_service: RunningService) -> None:
    dash = await tabs.tab(log_service)
    await dash.open(f"{LOG_DAYS}&tz=Asia/Kathmandu")
    assert "up to an hour early" in await dash.text("#complete")
    title = str(await dash.page.get_attribute("#heatmap td.most", "title"))
    assert title == "Tuesday, 12:45 to 13:45: 63 views"
    assert await dash.text("#heatmap .reading") == f"Busiest: {title} (hours of this zone begin at 45 past)"
    await dash.open(LOG_DAYS)
    assert (await dash.text("#complete")).startswith("Complete up to ")
    assert "nearest" not in await dash.text("#complete")


async def test_days_that_are_kept_as_a_whole_are_said(tabs: Tabs, own_service: RunningService) -> None:
    own_service.post("/page-views/multi", {"example.com/": {"2015-05-17T10:00:00Z": 1}})
    database = f"sqlite:///{own_service.data_file}"
    run(own_service.folder, "clean", "--database", database, settings={"HOURMILL_RETENTION_HOURLY_DAYS": "30"})
    dash = await tabs.tab(own_service)
    await dash.open(f"{LOG_DAYS}&tz=Europe/Berlin")
    assert "hours are not kept any more" in await dash.text("#complete")


async def test_numbers_are_written_in_the_language_of_the_reader(tabs: Tabs, log_service: RunningService) -> None:
    dash = await tabs.tab(log_service, Looks(language="de-DE"))
    await dash.open()
    assert await dash.text("#figures .value >> nth=0") == "2.279"


async def test_large_numbers_are_short_and_whole_under_the_pointer(tabs: Tabs, own_service: RunningService) -> None:
    own_service.post("/page-views/multi", {"example.com/": {"2015-05-17T10:00:00Z": 123_456_789}})
    dash = await tabs.tab(own_service)
    await dash.open()
    shown = dash.page.locator("#figures .value >> nth=0")
    assert (await shown.inner_text(), await shown.get_attribute("title")) == ("123m", "123,456,789")


async def test_the_running_bucket_is_marked(tabs: Tabs, own_service: RunningService) -> None:
    dash = await tabs.tab(own_service)
    await dash.open("")
    await dash.page.wait_for_selector("#notice pre")
    line = (await dash.text("#notice pre")).replace("\\\n", "")
    assert f"{HOST}:{own_service.port}/page-views/single" in line
    timestamp = line.partition('"timestamp":"')[2].partition('"')[0]
    own_service.post("/page-views/single", {"page": "example.com/now", "timestamp": timestamp})
    await dash.open("period=today")
    assert "still running" in await dash.text("#legend")
    assert await dash.page.evaluate(BARS) > 0


async def test_nobody_else_is_asked_and_the_console_stays_silent(dash: Dashboard) -> None:
    await dash.press("t", "w", "x", "Escape")
    assert dash.hosts == {f"{HOST}:{dash.service.port}"}
    assert dash.complaints == []
