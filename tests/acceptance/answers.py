"""Answers, checked whole: success, or a refusal and what it names."""

from urllib.parse import unquote

from tests.client import Answer

PHRASES = {
    400: "Bad Request",
    404: "Not Found",
    408: "Request Timeout",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    429: "Too Many Requests",
}


def success(answer: Answer, day_only: int = 0) -> bool:
    """Whether it says that what was sent is counted, so many views of it in their day only."""
    said = {"success": True} | ({"day_only": day_only} if day_only else {})
    return (answer.status, answer.headers["content-type"], answer.json()) == (200, "application/json", said)


def refused(answer: Answer, status: int) -> list[dict[str, str]]:
    """The errors that a problem document names, once all else of it is checked."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer
    document = answer.json()
    errors: list[dict[str, str]] = document.pop("errors", [])
    detail = document.pop("detail")
    assert document == {"type": "about:blank", "title": PHRASES[status], "status": status}
    assert isinstance(detail, str)
    assert detail
    assert all(isinstance(error["detail"], str) and error["detail"] for error in errors)
    assert bool(errors) == (status == 400)
    assert not any("parameter" in error for error in errors) or "counted" not in detail  # who asks counts nothing
    return [{name: text for name, text in error.items() if name != "detail"} for error in errors]


def pointers_of(errors: list[dict[str, str]]) -> list[str]:
    """The JSON Pointers of errors that name nothing else, percent-decoded."""
    assert all(set(error) == {"pointer"} and error["pointer"].isascii() for error in errors), errors
    return [unquote(error["pointer"], errors="strict") for error in errors]
