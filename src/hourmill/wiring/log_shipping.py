"""Where the log goes besides standard error."""

import atexit
import logging

from hourmill.adapters.logzio.shipper import Shipper
from hourmill.settings import Settings


def shipper(settings: Settings) -> logging.Handler | None:
    """To Logz.io, if there is a token for it; what waits when the process ends is sent then."""
    if settings.logzio_token is None:
        return None
    made = Shipper(settings.logzio_url, settings.logzio_token.get_secret_value())
    atexit.register(made.end)
    return made
