"""A day on which stores are cleaned, and what was kept of March and April then."""

from datetime import UTC, datetime

from tests.contract.stores import Store

from hourmill.core.hour import hour_of
from hourmill.core.retention import Retention
from hourmill.services.janitor import Cleaned, Janitor

NOW = datetime(2026, 5, 20, 13, 30, tzinfo=UTC)
THIS_HOUR = hour_of("2026-05-20T13:00Z")
TODAY = THIS_HOUR // 24
YESTERDAY = TODAY - 1
MARCH = hour_of("2026-03-31T23:00Z")
APRIL = hour_of("2026-04-01T00:00Z")
FOR_EVER = Retention()
DAYS_30 = Retention(hourly_days=30)  # from 1 April on


async def cleaned(store: Store, retention: Retention = FOR_EVER, now: datetime = NOW) -> Cleaned:
    await store.folded()
    found = await Janitor(store.household, retention, lambda: now).clean()
    assert found is not None
    return found
