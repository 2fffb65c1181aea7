"""The OpenAPI document: it is valid, tells of every route, and every route does what it tells."""

import re
from datetime import date
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator, oas31_format_checker
from openapi_spec_validator import OpenAPIV31SpecValidator
from schemathesis import GenerationMode
from schemathesis.specs.openapi import checks
from tests.acceptance.watcher import Watcher
from tests.client import HOST
from tests.documents import text_of
from tests.service import RunningService

from hourmill.http.openapi.operations import OPERATIONS
from hourmill.services.zones import zone_names

ROUTES = sorted(OPERATIONS)
ASKED = [route for route in ROUTES if route != ("GET", "/v1/live")]  # that one goes on
TAKING = [route for route in ASKED if OPERATIONS[route].takes or OPERATIONS[route].body]
GOOD, BAD = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
TRIED = [*((GOOD, *route) for route in ASKED), *((BAD, *route) for route in TAKING)]
DAYS = st.dates(date(1970, 1, 1), date(2200, 12, 31))
HOURS = st.builds("{}T{:02}:00".format, DAYS, st.integers(0, 23))


@pytest.fixture(scope="module")
def document(service: RunningService) -> Any:
    return service.get("/openapi.json").json()


@pytest.fixture(scope="module")
def api(document: Any) -> Any:
    schemathesis.openapi.format("iana-time-zone", st.sampled_from(sorted(zone_names())))
    schemathesis.openapi.format("bound", st.one_of(DAYS.map(str), HOURS, HOURS.map("{}:00Z".format)))
    return schemathesis.openapi.from_dict(document)


@pytest.mark.parametrize(
    ("mode", "method", "path"), [*((GOOD, *route) for route in ASKED), *((BAD, *route) for route in TAKING)]
)
def test_a_route_answers_as_the_document_tells(
    service: RunningService, api: Any, mode: GenerationMode, method: str, path: str
) -> None:
    @given(api[path][method].as_strategy(generation_mode=mode))
    @settings(max_examples=15, suppress_health_check=list(HealthCheck), database=None)
    def answers(case: Any) -> None:
        # what is well-formed can still be refused: two of page, site and prefix; a from after its to
        excluded = [checks.positive_data_acceptance, checks.ignored_auth]
        case.call_and_validate(base_url=f"http://{HOST}:{service.port}", excluded_checks=excluded)

    answers()


def test_the_document_is_valid_and_tells_of_every_route(document: Any) -> None:
    OpenAPIV31SpecValidator(document).validate()
    told = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    assert told == set(ROUTES)


def test_an_event_of_live_is_what_the_document_tells(service: RunningService, document: Any) -> None:
    with service.connection() as connection:
        event = Watcher(connection, "/v1/live").event()
    assert service.get("/v1/live?format=json").json().keys() == event.keys()
    shape = {"$ref": "#/components/schemas/LiveViews", "components": document["components"]}
    OAS31Validator(shape, format_checker=oas31_format_checker).validate(event)


def test_every_parameter_of_statistics_is_documented_and_no_other(document: Any) -> None:
    text = text_of("docs/stats-api.md")
    for path, methods in document["paths"].items():
        if path.startswith("/v1"):
            for parameter in methods["get"]["parameters"]:
                assert f"`{parameter['name']}`" in text, (path, parameter["name"])


def test_the_page_for_people_needs_nothing_from_elsewhere(service: RunningService, document: Any) -> None:
    answer = service.get("/docs")
    page = answer.body.decode()
    assert (answer.status, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'self'; style-src 'self'" in answer.headers["content-security-policy"]
    assert not re.search(r"//|<style|style=|<script>|\son\w+=|javascript:", page)
    linked = set(re.findall(r'(?:href|src)="([^"]+)"', page))
    anchors = set(re.findall(r'id="([^"]+)"', page))
    assert {link[1:] for link in linked if link[0] == "#"} <= anchors
    assert all(service.get(f"/{link.removeprefix('./')}").status == 200 for link in linked if link[0] != "#")
    assert set(document["components"]["schemas"]) <= anchors
    assert all(f"<code>{path}</code>" in page for path in document["paths"])
