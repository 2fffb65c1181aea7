"""Where the log goes besides standard error."""

import atexit
import logging

from hourmill.errors import SettingsRefused
from hourmill.settings import Settings


def shipper(settings: Settings) -> logging.Handler | None:
    """To Logz.io, if there is a token for it; what waits when the process ends is sent then.

    raises  SettingsRefused
    """
    if settings.logzio_token is None:
        return None
    try:
        from hourmill.adapters.logzio.shipper import Shipper  # noqa: PLC0415 9 MiB, for who ships

        made = Shipper(settings.logzio_url, settings.logzio_token.get_secret_value())
    except ImportError as error:
        raise SettingsRefused([f"LOGZIO_TOKEN: what ships to Logz.io is not installed ({error})."]) from error
    except ValueError as error:
        raise SettingsRefused([f"LOGZIO_URL: {error}"]) from error
    atexit.register(made.end)
    return made
