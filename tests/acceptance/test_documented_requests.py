"""The tables of bad input in docs/http-api.md, row by row, against the running service."""

from urllib.parse import unquote

import pytest
from tests.documents import rows, sections, text_of
from tests.service import RunningService

TABLES = rows(sections(text_of("docs/http-api.md"))["Bad input and its answers"])
BODIES = [row for row in TABLES if row[0] in ("single", "multi")]
QUERIES = [row for row in TABLES if row[0] == "(none)" or row[0].startswith("`?")]


def code(cell: str) -> list[str]:
    """The texts that stand in backquotes."""
    return cell.split("`")[1::2]


def test_the_tables_are_found_whole() -> None:
    assert len(BODIES) + len(QUERIES) + 2 * 2 == len(TABLES)
    assert min(len(BODIES), len(QUERIES)) > 5


@pytest.mark.parametrize("row", BODIES, ids=" ".join)
def test_a_documented_bad_body_is_answered_as_documented(service: RunningService, row: list[str]) -> None:
    route, body, status, where = row
    answer = service.post(f"/page-views/{route}", code(body)[0].encode())
    assert answer.status == int(status)
    assert [unquote(error["pointer"]) for error in answer.json()["errors"]] == code(where)


@pytest.mark.parametrize("row", QUERIES, ids=" ".join)
def test_a_documented_bad_query_is_answered_as_documented(service: RunningService, row: list[str]) -> None:
    query, status, where = row
    answer = service.get("/report" + "".join(code(query)))
    assert answer.status == int(status)
    assert [error["parameter"] for error in answer.json()["errors"]] == code(where)
