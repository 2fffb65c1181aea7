"""What is printed into a pipe or a file is whole: no name is broken, no remedy cut off."""

from pathlib import Path

from tests.acceptance.access_keys import make_key
from tests.command import run
from tests.service import RunningService

PIPED = {"COLUMNS": ""}
LONG_SITE = f"{'a-long-name.' * 12}example.com"


def test_doctor_says_its_remedies_to_the_end(tmp_path: Path) -> None:
    told = run(tmp_path, "doctor", settings=PIPED | {"HOURMILL_HOST": "0.0.0.0"}).stdout.splitlines()
    assert any(
        line.startswith("  ") and line.endswith("if everybody who reaches the port may count and read.")
        for line in told
    )
    assert told[-1] == "1 fault, 1 warning."
    assert all(line == line.rstrip() for line in told)


def test_settings_and_sites_are_found_by_name(own_service: RunningService) -> None:
    folder = own_service.folder
    settings = PIPED | own_service.settings | {"DATABASE_URL": f"sqlite:///{own_service.data_file}"}
    assert "HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS" in run(folder, "config", settings=settings).stdout
    make_key(own_service, "--scope", "read", "--site", LONG_SITE)
    assert LONG_SITE in run(folder, "keys", "list", settings=settings).stdout
