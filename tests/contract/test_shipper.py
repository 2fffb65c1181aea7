"""The log reaches Logz.io in bulks, is kept while that is away, up to a limit, and never holds up who logs."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest
from structlog.testing import capture_logs
from tests.client import PATIENCE_S
from tests.listener import TOKEN, Listener, listener

from hourmill.adapters.logzio import attempts, shipper, waiting
from hourmill.adapters.logzio.shipper import Shipper


@pytest.fixture
def logzio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    with listener(tmp_path) as listening:
        monkeypatch.setenv("SSL_CERT_FILE", str(listening.authority))
        monkeypatch.setattr(shipper, "SHIPPED_EVERY_S", 0.02)
        monkeypatch.setattr(attempts, "AGAIN_AFTER_S", 0.02)
        (working := tmp_path / "working").mkdir()
        monkeypatch.chdir(working)
        yield listening
        assert list(working.iterdir()) == []


def ship_to(listening: Listener) -> Shipper:
    return Shipper(listening.settings["LOGZIO_URL"], TOKEN)


def say(handler: Shipper, *events: str) -> None:
    for event in events:
        handler.emit(logging.makeLogRecord({"msg": json.dumps({"message": event})}))


def until(holds: object) -> None:
    deadline_s = monotonic() + PATIENCE_S
    while not holds():  # type: ignore[operator]
        if monotonic() > deadline_s:
            raise TimeoutError("it does not hold")
        threading.Event().wait(0.01)


def test_lines_are_shipped_in_order_with_the_token(logzio: Listener) -> None:
    handler = ship_to(logzio)
    say(handler, *(f"event {number}" for number in range(100)))
    handler.end()
    assert logzio.messages() == [f"event {number}" for number in range(100)]
    assert set(logzio.paths) == {f"/?token={TOKEN}"}


def test_what_is_refused_for_a_while_is_shipped_later(logzio: Listener) -> None:
    logzio.statuses = [503, 500, 429]
    handler = ship_to(logzio)
    say(handler, "one", "two")
    until(lambda: len(logzio.lines) == 2)
    assert logzio.messages() == ["one", "two"]
    handler.end()


@pytest.mark.parametrize("status", [400, 401, 403, 413])
def test_what_is_refused_is_said_once_with_no_token_and_not_sent_again(status: int, logzio: Listener) -> None:
    logzio.statuses = [status]
    with capture_logs() as lines:
        handler = ship_to(logzio)
        say(handler, "one")
        until(lambda: logzio.paths)
        say(handler, "two")
        until(lambda: logzio.lines)
        handler.end()
    assert [(line["event"], line["reason"], line["lines_lost"]) for line in lines] == [
        ("log not shipped", f"Logz.io answers {status}", 1)
    ]
    assert TOKEN not in str(lines)
    assert logzio.messages() == ["two"]


@pytest.mark.parametrize("fault", ["refused", "torn", "sent on", "not trusted", "away"])
def test_the_library_shows_no_token_prints_nothing_and_holds_up_no_end(
    fault: str,
    logzio: Listener,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(shipper, "CLOSES_WITHIN_S", 0.5)
    monkeypatch.setattr(attempts, "SAID_AGAIN_AFTER_S", 0.0)
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "logzio.logger_stdout")
    logzio.told = f"{TOKEN} is wrong".encode()
    logzio.statuses = {"refused": [500, 403, 401, 400, 413], "sent on": [307] * 1_000}.get(fault, [])
    logzio.to = f"{logzio.settings['LOGZIO_URL']}/elsewhere?token={TOKEN}"
    logzio.tears = fault == "torn"
    if fault == "not trusted":
        monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    with capture_logs() as lines:
        handler = ship_to(logzio) if fault != "away" else Shipper("https://127.0.0.1:1", TOKEN)
        assert [thread.daemon for thread in threading.enumerate() if "log" in thread.name] == [True]
        for number in range(3):
            say(handler, f"event {number}")
            until(lambda number=number: len(lines) > number)
        handler.flush()
        handler.end()
    printed = capfd.readouterr()
    assert printed.out == printed.err == caplog.text == ""
    assert TOKEN not in str(lines)
    assert {path.split("?")[0] for path in logzio.paths} <= {"/"}


def test_while_nobody_answers_memory_is_bounded_and_the_oldest_go(
    logzio: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "WAITING_BYTES", 10_000)
    logzio.hang.clear()
    handler = ship_to(logzio)
    say(handler, "first")
    until(handler._lines.empty)  # it is under way, and nobody answers
    say(handler, *(f"event {number}" for number in range(20_000)))
    assert logzio.lines == []  # whoever logged did not wait for that answer
    assert handler._lines.bytes <= 10_000
    with capture_logs() as lines:
        logzio.hang.set()
        until(lambda: logzio.lines and logzio.messages()[-1] == "event 19999")
        handler.end()
    kept = len(logzio.lines) - 1
    assert sum(line["lines_lost"] for line in lines) == 20_000 - kept


def test_lines_that_nobody_takes_before_the_end_are_told(logzio: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipper, "CLOSES_WITHIN_S", 0.3)
    logzio.hang.clear()
    with capture_logs() as lines:
        handler = ship_to(logzio)
        say(handler, "one")
        until(handler._lines.empty)  # it is under way, and nobody answers
        say(handler, "two", "three")
        handler.end()
    assert [line["lines_lost"] for line in lines] == [3]


def test_an_answer_that_trickles_is_given_up(logzio: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "ANSWERS_WITHIN_S", 0.5)
    logzio.trickles = True
    with capture_logs() as lines:
        handler = ship_to(logzio)
        say(handler, "one")
        until(lambda: lines)
        logzio.trickles = False
        until(lambda: logzio.lines)
        handler.end()
    assert [line["reason"].endswith("timed out") for line in lines] == [True]


def test_a_handshake_that_does_not_go_on_is_given_up(logzio: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "ANSWERS_WITHIN_S", 0.5)
    monkeypatch.setattr(shipper, "CLOSES_WITHIN_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent, capture_logs() as lines:
        handler = Shipper(f"https://127.0.0.1:{silent.getsockname()[1]}", TOKEN)
        say(handler, "one")
        until(lambda: lines)
        handler.end()
    assert lines[0]["reason"].endswith("timed out")


def test_a_listener_that_is_away_or_not_trusted_ends_nothing(logzio: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipper, "CLOSES_WITHIN_S", 0.5)
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    with capture_logs() as lines:
        for url in (logzio.settings["LOGZIO_URL"], "https://127.0.0.1:1"):
            handler = Shipper(url, TOKEN)
            say(handler, "one")
            until(handler._lines.empty)
            handler.end()
    assert logzio.lines == []
    reasons = [line["reason"] for line in lines]
    assert all("cannot be reached" in reason or "before the end" in reason for reason in reasons)
    assert [line["lines_lost"] for line in lines if line["lines_lost"]] == [1, 1]
    assert TOKEN not in str(lines)
