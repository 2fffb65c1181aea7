"""The alarms and the dashboard that are shipped: Prometheus takes them, each alarm fires, and each has its remedy."""

import json
import re
import subprocess
from typing import Any

import yaml
from tests.documents import ROOT, rows, sections, text_of
from tests.servers.install import promtool

RULES = ROOT / "deploy/prometheus-rules.yml"
DASHBOARD = ROOT / "deploy/grafana-dashboard.json"
SUFFIXES = ("_bucket", "_sum", "_count")


def alarms() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def run(*arguments: str) -> None:
    done = subprocess.run([promtool(), *arguments], check=False, cwd=ROOT / "tests", capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def documented() -> set[str]:
    """Every metric of docs/metrics.md, by the names of its samples."""
    stated = [row for row in rows(text_of("docs/metrics.md")) if row[0].startswith(("`hourmill_", "`process_"))]
    names = {row[0].strip("`"): row[1] for row in stated}
    histograms = {name + suffix for name, kind in names.items() if kind == "histogram" for suffix in SUFFIXES}
    return {name for name, kind in names.items() if kind != "histogram"} | histograms


def test_prometheus_takes_the_rules() -> None:
    run("check", "rules", str(RULES))


def test_every_alarm_fires_when_it_should_and_none_in_good_days() -> None:
    run("test", "rules", "alarms.yml")
    tried = {test["name"] for test in yaml.safe_load((ROOT / "tests/alarms.yml").read_text())["tests"]}
    assert tried == {"good days"} | {alarm["alert"] for alarm in alarms()}


def test_every_alarm_says_what_to_do_at_night() -> None:
    stated = {row[0].strip("`"): row for row in rows(sections(text_of("docs/operating.md"))["Alarms"])[2:]}
    assert stated.keys() == {alarm["alert"] for alarm in alarms()}
    for alarm in alarms():
        severity, _, do = stated[alarm["alert"]][1:]
        assert severity == alarm["labels"]["severity"]
        assert do
        assert alarm["annotations"]["summary"]


def test_alarms_and_dashboard_ask_for_metrics_that_there_are() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    shown = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    asked = {name for text in [*shown, *(alarm["expr"] for alarm in alarms())]
             for name in re.findall(r"\b(?:hourmill|process)_\w+", text)}  # fmt: skip
    assert asked <= documented(), asked - documented()


def test_the_panels_of_the_dashboard_do_not_overlap() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        place = panel["gridPos"]
        cells = {(place["x"] + x, place["y"] + y) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
