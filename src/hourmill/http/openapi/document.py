"""The OpenAPI document: the table of routes, with what is said of each, and the structs that it names."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from importlib.metadata import version
from re import split
from typing import Any, TypeAlias

import msgspec
from msgspec import StructMeta

from hourmill.core.access_key import KeyScope
from hourmill.http.gate import SESSION_COOKIE
from hourmill.http.openapi import shapes
from hourmill.http.openapi.operations import OPERATIONS, Operation
from hourmill.http.problems import TITLES

Json: TypeAlias = dict[str, Any]

PROBLEM = "application/problem+json"
REF = "#/components/schemas/{name}"
ABOUT = (
    "Counts page views: 2xx means durable, and whatever is sent twice with the same Idempotency-Key is counted once. "
    "Every `GET` can be asked with `HEAD`. Unknown parameters are ignored."
)
SECURITY: dict[KeyScope | None, list[str]] = {
    KeyScope.WRITE: ["key", "keyInQuery"],
    KeyScope.READ: ["key", "session"],
    KeyScope.ADMIN: ["key"],
    None: [],
}
SCHEMES: Json = {
    "key": {"type": "http", "scheme": "bearer", "description": "An access key, where the settings ask for one."},
    "keyInQuery": {"type": "apiKey", "in": "query", "name": "key", "description": "For the beacons of browsers."},
    "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE, "description": "After POST /session."},
}
KEY_HEADER: Json = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The request is counted once, however often it is sent with this key within 72 hours. Each access "
    "key has its own.",
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}


def document_of(scopes: Mapping[tuple[str, str], KeyScope | None]) -> Json:
    """The document of routes: method and path, with the scope that a key needs."""
    paths: dict[str, Json] = {}
    for (method, path), scope in scopes.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, scope)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hourmill",
            "version": version("hourmill"),
            "description": ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(OPERATIONS[route].tag for route in scopes)],
        "paths": paths,
        "components": {"schemas": _components(OPERATIONS[route] for route in scopes), "securitySchemes": SCHEMES},
    }


def _operation(method: str, path: str, scope: KeyScope | None) -> Json:
    told = OPERATIONS[method, path]
    found: Json = {
        "tags": [told.tag],
        "operationId": method.lower() + "".join(part.title() for part in split(r"\W", path)),
        "summary": told.summary,
        "parameters": [parameter for takes in told.takes for parameter in _parameters(takes)],
        "responses": _responses(told, scope),
        "security": [{}, *({name: []} for name in SECURITY[scope])],
    }
    if told.description:
        found["description"] = told.description
    if told.keyed:
        found["parameters"].append(KEY_HEADER)
    if told.body is not None:
        media = ("application/json", "text/plain") if told.keyed else ("application/json",)
        found["requestBody"] = {"required": True, "content": {one: {"schema": _schema(told.body)} for one in media}}
    return found


def _parameters(takes: type) -> list[Json]:
    found = []
    for field in msgspec.structs.fields(takes):
        schema = _not_null(_schema(field.type))
        if isinstance(field.default, str | int):
            schema["default"] = field.default
        parameter: Json = {"name": field.encode_name, "in": "query", "schema": schema}
        if field.required:
            parameter["required"] = True
        if "description" in schema:
            parameter["description"] = schema.pop("description")
        found.append(parameter)
    return found


def _not_null(schema: Json) -> Json:
    """The schema of what is given; null stands for what is not."""
    if "anyOf" not in schema:
        if "enum" in schema:
            schema["enum"] = [value for value in schema["enum"] if value is not None]
        return schema
    given: list[Json] = [one for one in schema.pop("anyOf") if one != {"type": "null"}]
    return given[0] | schema


def _responses(told: Operation, scope: KeyScope | None) -> Json:
    success: Json = {"description": told.summary + "."}
    if told.gives:
        success["content"] = {media: {"schema": _schema(kind or str)} for media, kind in told.gives.items()}
    found = {str(told.status.value): success}
    refuses = {*told.refuses, HTTPStatus.METHOD_NOT_ALLOWED, HTTPStatus.INTERNAL_SERVER_ERROR}
    if scope is not None:
        refuses |= {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS}
    for status in sorted(refuses):
        found[str(status.value)] = {
            "description": TITLES.get(status, status.phrase),
            "content": {PROBLEM: {"schema": _schema(shapes.Problem)}},
        }
        if status in (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS):
            found[str(status.value)]["headers"] = {"Retry-After": {"schema": {"type": "integer"}}}
    return found


def _components(told: Iterable[Operation]) -> Json:
    kinds: set[Any] = {shapes.Problem}
    for one in told:
        kinds |= {kind for kind in (one.body, *one.gives.values()) if isinstance(kind, StructMeta)}
    found: Json = msgspec.json.schema_components(sorted(kinds, key=str), ref_template=REF)[1]
    return dict(sorted(found.items()))


def _schema(kind: Any) -> Json:
    found: Json = msgspec.json.schema_components([kind], ref_template=REF)[0][0]
    return found
