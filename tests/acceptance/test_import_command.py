"""hourmill import access-log, as a process of its own."""

import gzip
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.client import PATIENCE_S
from tests.conftest import StartService
from tests.data_file import held
from tests.service import COMMAND

from hourmill.services.import_log import STRETCH_LINES

HOUR = "2015-05-17 10:00:00"
ENVIRONMENT = {"PATH": os.environ["PATH"], "HOURMILL_LOG_LEVEL": "error"}  # a new data file needs no warning here


def log_of(count: int, first: int = 0) -> bytes:
    """Lines of a log in the combined format, each of another page: /p0, /p1, ..."""
    return b"".join(
        b'192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET /p%d HTTP/1.1" 200 1 "-" "Firefox"\n' % number
        for number in range(first, first + count)
    )


def arguments(folder: Path, *options: str) -> list[str]:
    return [COMMAND, "import", "access-log", "--database", f"sqlite:///{folder / 'hourmill.db'}", *options]


def run(folder: Path, *options: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        arguments(folder, *options),
        cwd=folder,
        input=data,
        env=ENVIRONMENT,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )


def summary(folder: Path, *options: str, data: bytes = b"") -> dict[str, Any]:
    done = run(folder, "--json", *options, data=data)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["lines"] == found["views"] + found["already_imported"] + sum(found["left_out"].values())
    return found


def counted(folder: Path) -> dict[tuple[str, str], int]:
    return held(folder / "hourmill.db").views


def once(count: int) -> dict[tuple[str, str], int]:
    return {(f"/p{number}", HOUR): 1 for number in range(count)}


def test_files_and_standard_input_are_imported_together(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(log_of(2))
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(log_of(2, first=2)))
    found = summary(tmp_path, "a.log", "b.log.gz", "-", data=log_of(2, first=4))
    assert (found["lines"], found["views"]) == (6, 6)
    assert (found["first_hour"], found["last_hour"]) == ("2015-05-17T10:00:00Z", "2015-05-17T10:00:00Z")
    assert counted(tmp_path) == once(6)


def test_the_table_says_what_was_counted_and_what_was_left_out_and_why(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(log_of(3) + b"evil \x1b[31m[red]\n" + log_of(1).replace(b"/p0", b"/p.css"))
    done = run(tmp_path, "a.log")
    lines = [" ".join(line.split()) for line in done.stdout.decode().splitlines()]
    assert "3 counted, 2015-05-17 10:00 to 2015-05-17 10:59 UTC" in lines
    assert "1 left out: asset, by its extension (--count-assets)" in lines
    assert "5 lines read" in lines
    assert r"a.log:4: evil \x1b[31m[red]" in lines
    assert done.stderr == b""


def test_an_import_killed_halfway_and_repeated_counts_every_line_once(tmp_path: Path) -> None:
    lines = 4 * STRETCH_LINES
    half = log_of(3 * STRETCH_LINES)
    command = arguments(tmp_path, "-")
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        assert process.stdin is not None
        process.stdin.write(half)
        process.stdin.flush()  # all but what the pipe holds is read by now, and a stretch before the last is counted
        process.kill()
    before = counted(tmp_path)
    assert 0 < len(before) <= 3 * STRETCH_LINES
    (tmp_path / "a.log").write_bytes(log_of(lines))
    assert summary(tmp_path, "a.log")["already_imported"] == len(before)
    assert counted(tmp_path) == once(lines)


def test_an_import_stopped_by_ctrl_c_ends_at_once_and_may_be_repeated(tmp_path: Path) -> None:
    data = log_of(3 * STRETCH_LINES)
    command = arguments(tmp_path, "-")
    with subprocess.Popen(
        command, cwd=tmp_path, env=ENVIRONMENT, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        process.stdin.write(data)
        process.stdin.flush()
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        assert process.stderr.read() == (
            b"The import broke off (Ctrl-C). Run the same command again: what is counted is remembered.\n"
        )
        assert process.wait(PATIENCE_S) == 1
    summary(tmp_path, "-", data=data)
    assert counted(tmp_path) == once(3 * STRETCH_LINES)


def test_a_file_that_is_not_there_stops_the_import_before_anything_is_counted(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(log_of(1))
    done = run(tmp_path, "a.log", "missing.log", ".")
    assert done.returncode == 1
    assert done.stderr == b"missing.log: No such file or directory\n.: is a directory\nNothing was imported.\n"
    assert not (tmp_path / "hourmill.db").exists()


def test_a_damaged_file_is_named_and_the_others_are_imported(tmp_path: Path) -> None:
    (tmp_path / "a.log.gz").write_bytes(gzip.compress(log_of(2))[:-1])
    (tmp_path / "b.log").write_bytes(log_of(1, first=2))
    done = run(tmp_path, "a.log.gz", "b.log")
    assert done.returncode == 1
    assert done.stderr == b"a.log.gz: the gzip file is cut off; only what comes before that is counted.\n"
    assert counted(tmp_path) == once(3)


def test_a_dry_run_counts_nothing_and_says_what_the_run_does(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(log_of(2))
    assert summary(tmp_path, "a.log")["views"] == 2
    before = counted(tmp_path)
    (tmp_path / "a.log").write_bytes(log_of(5))
    said = summary(tmp_path, "--dry-run", "a.log", "a.log")
    assert (said["views"], said["already_imported"]) == (3, 2 + 5)
    assert counted(tmp_path) == before
    assert summary(tmp_path, "a.log", "a.log") == said | {"dry_run": False}


@pytest.mark.parametrize(
    ("options", "pages"),
    [
        ([], ["/a"]),
        (["--site", "example.com"], ["example.com/a"]),
        (["--keep-query"], ["/a?b=1"]),
        (["--method", "post"], ["/post"]),
        (["--status", "404", "--status", "2xx"], ["/a", "/gone"]),
        (["--count-assets"], ["/a", "/a.css", "/a.pdf"]),
        (["--page-extension", ".PDF"], ["/a", "/a.pdf"]),
        (["--asset-extension", "html", "--count-bots"], ["/a", "/bot"]),
        (["--count-bots"], ["/a", "/bot", "/bot.html"]),
    ],
)
def test_options_change_what_a_page_view_is(tmp_path: Path, options: Sequence[str], pages: Sequence[str]) -> None:
    requests = [
        ("GET /a?b=1", 200, "Firefox"),
        ("POST /post", 200, "Firefox"),
        ("GET /gone", 404, "Firefox"),
        ("GET /a.css", 200, "Firefox"),
        ("GET /a.pdf", 200, "Firefox"),
        ("GET /bot", 200, "Googlebot/2.1"),
        ("GET /bot.html", 200, "Googlebot/2.1"),
    ]
    lines = (
        f'192.0.2.1 - - [17/May/2015:12:05:03 +0200] "{request} HTTP/1.1" {status} 1 "-" "{user_agent}"\n'
        for request, status, user_agent in requests
    )
    summary(tmp_path, *options, "-", data="".join(lines).encode())
    assert counted(tmp_path) == {(page, HOUR): 1 for page in pages}


@pytest.mark.parametrize(
    "options", [["--site", "example.com/a", "-"], ["--site", "a\n", "-"], ["--status", "ok", "-"], []]
)
def test_wrong_usage_is_refused(tmp_path: Path, options: Sequence[str]) -> None:
    assert run(tmp_path, *options).returncode == 2


def test_an_import_beside_a_running_service_shows_in_its_reports(start_service: StartService) -> None:
    service = start_service()
    service.post("/page-views/single", {"page": "/p1", "timestamp": "2015-05-17T10:30:00Z"})
    assert summary(service.folder, "-", data=log_of(3))["views"] == 3
    assert [service.views(page, "2015-05-17T10:00:00Z") for page in ("/p0", "/p1", "/p2")] == [1, 2, 1]
