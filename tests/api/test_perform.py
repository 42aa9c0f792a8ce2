"""The promises of ``perform``, through HTTP: one entry a request, with the change or not at all."""

from datetime import timedelta

import pytest
from flask import Response
from sqlalchemy import text
from werkzeug.exceptions import BadRequest

from medshare.access.authenticator import Authenticator
from medshare.access.revocations import Revocations
from medshare.access.tokens import TokenMaker
from medshare.facilities import service as facilities
from medshare.infra.db import Database
from medshare.infra.perform import Context
from medshare.kernel.audit import AuditAction, AuditObject, Subject
from medshare.kernel.errors import ConflictError, UnavailableError
from medshare.kernel.identifiers import PatientId
from medshare.kernel.operation import Recorded
from medshare.kernel.permission import Permission
from medshare.web.answers import json_answer
from medshare.web.endpoint import Routes, install
from tests.site import Caller, Site, a_facility, problem_of

SECRET = "ZHANG^SANFENG"
routes = Routes()


def declare(name: str, *, method: str = "GET", about_patients: bool = False):
    return routes.endpoint(
        f"/test/{name}",
        method=method,
        name=f"test.{name}",
        access=Permission.FACILITY_READ,
        audit=Recorded(AuditAction.READ, about_patients=about_patients),
    )


@declare("breaks")
def breaks(context: Context) -> Response:
    raise ValueError(SECRET)


@declare("bad-request")
def bad_request(context: Context) -> Response:
    raise BadRequest


@declare("away")
def away(context: Context) -> Response:
    raise UnavailableError


def change(context: Context) -> None:
    with context.write() as uow:
        facilities.add(uow, a_facility("SZ-X", 9))


@declare("change", method="POST")
def make_change(context: Context) -> Response:
    context.touched(AuditObject("facility", "SZ-X"))
    change(context)
    return json_answer({})


@declare("change-and-break", method="POST")
def change_and_break(context: Context) -> Response:
    with context.write() as uow:
        facilities.add(uow, a_facility("SZ-X", 9))
        raise ConflictError


@declare("change-twice", method="POST")
def change_twice(context: Context) -> Response:
    change(context)
    change(context)
    return json_answer({})


@declare("change-inside-change", method="POST")
def change_inside_change(context: Context) -> Response:
    with context.write():
        change(context)
    return json_answer({})


@declare("read-about-nobody", about_patients=True)
def read_about_nobody(context: Context) -> Response:
    return json_answer({"name": SECRET})


@declare("change-about-nobody", method="POST", about_patients=True)
def change_about_nobody(context: Context) -> Response:
    change(context)
    return json_answer({"name": SECRET})


@declare("named-too-late", method="POST")
def named_too_late(context: Context) -> Response:
    change(context)
    context.concerns(Subject(PatientId("p-1")))
    return json_answer({"name": SECRET})


@declare("read-about-one", about_patients=True)
def read_about_one(context: Context) -> Response:
    context.concerns(Subject(PatientId("p-1")))
    context.concerns(Subject(PatientId("p-1")))
    context.counted(rows=3)
    return json_answer({"name": SECRET})


@declare("refused-about-one", about_patients=True)
def refused_about_one(context: Context) -> Response:
    context.concerns(Subject(PatientId("p-1")))
    raise ConflictError


@pytest.fixture
def site(site: Site) -> Site:
    """A site with the routes above."""
    house = site.application.house
    tokens = TokenMaker(site.application.keys, site.settings.effective_base_url, 300)
    authenticator = Authenticator(
        house.database,
        site.clock,
        tokens,
        Revocations(house.database, site.clock),
        session_idle=timedelta(minutes=30),
        session_lifetime=timedelta(hours=12),
    )
    install(site.application.flask, house, authenticator, routes)
    return site


@pytest.fixture
def client(site: Site) -> Caller:
    return site.facility_client("SZ-A")


def has_changed(site: Site) -> bool:
    def look(uow: object) -> bool:
        return facilities.find_by_ae_title(uow, "SZ-X_AE") is not None

    return bool(site.read(look))


ANSWERS = [
    ("GET", "/api/v1/facilities/SZ-A", 200, "success"),
    ("HEAD", "/api/v1/facilities/SZ-A", 200, "success"),
    ("POST", "/api/v1/facilities", 403, "denied"),
    ("GET", "/api/v1/facilities/none", 404, "missing"),
    ("GET", "/api/v1/facilities/%00", 404, "missing"),
    ("GET", "/api/v1/facilities/%ff", 404, "missing"),
    ("GET", "/api/v1/facilities/%0a", 404, "missing"),
    ("GET", "/nowhere", 404, "missing"),
    ("GET", "/api/v1//facilities", 404, "missing"),
    ("DELETE", "/api/v1/facilities/SZ-A", 405, "malformed"),
    ("OPTIONS", "/api/v1/facilities", 405, "malformed"),
    ("GET", "/api/v1/facilities?limit=0", 422, "malformed"),
    ("GET", "/api/v1/facilities?limit=1&limit=2", 422, "malformed"),
    ("GET", "/api/v1/facilities?colour=red", 422, "malformed"),
    ("GET", "/api/v1/facilities?cursor=WyJhXHUwMDAwYiJd", 422, "malformed"),
    ("GET", "/test/bad-request", 400, "malformed"),
    ("GET", "/test/breaks", 500, "failed"),
    ("GET", "/test/away", 503, "failed"),
    ("POST", "/test/change-and-break", 409, "refused"),
    ("POST", "/test/change-inside-change", 500, "failed"),
    ("GET", "/test/read-about-nobody", 500, "failed"),
    ("POST", "/test/change-about-nobody", 500, "failed"),
    ("GET", "/test/read-about-one", 200, "success"),
    ("GET", "/test/refused-about-one", 409, "refused"),
    ("POST", "/test/change-twice", 500, "success"),
]


def test_every_request_leaves_exactly_one_entry_that_says_how_it_ended(client: Caller) -> None:
    for number, (method, path, status, outcome) in enumerate(ANSWERS):
        request_id = f"request-{number:04}"
        answer = client.call(method, path, headers={"X-Request-Id": request_id})
        *old, entry = client.site.entries()
        assert len(old) == number, path
        assert (answer.status_code, entry.outcome) == (status, outcome), path
        assert (entry.request_id, entry.principal.id) == (request_id, "his-SZ-A"), path
        if status >= 400:
            assert SECRET not in answer.text, path
            assert problem_of(answer)["request_id"] == request_id, path


def test_nobody_known_leaves_one_entry_too(site: Site) -> None:
    answer = site.anonymous().get("/api/v1/facilities")
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (
        401,
        'Bearer realm="medshare"',
    )
    assert [each.outcome for each in site.entries()] == ["unauthenticated"]


def test_a_change_and_its_entry_stand_in_one_ledger(client: Caller) -> None:
    assert client.post("/test/change").status_code == 200
    with client.site.application.house.database.read() as session:
        assert session.scalar(text("select count(*) from audit_entries")) == 1


def test_a_change_that_fails_is_undone_whole(client: Caller) -> None:
    for name in ("change-and-break", "change-about-nobody", "change-inside-change"):
        client.post(f"/test/{name}")
        assert not has_changed(client.site), name


def test_a_failed_request_names_no_patient_as_read(client: Caller) -> None:
    client.get("/test/refused-about-one")
    assert client.site.last_entry().subjects == ()


def test_an_entry_names_each_person_once_and_counts(client: Caller) -> None:
    client.get("/test/read-about-one")
    entry = client.site.last_entry()
    assert [each.patient_id for each in entry.subjects] == ["p-1"]
    assert entry.counts == {"rows": 3}
    assert entry.basis == "permission Organization.r"


def test_what_is_named_after_the_entry_was_written_is_an_error(client: Caller) -> None:
    answer = client.post("/test/named-too-late")
    assert answer.status_code == 500
    assert SECRET not in answer.text


def make_unwritable(site: Site) -> None:
    """Take away the ledger that reads, searches and refusals are recorded in."""
    database = site.application.house.database
    if not database.is_sqlite:
        with database.write() as session:
            session.execute(text("alter table audit_entries rename to audit_elsewhere"))
        return
    for each in site.application.databases:
        each.dispose()
    ledger = site.settings.data_dir / "audit.db"
    for leftover in ledger.parent.glob("audit.db*"):
        leftover.unlink()
    ledger.mkdir()


def test_nothing_is_released_while_the_trail_cannot_be_written(client: Caller) -> None:
    make_unwritable(client.site)
    for path in ("/test/read-about-one", "/api/v1/facilities/SZ-A", "/nowhere"):
        answer = client.get(path)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), path
        assert problem_of(answer)["type"] == "urn:medshare:problem:audit-trail-unavailable"
        assert SECRET not in answer.text
        assert "Test Hospital" not in answer.text


def test_nothing_is_changed_while_its_entry_cannot_be_written(client: Caller) -> None:
    database: Database = client.site.application.house.database
    with database.write() as session:
        session.execute(text("alter table audit_entries rename to audit_elsewhere"))
    answer = client.post("/test/change")
    assert answer.status_code == 503
    assert problem_of(answer)["type"] == "urn:medshare:problem:audit-trail-unavailable"
    assert not has_changed(client.site)


def test_the_trail_is_written_again_once_it_can_be(client: Caller) -> None:
    database: Database = client.site.application.databases[-1]
    with database.write() as session:
        session.execute(text("alter table audit_entries rename to audit_elsewhere"))
    assert client.get("/api/v1/facilities/SZ-A").status_code == 503
    with database.write() as session:
        session.execute(text("alter table audit_elsewhere rename to audit_entries"))
    assert client.get("/api/v1/facilities/SZ-A").status_code == 200
    assert [each.outcome for each in client.site.entries()] == ["success"]


def test_a_fault_of_ours_tells_the_caller_nothing_but_the_request_id(client: Caller) -> None:
    document = problem_of(client.get("/test/breaks"))
    assert set(document) == {"type", "title", "status", "detail", "request_id"}
    assert document["detail"] == "The server made a mistake; it is logged under the request id"


def test_the_log_of_a_fault_holds_no_data(
    client: Caller, capsys: pytest.CaptureFixture[str]
) -> None:
    client.get("/test/breaks?name=" + SECRET, headers={"X-Request-Id": "request-0002"})
    out, err = capsys.readouterr()
    assert SECRET not in out + err
    assert "request-0002" in out + err
    assert "builtins.ValueError" in out + err
