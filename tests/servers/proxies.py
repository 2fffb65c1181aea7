"""The proxies of deploy/ as processes: the shipped files, with names and ports of a test put in."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.client import HOST
from tests.documents import text_of
from tests.servers.install import caddy, nginx
from tests.servers.keys import Keys
from tests.servers.process import Launch, ServerProcess, plain_environment
from tests.service import free_port


class Ports(NamedTuple):
    """Where a proxy listens, over TLS and in clear text, and where Hourmill does."""

    tls: int
    clear: int
    behind: int


Proxy = Callable[[Path, Ports, Keys], Launch]
"""folder, ports, keys -> how it is started"""

NGINX = """\
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr;
events {{}}
http {{
    {temporary}
    include {folder}/hourmill.conf;
}}
"""
NGINX_KEEPS = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # folders that are made, used or not


def behind_nginx(folder: Path, ports: Ports, keys: Keys) -> Launch:
    """deploy/nginx.conf."""
    names = {
        "server 127.0.0.1:3000;": f"server {HOST}:{ports.behind};",
        "listen 80;": f"listen {HOST}:{ports.clear};",
        "listen 443 ssl": f"listen {HOST}:{ports.tls} ssl",
        "/etc/letsencrypt/live/count.example.com/fullchain.pem": str(keys.certificate),
        "/etc/letsencrypt/live/count.example.com/privkey.pem": str(keys.private_key),
        "/var/log/nginx/hourmill.log": str(folder / "access.log"),
        "/var/log/nginx/hourmill-error.log": str(folder / "error.log"),
        "server_name count.example.com": "server_name localhost",
    }
    (folder / "hourmill.conf").write_text(put_in("deploy/nginx.conf", names))
    temporary = " ".join(f"{name}_temp_path {folder}/{name};" for name in NGINX_KEEPS)
    user = "user root root;" if os.geteuid() == 0 else ""  # the folders of a test are its user's only
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, temporary=temporary, user=user))
    command = [str(nginx()), "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]
    return Launch(command, plain_environment(folder), folder / "proxy.log", lambda _: listens(ports.tls))


def behind_caddy(folder: Path, ports: Ports, keys: Keys) -> Launch:
    """deploy/Caddyfile; the certificate is ours."""
    files = f"{keys.certificate} {keys.private_key}"
    globally = f"admin off\n\tgrace_period 1s\n\thttp_port {ports.clear}\n\tservers {{\n\t\tprotocols h1 h2\n\t}}"
    names = {
        "{\n\tauto_https": f"{{\n\t{globally}\n\tauto_https",
        "http://count.example.com {": f"http://localhost {{\n\tbind {HOST}",
        "https://count.example.com{uri}": "https://localhost{uri}",
        "\ncount.example.com {": f"\nlocalhost:{ports.tls}, {HOST}:{ports.tls} {{\n\tbind {HOST}\n\ttls {files}",
        "reverse_proxy 127.0.0.1:3000": f"reverse_proxy {HOST}:{ports.behind}",
    }
    (folder / "Caddyfile").write_text(put_in("deploy/Caddyfile", names))
    command = [str(caddy()), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return Launch(command, plain_environment(folder), folder / "proxy.log", lambda _: listens(ports.tls))


def put_in(path: str, names: Mapping[str, str]) -> str:
    """A shipped file with names of a test in place of those of the file, each of which must be there."""
    text = text_of(path)
    for shipped, ours in names.items():
        assert shipped in text, shipped
        text = text.replace(shipped, ours)
    return text


def listens(port: int) -> bool:
    """Whether somebody does."""
    try:
        socket.create_connection((HOST, port)).close()
    except ConnectionError:
        return False
    return True


@contextmanager
def running_proxy(proxy: Proxy, folder: Path, behind: int, keys: Keys) -> Iterator[Ports]:
    """The ports of a started proxy; it is stopped at the end."""
    ports = Ports(free_port(), free_port(), behind)
    process = ServerProcess(proxy(folder, ports, keys))
    process.start()
    try:
        yield ports
    finally:
        process.stop()
