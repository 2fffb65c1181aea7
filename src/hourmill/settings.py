"""The settings: one frozen object, read from the environment and .env."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from hourmill import failpoints
from hourmill.errors import SettingsRefused
from hourmill.redaction import redacted, secrets_of
from hourmill.urls import AMQP, HTTP, SQLITE, check_server, check_store

HOST = r"^[^/\s@?#]+$"  # a name or an address, no URL
MAX_DAYS = 100_000
_URL_LIKE = ("_URL", "_HOST", "_ORIGINS", "_PROXIES")  # settings in which a URL is, or may be by mistake
# as a browser writes it: in small letters, with the port if it is not the usual one of the scheme
_ORIGIN = re.compile(
    r"(?!http://.*:80$|https://.*:443$)[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?"
)


class SecretFileSource(PydanticBaseSettingsSource):
    """Reads the setting NAME from the file that NAME_FILE names, for each setting that is a secret."""

    def __init__(self, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        named = {**DotEnvSettingsSource(settings_cls).env_vars, **EnvSettingsSource(settings_cls).env_vars}
        self._named = {name.upper(): value for name, value in named.items()}

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:  # noqa: ARG002 pydantic's signature
        name = str(field.alias)
        path = self._named.get(f"{name}_FILE") if is_secret(field) else None
        if not path:
            return None, name, False
        try:
            return Path(path).read_text().strip(), name, False
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsRefused([f"{name}_FILE={path}: cannot be read ({error})"]) from error

    def __call__(self) -> dict[str, Any]:
        found = (self.get_field_value(field, name) for name, field in self.settings_cls.model_fields.items())
        return {name: value for value, name, _ in found if value is not None}


class Settings(BaseSettings):
    """Every setting: its name in the environment, what is allowed, its default, what it means."""

    model_config = SettingsConfigDict(
        env_file=".env",
        env_ignore_empty=True,
        hide_input_in_errors=True,
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    host: str = Field("127.0.0.1", alias="HOURMILL_HOST", description="Address to listen on.", pattern=HOST)
    access: Literal["open", "write", "read", "both"] | None = Field(
        None,
        alias="HOURMILL_ACCESS",
        description="What needs an access key: open (nothing), write (counting), read (reports), both. Unset: nothing, "
        "and only a loopback address is listened on.",
    )
    default_credentials: Literal["refuse", "warn"] = Field(
        "refuse",
        alias="HOURMILL_DEFAULT_CREDENTIALS",
        description="What a server does whose broker or database is on another machine and has the password that "
        "everybody knows: refuse to start, or warn.",
    )
    trusted_proxies: str | None = Field(
        None,
        alias="HOURMILL_TRUSTED_PROXIES",
        description="Addresses and networks of the proxies in front, parted by commas: X-Forwarded-For and "
        "X-Forwarded-Proto are believed from them.",
    )
    cors_origins: str | None = Field(
        None,
        alias="HOURMILL_CORS_ORIGINS",
        description="Origins whose pages may send requests and read the answers, parted by commas, like "
        "https://example.com; or *, for all. Unset: none.",
    )
    requests_per_key: int | None = Field(
        None,
        alias="HOURMILL_REQUESTS_PER_MINUTE_PER_KEY",
        ge=1,
        le=100_000_000,
        description="Requests that one access key may send at once, and again in each minute; past it 429. Unset: any.",
    )
    requests_per_address: int | None = Field(
        None,
        alias="HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS",
        ge=1,
        le=100_000_000,
        description="Requests that one client address (IPv6: a /64) may send at once, and again in each minute; past "
        "it 429. Unset: any.",
    )
    tls_certificate: str | None = Field(
        None,
        alias="HOURMILL_TLS_CERTIFICATE",
        min_length=1,
        description="File (PEM) with the certificate and its chain: the port speaks HTTPS. Unset: HTTP.",
    )
    tls_key: str | None = Field(
        None,
        alias="HOURMILL_TLS_KEY",
        min_length=1,
        description="File (PEM) with the private key of that certificate.",
    )
    port: int = Field(3000, alias="PORT", ge=1, le=65535, description="Port to listen on.")
    worker_port: int | None = Field(
        None,
        alias="HOURMILL_WORKER_PORT",
        ge=1,
        le=65535,
        description="Port at which a worker answers /metrics, /livez and /readyz, on HOURMILL_HOST. Unset: none.",
    )
    database_url: SecretStr = Field(
        SecretStr("sqlite:///hourmill.db"),
        alias="DATABASE_URL",
        description="The store: sqlite:///PATH, three slashes and a path from the current folder "
        "(sqlite:///hourmill.db), or four slashes for one from the root (sqlite:////var/lib/hourmill/hourmill.db); or "
        "postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=verify-full. Wins over POSTGRES_*.",
    )
    postgres_host: str | None = Field(
        None,
        alias="POSTGRES_HOST",
        pattern=HOST,
        description="Host of PostgreSQL; unset: SQLite, unless DATABASE_URL says otherwise.",
    )
    postgres_port: int = Field(5432, alias="POSTGRES_PORT", ge=1, le=65535, description="Port of PostgreSQL.")
    postgres_user: str | None = Field(None, alias="POSTGRES_USER", description="User of PostgreSQL.")
    postgres_password: SecretStr | None = Field(None, alias="POSTGRES_PASSWORD", description="Password of that user.")
    postgres_db: str = Field("analytics", alias="POSTGRES_DB", min_length=1, description="Database in PostgreSQL.")
    rabbitmq_url: SecretStr | None = Field(
        None,
        alias="RABBITMQ_URL",
        description="The broker, amqp://USER:PASSWORD@HOST:PORT/VHOST or amqps://; needs PostgreSQL. Unset: views are "
        "committed to the store at once.",
    )
    rabbitmq_management_url: SecretStr | None = Field(
        None,
        alias="HOURMILL_RABBITMQ_MANAGEMENT_URL",
        description="The management API of RabbitMQ, http://HOST:15672 or https://; `hourmill doctor` asks it for "
        "policies. Without USER:PASSWORD@ in it, those of RABBITMQ_URL. Unset: not asked.",
    )
    num_partitions: int = Field(
        10,
        alias="NUM_PARTITIONS",
        ge=1,
        le=32767,
        description="Partitions, chosen by page: one queue of the broker each.",
    )
    num_shards: int = Field(
        10,
        alias="NUM_SHARDS",
        ge=1,
        le=32767,
        description="Shard keys in PostgreSQL: a worker writes its rows under one of them, picked when it starts.",
    )
    batch_size: int = Field(
        300,
        alias="BATCH_SIZE",
        ge=1,
        le=10_000,
        description="A worker flushes when this many messages of each partition it holds are there, or after "
        "FLUSH_INTERVAL_MS.",
    )
    queue_prefix: str = Field(
        "hourmill",
        alias="HOURMILL_QUEUE_PREFIX",
        pattern="^[A-Za-z0-9._-]{1,100}$",
        description="What the names of our queues begin with.",
    )
    queue_max_bytes: int = Field(
        1 << 30,
        alias="HOURMILL_QUEUE_MAX_BYTES",
        ge=1 << 20,
        description="Bytes that the queue of one partition may hold; past it requests get 503.",
    )
    flush_interval_ms: int = Field(
        1000,
        alias="FLUSH_INTERVAL_MS",
        ge=1,
        le=60_000,
        description="Counters are written at least this often under load: by a worker, and from the journal of SQLite.",
    )
    max_single_body_bytes: int = Field(
        16 << 10,
        alias="HOURMILL_MAX_SINGLE_BODY_BYTES",
        ge=1 << 10,
        le=1 << 20,
        description="Largest body of a single view.",
    )
    max_multi_body_bytes: int = Field(
        8 << 20,
        alias="HOURMILL_MAX_MULTI_BODY_BYTES",
        ge=1 << 10,
        le=64 << 20,
        description="Largest body of a batch.",
    )
    max_entries: int = Field(
        20_000,
        alias="HOURMILL_MAX_ENTRIES",
        ge=1,
        description="Most entries of a batch: each page is one, and each hour of it.",
    )
    max_ahead_hours: int = Field(
        25,
        alias="HOURMILL_MAX_AHEAD_HOURS",
        ge=1,
        le=8784,
        description="Hours by which the time of a view may be ahead of this machine's clock; views that are further "
        "ahead are refused.",
    )
    new_pages_per_hour: int = Field(
        500_000,
        alias="HOURMILL_NEW_PAGES_PER_HOUR",
        ge=0,
        description="New pages of each site that are counted under their names in an hour, and twice as many of all "
        "sites together; those past it are counted as SITE/(other). 0: all.",
    )
    new_sites_per_hour: int = Field(
        50_000,
        alias="HOURMILL_NEW_SITES_PER_HOUR",
        ge=1,
        description="New sites that are counted under their names in an hour; pages of those past it are counted as "
        "/(other).",
    )
    body_within_seconds: int = Field(
        60,
        alias="HOURMILL_BODY_WITHIN_SECONDS",
        ge=1,
        le=3600,
        description="A body that has not come to its end after this long is given up.",
    )
    max_reading_bytes: int = Field(
        256 << 20,
        alias="HOURMILL_MAX_READING_BYTES",
        ge=1 << 10,
        description="Bytes of bodies that may be under way to us at the same time; past it requests get 503.",
    )
    max_waiting_views: int = Field(
        100_000,
        alias="HOURMILL_MAX_WAITING_VIEWS",
        ge=1,
        description="Single views and batch entries that may wait for a commit; past it requests get 503.",
    )
    max_waiting_bytes: int = Field(
        64 << 20,
        alias="HOURMILL_MAX_WAITING_BYTES",
        ge=1 << 10,
        description="Bytes of bodies that may wait for a commit; past it requests get 503.",
    )
    max_reads_per_client: int = Field(
        32,
        alias="HOURMILL_MAX_READS_PER_CLIENT",
        ge=1,
        le=10_000,
        description="Statistics of one access key, or else of one client address (IPv6: a /64), that may be under way; "
        "past it 429.",
    )
    max_reads: int = Field(
        256,
        alias="HOURMILL_MAX_READS",
        ge=1,
        le=10_000,
        description="Statistics that may be under way together; past it the client that has most of them gets 503.",
    )
    read_within_seconds: int = Field(
        5,
        alias="HOURMILL_READ_WITHIN_SECONDS",
        ge=1,
        le=30,
        description="A question to the statistics whose answer takes longer is given up, with 400.",
    )
    retention_hourly_days: int | None = Field(
        None,
        alias="HOURMILL_RETENTION_HOURLY_DAYS",
        ge=1,
        le=MAX_DAYS,
        description="Days for which counters of hours are kept, at least; whole months go. Unset: for ever. Older "
        "views count in their day only.",
    )
    retention_daily_days: int | None = Field(
        None,
        alias="HOURMILL_RETENTION_DAILY_DAYS",
        ge=1,
        le=MAX_DAYS,
        description="Days for which counters of days are kept, at least; whole months go. Unset: for ever. Older views "
        "are refused.",
    )
    clean_interval_seconds: int = Field(
        3600,
        alias="HOURMILL_CLEAN_INTERVAL_SECONDS",
        ge=1,
        le=604_800,
        description="The janitor cleans this often: rolls up days, drops what is older than the retention says.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", alias="HOURMILL_LOG_LEVEL", description="debug, info, warning or error."
    )
    log_format: Literal["auto", "json", "text"] = Field(
        "auto", alias="HOURMILL_LOG_FORMAT", description="json, text, or auto: text on a terminal, else json."
    )
    logzio_token: SecretStr | None = Field(
        None,
        alias="LOGZIO_TOKEN",
        description="Token of Logz.io; with it, a service ships its log there, too.",
    )
    logzio_url: str = Field(
        "https://listener.logz.io:8071",
        alias="LOGZIO_URL",
        pattern=r"^https://[^/?#\s@]+/?$",
        description="Listener of Logz.io for the region of the account.",
    )
    traces_url: SecretStr | None = Field(
        None,
        alias="HOURMILL_TRACES_URL",
        description="Where spans of groups and flushes are sent, by OTLP over HTTP; needs the extra otel. Unset: none.",
    )
    failpoints: str | None = Field(
        None,
        alias="HOURMILL_FAILPOINTS",
        description="For tests of Hourmill itself: steps at which this process fails on purpose, like stored=kill@3.",
    )

    @field_validator("database_url")
    @classmethod
    def _is_a_store(cls, url: SecretStr) -> SecretStr:
        check_store(url.get_secret_value())
        return url

    @field_validator("rabbitmq_url", "rabbitmq_management_url", "traces_url")
    @classmethod
    def _is_a_server(cls, url: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if url is not None:
            check_server(url.get_secret_value(), AMQP if info.field_name == "rabbitmq_url" else HTTP)
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, text: str | None) -> str | None:
        networks(text)
        return text

    @field_validator("cors_origins")
    @classmethod
    def _are_origins(cls, text: str | None) -> str | None:
        for origin in listed(text):
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(
                    f"{redacted(origin)} is no origin; write it like https://example.com or http://localhost:8080"
                )
        return text

    @field_validator("failpoints")
    @classmethod
    def _are_plans(cls, text: str | None) -> str | None:
        failpoints.parse(text or "")
        return text

    @property
    def data_file(self) -> Path | None:
        """The file of SQLite, or None: the store is PostgreSQL."""
        url = self.database_url.get_secret_value()
        if url.startswith(SQLITE) and ("database_url" in self.model_fields_set or self.postgres_host is None):
            return Path(url.removeprefix(SQLITE))
        return None

    @property
    def postgres_url(self) -> str:
        """The URL of PostgreSQL, its password in it."""
        if "database_url" in self.model_fields_set:
            return self.database_url.get_secret_value()
        secret = self.postgres_password.get_secret_value() if self.postgres_password else ""
        password = f":{quote(secret, safe='')}" if secret else ""
        user = f"{quote(self.postgres_user, safe='')}{password}@" if self.postgres_user else ""
        host = f"[{self.postgres_host}]" if ":" in (self.postgres_host or "") else self.postgres_host
        return f"postgresql://{user}{host}:{self.postgres_port}/{quote(self.postgres_db, safe='')}"

    @property
    def secrets(self) -> set[str]:
        """What nobody may be told: the values of secret settings; of URLs, their passwords and queries."""
        held = {str(field.alias): getattr(self, name) for name, field in type(self).model_fields.items()}
        texts = {name: value.get_secret_value() for name, value in held.items() if isinstance(value, SecretStr)}
        return set[str]().union(*(secrets_of(text) if is_url_like(name) else {text} for name, text in texts.items()))

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 Docker's folder of secrets is not ours
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """A flag wins over the environment, that over a secret's file, that over .env."""
        return init_settings, env_settings, SecretFileSource(settings_cls), dotenv_settings


def listed(text: str | None) -> list[str]:
    """The parts of a list, without what is empty."""
    return [part.strip() for part in (text or "").split(",") if part.strip()]


def networks(text: str | None) -> list[IPv4Network | IPv6Network]:
    """The networks in a list like 127.0.0.1, 10.0.0.0/8.

    raises  ValueError
    """
    return [_network(part) for part in listed(text)]


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ValueError(str(error).replace(text, redacted(text))) from None


def is_url_like(name: str) -> bool:
    """Whether a URL is in the setting of this name, or may be by mistake."""
    return name.endswith(_URL_LIKE)


def is_secret(field: FieldInfo) -> bool:
    """Whether a setting's value is hidden and may come from a file."""
    return "SecretStr" in str(field.annotation)
