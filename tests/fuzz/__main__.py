"""Fuzzes every reader, one after the other, guided by the code that an input reaches: make fuzz MINUTES=3.

python -m tests.fuzz MINUTES [TARGET...] starts one process for each target. An input on which something does not hold
is written into a file and ends the run; python -m tests.fuzz FILE TARGET tries it again.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris  # in the dependency group "fuzz": make fuzz installs it

MAX_BYTES = 4_096
ONE = "--one"

with atheris.instrument_imports(include=["hourmill"]):
    from tests.fuzz.targets import TARGETS, Target


def main() -> None:
    """Do what the command line says."""
    by_name = {target.name: target for target in TARGETS}
    first, *names = sys.argv[1:]
    if first == ONE:
        _fuzz(by_name[names[0]], float(names[1]))
    elif first.replace(".", "").isdigit():
        for name in names or by_name:
            print(f"{name}, for {first} minutes", flush=True)
            done = subprocess.run([sys.executable, "-m", "tests.fuzz", ONE, name, first], check=False)
            if done.returncode:
                sys.exit(f"{name}: found something")
    else:
        by_name[names[0]].check(Path(first).read_bytes())


def _fuzz(target: Target, minutes: float) -> None:
    with TemporaryDirectory(prefix="hourmill-fuzz-") as folder:
        for number, seed in enumerate(target.seeds):
            (Path(folder) / f"seed-{number}").write_bytes(seed[:MAX_BYTES])
        options = [
            f"-max_total_time={round(minutes * 60)}",
            f"-max_len={MAX_BYTES}",
            "-verbosity=0",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={target.name}-", folder], target.check)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
