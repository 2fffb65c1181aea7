"""Which lines of an access log are page views, and of which page; why the others are not."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from hourmill.core.access_log import LogLine
from hourmill.core.page import page_fault
from hourmill.core.time_bounds import WHOLE_TIME, TimeBounds

REMEMBERED = 8192  # targets, and user agents: most lines repeat one of these
MAX_REMEMBERED_CHARS = 512  # bounds what that memory can hold to a few MiB
MAX_USER_AGENT_CHARS = 512  # a bot names itself sooner

PAGE_VIEW_METHODS = frozenset({"GET"})
PAGE_VIEW_STATUSES = frozenset({*range(200, 300), 304})  # 304: the reader saw it, from the browser's cache
_PARTS_OF_PAGES = "css less scss js mjs cjs map wasm woff woff2 ttf otf eot"
_IMAGES = "png jpg jpeg gif webp avif svg svgz ico cur bmp tif tiff heic jxl psd"
_SOUND_AND_FILM = "mp3 m4a ogg oga opus wav flac aac mp4 m4v webm ogv mov avi mkv mpg mpeg wmv flv swf m3u8 ts vtt"
_DATA_AND_FEEDS = "json jsonld xml xsl xslt rss atom rdf txt csv tsv yml yaml toml webmanifest manifest"
_DOCUMENTS = "pdf ps eps epub rtf doc docx xls xlsx ppt pptx odt ods odp"  # taken home, like the archives
_ARCHIVES = "zip gz tgz bz2 xz zst 7z rar tar jar war deb rpm apk msi exe dmg pkg iso img bin torrent"
ASSET_EXTENSIONS = frozenset(
    " ".join((_PARTS_OF_PAGES, _IMAGES, _SOUND_AND_FILM, _DATA_AND_FEEDS, _DOCUMENTS, _ARCHIVES)).split()
)


class LeftOut(Enum):
    """Why a line is not counted; the values are for programs."""

    BLANK = "blank"
    BROKEN = "broken"
    METHOD = "method"
    STATUS = "status"
    NO_PATH = "no_path"
    ASSET = "asset"
    PAGE_REFUSED = "page_refused"
    BOT = "bot"
    TOO_OLD = "too_old"
    TOO_NEW = "too_new"
    UNFINISHED = "unfinished_last_line"

    __hash__ = object.__hash__  # Enum's own, of the name, is written in Python: 0.3 us for each line left out


@dataclass(frozen=True)
class PageViewRules:
    """What is counted as a page view; every rule must hold, and the first that does not is the reason.

    site              put before each path; if "", the virtual host of the line is, if it has one
    asset_extensions  lower case, without the dot; empty: assets are counted
    bots              searched for in the user agent; None: bots are counted
    keep_query        a target's query belongs to the page
    source            docs/import.md, "What is counted"
    """

    site: str = ""
    methods: frozenset[str] = PAGE_VIEW_METHODS
    statuses: frozenset[int] = PAGE_VIEW_STATUSES
    asset_extensions: frozenset[str] = ASSET_EXTENSIONS
    bots: re.Pattern[str] | None = None
    keep_query: bool = False

    def page_of_target(self, host: str, target: str) -> str | LeftOut:
        """The page that a request's target means, or why it means none."""
        path = target.partition("#")[0].partition("?")[0]
        if not path.startswith("/"):
            return LeftOut.NO_PATH
        _, dot, extension = path.rpartition("/")[2].rpartition(".")
        if dot and extension.lower() in self.asset_extensions:
            return LeftOut.ASSET
        page = (self.site or host) + (target if self.keep_query else path)
        return page if page_fault(page) is None else LeftOut.PAGE_REFUSED

    def is_bot(self, user_agent: str) -> bool:
        """Whether a user agent is a bot's; an empty one or "-" is not."""
        return self.bots is not None and self.bots.search(user_agent) is not None


class Judge:
    """Judges lines by rules; remembers the targets and user agents seen lately.

    bounds  which hours are taken, and which of them are kept
    """

    def __init__(self, rules: PageViewRules, bounds: TimeBounds = WHOLE_TIME) -> None:
        self._rules = rules
        self.bounds = bounds
        self._page_of_target = lru_cache(REMEMBERED)(rules.page_of_target)
        self._is_bot = lru_cache(REMEMBERED)(rules.is_bot)

    def page_of(self, line: LogLine) -> str | LeftOut:
        """The page that a line is a view of, or why it is not counted."""
        if line.method not in self._rules.methods:
            return LeftOut.METHOD
        if line.status not in self._rules.statuses:
            return LeftOut.STATUS
        target = line.target
        remembered = len(target) <= MAX_REMEMBERED_CHARS
        page = (self._page_of_target if remembered else self._rules.page_of_target)(line.host, target)
        if type(page) is not str:
            return page
        if self._is_bot(line.user_agent[:MAX_USER_AGENT_CHARS]):
            return LeftOut.BOT
        if line.hour < self.bounds.first:
            return LeftOut.TOO_OLD
        return page if line.hour <= self.bounds.last else LeftOut.TOO_NEW


def statuses_of(text: str) -> frozenset[int]:
    """The statuses that a text names: one ("304") or a class ("2xx").

    raises  ValueError
    """
    if re.fullmatch(r"[1-9]xx", text, re.IGNORECASE):
        return frozenset(range(int(text[0]) * 100, int(text[0]) * 100 + 100))
    if re.fullmatch(r"[1-9][0-9]{2}", text):
        return frozenset({int(text)})
    raise ValueError('write a status like "304", or a class of them like "2xx"')
