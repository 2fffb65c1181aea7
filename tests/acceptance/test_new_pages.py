"""New pages past a site's limit are counted as SITE/(other): none is lost, none twice, established ones stay."""

import asyncio
from datetime import UTC, datetime

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI, SINGLE
from tests.cluster import eventually, is_ready
from tests.conftest import StartService
from tests.data_file import held
from tests.service import RunningService, log_lines

LIMITED = {"HOURMILL_NEW_PAGES_PER_HOUR": "3"}
NOW = datetime.now(UTC).strftime("%Y-%m-%dT%H:00:00Z")


def counted(service: RunningService) -> dict[str, int]:
    return {page: views for (page, _), views in held(service.data_file).views.items()}


async def ready(service: RunningService) -> None:
    """Wait until it has learned which pages are established."""
    await eventually(lambda: asyncio.to_thread(is_ready, service))


def view(page: str) -> dict[str, str]:
    return {"page": page, "timestamp": NOW}


@pytest.mark.parametrize("headers", [[], [("x-forwarded-for", "192.0.2.1")], [("origin", "https://example.com")]])
async def test_no_view_is_lost_and_established_pages_keep_their_names(
    start_service: StartService, headers: list[tuple[str, str]]
) -> None:
    service = start_service(LIMITED)
    await ready(service)
    for number in range(10):
        assert success(service.post(SINGLE, view(f"a/{number}"), headers))
    assert success(service.post(MULTI, {f"a/{number}": {NOW: 2} for number in range(10)} | {"b/1": {NOW: 5}}, headers))
    assert counted(service) == {"a/0": 3, "a/1": 3, "a/2": 3, "a/(other)": 21, "b/1": 5}
    assert "hourmill_other_entries_total 14.0" in service.get("/metrics").body.decode()
    service.restart()
    await ready(service)  # what was viewed lately is established, whatever comes first
    for number in (7, 8, 9, 10, 2, 1, 0):
        assert success(service.post(SINGLE, view(f"a/{number}"), headers))
    assert counted(service) == {
        "a/0": 4, "a/1": 4, "a/2": 4, "a/7": 1, "a/8": 1, "a/9": 1, "a/(other)": 22, "b/1": 5,
    }  # fmt: skip
    service.stop()
    (said, again) = [line for line in log_lines(service.log_file) if line["event"].startswith("new pages")]
    assert (said["level"], said["site"], said["limit"], again["site"]) == ("warning", "a", 3, "a")


async def test_a_repeat_with_the_same_key_counts_nothing_wherever_it_was_counted(start_service: StartService) -> None:
    service = start_service(LIMITED)
    await ready(service)
    key = [("idempotency-key", "one")]
    batch = {f"a/{number}": {NOW: 1} for number in range(5)}
    assert success(service.post(MULTI, batch, key))
    before = counted(service)
    assert (sum(before.values()), before["a/(other)"]) == (5, 2)
    assert success(service.post(MULTI, batch, key))
    service.restart()
    await ready(service)
    assert success(service.post(MULTI, batch, key))
    assert counted(service) == before


def test_without_the_setting_every_page_has_its_name(start_service: StartService) -> None:
    service = start_service()
    assert success(service.post(MULTI, {f"a/{number}": {NOW: 1} for number in range(5000)}))
    assert len(counted(service)) == 5000
