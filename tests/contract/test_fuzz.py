"""Whatever is sent, the answer is one that openapi.yaml documents, and never a fault of ours."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import strategies as st
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
from tests.dicom import a_ct, multipart
from tests.exams import PDF, post_exam, post_report, register
from tests.site import Caller, Site

Call = Callable[[schemathesis.Case], None]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass(frozen=True)
class Attempt:
    """Who calls, how often, and what shows that they got far enough to try something."""

    caller: Callable[[Site], Caller]
    examples: int
    reached: set[int]
    # Of every operation whose name begins so at least one call succeeds.
    succeeds: tuple[str, ...] = ("documentation.",)


ATTEMPTS = {
    "nobody": Attempt(Site.anonymous, 2, {200, 401}),
    "client": Attempt(
        lambda site: site.facility_client().acting(),
        8,
        {200, 201, 400, 403, 404, 409, 422},
        ("exams.", "dicomweb."),
    ),
    "administrator": Attempt(Site.administrator, 3, {200, 201, 403, 422}),
    "auditor": Attempt(Site.auditor, 3, {200, 403, 422}),
}
# Ends the caller's own session, so that nothing would be tried after it.
LEFT_OUT = ["access.logout"]
FILES = st.sampled_from(
    [a_ct(1), a_ct(2), a_ct(1, study=2), a_ct(1, StudyDescription="altered"), a_ct(2)[:400], b""]
)
RELATED = "multipart/related"
schemathesis.openapi.media_type("application/dicom", FILES)
schemathesis.openapi.media_type(
    RELATED, st.lists(FILES, max_size=3).map(lambda files: multipart(*files)["data"])
)


def fill(site: Site) -> Mapping[str, str]:
    """Give the facility an exam with a report and a study; return what addresses them."""
    his = site.facility_client()
    patient_id = register(his)
    exam = post_exam(his)
    document = {"contentType": "application/pdf", "data": base64.b64encode(PDF).decode()}
    post_report(his, exam["id"], status="preliminary", pdf=document)
    assert his.post("/dicom-web/studies", **multipart(a_ct(1))).status_code == 200
    return {
        "patient_id": patient_id,
        "exam_id": exam["id"],
        "version": "1",
        "study": "2.999.9.1",
        "series": "2.999.9.1.1",
        "instance": "2.999.9.1.1.1",
        "frames": "1",
        "path": "7FE00010",
        "If-Match": his.get(f"/api/v1/exams/{exam['id']}").headers["ETag"],
    }


def aimed(case: schemathesis.Case, known: Mapping[str, str]) -> schemathesis.Case:
    """Let a case meet what is there, on the version that stands."""
    case.path_parameters |= {name: known[name] for name in case.path_parameters if name in known}
    if "If-Match" in case.headers:
        case.headers["If-Match"] = known["If-Match"]
    return case


def explore(cases: st.SearchStrategy[schemathesis.Case], examples: int, call: Call) -> None:
    """Make some of the calls that a strategy draws."""

    @hypothesis.settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=cases)
    def drawn(case: schemathesis.Case) -> None:
        call(case)

    drawn()


def retractions_last(schema: Any) -> list[Any]:
    """Return the operations, those last that take away what the others read."""
    operations = []
    for result in schema.exclude(operation_id=LEFT_OUT).get_all_operations():
        assert isinstance(result, Ok)
        operations.append(result.ok())
    name = "operationId"
    return sorted(
        operations, key=lambda each: each.definition.raw[name].startswith("dicomweb.retract")
    )


@pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
@pytest.mark.parametrize("who", ATTEMPTS)
def test_no_input_is_answered_outside_the_contract(site: Site, who: str) -> None:
    attempt = ATTEMPTS[who]
    known = fill(site)
    caller = attempt.caller(site)
    cookie = caller.http.get_cookie(COOKIE, domain="medshare.test")
    cookies = {COOKIE: cookie.value} if cookie else {}
    schema = schemathesis.openapi.from_wsgi("/openapi.json", site.application.flask)
    schema.config.generation.update(with_security_parameters=False)
    seen: set[tuple[str, int]] = set()

    def call(case: schemathesis.Case) -> None:
        # What is compressed is not decoded here.
        headers = {"Accept-Encoding": "identity"} | caller.headers
        if case.media_type == RELATED:
            headers["Content-Type"] = multipart()["content_type"]
        answer = case.call_and_validate(headers=headers, cookies=cookies, checks=CHECKS)
        seen.add((case.operation.definition.raw["operationId"], answer.status_code))

    for operation in retractions_last(schema):
        cases = operation.as_strategy()
        for example in operation.get_strategies_from_examples():
            explore(example.map(lambda case: aimed(case, known)), 1, call)
        explore(cases | cases.map(lambda case: aimed(case, known)), attempt.examples, call)
    assert attempt.reached <= {status for _name, status in seen}
    # One retraction takes away what the next would find.
    kept = {name for name, _status in seen if not name.startswith("dicomweb.retract")}
    tried = {name for name in kept if name.startswith(attempt.succeeds)}
    assert tried == {name for name, status in seen if name in tried and status < 300}
