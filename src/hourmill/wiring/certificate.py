"""The files of our own certificate, and whether they can be used."""

import re
import ssl
from pathlib import Path

from hourmill.errors import SettingsRefused
from hourmill.http.server import Tls

_PEM = re.compile(f"{ssl.PEM_HEADER}.*?{ssl.PEM_FOOTER}", re.DOTALL)
_VERSION_TAG = 0xA0  # what the content of a certificate begins with, but in version 1


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
    if _is_of_version_1(files.certificate):
        raise _refused(files, "it is of version 1 of X.509, which no browser takes: have one of version 3 made")
    return files


def _refused(files: Tls, reason: str) -> SettingsRefused:
    fault = (
        f"HOURMILL_TLS_CERTIFICATE={files.certificate}, HOURMILL_TLS_KEY={files.private_key}: cannot be used "
        f"({reason}). Name two files in PEM, a certificate with its chain and its private key without a password."
    )
    return SettingsRefused([fault])


def _is_of_version_1(certificate: Path) -> bool:
    found = _PEM.search(certificate.read_text(errors="replace"))
    return found is not None and _content(_content(ssl.PEM_cert_to_DER_cert(found[0])))[0] != _VERSION_TAG


def _content(element: bytes) -> bytes:
    """What is in an element of DER: behind its tag and its length, which is one byte or says of how many it is."""
    length = element[1]
    return element[2 + (length & 0x7F if length & 0x80 else 0) :]
