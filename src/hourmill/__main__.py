"""The command hourmill, also as python -m hourmill."""

import os
import signal


def main() -> None:
    """Load the command line, which takes a moment, and run it; Ctrl-C within that moment ends with one sentence.

    An exception would do that only by chance: raised in a callback or a finaliser it is printed and forgotten.
    """
    signal.signal(signal.SIGINT, _end_at_once)
    from hourmill.cli.main import main as command_line  # noqa: PLC0415

    signal.signal(signal.SIGINT, signal.default_int_handler)
    command_line()


def _end_at_once(*_: object) -> None:
    os.write(2, b"Interrupted.\n")
    os._exit(1)  # there is nothing yet to put away


if __name__ == "__main__":
    main()
