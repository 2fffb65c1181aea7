"""Keys for TLS, made for one run of the tests."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import trustme


class Keys(NamedTuple):
    """Files of a server, PEM: the authority that vouches for it, its certificate with the chain, its private key."""

    authority: Path
    certificate: Path
    private_key: Path


def keys_for(folder: Path, host: str, expires_at: datetime | None = None, authority: trustme.CA | None = None) -> Keys:
    """Keys of a server of that name, vouched for by an authority of its own, if none is named."""
    folder.mkdir()
    keys = Keys(folder / "authority.pem", folder / "certificate.pem", folder / "private_key.pem")
    authority = authority or trustme.CA()
    issued = authority.issue_cert(host, not_after=expires_at)
    authority.cert_pem.write_to_path(keys.authority)
    for part in issued.cert_chain_pems:
        part.write_to_path(keys.certificate, append=True)
    issued.private_key_pem.write_to_path(keys.private_key)
    return keys
