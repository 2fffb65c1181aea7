"""hourmill import counts, as a process of its own: what its dry run says is what it does, also when it is killed."""

import gzip
import json
import sqlite3
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.client import PATIENCE_S
from tests.data_file import held
from tests.service import COMMAND

from hourmill.core.count_row import Time, text_of
from hourmill.core.hour import FIRST_HOUR, GRAMMAR

BY_PAGE = (
    "page,time,views\n"
    "a,2025-07-16T10:00:00Z,1\na,2025-07-16T11:00:00Z,10\nb,2025-07-16T10:00:00Z,5\nb,2025-07-16T11:00:00Z,10\n"
)
TEN, ELEVEN = "2025-07-16 10:00:00", "2025-07-16 11:00:00"
HOURS = 3000  # some seconds of transactions: enough to be killed among them


def run(folder: Path, *options: str, data: bytes = b"", code: int = 0) -> subprocess.CompletedProcess[bytes]:
    done = subprocess.run(
        [COMMAND, "import", "counts", *options],
        cwd=folder,
        input=data,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


def said(folder: Path, *options: str, data: bytes = b"", code: int = 0) -> dict[str, Any]:
    """What the run says, and its dry run before it."""
    rehearsed, done = (
        json.loads(run(folder, "--json", *dry, *options, data=data, code=code).stdout) for dry in (["--dry-run"], [])
    )
    assert (rehearsed.pop("dry_run"), done.pop("dry_run")) == (True, False)
    assert rehearsed == done
    found: dict[str, Any] = done
    return found


def counted(folder: Path) -> dict[tuple[str, str], int]:
    return held(folder / "hourmill.db").views


@pytest.mark.parametrize("data", [BY_PAGE.encode(), gzip.compress(BY_PAGE.encode())], ids=["plain", "gzip"])
def test_rows_by_page_from_standard_input_are_all_counted(tmp_path: Path, data: bytes) -> None:
    found = said(tmp_path, "-", data=data)
    assert (found["rows"], found["counted"], found["views"]) == (4, 4, 26)
    assert counted(tmp_path) == {("a", TEN): 1, ("a", ELEVEN): 10, ("b", TEN): 5, ("b", ELEVEN): 10}
    again = said(tmp_path, "-", data=data)
    assert (again["counted"], again["already_imported"]) == (0, 4)


def test_several_files_are_told_and_counted_as_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BY_PAGE)
    (tmp_path / "b.csv").write_text(BY_PAGE.replace("b,2025-07-16T11:00:00Z,10", "b,2025-07-16T11:00:00Z,11"))
    found = said(tmp_path, "a.csv", "b.csv", "a.csv", code=1)
    assert (found["rows"], found["counted"], found["already_imported"], found["changed"]) == (12, 4, 2 + 4, 2)
    assert found["changed_times"] == ["2025-07-16T11:00:00Z"]


def test_a_file_with_a_fault_is_refused_with_line_and_column_and_the_others_are_counted(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BY_PAGE + "c,2025-07-16T12:00:00Z,many\nc,noon,1\n")
    (tmp_path / "b.csv").write_text("views;page;time;who\n2;c;20250716;me\n")
    for options in (["--dry-run"], []):
        done = run(tmp_path, *options, "a.csv", "b.csv", code=1)
        said = [
            line for line in done.stderr.decode().splitlines() if not line.startswith("{")
        ]  # a log line: a new file
        assert said == [
            "a.csv:6: views: 'many' is not an integer from 0 to 9223372036854775807; write it like 1204.",
            f"a.csv:7: time: 'noon': not a timestamp; {GRAMMAR}; a whole day is written like 2025-07-16.",
            "a.csv: nothing of this file is counted.",
        ]
        shown = [" ".join(line.split()) for line in done.stdout.decode().splitlines()]
        assert "2 views of them in the first hour of their day: rows with a date only" in shown
        assert "b.csv: ignored columns: who" in shown
    assert counted(tmp_path) == {("c", "2025-07-16 00:00:00"): 2}


def test_an_import_of_counts_killed_halfway_and_repeated_counts_every_hour_once(tmp_path: Path) -> None:
    times = [text_of(Time(FIRST_HOUR + at, whole_day=False)) for at in range(HOURS)]
    rows = [f"{page},{time},{at + 1}" for page in "ab" for at, time in enumerate(times)]
    (tmp_path / "views.csv").write_text("\n".join(["page,time,views", *rows]))
    command = [COMMAND, "import", "counts", "views.csv"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not begun(tmp_path):
            pass
        process.kill()
    before = counted(tmp_path)
    assert 0 < len(before) < 2 * HOURS
    found = said(tmp_path, "views.csv")
    assert (found["already_imported"], found["counted"]) == (len(before), 2 * HOURS - len(before))
    assert sum(counted(tmp_path).values()) == found["views"] + sum(before.values()) == HOURS * (HOURS + 1)


def begun(folder: Path) -> bool:
    with suppress(sqlite3.OperationalError):  # the file, or its tables, are not there yet
        return bool(counted(folder))
    return False
