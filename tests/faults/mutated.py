"""hourmill with a bug planted in it: python mutated.py MUTANT ARGUMENT..."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).parents[2])  # the project's folder, for `tests`
    from tests.faults.mutants import MUTANTS

    from hourmill.cli.main import main

    MUTANTS[sys.argv.pop(1)].plant()
    main()
