"""The metrics: their names, what they mean, and where each comes from. docs/metrics.md says the same to people."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from itertools import accumulate
from typing import NamedTuple, TypeVar

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from hourmill.core.figures import Distribution, FlushFigures, GroupFigures, PublishFigures, RequestFigures, added_up
from hourmill.ports.progress import PartitionState
from hourmill.ports.watch import Snapshot, StoreFacts

ALIVE_WITHIN_S = 5.0  # a process leaves word every second; of a dead one what it has counted stays, and nothing else

Figures = TypeVar("Figures", bound=msgspec.Struct)


class Behind(NamedTuple):
    """What is behind the process.

    store   None: it could not be asked
    states  of the partitions; empty without a broker
    now     the moment
    """

    store: StoreFacts | None
    states: Sequence[PartitionState]
    now: datetime


class Families:
    """All metrics of processes that are told as one; the first of the snapshots is of the process that tells."""

    def __init__(self, snapshots: Sequence[Snapshot], behind: Behind) -> None:
        self._snapshots = snapshots
        self._alive = [one for one in snapshots if snapshots[0].at_s - one.at_s < ALIVE_WITHIN_S]
        self._behind = behind

    def collect(self) -> Iterator[Metric]:
        """As a registry of Prometheus' client library."""
        yield _gauge("hourmill_build_info", "The version that runs.", {version("hourmill"): 1}, "version")
        if requests := _sum([one.requests for one in self._snapshots]):
            yield from _of_requests(requests)
        if groups := _sum([one.groups for one in self._snapshots]):
            yield from _of_groups(groups)
            yield from self._of_what_waits()
        if publishing := _sum([one.publishing for one in self._snapshots]):
            yield from _of_publishing(publishing)
        if flushes := _sum([one.flushes for one in self._snapshots]):
            yield from _of_flushes(flushes)
            yield from self._of_worker()
        yield self._of_repeats()
        yield from _of_store(self._behind.store)
        if self._behind.states:
            yield from _of_partitions(self._behind.states, self._behind.now)
        yield from self._of_processes()

    def _of_what_waits(self) -> Iterator[Metric]:
        moments = [one.moment for one in self._alive]
        yield _gauge("hourmill_waiting_entries", "Single views and batch entries that wait for their commit.",
                     sum(moment.waiting_entries for moment in moments))  # fmt: skip
        yield _gauge("hourmill_waiting_bytes", "Bytes of bodies that wait for their commit.",
                     sum(moment.waiting_bytes for moment in moments))  # fmt: skip
        yield _gauge("hourmill_unconfirmed_age_seconds", "Age of the oldest group that is not durable yet.",
                     max(moment.unconfirmed_s for moment in moments))  # fmt: skip

    def _of_repeats(self) -> Metric:
        found = 0
        for one in self._snapshots:
            found += one.repeated
            found += one.groups.repeated if one.groups else 0
            found += one.flushes.repeated if one.flushes else 0
        return _counter(
            "hourmill_repeated_requests", "Requests whose key was counted before; not counted again.", found
        )

    def _of_worker(self) -> Iterator[Metric]:
        dead_letters = sum(one.dead_letters or 0 for one in self._snapshots)
        yield _counter("hourmill_dead_letters", "Messages that could not be read and were put aside.", dead_letters)
        yield _gauge("hourmill_leases_held", "Partitions that this worker holds.",
                     sum(one.held or 0 for one in self._alive))  # fmt: skip

    def _of_processes(self) -> Iterator[Metric]:
        yield _gauge("hourmill_processes", "Processes that these figures are of.", len(self._alive))
        cpu_s = sum(one.process.get("process_cpu_seconds_total", 0.0) for one in self._snapshots)
        yield _counter("process_cpu_seconds", "CPU time spent, by all of these processes.", cpu_s)
        started = [one.process.get("process_start_time_seconds", 0.0) for one in self._alive]
        yield _gauge(
            "process_start_time_seconds", "When the oldest of these processes began, since 1970.", min(started)
        )
        for name, meaning in _PROCESS.items():
            yield _gauge(name, meaning, sum(one.process.get(name, 0.0) for one in self._alive))


_PROCESS = {
    "process_resident_memory_bytes": "Memory that these processes have in RAM.",
    "process_virtual_memory_bytes": "Address space of these processes.",
    "process_open_fds": "Open files and connections of these processes.",
    "process_max_fds": "How many of them may be open.",
}


def _of_requests(figures: RequestFigures) -> Iterator[Metric]:
    answers = {(route, str(status)): n for route, by in figures.answers.items() for status, n in by.items()}
    yield _counter("hourmill_requests", "Answers, by route and status.", answers, "route", "status")
    yield _counter("hourmill_refused_requests", "Requests that ended in an error, by its name in errors.py.",
                   figures.refused, "reason")  # fmt: skip


def _of_groups(figures: GroupFigures) -> Iterator[Metric]:
    yield _counter("hourmill_accepted_requests", "Requests whose views are durable.", figures.requests)
    yield _counter("hourmill_accepted_views", "Views that are durable; those of repeated keys too.", figures.views)
    yield _counter("hourmill_other_entries", "Views and batch entries that were counted as (other).", figures.others)
    yield _histogram("hourmill_group_requests", "Requests that shared a commit or publish.", figures.sizes)
    yield _histogram("hourmill_commit_duration_seconds", "From taking a group until it was durable.", figures.commit_s)


def _of_publishing(figures: PublishFigures) -> Iterator[Metric]:
    yield _counter("hourmill_published_messages", "Messages that were numbered and published.", figures.messages)
    yield _counter("hourmill_republished_messages", "Messages that were published again.", figures.again)
    yield _counter("hourmill_unconfirmed_groups", "Groups that were not confirmed in time.", figures.in_doubt)


def _of_flushes(figures: FlushFigures) -> Iterator[Metric]:
    yield _counter("hourmill_flushed_messages", "Messages that were counted and acknowledged.", figures.messages)
    yield _counter("hourmill_counted_cells", "Cells that counters were raised by.", figures.cells)
    yield _counter("hourmill_counted_views", "Views that were counted; those of repeated keys too.", figures.views)
    yield _counter("hourmill_stale_batches", "Batches that had been counted before and were dropped.", figures.stale)
    yield _counter("hourmill_redelivered_messages", "Messages that the broker had delivered before.",
                   figures.redelivered)  # fmt: skip
    yield _counter("hourmill_parked_cells", "Cells that the store refused and that were put aside.", figures.parked)
    yield _counter("hourmill_failed_flushes", "Calls of the store that had to be repeated.", figures.failed)
    yield _histogram("hourmill_flush_messages", "Messages that were counted in one call.", figures.sizes)
    yield _histogram("hourmill_flush_duration_seconds", "From gathering until acknowledging.", figures.flush_s)


def _of_store(facts: StoreFacts | None) -> Iterator[Metric]:
    yield _gauge("hourmill_store_up", "Whether the store could be asked for what follows.", int(facts is not None))
    if facts is None:
        return
    yield _gauge("hourmill_store_bytes", "Size of each table with its indexes, or of each file.", facts.bytes, "part")
    yield _gauge("hourmill_store_parked_cells", "Parked cells that wait for people.", facts.parked_cells)
    yield _gauge("hourmill_roll_up_backlog", "Days that are not rolled up.", facts.dirty_days)
    if facts.cleaned is not None:
        began_at, took_s, rows, freed_bytes = facts.cleaned
        yield _gauge("hourmill_janitor_last_run_timestamp_seconds", "When the janitor last came to its end.",
                     began_at.timestamp() + took_s)  # fmt: skip
        yield _gauge("hourmill_janitor_last_duration_seconds", "How long it took then.", took_s)
        yield _gauge("hourmill_janitor_last_removed_rows", "Rows that went then.", rows)
        yield _gauge("hourmill_janitor_last_freed_bytes", "Bytes that were given back then.", freed_bytes)


def _of_partitions(states: Sequence[PartitionState], now: datetime) -> Iterator[Metric]:
    known = [state for state in states if state.counted_until is not None and state.waiting is not None]
    lag_s = {str(state.partition): (now - state.counted_until).total_seconds()
             for state in known if state.counted_until is not None}  # fmt: skip
    yield _gauge("hourmill_partition_waiting_messages", "Messages of the partition that are not counted.",
                 {str(state.partition): state.waiting or 0 for state in known}, "partition")  # fmt: skip
    yield _gauge("hourmill_partition_lag_seconds", "Age of the moment up to which the partition is counted.",
                 lag_s, "partition")  # fmt: skip
    yield _gauge("hourmill_partition_held", "Whether a living worker holds the partition.",
                 {str(state.partition): int(state.worker is not None) for state in states}, "partition")  # fmt: skip
    if len(lag_s) == len(states):
        yield _gauge("hourmill_complete_until_timestamp_seconds", "Up to when all accepted views are counted.",
                     now.timestamp() - max(lag_s.values()))  # fmt: skip


Values = float | Mapping[str, float] | Mapping[tuple[str, str], float]


def _counter(name: str, meaning: str, values: Values, *labels: str) -> Metric:
    return _filled(CounterMetricFamily(name, meaning, labels=labels), values)


def _gauge(name: str, meaning: str, values: Values, *labels: str) -> Metric:
    return _filled(GaugeMetricFamily(name, meaning, labels=labels), values)


def _filled(family: CounterMetricFamily | GaugeMetricFamily, values: Values) -> Metric:
    if isinstance(values, Mapping):
        for label, value in values.items():
            family.add_metric([label] if isinstance(label, str) else list(label), value)
    else:
        family.add_metric([], values)
    return family


def _histogram(name: str, meaning: str, values: Distribution) -> Metric:
    bounds = [*(f"{bound:g}" for bound in values.bounds), "+Inf"]
    buckets = list(zip(bounds, map(float, accumulate(values.counts)), strict=True))
    family = HistogramMetricFamily(name, meaning)
    family.add_metric([], buckets, values.total)
    return family


def _sum(figures: Sequence[Figures | None]) -> Figures | None:
    there = [one for one in figures if one is not None]
    return added_up(there) if there else None
