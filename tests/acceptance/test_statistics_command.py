"""hourmill stats, top, export and import counts, as processes, beside a service with the real log."""

import csv
import json
import os
import subprocess
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI
from tests.client import PATIENCE_S
from tests.service import COMMAND, RunningService, running_service

LOG = Path(__file__).parents[1] / "data" / "access.log.gz"
DAYS = ["--from", "2015-05-17", "--to", "2015-05-20"]
ALL = 2279  # page views in the log, as its import says


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("statistics")
    with running_service(folder):  # on hourmill.db there, as the commands
        run(folder, "import", "access-log", "--site", "example.com", str(LOG))
        yield folder


def run(folder: Path, *arguments: str, data: str = "", code: int = 0) -> str:
    done = subprocess.run(
        [COMMAND, *arguments], cwd=folder, input=data, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stderr


def found(folder: Path, *arguments: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run(folder, *arguments, "--json"))
    return answer


def test_stats_shows_numbers_and_a_bar_for_each_day(folder: Path) -> None:
    shown = run(folder, "stats", *DAYS, "--compare", "previous")
    assert "2015-05-17 00:00 to 2015-05-21 00:00, UTC" in shown
    assert "2,279  none in the period before" in shown
    assert [line.split()[2] for line in shown.splitlines() if "2015-05-" in line and "█" in line] == [
        "362", "680", "705", "532",
    ]  # fmt: skip
    assert "\n▄▇█▆\n" in shown


def test_stats_says_the_same_as_json_and_csv(folder: Path) -> None:
    answer = found(folder, "stats", *DAYS, "--interval", "month")
    assert [(bucket["start"], bucket["views"]) for bucket in answer["buckets"]] == [("2015-05-17T00:00:00Z", ALL)]
    rows = list(csv.DictReader(StringIO(run(folder, "stats", *DAYS, "--csv"))))
    assert [row["views"] for row in rows] == ["362", "680", "705", "532"]


def test_the_hour_that_comes_twice_is_shown_with_its_offset(folder: Path) -> None:
    day = ["--from", "2014-10-26", "--to", "2014-10-26", "--tz", "Europe/Berlin", "--interval", "hour"]
    hours = [line.rpartition(" 0")[0].strip() for line in run(folder, "stats", *day).splitlines() if ":00 " in line][1:]
    assert hours[:5] == [
        *(f"2014-10-26 {time}" for time in ("00:00", "01:00", "02:00 +02:00", "02:00 +01:00", "03:00")),
    ]
    assert len(set(hours)) == 25


def test_top_shows_pages_with_their_share_and_a_line_of_their_views(folder: Path) -> None:
    shown = run(folder, "top", *DAYS, "--limit", "2").splitlines()
    (first,) = [line.split() for line in shown if "/blog/tags/puppet" in line]
    assert first == ["example.com/blog/tags/puppet", "371", "16.3%", "▃█▅▅"]
    assert "2,279 views, more than are shown; complete up to" in shown[-1]


def test_top_shows_sites(folder: Path) -> None:
    answer = found(folder, "top", "--sites", *DAYS)
    assert [(site["site"], site["views"]) for site in answer["sites"]] == [("example.com", ALL)]
    assert run(folder, "top", "--sites", *DAYS, "--csv").splitlines()[1] == f'"example.com",{ALL},1.0,,'


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--tz", "Moon/Crater"], "--tz: the name of a zone"),
        (["--from", "tomorrow"], "--from: a date like"),
        (["--site", "a/b"], "--site: a site is what stands before"),
        (["--period", "fortnight"], "Invalid value for '--period'"),
        (["--limit", "0"], "Invalid value for '--limit'"),
    ],
)
def test_a_bad_question_is_a_wrong_usage_that_names_the_option(folder: Path, options: list[str], fault: str) -> None:
    assert fault in run(folder, "top", *options, code=2)


def test_an_export_is_imported_once_into_another_store(folder: Path, tmp_path: Path) -> None:
    exported = run(folder, "export")
    other = ["--database", f"sqlite:///{tmp_path / 'other.db'}"]
    first = json.loads(run(folder, "import", "counts", *other, "--json", "-", data=exported))
    again = json.loads(run(folder, "import", "counts", *other, "--json", "-", data=exported))
    assert (first["views"], again["views"], again["already_imported"]) == (ALL, 0, first["rows"])
    assert run(folder, "export", *other) == exported
    assert run(folder, "export", *other, "-o", str(tmp_path / "again.csv")) == ""
    assert (tmp_path / "again.csv").read_text() == exported


def test_an_export_is_utf_8_whatever_the_locale_says(tmp_path: Path) -> None:
    data = "page,time,views\n\u2603/\u00fc,2015-05-17T10:00:00Z,1\n"
    run(tmp_path, "import", "counts", "-", data=data)
    latin = {"PATH": os.environ["PATH"], "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    done = subprocess.run([COMMAND, "export"], cwd=tmp_path, env=latin, capture_output=True, check=True)
    assert done.stdout.decode() == data


def test_an_export_that_fails_leaves_the_file_of_the_last_one(tmp_path: Path) -> None:
    (tmp_path / "views.csv").write_text("the last one")
    assert "no such data file" in run(tmp_path, "export", "-o", "views.csv", code=1)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("views.csv", "the last one")]


@pytest.mark.parametrize("row_format", ["csv", "ndjson"])
def test_pages_of_any_kind_come_back_as_they_were(tmp_path: Path, row_format: str) -> None:
    pages = [
        "a,b",
        'say "x"',
        ";semi",
        " blank ",
        "'quote'",
        "=1+1",
        "\ufefftop",
        "\u2028",
        "{",
        "page",
        "\u00a0",
        "a\\b",
    ]
    rows = [{"page": page, "time": "2015-05-17T10:00:00Z", "views": 1} for page in pages]
    run(tmp_path, "import", "counts", "-", data="\n".join(map(json.dumps, rows)))
    exported = run(tmp_path, "export", "--format", row_format)
    other = ["--database", "sqlite:///other.db"]
    assert json.loads(run(tmp_path, "import", "counts", *other, "--json", "-", data=exported))["views"] == len(pages)
    lines = run(tmp_path, "export", *other, "--format", "ndjson").split("\n")[:-1]
    assert sorted(json.loads(line)["page"] for line in lines) == sorted(pages)


def test_an_export_for_a_spreadsheet_holds_no_formula_and_one_for_programs_what_was_counted(
    own_service: RunningService,
) -> None:
    pages = ["=1+1/x", "a;\u00a0=1+1/x", 'a|"@b', "plain", 'b"c']
    assert success(own_service.post(MULTI, {page: {"2015-05-17T10:00:00Z": 1} for page in pages}))
    database = ["--database", f"sqlite:///{own_service.data_file}"]
    plain, guarded = (
        run(own_service.folder, "export", *database),
        run(own_service.folder, "export", "--for-spreadsheet", *database),
    )
    assert {row[0] for row in csv.reader(StringIO(plain))} == {"page", *pages}
    assert {row[0] for row in csv.reader(StringIO(guarded))} == {
        "page",
        "'=1+1/x",
        "a;'\u00a0=1+1/x",
        "a|'\"@b",
        "plain",
        'b"c',
    }
    assert all(line.startswith('"') for line in guarded.splitlines()[1:])
    assert "--for-spreadsheet is of CSV" in run(
        own_service.folder, "export", "--for-spreadsheet", "--format", "ndjson", *database, code=2
    )


def test_hours_with_other_rows_are_named_and_the_import_ends_with_1(folder: Path, tmp_path: Path) -> None:
    other = ["--database", f"sqlite:///{tmp_path / 'other.db'}"]
    heading = "page,time,views\n"
    run(folder, "import", "counts", *other, "-", data=f"{heading}a,2015-05-17T10:00:00Z,1\n")
    said = run(folder, "import", "counts", *other, "-", data=f"{heading}a,2015-05-17T10:00:00Z,2\n", code=1)
    assert "imported before, with other rows (2015-05-17T10:00:00Z)" in said
    assert run(folder, "export", *other).splitlines()[1:] == ["a,2015-05-17T10:00:00Z,1"]
