"""Logs: one line per event to standard error, as text on a terminal, else as JSON; a service may ship them, too."""

import logging
import sys
from collections.abc import Collection

import structlog
from structlog.typing import EventDict, Processor

from hourmill.redaction import without
from hourmill.settings import Settings
from hourmill.wiring.log_shipping import shipper
from hourmill.wiring.setting_names import unknown_names

SHARED: list[Processor] = [structlog.stdlib.add_log_level, structlog.processors.TimeStamper(fmt="iso", utc=True)]
AS_JSON = structlog.processors.JSONRenderer()

log = structlog.get_logger()


def configure(
    settings: Settings, *, only_trouble: bool = False, only_errors: bool = False, shipped: bool = False
) -> None:
    """Send our log and that of the libraries to standard error; it begins with the names that are no settings.

    only_trouble  of a command whose results are what it prints: no lines of level info
    only_errors   of one that says by itself what is wrong: no warnings either
    shipped       of a service: also to where the settings say
    """
    level = "warning" if only_trouble and settings.log_level == "info" else settings.log_level
    if only_errors and level == "warning":
        level = "error"
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    as_lines = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )
    handler.setFormatter(_formatter(settings, [_visible, as_lines] if as_text else [AS_JSON]))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    if shipped:
        _ship(settings)
    for name, meant in unknown_names():
        log.warning("there is no such setting", name=name, meant=meant)


def _ship(settings: Settings) -> None:
    """From here on, also send the log to where the settings say."""
    handler = shipper(settings)
    if handler is not None:
        handler.setFormatter(_formatter(settings, [_as_logzio_has_it, AS_JSON]))
        logging.getLogger().addHandler(handler)


def _as_logzio_has_it(_logger: object, _level: str, event: EventDict) -> EventDict:
    """The event under the names that Logz.io shows and sorts by."""
    names = {"@timestamp": event.pop("timestamp", None), "message": event.pop("event", None), "type": "hourmill"}
    return {**names, **event}


def _visible(_logger: object, _level: str, event: EventDict) -> EventDict:
    """The event without characters that a terminal would obey."""
    return {name: _escaped(value) if isinstance(value, str) else value for name, value in event.items()}


def _escaped(text: str) -> str:
    return text if text.isprintable() else "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)


def _formatter(settings: Settings, last: list[Processor]) -> logging.Formatter:
    first: list[Processor] = [structlog.processors.format_exc_info, _without(settings.secrets)]
    meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=SHARED, processors=[*first, meta, *last])


def _without(secrets: Collection[str]) -> Processor:
    """Hides them in what servers and libraries have said: in the fields of our events, in the whole of others'."""

    def hide(_logger: object, _level: str, event: EventDict) -> EventDict:
        ours = {"event", "level", "timestamp"} if event["_from_structlog"] else {"level", "timestamp"}
        return {
            name: without(value, secrets) if isinstance(value, str) and name not in ours else value
            for name, value in event.items()
        }

    return hide
