"""Asking the management API of RabbitMQ which policies are in force: over AMQP nobody tells."""

import base64
import http.client
import json
import ssl
from collections.abc import Iterable, Iterator
from http import HTTPStatus
from urllib.parse import quote, unquote, urlsplit

from hourmill.errors import Unreachable
from hourmill.ports.probe import QueuePolicy

ANSWERS_WITHIN_S = 5.0


def policies(url: str, broker_url: str, queues: Iterable[str]) -> list[QueuePolicy]:
    """Those of the queues that have any. It blocks, a few seconds at most for each queue.

    url         of the management API; without a user, that of the broker is taken
    broker_url  amqp:// or amqps://; its path is the virtual host
    raises      Unreachable
    """
    place, broker = urlsplit(url), urlsplit(broker_url)
    connect = http.client.HTTPConnection if place.scheme == "http" else _with_tls
    connection = connect(place.hostname or "", place.port, timeout=ANSWERS_WITHIN_S)
    user = place if place.username else broker
    name, password = unquote(user.username or "guest"), unquote(user.password or "guest")
    headers = {"authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}
    vhost = quote(unquote(broker.path.removeprefix("/")) or "/", safe="")
    try:
        return list(_policies(connection, f"{place.path.rstrip('/')}/api/queues/{vhost}", headers, queues))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unreachable(f"the management API cannot be asked: {error or type(error).__name__}") from error
    finally:
        connection.close()


def _with_tls(host: str, port: int | None, timeout: float) -> http.client.HTTPSConnection:
    return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())


def _policies(
    connection: http.client.HTTPConnection, path: str, headers: dict[str, str], queues: Iterable[str]
) -> Iterator[QueuePolicy]:
    for queue in queues:
        connection.request("GET", f"{path}/{quote(queue, safe='')}", headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status == HTTPStatus.NOT_FOUND:  # it is not there yet
            continue
        if answer.status != HTTPStatus.OK:
            raise Unreachable(f"the management API answers {answer.status} {answer.reason}")
        told = json.loads(body)
        names = [told.get(kind) for kind in ("policy", "operator_policy")]
        definition = told.get("effective_policy_definition")
        if definition:  # an empty one is told as a list
            yield QueuePolicy(queue, " and ".join(name for name in names if name), definition)
