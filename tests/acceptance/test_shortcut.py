"""The usual request, which has no task, and the unusual one beside it: both are answered alike."""

import pytest
from tests.acceptance.answers import success
from tests.acceptance.routes import MULTI, SINGLE, TEN
from tests.client import JSON
from tests.service import RunningService

HARMLESS = {"content-encoding": "identity", "expect": "100-continue"}


@pytest.mark.parametrize("target", ["", "?a=b"])
@pytest.mark.parametrize("name", ["accept", "content-encoding", "cookie", "expect", "idempotency-key", "origin"])
def test_what_a_request_has_besides_does_not_change_what_is_counted(
    service: RunningService, page: str, name: str, target: str
) -> None:
    view, batch = f'{{"page": "{page}", "timestamp": "{TEN}"}}', f'{{"{page}": {{"{TEN}": 2}}}}'
    for path, body in (SINGLE, view), (MULTI, batch):
        more = (name, HARMLESS.get(name, page + path))
        assert success(service.request("POST", path + target, body.encode(), [*JSON, more]))
    assert service.views(page, TEN) == 3
