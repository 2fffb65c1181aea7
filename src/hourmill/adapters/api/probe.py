"""Looking at the API, as a client does."""

import json
import ssl
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path

from hourmill.ports.probe import ApiFacts, ApiState

ANSWERS_WITHIN_S = 3.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 nothing listens there


def probe(host: str, port: int, certificate: str | None = None) -> ApiFacts:
    """What answers there. It blocks, a few seconds at most.

    certificate  file of the one that the API shows, if it speaks TLS
    """
    host = EVERYWHERE.get(host, host)
    try:
        connection = _connection(host, port, certificate)
    except OSError:  # the certificate cannot be read: the API cannot have read it either
        return ApiFacts(ApiState.NOBODY)
    try:
        if certificate is not None and not _shows(connection, certificate):
            return ApiFacts(ApiState.OTHER_CERTIFICATE)
        status, body = _get(connection, "/livez")
        if status != HTTPStatus.OK or json.loads(body) != {"status": "ok"}:
            return ApiFacts(ApiState.NOT_OURS)
        return _readiness(*_get(connection, "/readyz"))
    except OSError as error:
        return ApiFacts(_trouble(error))
    except (HTTPException, ValueError):
        return ApiFacts(ApiState.NOT_OURS)
    finally:
        connection.close()


def _readiness(status: int, body: bytes) -> ApiFacts:
    if status == HTTPStatus.OK:
        return ApiFacts(ApiState.READY)
    said = json.loads(body)
    says = said if isinstance(said, dict) else {}
    state = ApiState.REFUSING if says.get("state") == "refusing" else ApiState.NOT_READY
    return ApiFacts(state, str(says.get("detail", "")))


def _trouble(error: OSError) -> ApiState:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ApiState.OTHER_CERTIFICATE
    return ApiState.NOT_OURS if isinstance(error, ssl.SSLError) else ApiState.NOBODY


def _connection(host: str, port: int, certificate: str | None) -> HTTPConnection:
    if certificate is None:
        return HTTPConnection(host, port, timeout=ANSWERS_WITHIN_S)
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False  # it is asked by its address; that it shows this certificate says more
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # it vouches for itself
    return HTTPSConnection(host, port, timeout=ANSWERS_WITHIN_S, context=context)


def _shows(connection: HTTPConnection, certificate: str) -> bool:
    """Whether it is this very certificate: an old one from the same authority is believed as well."""
    connection.connect()
    assert isinstance(connection.sock, ssl.SSLSocket)
    before, footer, _ = Path(certificate).read_text(errors="replace").partition(ssl.PEM_FOOTER)
    own = before[before.index(ssl.PEM_HEADER) :] + footer
    return connection.sock.getpeercert(binary_form=True) == ssl.PEM_cert_to_DER_cert(own)


def _get(connection: HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()
