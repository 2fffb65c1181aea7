"""A RabbitMQ node of the tests: own name, folders and ports, on the loopback only; or one that was given."""

import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from tests.client import HOST, PATIENCE_S
from tests.servers.install import rabbitmq_programs
from tests.servers.keys import Keys
from tests.servers.process import Launch, Server, ServerProcess, plain_environment
from tests.service import free_port

PROTOCOL_HEADER = b"AMQP\x00\x00\x09\x01"  # 0-9-1: the first that a client says; the broker answers with a method frame
METHOD_FRAME = b"\x01"
ANSWER_S = 5
NO_MEMORY, DEFAULT_MEMORY = "0.00001", "0.4"
WRITE_NAMES = "[ok = dets:sync(Table) || Table <- dets:all()], mnesia:sync_log()."


class RabbitMQNode(Server):
    """A node that can be stopped, killed and started again on the same data and ports.

    url      where clients connect
    process  None if the node was given
    """

    def __init__(
        self, url: str, process: ServerProcess | None = None, ctl: tuple[Path, Mapping[str, str]] | None = None
    ) -> None:
        super().__init__(process)
        self.url = url
        self._ctl = ctl

    def ctl(self, *arguments: str) -> str:
        """What rabbitmqctl says; slow, for it starts a virtual machine of its own."""
        assert self._ctl is not None, "this node was given by its URL: rabbitmqctl cannot reach it"
        program, environment = self._ctl
        said = subprocess.run(
            [program, *arguments], env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout

    @contextmanager
    def managed(self) -> Iterator[str]:
        """Within: its management API answers, at this URL."""
        port = free_port()
        where = f'[{{port, {port}}}, {{ip, "{HOST}"}}]'
        self.ctl("eval", f"application:set_env(rabbitmq_management, tcp_config, {where}, [{{persistent, true}}]).")
        self.plugins("enable", "rabbitmq_management")
        try:
            yield f"http://{HOST}:{port}"
        finally:
            self.plugins("disable", "rabbitmq_management", "rabbitmq_management_agent", "rabbitmq_web_dispatch")

    def plugins(self, *arguments: str) -> None:
        """What rabbitmq-plugins does."""
        assert self._ctl is not None, "this node was given by its URL: rabbitmq-plugins cannot reach it"
        program, environment = self._ctl
        command = [str(program.with_name("rabbitmq-plugins")), *arguments]
        subprocess.run(command, env=environment, capture_output=True, timeout=PATIENCE_S, check=True)

    @contextmanager
    def taking_no_more_than(self, message_bytes: int) -> Iterator[None]:
        """Within: channels opened now take no larger message, as with max_message_size in rabbitmq.conf."""
        self.ctl("eval", f"application:set_env(rabbit, max_message_size, {message_bytes}).")
        try:
            yield
        finally:
            self.ctl("eval", "application:unset_env(rabbit, max_message_size).")

    @contextmanager
    def in_alarm(self) -> Iterator[None]:
        """Within: it has no memory left, and reads nothing of those who publish."""
        self.ctl("set_vm_memory_high_watermark", NO_MEMORY)
        try:
            yield
        finally:
            self.ctl("set_vm_memory_high_watermark", DEFAULT_MEMORY)

    def keep_names(self) -> None:
        """Make the queues that are there survive a kill; needed once after they were declared, before kill().

        RabbitMQ writes the name of a new quorum queue to disk only a moment later. When it is killed before that,
        the queue is there again, but never finds its messages, not even confirmed ones.
        """
        self.ctl("eval", WRITE_NAMES)


@contextmanager
def rabbitmq_node(folder: Path, tls: tuple[int, Keys] | None = None) -> Iterator[RabbitMQNode]:
    """A started node with its data in a folder, which is empty; what of it still runs at the end is stopped.

    tls  a port on which it speaks TLS as well, and with which keys
    """
    programs = rabbitmq_programs()
    port, distribution_port, epmd_port = free_ports(3)
    environment = node_environment(folder, distribution_port, epmd_port)
    (folder / "rabbitmq.conf").write_text(configuration(port) + ("" if tls is None else tls_configuration(*tls)))
    (folder / "enabled_plugins").write_text("[].\n")
    names = ServerProcess(name_server(folder, environment))
    node = ServerProcess(
        Launch(
            arguments=[str(programs / "rabbitmq-server")],
            environment=environment,
            log_file=folder / "rabbitmq.log",
            answers=lambda _: greets(port),
        )
    )
    try:
        names.start()
        node.start()
        yield RabbitMQNode(f"amqp://guest:guest@{HOST}:{port}/", node, (programs / "rabbitmqctl", environment))
    finally:
        try:
            if node.runs:
                node.stop()
        finally:
            if names.runs:
                names.kill()


def configuration(port: int) -> str:
    """The node's configuration file."""
    return f"listeners.tcp.1 = {HOST}:{port}\ndisk_free_limit.absolute = 50MB\n"


def tls_configuration(port: int, keys: Keys) -> str:
    """What makes the node speak TLS on a port."""
    options = {"cacertfile": keys.authority, "certfile": keys.certificate, "keyfile": keys.private_key}
    lines = [f"listeners.ssl.1 = {HOST}:{port}", *(f"ssl_options.{name} = {file}" for name, file in options.items())]
    return "".join(f"{line}\n" for line in lines)


def node_environment(folder: Path, distribution_port: int, epmd_port: int) -> dict[str, str]:
    """What makes the scripts of RabbitMQ run this node, in this folder, and read nothing of the machine's own."""
    loopback = "-kernel inet_dist_use_interface {127,0,0,1} -start_epmd false"
    at_rest = "+sbwt none +sbwtdcpu none +sbwtdio none"  # it takes no CPU time from others while it has nothing to do
    return {
        **plain_environment(folder),
        "RABBITMQ_NODENAME": f"hourmill-{uuid4().hex[:8]}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "ERL_EPMD_PORT": str(epmd_port),
        "ERL_EPMD_ADDRESS": HOST,
        "RABBITMQ_MNESIA_BASE": str(folder / "data"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "none"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_ALLOW_INPUT": "1",  # the script becomes the node: no shell stands between us and it
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{loopback} {at_rest} -noinput",
        "RABBITMQ_CTL_ERL_ARGS": f"{loopback} {at_rest}",
    }


def free_ports(number: int) -> list[int]:
    """So many different ports on which nobody listens."""
    ports: set[int] = set()
    while len(ports) < number:
        ports.add(free_port())
    return list(ports)


def name_server(folder: Path, environment: Mapping[str, str]) -> Launch:
    """How epmd is started, with which Erlang nodes find each other: by us, so that it ends with us."""
    port = environment["ERL_EPMD_PORT"]
    return Launch(
        arguments=[str(epmd()), "-address", HOST, "-port", port],
        environment=environment,
        log_file=folder / "epmd.log",
        answers=lambda _: listens(int(port)),
    )


def epmd() -> Path:
    """The name server of the Erlang that is installed."""
    erl = shutil.which("erl")
    assert erl, "RabbitMQ needs erl on the PATH"
    return next(Path(erl).resolve().parent.parent.glob("erts-*/bin/epmd"))


def listens(port: int) -> bool:
    """Whether someone takes connections."""
    try:
        socket.create_connection((HOST, port), ANSWER_S).close()
    except OSError:
        return False
    return True


def greets(port: int) -> bool:
    """Whether a broker answers a client; it listens only when all else of it is up."""
    try:
        with socket.create_connection((HOST, port), ANSWER_S) as connection:
            connection.sendall(PROTOCOL_HEADER)
            return connection.recv(1) == METHOD_FRAME
    except OSError:
        return False
