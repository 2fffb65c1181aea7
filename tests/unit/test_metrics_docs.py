"""docs/metrics.md names every metric, its type and its labels, and no other."""

from datetime import UTC, datetime

import pytest
from prometheus_client.core import Metric
from tests.documents import rows, text_of

from hourmill import errors
from hourmill.core.figures import FlushFigures, GroupFigures, PublishFigures, RequestFigures, added_up
from hourmill.http.families import ALIVE_WITHIN_S, Behind, Families
from hourmill.ports.progress import PartitionState
from hourmill.ports.watch import LastCleaning, Moment, Snapshot, StoreFacts

NOW = datetime(2025, 7, 16, 10, tzinfo=UTC)


def snapshot(at_s: float = 100.0) -> Snapshot:
    """Of a process that does everything, and has done some of it."""
    requests = RequestFigures()
    requests.answered("/report", 200)
    requests.refused_for(errors.Overloaded())
    figures = GroupFigures(requests=3, views=5, repeated=1)
    figures.commit_s.add(0.003)
    return Snapshot(at_s, Moment(1, 20, 0.5), {"process_cpu_seconds_total": 2.0, "process_open_fds": 7.0},
                    requests, figures, PublishFigures(), FlushFigures(repeated=2), 0, 4, repeated=4)  # fmt: skip


def behind(store: StoreFacts | None) -> Behind:
    return Behind(store, [PartitionState(0, "worker", 3, NOW, NOW)], NOW)


FACTS = StoreFacts({"page_views": 8192}, 0, 1, LastCleaning(NOW, 1.5, 10, 20))


def families(*snapshots: Snapshot) -> dict[str, Metric]:
    return {family.name: family for family in Families(snapshots, behind(FACTS)).collect()}


def test_every_metric_is_documented_with_type_and_labels() -> None:
    told = {}
    for family in families(snapshot()).values():
        name = f"{family.name}_total" if family.type == "counter" else family.name
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        told[name] = (family.type, labels)
    stated = [row for row in rows(text_of("docs/metrics.md")) if row[0].startswith(("`hourmill_", "`process_"))]
    documented = {name.strip("`"): (kind, {label.strip("` ") for label in labels.split(",") if label})
                  for name, kind, labels, *_ in stated}  # fmt: skip
    assert documented == told


def test_every_error_that_can_be_a_reason_is_documented() -> None:
    text = text_of("docs/metrics.md")
    for error in (errors.Malformed, errors.BadQuery, errors.TooLarge, errors.WrongMediaType, errors.Overloaded,
                  errors.Closing, errors.NotAccepted, errors.OutcomeUnknown, errors.Unreadable):  # fmt: skip
        assert f"`{error.__name__}`" in text


def test_processes_are_added_up_and_of_a_dead_one_what_it_counted_stays() -> None:
    told = families(snapshot(), snapshot(), snapshot(at_s=100.0 - ALIVE_WITHIN_S))

    def value(name: str) -> float:
        return float(told[name].samples[-1].value)

    assert value("hourmill_processes") == 2
    assert value("hourmill_accepted_views") == 15
    assert value("hourmill_repeated_requests") == 21
    assert value("hourmill_waiting_bytes") == 40
    assert value("hourmill_leases_held") == 8
    assert value("process_cpu_seconds") == 6
    assert value("process_open_fds") == 14
    buckets = [sample.value for sample in told["hourmill_commit_duration_seconds"].samples]
    assert buckets == [0, 0, *[3] * 14, pytest.approx(0.009)]


def test_a_store_that_is_away_is_told_and_nothing_is_made_up() -> None:
    told = {family.name: family for family in Families([snapshot()], behind(None)).collect()}
    assert told["hourmill_store_up"].samples[0].value == 0
    assert "hourmill_store_bytes" not in told


def test_figures_are_added_up_field_by_field() -> None:
    one, other = RequestFigures(), RequestFigures()
    one.answered("/report", 200)
    other.answered("/report", 200)
    other.answered("/report", 503)
    other.answered("/", 200)
    assert added_up([one, other]).answers == {"/report": {200: 2, 503: 1}, "/": {200: 1}}
    assert one.answers == {"/report": {200: 1}}
