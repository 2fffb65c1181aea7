"""The proxies of deploy/ as processes: the shipped files, with names and ports of a test put in."""

import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.client import HOST
from tests.documents import text_of
from tests.servers.install import caddy, nginx
from tests.servers.keys import Keys
from tests.servers.process import Launch, ServerProcess, plain_environment
from tests.service import free_port

Proxy = Callable[[Path, int, int, Keys], Launch]
"""folder, port it listens on, port of Hourmill, keys -> how it is started"""

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


def behind_nginx(folder: Path, port: int, behind: int, keys: Keys) -> Launch:
    """deploy/nginx.conf."""
    names = {
        "server 127.0.0.1:3000;": f"server {HOST}:{behind};",
        "listen 80;": f"listen {HOST}:{free_port()};",
        "listen 443 ssl": f"listen {HOST}:{port} ssl",
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
    return Launch(command, plain_environment(folder), folder / "proxy.log", lambda _: listens(port))


def behind_caddy(folder: Path, port: int, behind: int, keys: Keys) -> Launch:
    """deploy/Caddyfile; the certificate is ours, and nobody is led here from port 80."""
    files = f"{keys.certificate} {keys.private_key}"
    globally = "admin off\n\tauto_https disable_redirects\n\tgrace_period 1s\n\tservers {\n\t\tprotocols h1 h2\n\t}"
    names = {
        "{\n\tlog {": f"{{\n\t{globally}\n\tlog {{",
        "\ncount.example.com {": f"\nlocalhost:{port}, {HOST}:{port} {{\n\tbind {HOST}\n\ttls {files}",
        "reverse_proxy 127.0.0.1:3000": f"reverse_proxy {HOST}:{behind}",
    }
    (folder / "Caddyfile").write_text(put_in("deploy/Caddyfile", names))
    command = [str(caddy()), "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]
    return Launch(command, plain_environment(folder), folder / "proxy.log", lambda _: listens(port))


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
def running_proxy(proxy: Proxy, folder: Path, behind: int, keys: Keys) -> Iterator[int]:
    """The port of a started proxy; it is stopped at the end."""
    port = free_port()
    process = ServerProcess(proxy(folder, port, behind, keys))
    process.start()
    try:
        yield port
    finally:
        process.stop()
