"""Looking at the API, as a client does."""

import json
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException

from hourmill.ports.probe import ApiState

ANSWERS_WITHIN_S = 3.0
EVERYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 nothing listens there


def probe(host: str, port: int) -> ApiState:
    """What answers there. It blocks, a few seconds at most."""
    connection = HTTPConnection(EVERYWHERE.get(host, host), port, timeout=ANSWERS_WITHIN_S)
    try:
        status, body = _get(connection, "/livez")
        if status != HTTPStatus.OK or json.loads(body) != {"status": "ok"}:
            return ApiState.NOT_OURS
        status, _ = _get(connection, "/readyz")
    except OSError:
        return ApiState.NOBODY
    except (HTTPException, ValueError):
        return ApiState.NOT_OURS
    finally:
        connection.close()
    return ApiState.READY if status == HTTPStatus.OK else ApiState.NOT_READY


def _get(connection: HTTPConnection, path: str) -> tuple[int, bytes]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read()
