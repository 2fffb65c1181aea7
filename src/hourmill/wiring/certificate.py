"""The files of our own certificate, and whether they can be used."""

import re
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hourmill.errors import SettingsRefused
from hourmill.http.server import Tls

_PEM = re.compile(f"{ssl.PEM_HEADER}.*?{ssl.PEM_FOOTER}", re.DOTALL)
_VERSION_TAG = 0xA0  # what the content of a certificate begins with, but in version 1
_SERIAL_ALGORITHM_ISSUER = 3  # what stands before the validity in a certificate, RFC 5280, 4.1
_TIMES = {0x17: "%y%m%d%H%M%SZ", 0x18: "%Y%m%d%H%M%SZ"}  # by tag: UTCTime, GeneralizedTime


def usable(files: Tls) -> Tls:
    """The files, once they were found to be usable.

    raises  SettingsRefused
    """
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(
            *files, password=""
        )  # else it would ask the terminal
    except (OSError, ssl.SSLError) as error:
        raise _refused(files, getattr(error, "reason", None) or error.strerror or str(error)) from error
    if _block(files.certificate) is None:  # OpenSSL takes TRUSTED CERTIFICATE and X509 CERTIFICATE, the server neither
        raise _refused(files, f"no line of the certificate's file is {ssl.PEM_HEADER}")
    if _is_of_version_1(files.certificate):
        raise _refused(files, "it is of version 1 of X.509, which no browser takes: have one of version 3 made")
    return files


def expires_at(certificate: Path) -> datetime:
    """Until when a certificate that is usable is valid; of a chain, our own, which stands first."""
    _, signed = next(_elements(_body(certificate)))
    parts = [part for tag, part in _elements(signed) if tag != _VERSION_TAG]
    _, (tag, ends) = _elements(parts[_SERIAL_ALGORITHM_ISSUER])
    return datetime.strptime(ends.decode(), _TIMES[tag]).replace(tzinfo=UTC)


def _refused(files: Tls, reason: str) -> SettingsRefused:
    fault = (
        f"HOURMILL_TLS_CERTIFICATE={files.certificate}, HOURMILL_TLS_KEY={files.private_key}: cannot be used "
        f"({reason}). Name two files in PEM, a certificate with its chain and its private key without a password."
    )
    return SettingsRefused([fault])


def _is_of_version_1(certificate: Path) -> bool:
    _, signed = next(_elements(_body(certificate)))
    return next(_elements(signed))[0] != _VERSION_TAG


def _block(certificate: Path) -> str | None:
    """The first certificate in a file, as it stands there."""
    found = _PEM.search(certificate.read_text(errors="replace"))
    return found and found[0]


def _body(certificate: Path) -> bytes:
    """Of the first certificate in a file: what is signed, and the signature."""
    block = _block(certificate)
    assert block is not None, "a file that is usable has one"
    return next(_elements(ssl.PEM_cert_to_DER_cert(block)))[1]


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of DER, one behind the other: tag and content. The length is one byte, or says of how many it is."""
    while der:
        more = der[1] & 0x7F if der[1] & 0x80 else 0
        length = int.from_bytes(der[2 : 2 + more]) if more else der[1]
        yield der[0], der[2 + more : 2 + more + length]
        der = der[2 + more + length :]
