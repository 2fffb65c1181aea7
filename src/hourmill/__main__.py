"""The command hourmill, also as python -m hourmill."""

import sys


def main() -> None:
    """Load the command line, which takes a moment, and run it; Ctrl-C within that moment ends with one sentence."""
    try:
        from hourmill.cli.main import main as command_line  # noqa: PLC0415
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
    command_line()


if __name__ == "__main__":
    main()
