"""The SQL texts of this adapter."""

from importlib import resources

from hourmill.adapters.named_sql import named_statements

_PACKAGE = "hourmill.adapters.postgres"
SQL = resources.files(_PACKAGE) / "sql"


def statements(file: str = "statements.sql") -> dict[str, str]:
    """The named statements of a file."""
    return named_statements(_PACKAGE, file)
