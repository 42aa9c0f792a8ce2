"""openapi.yaml equals the code: operations, schemas, parameters, credentials, examples."""

import copy
import importlib
import pkgutil
from collections.abc import Mapping
from typing import Any

import pytest
from marshmallow import Schema
from openapi_spec_validator import validate

import medshare
from medshare.access.model import GRANTABLE, ROLE_PERMISSIONS, Role
from medshare.care.model import EncounterKind
from medshare.changes.model import ChangeKind, DeliveryState
from medshare.dicomweb import qido
from medshare.dicomweb.media import CODED, OCTETS, RELATED
from medshare.exams.model import ExamKind, ExamStatus, Laterality
from medshare.exams.reports import Comparator, Flag, Language, ReportStatus
from medshare.kernel.audit import AuditAction, AuditOutcome
from medshare.kernel.permission import Permission, Public
from medshare.kernel.principal import PurposeOfUse
from medshare.patients.links.model import ActKind, ProposalState
from medshare.patients.model import Sex
from medshare.patients.reviews.model import ReviewDecision, ReviewState
from medshare.web.body import PageSchema
from medshare.web.documentation import follow
from medshare.web.endpoint import operations
from tests.conftest import EMBEDDED
from tests.contract.document import (
    Contract,
    ContractError,
    check_exchange,
    installed,
    written_contract,
)
from tests.contract.queries import (
    DICOM_METADATA,
    DICOM_PICTURES,
    DICOM_RETRIEVALS,
    DICOM_SEARCHES,
    QUERIES,
)
from tests.contract.shapes import differences, reduced, shape_of_class
from tests.contract.tables import INPUTS, OTHERS, OUTPUTS, UNRECORDED
from tests.site import Site, problem_of

LISTS = (
    ReviewDecision,
    ReviewState,
    ChangeKind,
    DeliveryState,
    ActKind,
    AuditAction,
    AuditOutcome,
    Comparator,
    EncounterKind,
    ExamKind,
    ExamStatus,
    Flag,
    Language,
    Laterality,
    ProposalState,
    PurposeOfUse,
    ReportStatus,
    Role,
    Sex,
)

pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)


@pytest.fixture
def written() -> Contract:
    return written_contract()


def components(written: Contract) -> Mapping[str, Any]:
    schemas: Mapping[str, Any] = written.document["components"]["schemas"]
    return schemas


def unlike(written: Contract, name: str, schema: type[Schema], *, sent: bool) -> list[str]:
    shown = reduced(components(written)[name], written.document, sent=sent)
    return differences(shape_of_class(schema, sent=sent), shown, sent=sent)


@pytest.mark.usefixtures("pair")
def test_the_contract_is_openapi_3_1(written: Contract) -> None:
    validate(written.document)
    assert written.document["openapi"].startswith("3.1")


def test_every_operation_stands_in_the_contract_and_the_other_way_round(
    site: Site, written: Contract
) -> None:
    assert written.declared() == installed(site.application.flask)


def test_a_forgotten_or_altered_operation_is_seen(site: Site, written: Contract) -> None:
    real = installed(site.application.flask)
    for alter in (
        lambda item: item.pop("get"),
        lambda item: item["get"].update({"x-permission": "public"}),
        lambda item: item["get"].update({"x-audit": "unrecorded"}),
        lambda item: item["get"].update({"operationId": "facilities.show"}),
        lambda item: item.update({"delete": item["get"]}),
    ):
        faulty = copy.deepcopy(written.document)
        alter(faulty["paths"]["/api/v1/facilities/{code}"])
        assert Contract(faulty).declared() != real


def test_what_leaves_no_entry_is_listed(site: Site) -> None:
    found = {
        name
        for _p, _m, name, _a, audit in installed(site.application.flask)
        if audit == "unrecorded"
    }
    assert found == UNRECORDED


@pytest.mark.usefixtures("pair")
def test_whatever_leaves_an_entry_may_be_asked_for_too_often(written: Contract) -> None:
    for _path, _method, each in written.operations():
        limited = "429" in each["responses"]
        assert limited == (each["operationId"] not in UNRECORDED), each["operationId"]


def test_the_credentials_are_those_that_can_have_the_permission(
    site: Site, written: Contract
) -> None:
    of_people = {Permission.SESSION}.union(*(ROLE_PERMISSIONS[role] for role in Role))
    real = {each.name: each for _rule, _method, each in operations(site.application.flask)}
    for _path, method, each in written.operations():
        access = real[each["operationId"]].access
        if isinstance(access, Public):
            continue
        proof: set[str] = set() if method == "GET" else {"csrf"}
        expected = [{"bearer"}] if access in GRANTABLE else []
        expected += [{"session"} | proof] if access in of_people else []
        expected += [{"embedded"} | proof] if access is Permission.EMBEDDED else []
        assert [set(scheme) for scheme in each["security"]] == expected, each["operationId"]


def test_what_every_credential_can_be_answered_is_said(site: Site, written: Contract) -> None:
    caller = site.administrator()
    caller.headers |= site.facility_client().headers
    answer = caller.get("/api/v1/facilities")
    assert problem_of(answer)["type"] == "urn:medshare:problem:two-credentials"
    assert answer.status_code == 401
    for _path, _method, each in written.operations():
        if each["x-permission"] != "public":
            assert {"401", "403", "422", "500", "503"} <= each["responses"].keys()


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("name", INPUTS)
def test_a_body_is_what_its_class_loads(written: Contract, name: str) -> None:
    assert unlike(written, name, INPUTS[name], sent=True) == []


@pytest.mark.usefixtures("pair")
@pytest.mark.parametrize("name", OUTPUTS)
def test_an_answer_is_what_its_class_dumps(written: Contract, name: str) -> None:
    assert unlike(written, name, OUTPUTS[name], sent=False) == []


@pytest.mark.usefixtures("pair")
def test_a_renamed_retyped_or_newly_required_field_is_seen(written: Contract) -> None:
    for alter in (
        lambda schema: schema["properties"].update(grade=schema["properties"].pop("level")),
        lambda schema: schema["properties"]["level"].update(type="string"),
        lambda schema: schema["properties"]["level"].update(maximum=4),
        lambda schema: schema["properties"]["aeTitles"]["items"].update(pattern="^.*$"),
        lambda schema: schema["required"].append("timeZone"),
        lambda schema: schema.pop("additionalProperties"),
    ):
        faulty = copy.deepcopy(written.document)
        alter(faulty["components"]["schemas"]["Facility"])
        assert unlike(Contract(faulty), "Facility", INPUTS["Facility"], sent=True)


@pytest.mark.usefixtures("pair")
def test_every_schema_has_its_class_and_every_class_its_schema(written: Contract) -> None:
    placed = {*INPUTS.values(), *OUTPUTS.values(), *QUERIES.values()}
    classes = {
        each
        for module in pkgutil.walk_packages(medshare.__path__, "medshare.")
        if "schemas" in module.name.split(".")
        for each in vars(importlib.import_module(module.name)).values()
        if isinstance(each, type) and issubclass(each, Schema) and each.__module__ == module.name
    }
    assert classes | {PageSchema} == placed
    assert set(components(written)) == {*INPUTS, *OUTPUTS, *OTHERS}


@pytest.mark.usefixtures("pair")
def test_the_lists_of_values_are_those_of_the_code(written: Contract) -> None:
    for values in LISTS:
        assert components(written)[values.__name__]["enum"] == list(values)


def query_of(written: Contract, operation: Mapping[str, Any]) -> dict[str, Any]:
    declared = [follow(written.document, each) for each in operation.get("parameters", ())]
    return {each["name"]: each for each in declared if each["in"] == "query"}


@pytest.mark.usefixtures("pair")
def test_the_query_parameters_are_those_that_are_read(written: Contract) -> None:
    for _path, _method, operation in written.operations():
        name = operation["operationId"]
        if name in DICOM_SEARCHES or name in DICOM_RETRIEVALS:
            continue
        if name in DICOM_PICTURES or name in DICOM_METADATA:
            continue
        parameters = query_of(written, operation)
        shown = {
            "type": "object",
            "properties": {name: each["schema"] for name, each in parameters.items()},
            "required": [name for name, each in parameters.items() if each.get("required")],
            "additionalProperties": False,
        }
        assert (name in QUERIES) == bool(parameters), name
        if parameters:
            code = shape_of_class(QUERIES[name], sent=True)
            for each in code["properties"].values():  # a query string cannot say null
                kinds = each["type"]
                each["type"] = kinds if isinstance(kinds, str) else kinds[0]
            found = differences(code, reduced(shown, written.document, sent=True), sent=True)
            assert found == [], name


@pytest.mark.usefixtures("pair")
def test_the_keys_of_a_dicom_search_are_the_attributes_that_are_matched(written: Contract) -> None:
    named = {each["operationId"]: each for _path, _method, each in written.operations()}
    paths = {each["operationId"]: path for path, _method, each in written.operations()}
    for name, expected in DICOM_SEARCHES.items():
        plain = query_of(written, named[name])
        keys: set[str] = set()
        for parameter in list(plain):
            schema = follow(written.document, plain[parameter]["schema"])
            if schema["type"] == "object":
                keys |= schema["properties"].keys()
                del plain[parameter]
        assert keys == set(expected)
        assert set(plain) == qido.PARAMETERS
        most = qido.LIMIT_OF_STUDY if "/{study}/" in paths[name] else qido.LIMIT_DEFAULT
        assert plain["limit"]["schema"]["default"] == most
        assert plain["offset"]["schema"]["maximum"] == qido.OFFSET_MAX


@pytest.mark.usefixtures("pair")
def test_a_dicom_retrieval_reads_what_is_accepted_and_nothing_else(written: Contract) -> None:
    named = {each["operationId"]: each for _path, _method, each in written.operations()}
    for name in DICOM_RETRIEVALS:
        assert set(query_of(written, named[name])) == {"accept"}
    for name, parameters in (DICOM_PICTURES | DICOM_METADATA).items():
        assert set(query_of(written, named[name])) == parameters


@pytest.mark.usefixtures("pair")
def test_frames_are_offered_in_every_type_of_a_transfer_syntax(written: Contract) -> None:
    content = written.document["components"]["responses"]["Frames"]["content"]
    assert set(content) == {RELATED, OCTETS, *map(str.lower, CODED)}


@pytest.mark.usefixtures("pair")
def test_every_example_fits_its_schema(written: Contract) -> None:
    checked = 0
    for path, method, operation in written.operations():
        places = [("paths", path, method.lower(), "requestBody")]
        for status, response in operation["responses"].items():
            reference = response.get("$ref", "").removeprefix("#/")
            here = ("paths", path, method.lower(), "responses", status)
            places.append(tuple(reference.split("/")) if reference else here)
        for steps in places:
            node: Any = written.document
            for step in steps:
                node = node.get(step, {})
            for media_type, content in node.get("content", {}).items():
                if "example" in content:
                    place = (*steps, "content", media_type, "schema")
                    assert written.faults(content["example"], *place) == [], place
                    checked += 1
    assert checked > 50


def test_what_the_contract_does_not_say_is_seen(site: Site, written: Contract) -> None:
    answer = site.administrator().get("/api/v1/facilities/SZ-A")
    flask, rule = site.application.flask, "/api/v1/facilities/{code}"
    check_exchange(flask, None, answer)
    for alter in (
        lambda get: get["responses"].pop("200"),
        lambda get: get["responses"]["200"]["content"].update(
            {"application/json": {"schema": {"type": "object", "properties": {"code": {}}}}}
        ),
        lambda get: get["responses"]["200"].update({"content": {"text/plain": {}}}),
        lambda get: get["responses"]["200"].pop("content"),
        lambda get: get["responses"]["200"]["headers"].update({"ETag": {"required": True}}),
    ):
        faulty = copy.deepcopy(written.document)
        alter(faulty["paths"][rule]["get"])
        with pytest.raises(ContractError):
            Contract(faulty).check(rule, None, answer)
