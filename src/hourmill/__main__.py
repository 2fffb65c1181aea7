"""python -m hourmill."""

from hourmill.cli.main import main

if __name__ == "__main__":
    main()
