"""docs/faults.md names every class and every planted bug, with the fault that shows it."""

from tests.documents import rows, sections, text_of
from tests.faults.mutants import MUTANTS
from tests.faults.rounds import DISTRIBUTED, EMBEDDED

SECTIONS = sections(text_of("docs/faults.md"))


def test_every_class() -> None:
    documented = [letter for row in rows(SECTIONS["Classes"])[2:] for letter in row[0].split(", ")]
    assert sorted(documented) == sorted([*DISTRIBUTED, *EMBEDDED])


def test_every_planted_bug() -> None:
    documented = {row[0].strip("`"): row[2] for row in rows(SECTIONS["Planted bugs"])[2:]}
    assert documented == {name: f"{mutant.letter} `{mutant.fault}`" for name, mutant in MUTANTS.items()}
