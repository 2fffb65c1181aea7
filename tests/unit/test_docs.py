"""What has a name in the code has its paragraph in the documents, and what they say of it is so."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tests.documents import DOCUMENTS, ROOT, anchor_of, blocks, headings, prose_of, rows, sections, text_of

from hourmill.cli.main import hourmill
from hourmill.cli.options import Exit
from hourmill.cli.settings import load
from hourmill.http.problems import STATUS
from hourmill.settings import Settings, is_secret
from hourmill.wiring.api import service

FIELDS = {str(field.alias): field for field in Settings.model_fields.values()}
SOURCES = sorted((ROOT / "src").rglob("*.py"))
HELP_CHARS = 80


def commands(group: click.Group = hourmill, name: str = "hourmill") -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name."""
    yield name, group
    context = click.Context(group)
    for command in (group.get_command(context, known) for known in group.list_commands(context)):
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {command.name}")
        else:
            yield f"{name} {command.name}", command


def default_of(name: str) -> str:
    default = FIELDS[name].default
    if default is None:
        return "unset"
    return f"`{default.get_secret_value() if is_secret(FIELDS[name]) else default}`"


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_has_its_paragraph_with_its_default(name: str) -> None:
    paragraph = sections(text_of("docs/configuration.md"))[f"`{name}`"]
    assert re.search(r"^Default: (\S+)\. Allowed: ", paragraph, re.MULTILINE)
    assert f"Default: {default_of(name)}. " in paragraph
    assert (f"`{name}_FILE`" in paragraph) == is_secret(FIELDS[name])


def test_no_setting_is_documented_that_is_not_there() -> None:
    named = {heading.strip("`") for heading in headings(text_of("docs/configuration.md")) if heading[0] == "`"}
    assert named == set(FIELDS)


def test_limits_of_settings_are_those_of_the_code() -> None:
    documented = sections(text_of("docs/configuration.md"))
    for name, field in FIELDS.items():
        limits = [getattr(one, "ge", None) or getattr(one, "le", None) for one in field.metadata]
        for limit in (limit for limit in limits if limit is not None):
            assert re.search(rf"Allowed: .*\b{limit}\b", documented[f"`{name}`"]), (name, limit)


def test_settings_in_the_readme_have_their_defaults() -> None:
    stated = {row[0].strip("`"): row[1] for row in rows(sections(text_of("README.md"))["Settings"])}
    shared = stated.keys() & FIELDS.keys()
    assert len(shared) == len(stated) - 2, "each row but the heading and the rule is a setting"
    assert {name: stated[name] for name in shared} == {name: default_of(name) for name in shared}


async def test_every_route_has_its_paragraph(tmp_path: Path) -> None:
    async with service(load({"DATABASE_URL": f"sqlite:///{tmp_path}/routes.db"})) as app:
        routes = {(method, path) for path, methods in app._routes.items() for method in methods}
    documented = sections(text_of("docs/http-api.md")) | sections(text_of("docs/stats-api.md"))
    assert {tuple(heading.split()) for heading in documented if " /" in heading} == {
        (method, path) for method, path in routes if method != "HEAD"
    }
    for method, path in routes:
        assert method != "HEAD" or "`HEAD`" in documented[f"GET {path}"]


def test_every_status_is_documented() -> None:
    documented = {row[0] for row in rows(text_of("docs/http-api.md"))}
    assert {"200", "404", "405", *(str(status.value) for status in STATUS.values())} <= documented


@pytest.mark.parametrize(("name", "command"), list(commands()), ids=lambda value: str(getattr(value, "name", value)))
def test_the_help_of_every_command_is_in_the_docs(name: str, command: click.Command) -> None:
    shown = CliRunner().invoke(command, ["--help"], prog_name=name, terminal_width=HELP_CHARS)
    assert [block.text for block in blocks(text_of("docs/cli.md")) if block.heading == name] == [shown.output]


def test_no_command_is_documented_that_is_not_there() -> None:
    named = {heading for heading in headings(text_of("docs/cli.md")) if heading.startswith("hourmill")}
    assert named == {name for name, _ in commands()}


def test_every_exit_code_is_documented() -> None:
    documented = {row[0] for row in rows(sections(text_of("docs/cli.md"))["Exit codes"])}
    assert {str(code.value) for code in Exit} <= documented


def test_every_event_of_the_log_is_documented() -> None:
    written = r"log\.(debug|info|warning|error)\(\s*\"([^\"]+)\""
    paused = r"\bPause\(\s*\"([^\"]+)\""  # a Pause says that it waits, as a warning
    texts = [path.read_text() for path in SOURCES]
    events = {(event, level) for text in texts for level, event in re.findall(written, text)}
    events |= {(event, "warning") for text in texts for event in re.findall(paused, text)}
    assert len(events) > 20
    stated = rows(sections(text_of("docs/logs.md"))["Logs"])[2:]
    assert {(row[0].strip("` "), row[1]) for row in stated} == {(event.strip("` "), level) for event, level in events}


def test_every_event_that_needs_somebody_says_what_to_do() -> None:
    for event, level, *_, do in rows(sections(text_of("docs/logs.md"))["Logs"])[2:]:
        assert do or level in {"debug", "info"}, event


def test_the_table_of_versions_tells_of_the_schema_of_this_one() -> None:
    this_one = next(row for row in rows(text_of("docs/production.md")) if row[0] == "this one")
    for store, told in zip(("sqlite", "postgres"), this_one[1:], strict=True):
        newest = len(list((ROOT / f"src/hourmill/adapters/{store}/sql").glob("[0-9]*.sql")))
        assert told.startswith(f"schema {newest}; 1 to {newest - 1} are brought up to date"), store


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_and_headings_that_are_there(path: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose_of(path.read_text())):
        target, _, anchor = link.partition("#")
        if ":" in target:
            continue
        linked = (path.parent / target).resolve() if target else path
        assert linked.exists(), link
        assert linked.is_relative_to(ROOT), link
        assert not anchor or anchor in map(anchor_of, headings(linked.read_text())), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_and_targets_named_in_the_docs_are_there(path: Path) -> None:
    text = path.read_text()
    for named in re.findall(r"`((?:src|tests|docs|bench)/[\w./-]+)`", text):
        assert (ROOT / named).exists(), named
    for named in re.findall(r"`((?:core|http|services|ports|adapters|cli)/[\w./]+\.\w+)`", text):
        assert (ROOT / "src/hourmill" / named).exists(), named
    for target in re.findall(r"`make ([a-z][\w.-]*)", text):
        assert re.search(rf"^{target}:", text_of("Makefile"), re.MULTILINE), target


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_named_in_the_code_are_there(path: Path) -> None:
    text = path.read_text()
    for named in re.findall(r"docs/[\w./-]*\w", text):
        assert list(ROOT.glob(named + "*")), named
    for named, heading in re.findall(r"(docs/[\w./-]+\.md), \"([^\"]+)\"", text):
        assert heading in headings(text_of(named)), (named, heading)


def test_every_decision_is_whole() -> None:
    decisions = sorted((ROOT / "docs/decisions").glob("*.md"))
    assert len({path.name[:4] for path in decisions}) == len(decisions), "a number was taken twice"
    for path in decisions:
        assert headings(path.read_text())[0].startswith(path.name[:4] + " ")
        assert headings(path.read_text())[1:] == ["Context", "Decision", "Consequences"]
