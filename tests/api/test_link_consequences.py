"""Exams, images, care and the trail follow the links at once, and back, with nothing rewritten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import text

from tests.dicom import a_ct, multipart
from tests.exams import SYSTEMS, post_exam, take_into_care
from tests.links import ask_unmerge, by_hand, merged, registered, registrar
from tests.site import Caller, Site

PATIENTS = "/api/v1/patients"


@dataclass(frozen=True)
class Pair:
    """One human being as two persons: SZ-A has the exam and its images, SZ-B the encounter."""

    first: str
    second: str
    record: str
    exam: str


@pytest.fixture
def pair_of_persons(site: Site) -> Pair:
    his = site.facility_client("SZ-A")
    first = registered(site, "SZ-A", "A-1")
    second = registered(site, "SZ-B", "B-1")
    take_into_care(site.facility_client("SZ-B"), "B-1", "SZ-B")
    mine = {"system": SYSTEMS["SZ-A"], "value": "A-1"}
    exam = post_exam(his, patient=mine, accessionNumber="R1", studyInstanceUids=["2.999.9.1"])
    assert his.post("/dicom-web/studies", **multipart(a_ct(1))).status_code == 200
    site.deliver()
    return Pair(first["patientId"], second["patientId"], second["recordId"], exam["id"])


def seen_by(caller: Caller, patient_id: str, exam_id: str) -> Mapping[str, Any]:
    """Return what a caller sees of the exam, its images and the person's timeline."""
    studies = caller.get("/dicom-web/studies", headers={"Accept": "application/dicom+json"})
    timeline = caller.get(f"{PATIENTS}/{patient_id}/exams")
    return {
        "exam": caller.get(f"/api/v1/exams/{exam_id}").status_code,
        "timeline": [each["id"] for each in timeline.get_json().get("items", ())],
        "studies": len(studies.get_json(force=True)) if studies.data else 0,
    }


def content(site: Site) -> list[Any]:
    """Return every row of exams, studies and encounters as it stands."""

    def read(uow: Any) -> list[Any]:
        tables = ("exams", "studies", "encounters")
        return [list(uow.session.execute(text(f"select * from {each}"))) for each in tables]

    found: list[Any] = site.read(read)
    return found


APART = {"exam": 404, "timeline": [], "studies": 0}


def test_care_follows_a_merge_at_once_and_back(site: Site, pair_of_persons: Pair) -> None:
    pair = pair_of_persons
    theirs = site.facility_client("SZ-B").acting()
    keeper = registrar(site)
    before = content(site)
    assert seen_by(theirs, pair.second, pair.exam) == APART
    act = merged(keeper, pair.first, pair.second)
    together = {"exam": 200, "timeline": [pair.exam], "studies": 1}
    for known_as in (pair.first, pair.second):
        assert seen_by(theirs, known_as, pair.exam) == together
    ask_unmerge(keeper, act["id"])
    site.deliver()
    assert seen_by(theirs, pair.second, pair.exam) == APART
    assert content(site) == before


def test_care_follows_a_link_by_hand_and_back(site: Site, pair_of_persons: Pair) -> None:
    pair = pair_of_persons
    theirs = site.facility_client("SZ-B").acting()
    keeper = registrar(site)
    by_hand(keeper, "links", pair.first, pair.record)
    assert seen_by(theirs, pair.first, pair.exam)["timeline"] == [pair.exam]
    taken = by_hand(keeper, "unlink", pair.first, pair.record).get_json()
    assert seen_by(theirs, taken["patientId"], pair.exam) == APART


def test_the_trail_finds_a_person_under_every_id_they_went_by(
    site: Site, pair_of_persons: Pair
) -> None:
    pair = pair_of_persons
    keeper, auditor = registrar(site), site.auditor()

    def operations(patient_id: str) -> list[str]:
        answer = auditor.get(f"/api/v1/audit/events?patient={patient_id}&limit=200")
        return [each["operation"] for each in answer.get_json()["items"]]

    site.facility_client("SZ-B").get(f"{PATIENTS}/{pair.second}")
    assert "patients.get" not in operations(pair.first)
    act = merged(keeper, pair.first, pair.second)
    assert "patients.get" in operations(pair.first)
    ask_unmerge(keeper, act["id"])
    assert "patients.get" in operations(pair.second)
    assert "patients.get" not in operations(pair.first)
