"""The list of known bots, as the package crawler-user-agents keeps it."""

import re
from importlib import resources

import msgspec

from hourmill.core.bots import bot_pattern


class _Bot(msgspec.Struct):
    pattern: str


def known_bots() -> re.Pattern[str]:
    """What is found in the user agent of every known bot."""
    # read here, not imported: the package reads its half MiB on import, and no other command needs it
    listed = (resources.files("crawleruseragents") / "crawler-user-agents.json").read_bytes()
    return bot_pattern(bot.pattern for bot in msgspec.json.decode(listed, type=list[_Bot]))
