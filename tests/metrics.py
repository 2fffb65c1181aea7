"""Reading what /metrics tells."""

from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families
from tests.service import RunningService


class Scrape(NamedTuple):
    """One scrape; families by name, with their type."""

    text: str
    kinds: dict[str, str]
    samples: dict[tuple[str, frozenset[tuple[str, str]]], float]

    def value(self, name: str, **labels: str) -> float:
        """Of one sample; 0 if it is not there."""
        return self.samples.get((name, frozenset(labels.items())), 0.0)


def scrape(service: RunningService, path: str = "/metrics") -> Scrape:
    """What a process tells now."""
    answer = service.get(path)
    assert answer.status == 200, answer
    return read(answer.body.decode())


def read(text: str) -> Scrape:
    """A text of Prometheus' format."""
    families = list(text_string_to_metric_families(text))
    kinds = {family.name: family.type for family in families}
    samples = {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}
    return Scrape(text, kinds, samples)
