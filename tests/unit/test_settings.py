"""Which store and broker the settings name."""

import os
import re
from pathlib import Path

import pytest
from tests.documents import text_of

from hourmill.cli.settings import load
from hourmill.errors import SettingsRefused
from hourmill.wiring.setting_names import unknown_names


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in {*os.environ} - {"PATH"}:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_without_settings_the_store_is_a_file() -> None:
    settings = load({})
    assert (settings.data_file, settings.rabbitmq_url) == (Path("hourmill.db"), None)


@pytest.mark.parametrize(
    ("flags", "url"),
    [
        ({"POSTGRES_HOST": "db"}, "postgresql://db:5432/analytics"),
        (
            {"POSTGRES_HOST": "::1", "POSTGRES_PORT": "5433", "POSTGRES_USER": "u", "POSTGRES_DB": "d"},
            "postgresql://u@[::1]:5433/d",
        ),
        (
            {"POSTGRES_HOST": "db", "POSTGRES_USER": "a@b", "POSTGRES_PASSWORD": "p:/?#%", "POSTGRES_DB": "x y"},
            "postgresql://a%40b:p%3A%2F%3F%23%25@db:5432/x%20y",
        ),
        ({"DATABASE_URL": "postgresql://h/d", "POSTGRES_HOST": "other"}, "postgresql://h/d"),
        ({"DATABASE_URL": "postgres://u:p@h:1/d?sslmode=verify-full"}, "postgres://u:p@h:1/d?sslmode=verify-full"),
    ],
)
def test_the_store_is_postgresql(flags: dict[str, str], url: str) -> None:
    settings = load(flags)
    assert (settings.data_file, settings.postgres_url) == (None, url)


def test_a_file_that_is_named_wins_over_postgres_host() -> None:
    assert load({"DATABASE_URL": "sqlite:///a.db", "POSTGRES_HOST": "db"}).data_file == Path("a.db")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///", "names no file"),
        ("sqlite:///folder/", "names no file"),
        ("sqlite:///~/x.db", "~ is no folder"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///a.db?mode=ro", "takes no options"),
        *((url, "a data file is sqlite:///PATH") for url in (
            "sqlite://hourmill.db", "sqlite:/var/lib/x.db", "sqlite:x.db", "SQLite:///x.db", "sqlite3:///x.db",
            "sqlite+pysqlite:///x.db", "file:///x.db", "file:x.db", "x.db", "/var/lib/x.db", "~/x.db")),
    ],
)  # fmt: skip
def test_who_names_a_data_file_wrongly_is_told_how_it_is_named(url: str, said: str) -> None:
    with pytest.raises(SettingsRefused) as refused:
        load({"DATABASE_URL": url})
    for told in (said, "(sqlite:///hourmill.db)", "(sqlite:////var/lib/hourmill/hourmill.db)"):
        assert told in str(refused.value)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("HOURMILL_PORT", "PORT"),
        ("HOURMILL_HOTS", "HOURMILL_HOST"),
        ("hourmill_log_levl", "HOURMILL_LOG_LEVEL"),
        ("HOURMIL_LOG_LEVEL", "HOURMILL_LOG_LEVEL"),
        ("HOURMILL_LOGZIO_TOKEN_FILE", "LOGZIO_TOKEN_FILE"),
        ("HOURMILL_WORKER_PROT", "HOURMILL_WORKER_PORT"),
        ("HOURMILL_HOME", None),
    ],
)
def test_a_name_that_no_setting_has_is_known_with_what_is_meant(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str | None
) -> None:
    monkeypatch.setenv(name, "1")
    load({})
    assert list(unknown_names()) == [(name.upper(), meant)]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        *((name, "HOURMILL_ACCESS") for name in (
            "HOURMILL_ACESS", "HOURMILL_ACCES", "HOURMILL_ACCSES", "HOURMILL_ACCESSS", "HOURMILL_ACCESS_MODE",
            "HOURMILL_ACCESS_FILE", "HOURMIL_ACCESS", "HOUR_MILL_ACCESS", "HOURMILLACCESS", "Hourmill_Acess")),
        ("HOURMILL_TLS_KEY_FILE", "HOURMILL_TLS_KEY"),
        ("HOURMILL_DATABASE_URL", "DATABASE_URL"),
        ("HOURMILL_DATABASE_URL_FILE", "DATABASE_URL_FILE"),
        ("HOURMILL_REQUESTS_PER_MINUTE", "HOURMILL_REQUESTS_PER_MINUTE_PER_KEY"),
        ("HOURMILL_RETENTION_DAYS", "HOURMILL_RETENTION_DAILY_DAYS"),
    ],
)  # fmt: skip
def test_a_name_that_may_mean_who_may_do_what_or_what_is_kept_where_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, meant: str
) -> None:
    monkeypatch.setenv(name, "both")
    monkeypatch.setenv("PORT", "none")
    with pytest.raises(SettingsRefused) as refused:
        load({})
    told = f"{name.upper()}: there is no such setting. Did you mean {meant}?"
    assert [fault.startswith(told) for fault in refused.value.faults] == [False, True]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HOURMILL_ACESS", ""),
        ("HOURMILL", "/opt/hourmill"),
        ("HOURLY_ACCESS", "both"),
        ("HOURMILL_TEST_DATABASE_URL", "postgresql://localhost/d"),
        ("HOURMILL_PORT", "tcp://10.0.0.1:3000"),
        ("HOURMILL_SERVICE_HOST", "10.0.0.1"),
        ("HOURMILL_SERVICE_PORT_HTTP", "3000"),
        ("HOURMILL_PORT_3000_TCP_ADDR", "10.0.0.1"),
        ("HOURMILL_API_SERVICE_PORT", "3000"),
    ],
)
def test_names_that_others_read_and_empty_ones_are_left_alone(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    load({})
    assert list(unknown_names()) == []


@pytest.mark.parametrize("file", ["compose.yaml", "Dockerfile", "Makefile", ".ci/run", "README.md", "docs/docker.md"])
def test_no_file_of_ours_sets_a_name_that_is_complained_about(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    for name in re.findall(r"\bHOURMILL_[A-Z_]+[A-Z]\b", text_of(file)):
        monkeypatch.setenv(name, "1")
    assert list(unknown_names()) == []


@pytest.mark.parametrize(
    "flags",
    [
        {"DATABASE_URL": "sqlite:///"},
        {"DATABASE_URL": "postgresql:///d"},
        {"DATABASE_URL": "postgresql://secret@h"},
        {"DATABASE_URL": "postgresql://secret@h/"},
        {"DATABASE_URL": "postgresql://secret@h:port/d"},
        {"DATABASE_URL": "mysql://secret@h/d"},
        {"POSTGRES_HOST": "h", "RABBITMQ_URL": "secret"},
        {"LOGZIO_URL": "https://listener.logz.io:8071/?token=secret"},
        {"LOGZIO_URL": "https://u:secret@listener.logz.io"},
        {"LOGZIO_URL": "listener.logz.io?token=secret"},
        {"HOURMILL_TRACES_URL": "ftp://u:secret@h/?token=secret"},
        {"HOURMILL_CORS_ORIGINS": "https://a.example, https://u:secret@b.example"},
        {"HOURMILL_TRUSTED_PROXIES": "10.0.0.1, http://u:secret@1.2.3.4"},
        {"HOURMILL_HOST": "http://u:secret@h/?token=secret"},
        {"POSTGRES_HOST": "u:secret@h"},
        {"POSTGRES_HOST": "h", "RABBITMQ_URL": "http://secret@h"},
        {"POSTGRES_HOST": "h", "RABBITMQ_URL": "amqp://"},
        {"RABBITMQ_URL": "amqp://secret@h"},
        {"RABBITMQ_URL": "amqp://secret@h", "DATABASE_URL": "sqlite:///a.db"},
        {"POSTGRES_PORT": "0"},
        {"NUM_SHARDS": "0"},
        {"BATCH_SIZE": "0"},
        {"HOURMILL_QUEUE_PREFIX": "a b"},
        {"HOURMILL_QUEUE_MAX_BYTES": "1"},
    ],
)
def test_what_cannot_be_used_is_refused_by_name_and_shows_no_secret(flags: dict[str, str]) -> None:
    with pytest.raises(SettingsRefused) as refused:
        load(flags)
    assert any(name in str(refused.value) for name in flags)
    assert "secret" not in str(refused.value)
