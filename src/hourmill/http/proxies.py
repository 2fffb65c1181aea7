"""Who stands behind the proxies in front of us: the address of the client, and whether it came over TLS."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from hourmill.http.rsgi import RequestHeaders, Scope

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NOWHERE = IPv4Address(0)  # what stands for an address that cannot be read: all such clients are one


class Proxies:
    """Those who are believed what X-Forwarded-For and X-Forwarded-Proto say: anybody can write such headers."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = trusted

    def client(self, request: Scope) -> Address:
        """The address of the client: the rightmost one that is no proxy of ours.

        Each proxy adds at the right whom it heard. What stands further left the client may have written itself.
        """
        client = _address(request.client.rpartition(":")[0]) or NOWHERE
        if not self._trusts(client):
            return client
        for text in reversed(_values(request.headers, "x-forwarded-for")):
            hop = _address(text)
            if hop is None:
                break
            client = hop
            if not self._trusts(hop):
                break
        return client

    def over_tls(self, request: Scope) -> bool:
        """Whether the client came over TLS, to us or to a proxy of ours."""
        if request.scheme == "https":
            return True
        peer = _address(request.client.rpartition(":")[0]) or NOWHERE
        return self._trusts(peer) and _values(request.headers, "x-forwarded-proto")[-1:] == ["https"]

    def _trusts(self, address: Address) -> bool:
        return any(address in network for network in self._trusted)


def _values(headers: RequestHeaders, wanted: str) -> list[str]:
    if wanted not in headers:
        return []
    joined = ",".join(value for name, value in headers.items() if name == wanted)
    return [text.strip().lower() for text in joined.split(",")]


def _address(text: str) -> Address | None:
    """The address in an entry, which may have brackets and a port."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)  # an IPv4 client at a socket for both
    return mapped if isinstance(mapped, IPv4Address) else address
