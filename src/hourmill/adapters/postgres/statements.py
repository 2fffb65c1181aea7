"""The SQL texts of this adapter."""

import re
from importlib import resources

SQL = resources.files("hourmill.adapters.postgres") / "sql"


def statements() -> dict[str, str]:
    """The named statements of statements.sql."""
    text = (SQL / "statements.sql").read_text()
    named = re.findall(r"^-- name: (\w+)\n(.*?)(?=^-- name: |\Z)", text, re.MULTILINE | re.DOTALL)
    return dict(named)
