"""Loading the settings, with every fault told; and stating them, as they stand and where they came from."""

import os
from typing import Any, NamedTuple

from pydantic import SecretStr, ValidationError
from pydantic_settings import DotEnvSettingsSource, EnvSettingsSource

from hourmill.errors import SettingsRefused
from hourmill.redaction import redacted
from hourmill.settings import SecretFileSource, Settings, is_secret, is_url_like
from hourmill.wiring.setting_names import misspelt

DEFAULT = "default"


class Stated(NamedTuple):
    """A setting as it stands: its name, its value (a secret hidden), where it came from, what it means."""

    name: str
    value: str
    source: str
    meaning: str


def load(flags: dict[str, Any]) -> Settings:
    """The settings; flags (by the setting's name) win over everything else.

    raises  SettingsRefused, with every fault
    """
    try:
        settings = Settings(**flags)
    except UnicodeDecodeError as error:
        raise SettingsRefused([f".env: not UTF-8 ({error})"]) from None
    except ValidationError as error:
        faults = [_fault(fault["loc"], fault["msg"], flags) for fault in error.errors()]
        raise SettingsRefused([*faults, *misspelt()]) from None
    if faults := [*_contradictions(settings), *misspelt()]:
        raise SettingsRefused(faults)
    return settings


def state(settings: Settings) -> list[Stated]:
    """Every setting as it stands."""
    origins = [
        ("environment", EnvSettingsSource(Settings)()),
        ("secret file", SecretFileSource(Settings)()),
        (".env", DotEnvSettingsSource(Settings)()),
    ]
    return [
        Stated(
            name=str(field.alias),
            value=_stated(settings, attribute, str(field.alias), is_default=source == DEFAULT),
            source=source,
            meaning=field.description or "",
        )
        for attribute, field in Settings.model_fields.items()
        for source in [next((label for label, found in origins if field.alias in found), DEFAULT)]
    ]


def _stated(settings: Settings, attribute: str, name: str, *, is_default: bool) -> str:
    value = getattr(settings, attribute)
    if attribute == "database_url" and is_default and settings.data_file is None:
        return ""  # POSTGRES_HOST names the store
    if isinstance(value, SecretStr) and is_default:
        value = value.get_secret_value()  # everybody knows it
    return "" if value is None else _shown(name, str(value))


def _contradictions(settings: Settings) -> list[str]:
    faults = []
    if settings.rabbitmq_url is not None and settings.data_file is not None:
        faults.append(
            "RABBITMQ_URL: a broker needs PostgreSQL, the store is SQLite. Set DATABASE_URL or POSTGRES_HOST."
        )
    if settings.postgres_host is not None and settings.postgres_password is not None and settings.postgres_user is None:
        faults.append("POSTGRES_PASSWORD: whose? Set POSTGRES_USER too.")
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        faults.append("HOURMILL_TLS_CERTIFICATE, HOURMILL_TLS_KEY: set both, or neither.")
    hourly, daily = settings.retention_hourly_days, settings.retention_daily_days
    if daily is not None and (hourly is None or hourly > daily):
        faults.append(
            "HOURMILL_RETENTION_DAILY_DAYS: hours cannot be kept for longer than days. "
            f"Set HOURMILL_RETENTION_HOURLY_DAYS to {daily} or less."
        )
    return faults


def _fault(location: tuple[int | str, ...], message: str, flags: dict[str, Any]) -> str:
    name = str(location[0])
    field = next(field for field in Settings.model_fields.values() if field.alias == name)
    given = str(flags.get(name, os.environ.get(name, "(from .env or a file)")))
    shown = "(hidden)" if is_secret(field) else _shown(name, given)
    return f"{name}={shown}: {message.removeprefix('Value error, ')}. {field.description}"


def _shown(name: str, value: str) -> str:
    return redacted(value) if is_url_like(name) else value
