"""Where the programs of the servers are: on this machine, or else installed from Debian's packages."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from fcntl import LOCK_EX, flock
from pathlib import Path

SERVERS = ("postgresql", "rabbitmq-server")
BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

APT_INSTALL = r"""
set -eu
policy=/usr/sbin/policy-rc.d
if [ -e $policy ]; then mv $policy $policy.before; fi
trap 'rm -f $policy; if [ -e $policy.before ]; then mv $policy.before $policy; fi' EXIT
printf '#!/bin/sh\nexit 101\n' >$policy
chmod 755 $policy
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -qq --no-install-recommends "$@"
"""  # 101: Debian's word for "do not start this service"


class NoServer(Exception):
    """The tests need a program, and there is none and no way to get one.

    variable  names a server to use instead
    packages  that are installed where it is missing
    """

    def __init__(self, name: str, variable: str | None, package: str, packages: tuple[str, ...] = SERVERS) -> None:
        self.packages = packages
        instead = f"- set {variable} to the URL of a server whose content does not matter\n" if variable else ""
        super().__init__(
            f"The tests need {name}, and will not skip what needs it. One of these helps:\n"
            f"{instead}"
            f"- install {name}, so that its programs are on the PATH; it need not run\n"
            f"- on Debian or Ubuntu, be root or have sudo without a password: then {package} is installed by itself"
        )


def postgres_programs() -> Path:
    """The folder with initdb and postgres."""
    return found_or_installed(find_postgres, NoServer("PostgreSQL", "HOURMILL_TEST_DATABASE_URL", "postgresql"))


def rabbitmq_programs() -> Path:
    """The folder with rabbitmq-server and rabbitmqctl: those that do not switch users, as Debian's on the PATH do."""
    return found_or_installed(find_rabbitmq, NoServer("RabbitMQ", "HOURMILL_TEST_RABBITMQ_URL", "rabbitmq-server"))


def promtool() -> str:
    """The program that checks metrics and rules for Prometheus."""
    folder = found_or_installed(
        lambda: newest_with("promtool", []), NoServer("promtool", None, "prometheus", ("prometheus",))
    )
    return str(folder / "promtool")


def nginx() -> Path:
    """A proxy that deploy/ has a file for."""
    return found_or_installed(lambda: program("nginx"), NoServer("nginx", None, "nginx-light", ("nginx-light",)))


def caddy() -> Path:
    """The other one."""
    return found_or_installed(lambda: program("caddy"), NoServer("Caddy", None, "caddy", ("caddy",)))


def systemd_analyze() -> Path:
    """The program that checks units; systemd need not run."""
    missing = NoServer("systemd-analyze", None, "systemd", ("systemd",))
    return found_or_installed(lambda: program("systemd-analyze"), missing)


def program(name: str) -> Path | None:
    """A program on the PATH, or in a folder that only the PATH of root may have."""
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    return Path(found) if found else None


def browser() -> Path:
    """Chromium, or Chrome."""
    return found_or_installed(find_browser, NoServer("Chromium", None, "chromium", ("chromium",)))


def find_browser() -> Path | None:
    """The first on the PATH."""
    found = (shutil.which(name) for name in BROWSERS)
    return next((Path(program) for program in found if program), None)


def find_postgres() -> Path | None:
    """The newest PostgreSQL of this machine."""
    return newest_with("initdb", [*Path("/usr/lib/postgresql").glob("*/bin")])


def find_rabbitmq() -> Path | None:
    """The newest RabbitMQ of this machine."""
    return newest_with("rabbitmq-server", [*Path("/usr/lib/rabbitmq/lib").glob("*/sbin"), Path("/opt/rabbitmq/sbin")])


def newest_with(program: str, folders: list[Path]) -> Path | None:
    """The folder of the highest version that has the program; else where the PATH has it."""
    having = [folder for folder in folders if (folder / program).exists()]
    if having:
        return max(having, key=version)
    on_path = shutil.which(program)
    return Path(on_path).resolve().parent if on_path else None


def version(folder: Path) -> list[int]:
    """The numbers in a path."""
    return [int(number) for number in re.findall(r"\d+", str(folder))]


def found_or_installed(find: Callable[[], Path | None], missing: NoServer) -> Path:
    """What find finds, at once or after Debian's packages were installed.

    raises  NoServer
    """
    found = find()
    if found is None and as_root() is not None:
        with Path(__file__).open() as one_at_a_time:  # the tests run in several processes
            flock(one_at_a_time, LOCK_EX)
            found = find()
            if found is None:
                apt_install(missing.packages)
                found = find()
    if found is None:
        raise missing
    return found


def apt_install(packages: Sequence[str]) -> None:
    """Install packages of Debian or Ubuntu, and start no service of theirs."""
    print(f"Installing {' and '.join(packages)} with apt-get; no service is started.", file=sys.stderr)
    command = [*(as_root() or []), "sh", "-c", APT_INSTALL, "sh", *packages]
    # 2: our stderr; should it fail, it says so there, and the program is still missing
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, stdout=2)


def as_root() -> list[str] | None:
    """What makes a command run as root on Debian or Ubuntu; None if nothing does."""
    if shutil.which("apt-get") is None:
        return None
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n"]
    return None
