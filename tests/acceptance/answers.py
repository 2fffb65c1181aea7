"""Answers, checked whole."""

from tests.client import Answer


def success(answer: Answer) -> bool:
    """Whether it says that what was sent is counted."""
    return (answer.status, answer.headers["content-type"], answer.json()) == (
        200,
        "application/json",
        {"success": True},
    )
