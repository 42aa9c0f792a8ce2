"""FHIR over HTTP: media types, bodies, and OperationOutcome for every error."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

import orjson
from flask import Response, request

from medshare.fhir.questions import TOLD_BY_IHE
from medshare.kernel.errors import ErrorKind, Issue, MedshareError, NotAcceptableError
from medshare.web.body import BrokenJsonError, read_body
from medshare.web.negotiation import MediaType, accepted_ranges, choose
from medshare.web.problems import problem

FHIR_JSON = "application/fhir+json"
# What a consumer may add to the type and gets anyhow (FHIR R4, sections 3.1.0.1.1 and 3.1.0.5).
_ADDED = {"fhirversion": "4.0", "charset": "utf-8"}
OFFERED = (
    MediaType("application", "fhir+json", _ADDED),
    MediaType("application", "json", _ADDED),
)
# http://hl7.org/fhir/issue-type, by what the caller has to do.
CODES = {
    ErrorKind.MALFORMED: "structure",
    ErrorKind.INVALID: "invalid",
    ErrorKind.UNAUTHENTICATED: "login",
    ErrorKind.FORBIDDEN: "forbidden",
    ErrorKind.NOT_FOUND: "not-found",
    ErrorKind.CONFLICT: "conflict",
    ErrorKind.GONE: "deleted",
    ErrorKind.NOT_ACCEPTABLE: "not-supported",
    ErrorKind.UNSUPPORTED_MEDIA_TYPE: "not-supported",
    ErrorKind.METHOD_NOT_ALLOWED: "not-supported",
    ErrorKind.PRECONDITION_FAILED: "conflict",
    ErrorKind.TOO_LARGE: "too-long",
    ErrorKind.TOO_MANY_REQUESTS: "throttled",
    ErrorKind.UNAVAILABLE: "transient",
    ErrorKind.STORAGE_FULL: "no-store",
}


def fhir_answer(resource: Mapping[str, object], status: int = HTTPStatus.OK) -> Response:
    """Answer a resource."""
    return Response(orjson.dumps(resource), status=status, content_type=FHIR_JSON)


def outcome_face(error: MedshareError) -> Response:
    """Write an error as OperationOutcome, with the status and headers of a problem document."""
    response = problem(error)
    document = orjson.loads(response.data)
    code = CODES.get(error.kind, "exception")
    issues = [
        {
            "severity": "error",
            "code": code,
            "details": {"text": each["detail"]},
            "diagnostics": each["code"],
            "expression": [each["pointer"] or "/"],
        }
        for each in document.get("errors", ())
    ]
    if not issues:
        text = {"text": document["detail"]}
        code, said = TOLD_BY_IHE.get(type(error), (code, error.slug))
        issues = [{"severity": "error", "code": code, "details": text, "diagnostics": said}]
    response.data = orjson.dumps({"resourceType": "OperationOutcome", "issue": issues})
    response.content_type = FHIR_JSON
    return response


def wants_outcome() -> bool:
    """Tell whether the caller would rather read what there is to say than the resource.

    References
    ----------
    FHIR R4, RESTful API, section 3.1.0.1.2: ``Prefer: return=OperationOutcome``.
    """
    return "return=operationoutcome" in request.headers.get("Prefer", "").replace(" ", "").lower()


def outcome_resource(warnings: Sequence[Issue]) -> dict[str, object]:
    """Say what is doubtful in a resource that was taken."""
    issues = [
        {
            "severity": "warning",
            "code": "value",
            "details": {"text": each.en},
            "diagnostics": each.code,
            "expression": [each.pointer],
        }
        for each in warnings
    ]
    taken = {"severity": "information", "code": "informational", "details": {"text": "Taken."}}
    return {"resourceType": "OperationOutcome", "issue": issues or [taken]}


def require_json() -> None:
    """Let only those go on who accept what FHIR is written in here.

    Raises
    ------
    NotAcceptableError
        They accept neither ``application/fhir+json`` nor JSON, or ask for another ``_format``.
    """
    asked = request.args.get("_format", "json")
    if asked in {"json", "application/json", FHIR_JSON, "application/fhir json"}:
        header = request.headers.get("Accept")
        if choose(accepted_ranges((), header), OFFERED) is not None:
            return
    raise NotAcceptableError(
        "FHIR resources are offered as application/fhir+json.",
        "FHIR 资源以 application/fhir+json 提供。",
    )


def load_resource(limit_bytes: int = 1 << 20) -> object:
    """Read the resource in the body.

    Raises
    ------
    BrokenJsonError
        It is not JSON.
    """
    try:
        return orjson.loads(read_body(limit_bytes))
    except orjson.JSONDecodeError:
        raise BrokenJsonError from None
