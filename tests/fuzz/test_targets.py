"""Every target of make fuzz holds on its seeds, and on what is near them; make fuzz itself runs for minutes."""

from random import Random

import pytest
from tests.fuzz.targets import TARGETS, Target

SPOILT = 300


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_reader_holds_on_its_seeds(target: Target) -> None:
    for seed in target.seeds:
        target.check(seed)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_reader_holds_on_what_is_near_them(target: Target) -> None:
    random = Random(20_250_716)
    for _ in range(SPOILT):
        data = bytearray(random.choice(target.seeds)[:3000])
        for _ in range(random.randrange(1, 4)):
            at = random.randrange(len(data) + 1)
            data[at : at + random.randrange(3)] = random.choice(
                [b"", b"%", b'"', b"\\", bytes([random.randrange(256)])]
            )
        target.check(bytes(data))
