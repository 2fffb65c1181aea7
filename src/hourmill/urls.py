"""What the URLs of stores and servers look like. What is said of a wrong one does not show it: most hold a password."""

import re
from urllib.parse import urlsplit

SQLITE = "sqlite:///"
POSTGRESQL = ("postgresql", "postgres")
AMQP = ("amqp", "amqps")
HTTP = ("http", "https")

# sqlite:x, sqlite3://x, SQLite:///x; file:x; and a path without a scheme
_MEANT_FOR_SQLITE = re.compile(r"(sqlite|file)[a-z0-9+]*:|(?![a-z][a-z0-9+.-]*:)", re.IGNORECASE)


def check_store(url: str) -> None:
    """That the URL names a data file of SQLite, or a database in PostgreSQL.

    raises  ValueError
    """
    if url.startswith(SQLITE):
        _check_path(url.removeprefix(SQLITE))
    elif _MEANT_FOR_SQLITE.match(url):
        raise ValueError("a data file is sqlite:///PATH")
    else:
        check_server(url, POSTGRESQL)
        if len(urlsplit(url).path) < 2:
            raise ValueError("names no database, like postgresql://HOST/DATABASE")


def _check_path(path: str) -> None:
    fault = None
    if not path or path.endswith("/"):
        fault = "names no file"
    elif path.startswith("~"):
        fault = "~ is no folder here; write the whole path"
    elif path == ":memory:":
        fault = "what is counted in memory is lost"
    elif "?" in path:
        fault = "takes no options"
    elif "\0" in path:
        fault = "has a NUL in it"
    if fault is not None:
        raise ValueError(fault)


def check_server(url: str, schemes: tuple[str, ...]) -> None:
    """That the URL has one of the schemes, and a host.

    raises  ValueError
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"must be like {schemes[0]}://USER:PASSWORD@HOST:PORT/NAME ({' or '.join(schemes)})")
