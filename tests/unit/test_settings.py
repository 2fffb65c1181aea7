"""Which store and broker the settings name."""

from pathlib import Path

import pytest

from hourmill.cli.settings import load
from hourmill.errors import SettingsRefused
from hourmill.settings import Settings


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
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
    "flags",
    [
        {"DATABASE_URL": "sqlite:///"},
        {"DATABASE_URL": "postgresql:///d"},
        {"DATABASE_URL": "postgresql://secret@h"},
        {"DATABASE_URL": "postgresql://secret@h/"},
        {"DATABASE_URL": "postgresql://secret@h:port/d"},
        {"DATABASE_URL": "mysql://secret@h/d"},
        {"POSTGRES_HOST": "h", "RABBITMQ_URL": "secret"},
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
