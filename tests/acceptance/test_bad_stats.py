"""Bad queries of statistics are refused, and every fault is named."""

import pytest
from tests.acceptance.answers import refused
from tests.acceptance.bad_stats import (
    BAD_COMPARISONS,
    BAD_FORMS,
    BAD_HEATMAPS,
    BAD_INTERVALS,
    BAD_PERIODS,
    BAD_RANKINGS,
    BAD_SCOPES,
    BAD_ZONES,
)
from tests.documents import rows, sections, text_of
from tests.service import RunningService

DOCUMENTED = rows(sections(text_of("docs/stats-api.md"))["Bad queries and their answers"])[2:]
ROUTES = {
    "totals": [*BAD_SCOPES, *BAD_PERIODS, *BAD_ZONES, *BAD_COMPARISONS, *BAD_FORMS],
    "timeseries": [*BAD_INTERVALS, *BAD_COMPARISONS, BAD_ZONES[0], BAD_SCOPES[0]],
    "pages": [*BAD_RANKINGS, *BAD_COMPARISONS, BAD_ZONES[0], BAD_SCOPES[0]],
    "sites": [*BAD_RANKINGS[:5], BAD_RANKINGS[-1], BAD_ZONES[0], BAD_SCOPES[0]],
    "heatmap": [*BAD_HEATMAPS, BAD_ZONES[0], BAD_SCOPES[0], BAD_FORMS[0]],
}
BAD = [(f"/v1/{route}?{query}", parameters) for route, queries in ROUTES.items() for query, parameters in queries]
NOT_UTF_8 = ["page=%ff", "search=%C3", "tz=%ED%A0%80", "other=%FE", "%FF=1"]


@pytest.mark.parametrize(("target", "parameters"), BAD)
def test_a_bad_query_of_statistics_is_refused(service: RunningService, target: str, parameters: list[str]) -> None:
    assert refused(service.get(target), 400) == [{"parameter": name} for name in parameters]


def test_every_fault_of_a_query_is_named(service: RunningService) -> None:
    query = "sort=x&limit=0&period=x&compare=x&format=x&search=a&search=b"
    named = [error["parameter"] for error in refused(service.get(f"/v1/pages?{query}"), 400)]
    assert named == ["search", "period", "compare", "sort", "limit", "format"]
    named = [error["parameter"] for error in refused(service.get("/v1/pages?page=&tz=x&from=x&to=y"), 400)]
    assert named == ["page", "tz", "from", "to"]


@pytest.mark.parametrize("query", NOT_UTF_8)
def test_a_query_of_statistics_that_is_not_utf_8_is_refused(service: RunningService, query: str) -> None:
    assert len(refused(service.get(f"/v1/pages?{query}"), 400)) == 1


@pytest.mark.parametrize("row", DOCUMENTED, ids=" ".join)
def test_a_documented_bad_query_of_statistics_is_answered_as_documented(
    service: RunningService, row: list[str]
) -> None:
    target, status, where = row
    named = refused(service.get(target.strip("`")), int(status))
    assert [error["parameter"] for error in named] == where.split("`")[1::2]


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/page", "/v1/pages/", "/V1/pages", "/v2/pages"])
def test_what_is_no_statistic_is_not_found(service: RunningService, path: str) -> None:
    refused(service.get(path), 404)
