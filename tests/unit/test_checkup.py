"""What is judged to be well or not, of facts that no test can plant on this machine."""

from datetime import UTC, datetime, timedelta

import pytest

from hourmill.ports.probe import ApiFacts, ApiState, BrokerFacts, DatabaseFacts, FileFacts, QueuePolicy, Schema
from hourmill.ports.progress import PartitionState
from hourmill.ports.watch import LastCleaning, StoreFacts
from hourmill.services import broker_checkup, checkup, settings_checkup
from hourmill.services.findings import Finding, Level

NOW = datetime(2025, 7, 16, 10, tzinfo=UTC)
DATABASE = DatabaseFacts("15.4", 15_00_04, "UTF8", Schema.STANDS, timedelta(), True, True, True, False, False, 100, 20)
BROKER = BrokerFacts("3.10.8", None, [], [], {0: 0, 1: 5}, 0)
FILE = FileFacts("/data/hourmill.db", 8192, None, None, 100 << 30, False, False)
HOURLY = timedelta(hours=1)


def worst(findings: list[Finding]) -> tuple[Level, str]:
    """The worst level, and all that is said of what is not well; each of that has its remedy."""
    troubles = [finding for finding in findings if finding.level is not Level.WELL]
    assert all(finding.do for finding in troubles)
    order = list(Level)
    level = max((finding.level for finding in findings), key=order.index, default=Level.WELL)
    return level, " ".join(finding.found for finding in troubles)


def test_what_is_well_is_said_to_be() -> None:
    state = PartitionState(0, "w", 0, NOW, NOW)
    facts = StoreFacts({}, 0, 1, LastCleaning(NOW - HOURLY, 1.0, 0, 0))
    for findings in (checkup.of_database(DATABASE), broker_checkup.of_broker(BROKER), checkup.of_file(FILE),
                     checkup.of_partitions([state], NOW), checkup.of_store(facts, NOW, HOURLY),
                     checkup.of_limits(32_768)):  # fmt: skip
        assert worst(list(findings)) == (Level.WELL, "")


@pytest.mark.parametrize(
    ("facts", "level", "said"),
    [
        (DATABASE._replace(version_number=13_00_00), Level.FAULT, "too old"),
        (DATABASE._replace(encoding="SQL_ASCII"), Level.FAULT, "SQL_ASCII"),
        (DATABASE._replace(schema=Schema.OLDER), Level.FAULT, "older"),
        (DATABASE._replace(is_replica=True), Level.FAULT, "replica"),
        (DATABASE._replace(is_read_only=True), Level.FAULT, "default_transaction_read_only"),
        (DATABASE._replace(owns=False), Level.FAULT, "another user"),
        (DATABASE._replace(keeps_what_it_confirms=False), Level.FAULT, "fsync"),
        (DATABASE._replace(connections_used=95), Level.WARNING, "95 of 100"),
        (DATABASE._replace(clock_ahead=timedelta(seconds=5)), Level.WARNING, "5.0 s behind"),
        (DATABASE._replace(clock_ahead=timedelta(hours=-1)), Level.FAULT, "3,600.0 s ahead"),
    ],
)
def test_databases_that_are_not_well(facts: DatabaseFacts, level: Level, said: str) -> None:
    found, told = worst(list(checkup.of_database(facts)))
    assert found is level
    assert said in told


def test_a_broker_with_dead_letters_or_without_queues() -> None:
    assert worst(list(broker_checkup.of_broker(BROKER._replace(dead=3)))) == (Level.WARNING, "3 messages put aside")
    assert worst(list(broker_checkup.of_broker(BROKER._replace(dead=1)))) == (Level.WARNING, "1 message put aside")
    assert worst(list(broker_checkup.of_broker(BROKER._replace(missing=["h.views.1"]))))[0] is Level.WARNING


def test_partitions_that_are_behind_or_that_nobody_holds() -> None:
    held = PartitionState(0, "w", 0, NOW, NOW)
    assert worst(list(checkup.of_partitions([held, held._replace(worker=None)], NOW)))[0] is Level.WARNING
    late = held._replace(counted_until=NOW - timedelta(minutes=5))
    assert "300 s" in worst(list(checkup.of_partitions([held, late], NOW)))[1]


def test_a_janitor_that_is_late_and_cells_that_wait() -> None:
    facts = StoreFacts({}, 2, 1, LastCleaning(NOW - timedelta(hours=5), 1.0, 0, 0))
    level, told = worst(list(checkup.of_store(facts, NOW, HOURLY)))
    assert level is Level.WARNING
    assert "2 cells waiting" in told
    assert "05:00" in told


def test_places_of_a_data_file_that_are_not_well() -> None:
    assert worst(list(checkup.of_file(FILE._replace(on_network="nfs4"))))[0] is Level.FAULT
    assert worst(list(checkup.of_file(FILE._replace(free_bytes=5_000_000))))[0] is Level.WARNING
    assert worst(list(checkup.of_file(FILE._replace(is_open=True))))[0] is Level.WARNING
    assert "another user" in worst(list(checkup.of_file(FILE._replace(is_anothers=True))))[1]


def test_what_answers_in_the_place_of_the_api() -> None:
    levels = [checkup.of_api(ApiFacts(state), "127.0.0.1:3000").level for state in ApiState]
    assert levels == [Level.WELL, Level.WARNING, Level.FAULT, Level.FAULT, Level.FAULT, Level.WARNING]


@pytest.mark.parametrize(
    ("days", "level"), [(90, Level.WELL), (13, Level.WARNING), (0, Level.FAULT), (-400, Level.FAULT)]
)
def test_a_certificate_is_told_before_it_expires(days: int, level: Level) -> None:
    assert settings_checkup.of_certificate(NOW + timedelta(days=days), NOW).level is level


@pytest.mark.parametrize(
    ("definition", "level"),
    [
        ({}, Level.WELL),
        ({"delivery-limit": -1, "queue-leader-locator": "balanced"}, Level.WELL),
        ({"delivery-limit": 20}, Level.WARNING),
        ({"max-length": 1000}, Level.WARNING),
        ({"overflow": "drop-head"}, Level.WARNING),
        ({"overflow": "drop-head", "expires": 1000}, Level.FAULT),
    ],
)
def test_policies_are_judged_by_what_they_do_to_views(definition: dict[str, object], level: Level) -> None:
    policies = [QueuePolicy(queue, "all", definition) for queue in ("h.views.0", "h.views.1")]
    assert worst(list(broker_checkup.of_policies(policies)))[0] is level


def test_brokers_that_hold_views_back_or_give_them_up() -> None:
    assert worst(list(broker_checkup.of_broker(BROKER._replace(silent=True))))[0] is Level.FAULT
    assert "20 times" in worst(list(broker_checkup.of_broker(BROKER._replace(delivery_limit=20))))[1]
    assert "1,000 bytes" in worst(list(broker_checkup.of_broker(BROKER._replace(message_bytes=1000))))[1]
