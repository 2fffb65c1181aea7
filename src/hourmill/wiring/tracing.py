"""Where spans go, if anywhere."""

import atexit

from hourmill.errors import SettingsRefused
from hourmill.ports.trace import Tracer
from hourmill.settings import Settings


def tracer(settings: Settings) -> Tracer | None:
    """To the collector of the settings, if they name one.

    raises  SettingsRefused
    """
    if settings.traces_url is None:
        return None
    try:
        from hourmill.adapters.otel.tracer import OtelTracer  # noqa: PLC0415 an extra, and half a second to import
    except ImportError as error:
        raise SettingsRefused(
            [f"HOURMILL_TRACES_URL: OpenTelemetry is not installed ({error}). Install hourmill with the extra otel."]
        ) from error
    made = OtelTracer(settings.traces_url.get_secret_value())
    atexit.register(made.end)
    return made
