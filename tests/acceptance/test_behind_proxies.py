"""Behind nginx and Caddy, with the files of deploy/: over TLS, with keys, as docs/proxies.md says."""

import json
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.acceptance.access_keys import bearer, make_key
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI, MULTI_LIMIT, SINGLE, TEN
from tests.acceptance.watcher import Watcher
from tests.client import HOST, JSON, Answer, Connection, HeaderLines, TlsConnection, head
from tests.command import run
from tests.servers.keys import keys_for
from tests.servers.proxies import Ports, Proxy, behind_caddy, behind_nginx, running_proxy
from tests.service import RunningService, free_port, running_service

PER_MINUTE = 20
SETTINGS = {
    "HOURMILL_ACCESS": "both",
    "HOURMILL_TRUSTED_PROXIES": HOST,
    "HOURMILL_REQUESTS_PER_MINUTE_PER_ADDRESS": str(PER_MINUTE),
}
VIEW = {"page": "example.com/a", "timestamp": TEN}
REPORT = f"/report?page=example.com/a&now={TEN}&order=desc&take=1"


class Front(NamedTuple):
    """A proxy, and the service behind it."""

    service: RunningService
    ports: Ports
    context: ssl.SSLContext
    key: str
    said: Path

    def connection(self, from_address: str) -> TlsConnection:
        return TlsConnection(self.ports.tls, self.context, from_address)

    def request(
        self, from_address: str, method: str, target: str, value: object = None, headers: HeaderLines = ()
    ) -> Answer:
        with self.connection(from_address) as connection:
            if value is None:
                return connection.request(method, target, None, headers)
            return connection.request(method, target, json.dumps(value).encode(), [*JSON, *headers])


@pytest.fixture(scope="module", params=[behind_nginx, behind_caddy])
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    proxy: Proxy = request.param
    folder = tmp_path_factory.mktemp("proxy")
    keys = keys_for(folder / "keys", "localhost")
    context = ssl.create_default_context(cafile=str(keys.authority))
    with (
        running_service(tmp_path_factory.mktemp("behind"), SETTINGS) as service,
        running_proxy(proxy, folder, service.port, keys) as ports,
    ):
        key = make_key(service, "--scope", "read", "--scope", "write")
        yield Front(service, ports, context, key, folder / "proxy.log")


def test_views_are_counted_and_read(front: Front) -> None:
    assert success(front.request("127.0.0.2", "POST", SINGLE, VIEW, bearer(front.key)))
    batch = {"example.com/a": {TEN: 2}, "example.com/" + "b" * 2_000: {TEN: 1}}
    assert success(front.request("127.0.0.2", "POST", MULTI, batch, bearer(front.key)))
    answer = front.request("127.0.0.2", "GET", REPORT, None, bearer(front.key))
    assert answer.json() == {"data": [{"h": 10, "v": 3}]}
    assert answer.headers["strict-transport-security"]
    assert front.request("127.0.0.2", "POST", SINGLE, VIEW).status == 401


def test_the_largest_body_comes_through(front: Front) -> None:
    body = json.dumps({"example.com/large": {TEN: 1}}).encode().ljust(MULTI_LIMIT)
    with front.connection("127.0.0.3") as connection:
        assert success(connection.request("POST", MULTI, body, [*JSON, *bearer(front.key)]))


def test_a_browser_signs_in_and_its_cookie_goes_over_tls_only(front: Front) -> None:
    answer = front.request("127.0.0.4", "POST", "/session", {"key": front.key})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-hourmill_session=")
    assert cookie.endswith("; Secure")
    assert front.request("127.0.0.4", "GET", REPORT, None, [("cookie", cookie.partition(";")[0])]).status == 200
    assert front.request("127.0.0.4", "GET", "/").status == 200


def test_live_events_come_as_they_are_sent(front: Front, page: str) -> None:
    with front.connection("127.0.0.5") as connection:
        watcher = Watcher(connection, f"/v1/live?page={page}&key={front.key}")
        assert (watcher.status, watcher.headers["content-type"]) == (200, "text/event-stream")
        assert watcher.event()["views"] == 0
        view = {"page": page, "timestamp": datetime.now(UTC).isoformat()}
        assert success(front.request("127.0.0.5", "POST", SINGLE, view, bearer(front.key)))
        assert watcher.event()["views"] == 1


def test_limits_hold_for_the_address_of_the_client_whatever_it_says_it_is(front: Front) -> None:
    made_up = [*bearer(front.key), ("x-forwarded-for", "192.0.2.7")]
    with front.connection("127.0.0.6") as connection:
        answers = [connection.request("GET", REPORT, None, made_up) for _ in range(PER_MINUTE + 5)]
    assert (answers[0].status, answers[-1].status) == (200, 429)
    assert front.request("127.0.0.7", "GET", REPORT, None, made_up).status == 200


def test_metrics_are_refused_even_with_a_key(front: Front) -> None:
    for target in ("/metrics", "/metrics?a=b", "/%6detrics", "/%6Detric%73"):
        assert front.request("127.0.0.8", "GET", target, None, bearer(front.key)).status in {400, 403}, target
    for target in ("/metrics#a", "/%256detrics", "//metrics", "/./metrics", "/a/../metrics", "/metrics/", "/METRICS",
                   "/%2fmetrics", "/metrics%00", "/metrics%3fa", "/metrics;a", "/metrics%20"):  # fmt: skip
        assert front.request("127.0.0.8", "GET", target, None, bearer(front.key)).status in {400, 403, 404}, target
    assert front.service.get("/metrics", bearer(front.key)).status == 200


def test_clear_text_is_not_answered(front: Front) -> None:
    with Connection(front.ports.tls) as connection:
        connection.send(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert not connection.everything().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("target", "host"),
    [
        ("/report?page=a%2Fb", "localhost"),
        ("/report?page=a%2Fb", "evil.example"),
        ("http://evil.example/report?page=a%2Fb", "localhost"),
        ("//evil.example/a", "localhost"),
    ],
)
def test_clear_text_leads_to_the_name_that_is_served_and_nowhere_else(front: Front, target: str, host: str) -> None:
    with Connection(front.ports.clear) as connection:
        connection.send(f"GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n".encode())
        answer = connection.answer("GET")
    led_to = answer.headers.get("location")
    assert led_to is None or led_to.startswith("https://localhost/")
    if (target[0], host) == ("/", "localhost"):
        assert (answer.status, led_to) == (301, f"https://localhost{target}")


def test_neither_keys_nor_addresses_are_written_down(front: Front) -> None:
    front.request("127.0.0.9", "GET", f"{REPORT}&key={front.key}")
    written = "".join(path.read_text() for path in front.said.parent.glob("*.log"))
    assert front.key not in written
    assert "127.0.0.9" not in written


@pytest.mark.parametrize("proxy", [behind_nginx, behind_caddy])
def test_nor_when_the_service_is_away(proxy: Proxy, tmp_path: Path) -> None:
    keys = keys_for(tmp_path / "keys", "localhost")
    context = ssl.create_default_context(cafile=str(keys.authority))
    with running_proxy(proxy, tmp_path, free_port(), keys) as ports:
        for length in (2, 9 << 20):
            with TlsConnection(ports.tls, context, "127.0.0.9") as connection:
                announced = [*JSON, ("content-length", str(length))]
                connection.send(head("POST", f"{SINGLE}?key=hm_SECRET", announced) + b"{}")
                assert connection.answer().status in {413, 502}
    written = "".join(path.read_text() for path in tmp_path.glob("*.log"))
    assert "hm_SECRET" not in written
    assert "127.0.0.9" not in written


def test_doctor_and_status_are_content(front: Front) -> None:
    settings = front.service.settings | {"PORT": str(front.service.port)}
    examined = run(front.service.folder, "doctor", settings=settings)
    assert (examined.returncode, examined.stdout.splitlines()[-1]) == (0, "0 faults, 0 warnings.")
    told = run(front.service.folder, "status", "--json", settings=settings)
    assert json.loads(told.stdout)["api"]["state"] == "ready"
