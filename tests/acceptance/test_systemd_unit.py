"""systemd takes the units that docs/production.md and docs/on-postgresql.md tell of; none is started."""

import re
import subprocess
from pathlib import Path

import pytest
from tests.documents import blocks, text_of
from tests.servers.install import systemd_analyze
from tests.service import COMMAND

from hourmill.cli.options import Exit

INSTALLED = "/opt/hourmill/.venv/bin/hourmill"


def unit() -> str:
    """It, as it is documented."""
    (text,) = [block.text for block in blocks(text_of("docs/production.md")) if block.language == "ini"]
    return text


def complaints(folder: Path, text: str) -> str:
    """What systemd has to say of a unit."""
    assert INSTALLED in text
    file = folder / "hourmill.service"
    file.write_text(text.replace(INSTALLED, COMMAND))  # it looks whether that can be run
    command = [str(systemd_analyze()), "verify", "--recursive-errors=no", "--man=no", str(file)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize("command", ["serve", "api", "worker"])
def test_systemd_takes_the_unit(tmp_path: Path, command: str) -> None:
    text = unit().replace("hourmill serve", f"hourmill {command}")
    if command != "serve":  # docs/on-postgresql.md
        text = re.sub(r"^(StateDirectory|WorkingDirectory)=.*\n", "", text, flags=re.MULTILINE)
        assert "/var/lib" not in text
    assert complaints(tmp_path, text) == ""


def test_settings_are_the_same_for_commands_beside_the_service(tmp_path: Path) -> None:
    file = tmp_path / "hourmill.env"
    assert f"EnvironmentFile=/etc/{file.name}\n" in unit()
    told = [block.text for block in blocks(text_of("docs/production.md")) if block.heading == "systemd"]
    (settings,) = [text for text in told if text.startswith("DATABASE_URL=")]
    (commands,) = [text for text in told if f"/etc/{file.name}" in text and text not in {settings, unit()}]
    url = "postgresql://u:p$1@db.example/views?sslmode=verify-full&sslrootcert=/etc/a.crt"
    file.write_text(settings.replace("sqlite:////var/lib/hourmill/hourmill.db", url))
    commands = commands.replace(f"/etc/{file.name}", str(file)).replace(INSTALLED, COMMAND)
    printed = "printenv DATABASE_URL HOURMILL_TRUSTED_PROXIES\n"
    done = subprocess.run(["sh", "-euc", commands.partition(COMMAND)[0] + printed], check=True, capture_output=True)
    assert done.stdout.decode().splitlines() == [url, "127.0.0.1, 10.0.0.0/8"]
    assert done.stderr == b""


def test_a_slip_in_the_unit_would_be_seen(tmp_path: Path) -> None:
    assert "Restrat" in complaints(tmp_path, unit().replace("Restart=on-failure", "Restrat=on-failure"))


def test_what_does_not_go_away_by_trying_again_is_not_tried_again() -> None:
    assert f"\nRestartPreventExitStatus={Exit.USAGE:d} {Exit.SETTINGS:d} {Exit.IN_USE:d}\n" in unit()
