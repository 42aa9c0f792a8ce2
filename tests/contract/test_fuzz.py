"""Whatever is sent, the answer is one that openapi.yaml documents, and never a fault of ours."""

from collections.abc import Callable

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from medshare.access.authenticator import COOKIE
from tests.conftest import EMBEDDED
from tests.site import Caller, Site

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# Who calls, and what shows that they got far enough to try something.
CALLERS: dict[str, tuple[Callable[[Site], Caller], set[int]]] = {
    "nobody": (Site.anonymous, {200, 401}),
    "client": (lambda site: site.facility_client().acting(), {200, 403}),
    "administrator": (Site.administrator, {200, 201, 403, 422}),
    "auditor": (Site.auditor, {200, 403, 422}),
}
# Ends the caller's own session, so that nothing would be tried after it.
LEFT_OUT = ["access.logout"]
EXAMPLES = 10


@pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
@pytest.mark.parametrize("who", CALLERS)
def test_no_input_is_answered_outside_the_contract(site: Site, who: str) -> None:
    make, reached = CALLERS[who]
    caller = make(site)
    cookie = caller.http.get_cookie(COOKIE, domain="medshare.test")
    cookies = {COOKIE: cookie.value} if cookie else {}
    schema = schemathesis.openapi.from_wsgi("/openapi.json", site.application.flask)
    schema.config.generation.update(with_security_parameters=False)
    seen: set[int] = set()
    for result in schema.exclude(operation_id=LEFT_OUT).get_all_operations():
        assert isinstance(result, Ok)

        @hypothesis.settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @hypothesis.given(case=result.ok().as_strategy())
        def explore(case: schemathesis.Case) -> None:
            answer = case.call_and_validate(headers=caller.headers, cookies=cookies, checks=CHECKS)
            seen.add(answer.status_code)

        explore()
    assert reached <= seen
