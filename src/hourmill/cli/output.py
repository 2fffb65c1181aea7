"""Where what people look at is printed."""

import os
import sys

from rich.console import Console

UNBROKEN = 10_000  # columns: no name is broken off that a program, or grep, may look for


def standard_output(*, soft_wrap: bool = True) -> Console:
    """Standard output: as wide as the terminal or COLUMNS says; if it is no terminal, as wide as what is printed.

    soft_wrap  longer lines are left to the terminal; else they are wrapped at words
    """
    to_people = sys.stdout.isatty() or os.environ.get("COLUMNS")
    return Console(width=None if to_people else UNBROKEN, soft_wrap=soft_wrap, highlight=False)
