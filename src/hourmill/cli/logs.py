"""Logs: one line per event to standard error, as text on a terminal, else as JSON."""

import logging
import sys

import structlog

from hourmill.settings import Settings


def configure(settings: Settings, *, only_trouble: bool = False, only_errors: bool = False) -> None:
    """Send our log and that of the libraries to standard error.

    only_trouble  of a command whose results are what it prints: no lines of level info
    only_errors   of one that says by itself what is wrong: no warnings either
    """
    level = "warning" if only_trouble and settings.log_level == "info" else settings.log_level
    if only_errors and level == "warning":
        level = "error"
    as_text = settings.log_format == "text" or (settings.log_format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[structlog.typing.Processor] = (
        [structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())]
        if as_text
        else [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last]
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
