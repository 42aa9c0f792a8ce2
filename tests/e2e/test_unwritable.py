"""A served medshare whose disk takes nothing more, or whose database takes no more entries.

The quota is the kernel's (``RLIMIT_FSIZE``), on the running server; in PostgreSQL a constraint
keeps the trail's table closed. Every door refuses, and goes on by itself once it can write again.
"""

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from medshare.settings import Settings
from tests.conftest import CITY, EMBEDDED
from tests.dicom import a_ct, multipart
from tests.e2e.hospital import PASSWORD, Party, open_auditor, open_hospital
from tests.e2e.served import ROOT, Served, serving
from tests.exams import a_patient, an_exam

UNLIMITED = resource.RLIM_INFINITY
ACCEPT = {"Accept": "application/dicom+json"}
SEARCHED = {"system": "urn:oid:2.999.1.1", "value": "MRN-1"}
CALLED = {"hook": "patient-view", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"}
FACILITY = (
    '{"code": "SZ-X", "name": {"zh": "测试", "en": "Test"}, "level": 2, "oid": "2.999.99",'
    ' "patientIdentifierSystem": "urn:oid:2.999.99.1"}'
)


def doors(exam: str, patient: str) -> list[tuple[str, str, dict[str, Any]]]:
    """Return one request of each door and kind."""
    stored = multipart(a_ct(2, PatientID="MRN-1"))
    person = {
        "resourceType": "Patient",
        "identifier": [{"system": "urn:oid:2.999.1.1", "value": "MRN-2"}],
        "name": [{"text": "测试乙"}],
    }
    fhir = {"Content-Type": "application/fhir+json"}
    user = {"context": {"userId": "Practitioner/d-1", "patientId": "MRN-1"}}
    return [
        ("GET", f"/api/v1/exams/{exam}", {}),
        ("POST", "/api/v1/patients/search", {"json": {"identifier": SEARCHED}}),
        ("POST", "/api/v1/exams", {"json": an_exam(accessionNumber="ACC-2")}),
        ("GET", "/dicom-web/studies", {"headers": ACCEPT}),
        ("GET", "/dicom-web/studies/2.999.9.1/metadata", {"headers": ACCEPT}),
        (
            "POST",
            "/dicom-web/studies",
            {"data": stored["data"], "headers": {"Content-Type": stored["content_type"]}},
        ),
        ("GET", f"/fhir/Patient/{patient}", {}),
        (
            "PUT",
            "/fhir/Patient?identifier=urn:oid:2.999.1.1|MRN-2",
            {"json": person, "headers": fhir},
        ),
        ("POST", "/cds-services/medshare-patient-view", {"json": CALLED | user}),
        ("GET", "/api/v1/exams/00000000-0000-7000-8000-000000000000", {}),
        ("GET", "/nowhere", {}),
    ]


WITHOUT_TOKEN: list[tuple[str, str, dict[str, Any]]] = [
    ("POST", "/api/v1/session", {"json": {"username": "auditor", "password": PASSWORD}}),
    ("POST", "/oauth/token", {"data": {}, "auth": ("his-SZ-A", "wrong")}),
    ("GET", "/api/v1/facilities", {}),
]


def family(process: int) -> Iterator[int]:
    """Yield a process and everything that it started."""
    yield process
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from family(int(child))


@contextmanager
def unwritable(served: Served, settings: Settings) -> Iterator[dict[str, Any]]:
    """Take the means to write away; yield how a command is started without them, too."""
    if not settings.database_url:
        for each in family(served.process.pid):
            resource.prlimit(each, resource.RLIMIT_FSIZE, (0, UNLIMITED))
        yield {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (0, UNLIMITED))}
        for each in family(served.process.pid):
            resource.prlimit(each, resource.RLIMIT_FSIZE, (UNLIMITED, UNLIMITED))
        return
    with psycopg.connect(settings.database_url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("ALTER TABLE audit_entries ADD CONSTRAINT closed CHECK (false) NOT VALID")
        yield {}
        owner.execute("ALTER TABLE audit_entries DROP CONSTRAINT closed")


def command(served: Served, options: dict[str, Any], *words: str, typed: str) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "medshare.cli", *words],
        input=typed.encode(),
        env=served.environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ROOT,
        capture_output=True,
        check=False,
        **options,
    )
    assert b"Traceback" not in done.stderr, done.stderr.decode()[-2000:]
    return done.returncode


@pytest.mark.parametrize(
    "pair", [EMBEDDED, pytest.param(CITY, marks=pytest.mark.long)], indirect=True
)
def test_every_door_refuses_while_nothing_can_be_written_and_then_goes_on(
    settings: Settings,
) -> None:
    settings = replace(settings, low_water_bytes=0)
    with serving(settings) as served:
        hospital = open_hospital(served, "SZ-A", 1)
        auditor = open_auditor(served)
        patient = hospital.post("/api/v1/patients", a_patient())["patientId"]
        exam = hospital.post("/api/v1/exams", an_exam())["id"]
        store(hospital)
        before = auditor.get("/api/v1/audit/events?limit=200").json()["items"]
        time.sleep(2.5)  # what seals and delivers in the background has done its work

        with unwritable(served, settings) as options:
            for method, path, sent in doors(exam, patient):
                refused(hospital, method, path, **sent)
            for method, path, sent in WITHOUT_TOKEN:
                refused(Party(served.base), method, path, **sent)
            assert command(served, options, "facility", "add", "-", typed=FACILITY) == 1

        hospital.get(f"/api/v1/exams/{exam}")
        auditor.get("/api/v1/facilities/SZ-X", status=404)
        found = hospital.call(
            "POST", "/api/v1/exams/search", status=200, json={"accessionNumber": "ACC-2"}
        )
        assert found.json()["items"] == []
        series = hospital.get("/dicom-web/instances", headers=ACCEPT).json()
        assert len(series) == 1
        after = auditor.get("/api/v1/audit/events?limit=200").json()["items"]
        told = {each["operation"] for each in after[: len(after) - len(before)]}
        assert told == {
            "audit.search",
            "exams.get",
            "facilities.get",
            "exams.search",
            "dicomweb.search-instances",
        }


def store(hospital: Party) -> None:
    body = multipart(a_ct(1, PatientID="MRN-1"))
    kind = {"Content-Type": body["content_type"]}
    hospital.call("POST", "/dicom-web/studies", status=200, data=body["data"], headers=kind)


def refused(party: Party, method: str, path: str, **sent: Any) -> None:
    """Hold an answer to what it must be: not now, come back, and nothing of anybody in it."""
    headers = party.headers | sent.pop("headers", {})
    answer = requests.request(method, party.base + path, headers=headers, timeout=60, **sent)
    allowed = (503,) if method == "GET" else (503, 507)  # what changes may name the full disk
    assert answer.status_code in allowed, (method, path, answer.status_code, answer.text)
    if answer.status_code == 503:
        assert answer.headers["Retry-After"]
    for secret in ("测试甲", "ACC-1", "2.999.9.1"):
        assert secret not in answer.text
