"""HTTPS of our own, over real connections: it counts and reads, and takes neither clear text nor old protocols."""

import json
import os
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme
from tests.acceptance.access_keys import bearer, make_key
from tests.acceptance.answers import success
from tests.acceptance.routes import GOOD, MULTI, SINGLE, TEN
from tests.client import PATIENCE_S, Connection, TlsConnection
from tests.command import run
from tests.documents import ROOT
from tests.servers.keys import Keys, keys_for
from tests.service import RunningService

from hourmill.cli.options import Exit

NAME = "localhost"


class TlsService(RunningService):
    """A service that is asked over HTTPS."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        super().__init__(folder, settings_of(keys) | {"HOURMILL_ACCESS": "both"})
        self.context = ssl.create_default_context(cafile=str(keys.authority))

    def connection(self) -> Connection:
        return TlsConnection(self.port, self.context)


def settings_of(keys: Keys) -> dict[str, str]:
    return {"HOURMILL_TLS_CERTIFICATE": str(keys.certificate), "HOURMILL_TLS_KEY": str(keys.private_key)}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return keys_for(tmp_path_factory.mktemp("tls") / "keys", NAME)


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[TlsService]:
    service = TlsService(tmp_path_factory.mktemp("secured"), keys)
    service.start()
    try:
        yield service
    finally:
        service.stop()


def test_views_are_counted_and_read_over_tls(secured: TlsService) -> None:
    headers = bearer(make_key(secured, "--scope", "read", "--scope", "write"))
    assert success(secured.post(SINGLE, GOOD, headers))
    large = f'{{"example.com/a": {{"{TEN}": 2}}}}'.encode().ljust(1_000_000)
    assert success(secured.post(MULTI, large, headers))
    answer = secured.get(f"/report?page=example.com/a&now={TEN}&order=desc&take=1", headers)
    assert answer.json() == {"data": [{"h": 10, "v": 3}]}


def test_status_and_doctor_ask_over_tls(secured: TlsService, keys: Keys) -> None:
    told = run(secured.folder, "status", "--json", "--port", str(secured.port), settings=settings_of(keys))
    assert json.loads(told.stdout)["api"]["state"] == "ready"
    damaged = settings_of(keys) | {"HOURMILL_TLS_KEY": "/dev/null", "COLUMNS": ""}
    found = run(secured.folder, "doctor", "--port", str(secured.port), settings=damaged)
    assert found.returncode == 1
    assert "HOURMILL_TLS_KEY=/dev/null: cannot be used" in found.stdout


def test_doctor_knows_a_service_that_has_not_read_its_new_certificate(tmp_path: Path) -> None:
    old, new = (keys_for(tmp_path / name, NAME) for name in ("old", "new"))
    service = TlsService(tmp_path, old)
    service.start()
    try:
        new.certificate.rename(old.certificate)
        new.private_key.rename(old.private_key)
        found = run(
            tmp_path, "doctor", "--port", str(service.port), settings=settings_of(old) | {"HOURMILL_ACCESS": "open"}
        )
        told = run(tmp_path, "status", "--json", "--port", str(service.port), settings=settings_of(old))
    finally:
        service.stop()
    assert found.returncode == 1
    assert "restart the service" in found.stdout
    assert json.loads(told.stdout)["api"]["state"] == "another certificate"


@pytest.mark.parametrize("year", [2040, 2060])  # RFC 5280 writes them in two ways
def test_doctor_says_until_when_a_certificate_is_valid(tmp_path: Path, year: int) -> None:
    keys = keys_for(tmp_path / "keys", NAME, datetime(year, 3, 1, tzinfo=UTC))
    told = run(tmp_path, "doctor", settings=settings_of(keys) | {"COLUMNS": ""}).stdout
    assert f"well     HOURMILL_TLS_CERTIFICATE: is valid until {year}-03-01\n" in told


def test_doctor_tells_a_certificate_from_the_one_it_was_renewed_with_by_the_same_authority(tmp_path: Path) -> None:
    authority = trustme.CA().create_child_ca()
    keys = keys_for(tmp_path / "keys", NAME, authority=authority)
    service = TlsService(tmp_path, keys)
    service.context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    service.start()
    try:
        settings = settings_of(keys_for(tmp_path / "renewed", NAME, authority=authority)) | {"COLUMNS": ""}
        told = [
            run(tmp_path, "doctor", "--port", str(service.port), settings=asked).stdout
            for asked in (settings_of(keys), settings)
        ]
    finally:
        service.stop()
    assert ["another certificate" in one for one in told] == [False, True]


def test_a_certificate_that_has_expired_is_no_other_program(tmp_path: Path) -> None:
    expired_at = datetime.now(UTC) - timedelta(days=1)
    keys = keys_for(tmp_path / "keys", NAME, expired_at)
    service = TlsService(tmp_path, keys)
    service.context.check_hostname = False
    service.context.verify_mode = ssl.CERT_NONE
    service.start()
    try:
        arguments = ("--json", "--port", str(service.port))
        found = json.loads(run(tmp_path, "doctor", *arguments, settings=settings_of(keys)).stdout)["findings"]
    finally:
        service.stop()
    faults = [(one["about"], one["found"]) for one in found if one["level"] == "fault"]
    assert faults[0] == ("HOURMILL_TLS_CERTIFICATE", f"it has expired, {expired_at:%Y-%m-%d %H:%M} UTC")
    assert "not valid now" in faults[1][1]


def test_the_cookie_of_a_browser_goes_over_tls_only(secured: TlsService) -> None:
    answer = secured.post("/session", {"key": make_key(secured, "--scope", "read")})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-hourmill_session=")
    assert cookie.endswith("; HttpOnly; SameSite=Strict; Secure")
    assert secured.get("/report?page=a", [("cookie", cookie.partition(";")[0])]).status == 200


def test_clear_text_is_not_answered(secured: TlsService) -> None:
    with Connection(secured.port) as connection:
        connection.send(b"GET /health HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert b"HTTP/1.1 200" not in connection.everything()
    assert secured.get("/health").status == 200


@pytest.mark.parametrize(("version", "taken"), [("TLSv1_2", True), ("TLSv1_3", True)])
def test_todays_protocols_are_spoken(secured: TlsService, keys: Keys, version: str, taken: bool) -> None:
    context = ssl.create_default_context(cafile=str(keys.authority))
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with TlsConnection(secured.port, context) as connection:
        assert connection.request("GET", "/health").status == 200


def test_an_authority_that_is_not_ours_is_not_believed(secured: TlsService) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        TlsConnection(secured.port, ssl.create_default_context())


def test_the_health_check_of_the_image_asks_over_tls(secured: TlsService) -> None:
    check = [sys.executable, str(ROOT / "deploy/healthcheck.py"), "/health"]
    environment = os.environ | {"PORT": str(secured.port)} | secured.settings
    assert subprocess.run(check, env=environment, capture_output=True, check=False, timeout=PATIENCE_S).returncode == 0


@pytest.mark.parametrize("wrong", ["missing", "text", "swapped", "stranger", "trusted"])
def test_files_that_cannot_be_used_are_refused(tmp_path: Path, keys: Keys, wrong: str) -> None:
    (tmp_path / "text.pem").write_text("no key")
    block = keys.certificate.read_text().replace(" CERTIFICATE-", " TRUSTED CERTIFICATE-")  # openssl x509 -trustout
    (tmp_path / "trusted.pem").write_text(block)
    stranger = keys_for(tmp_path / "stranger", NAME)
    files = {
        "missing": keys._replace(private_key=tmp_path / "none.pem"),
        "text": keys._replace(certificate=tmp_path / "text.pem"),
        "swapped": keys._replace(certificate=keys.private_key, private_key=keys.certificate),
        "stranger": keys._replace(private_key=stranger.private_key),
        "trusted": keys._replace(certificate=tmp_path / "trusted.pem"),
    }
    done = run(tmp_path, "serve", settings=settings_of(files[wrong]))
    assert (done.returncode, "HOURMILL_TLS_KEY" in done.stderr) == (Exit.SETTINGS, True)


def test_a_certificate_of_version_1_is_refused(tmp_path: Path) -> None:
    certificate, private_key = tmp_path / "old.pem", tmp_path / "old-key.pem"
    asked = [
        "openssl",
        "req",
        "-new",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        f"/CN={NAME}",
        "-keyout",
        str(private_key),
    ]
    request = subprocess.run(asked, capture_output=True, check=True).stdout
    signed = ["openssl", "x509", "-req", "-signkey", str(private_key), "-out", str(certificate)]
    subprocess.run(signed, input=request, capture_output=True, check=True)
    done = run(tmp_path, "serve", settings=settings_of(Keys(certificate, certificate, private_key)))
    assert (done.returncode, "version 1" in done.stderr) == (Exit.SETTINGS, True)


def test_one_file_without_the_other_is_refused(tmp_path: Path, keys: Keys) -> None:
    done = run(tmp_path, "serve", settings={"HOURMILL_TLS_KEY": str(keys.private_key)})
    assert (done.returncode, "set both, or neither" in done.stderr) == (Exit.SETTINGS, True)
