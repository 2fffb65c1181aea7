"""How many requests of a client are taken: by its address before anything else, by its key after that."""

from collections.abc import Hashable
from ipaddress import IPv6Address, IPv6Network

from hourmill.core.access_key import AccessKey
from hourmill.errors import Quota
from hourmill.http.answer import Answer, Headers
from hourmill.http.proxies import Address, Proxies
from hourmill.http.rsgi import Handler, HTTPProtocol, Scope
from hourmill.services.rates import MINUTE_S, Rates

IPV6_PREFIX = 64  # who has one such address has 2^64 of them


class RequestLimits:
    """Takes requests from quotas, and tells clients what they have left."""

    def __init__(self, proxies: Proxies, of_address: Rates | None, of_key: Rates | None) -> None:
        """None: no limit."""
        self._proxies = proxies
        self._of_address = of_address
        self._of_key = of_key

    def take_address(self, request: Scope) -> Quota | None:
        """Take one request of the client's address.

        raises  TooManyRequests
        """
        return None if self._of_address is None else self._of_address.take(client_of(self._proxies, request))

    def take_key(self, key: AccessKey | None) -> Quota | None:
        """Take one request of the holder of a key, in whatever browsers he is signed in.

        raises  TooManyRequests
        """
        return None if self._of_key is None or key is None else self._of_key.take(key.parent or key.key_id)


def telling(handler: Handler, quotas: list[Quota]) -> Handler:
    """The handler, whose answer tells what is left of these quotas."""

    async def told(request: Scope, protocol: HTTPProtocol) -> Answer | None:
        answer = await handler(request, protocol)
        return answer and answer._replace(headers=[*answer.headers, *quota_headers(quotas)])

    return told


def quota_headers(quotas: list[Quota]) -> Headers:
    """RateLimit and RateLimit-Policy, as the IETF's draft has them (draft-ietf-httpapi-ratelimit-headers)."""
    policies = (f'"{quota.of}";q={quota.per_minute};w={MINUTE_S:.0f}' for quota in quotas)
    states = (f'"{quota.of}";r={quota.left};t={quota.next_in_s}' for quota in quotas)
    return [("ratelimit-policy", ", ".join(policies)), ("ratelimit", ", ".join(states))]


def client_of(proxies: Proxies, request: Scope, key: AccessKey | None = None) -> Hashable:
    """Who asks: the holder of a key, else an address."""
    return _group_of(proxies.client(request)) if key is None else key.parent or key.key_id


def _group_of(address: Address) -> Address | IPv6Network:
    """Those who are one client to us."""
    return IPv6Network((address, IPV6_PREFIX), strict=False) if isinstance(address, IPv6Address) else address
