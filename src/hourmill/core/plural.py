"""A number and the noun it counts."""


def counted(number: int, noun: str) -> str:
    """Like 1 view, 2,000 views; for nouns whose plural takes an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
