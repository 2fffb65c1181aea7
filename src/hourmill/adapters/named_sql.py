"""SQL texts that lie beside the code of an adapter: files of named statements."""

import re
from importlib import resources

_NAMED = re.compile(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", re.MULTILINE | re.DOTALL)


def named_statements(package: str, file: str) -> dict[str, str]:
    """The statements of a file in the folder `sql` of a package, each under the name in the line before it."""
    return dict(_NAMED.findall((resources.files(package) / "sql" / file).read_text()))
