"""Links of other systems: what they ask for follows at an address that identifies nobody."""

import re

import pytest

from medshare.access.model import Role
from tests.dicom import a_ct, multipart
from tests.exams import (
    SYSTEMS,
    a_patient,
    a_report,
    a_test,
    an_exam,
    register,
    take_into_care,
)
from tests.site import Caller, Site
from tests.viewer import require_bundle

LINK = "/IHEInvokeImageDisplay"
STUDY = "2.999.9.1"


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


@pytest.fixture
def patient_id(site: Site) -> str:
    """Somebody whom SZ-A examined and SZ-B treats."""
    source, reader = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    register(source)
    patient_id = register(reader, "MRN-SZ-B", "SZ-B")
    take_into_care(reader, "MRN-SZ-B", "SZ-B")
    exam = an_exam(studyInstanceUids=[STUDY])
    source.post("/api/v1/exams", exam)
    image = a_ct(1, 1, PatientID="MRN-1", AccessionNumber="ACC-1")
    assert source.post("/dicom-web/studies", **multipart(image)).status_code == 200
    site.deliver()
    return patient_id


@pytest.fixture
def doctor(site: Site) -> Caller:
    return site.person(Role.CLINICIAN, "SZ-B", "dr.test")


def ticket_of(site: Site, query: str) -> str:
    """Follow a link as another site's page does, whose requests bring no session."""
    answer = Caller(site, {}).get(f"{LINK}?{query}")
    assert answer.status_code == 200, answer.text
    found = re.search(r"url=(/viewer/launch/[\w-]+)", answer.text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    "named",
    ["MRN-SZ-B", "MRN-SZ-B^^^SZ-B", "MRN-SZ-B^^^&2.999.2.1&ISO", "MRN-SZ-B^^^x&2.999.2.1&ISO"],
)
def test_a_patient_is_led_to_by_an_address_that_names_nobody(
    site: Site, patient_id: str, doctor: Caller, named: str
) -> None:
    asked = doctor.get(LINK, query_string={"requestType": "PATIENT", "patientID": named})
    assert asked.status_code == 303
    ticket = asked.headers["Location"]
    assert re.fullmatch(r"/viewer/launch/[\w-]{43}", ticket)
    shown = doctor.get(ticket)
    assert shown.status_code == 303
    assert shown.headers["Location"] == f"/viewer/patients/{patient_id}"
    entry = site.last_entry()
    assert entry.operation == "iid.launch"
    assert {each.patient_id for each in entry.subjects} == {patient_id}
    assert "MRN-SZ-B" in entry.query
    assert doctor.get(ticket).status_code == 404


def test_whoever_is_not_signed_in_does_so_at_the_ticket_and_goes_on(
    site: Site, patient_id: str
) -> None:
    ticket = ticket_of(site, "requestType=PATIENT&patientID=MRN-SZ-B")
    waiting = Caller(site, {}).get(ticket)
    assert waiting.status_code == 401
    assert 'data-form="sign-in"' in waiting.text
    assert "MRN-SZ-B" not in waiting.text
    doctor = site.person(Role.CLINICIAN, "SZ-B", "dr.test")
    assert doctor.get(ticket).headers["Location"] == f"/viewer/patients/{patient_id}"


@pytest.mark.parametrize(
    "query",
    [
        f"studyUID={STUDY}",
        f"studyUID=2.999.404,{STUDY}",
        "accessionNumber=ACC-1",
        "studyUID=2.999.404&accessionNumber=ACC-1&mostRecentResults=1&viewerType=any",
    ],
)
def test_a_study_is_led_to_by_its_uid_or_its_accession_number(
    site: Site, patient_id: str, doctor: Caller, query: str
) -> None:
    shown = doctor.get(ticket_of(site, f"requestType=STUDY&{query}"))
    assert shown.headers["Location"] == f"/viewer/studies/{STUDY}/images"
    assert {each.patient_id for each in site.last_entry().subjects} == {patient_id}


def test_studies_that_are_asked_for_together_stand_beside_one_another(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    others = ["2.999.9.2", "2.999.9.3"]
    source = site.facility_client("SZ-A")
    for number in (2, 3):
        image = a_ct(1, number, PatientID="MRN-1")
        assert source.post("/dicom-web/studies", **multipart(image)).status_code == 200
    site.deliver()
    asked = f"requestType=STUDY&studyUID={STUDY},2.999.404,{others[0]}"
    shown = doctor.get(ticket_of(site, asked)).headers["Location"]
    assert shown == f"/viewer/studies/{STUDY}/images?beside={others[0]}"
    page = doctor.get(shown).text
    assert others[0] in page
    assert others[1] not in page
    assert others[1] in doctor.get(f"/viewer/studies/{STUDY}/images").text


def test_a_patients_examinations_are_those_that_the_link_asks_for(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    source = site.facility_client("SZ-A")
    item = {"system": "urn:medshare:item", "code": "MR-BRAIN-PLAIN"}
    newer = an_exam(
        accessionNumber="ACC-2",
        item=item,
        performedAt="2026-11-19T23:30:00+08:00",
        studyInstanceUids=[],
    )
    for each in (newer, a_test()):
        assert source.post("/api/v1/exams", each).status_code == 201
    for asked, shown in (
        ("modalitiesInStudy=MR", ["MR"]),
        ("modalitiesInStudy=CT,%20MR", ["MR", "CT"]),
        ("modalitiesInStudy=US", []),
        ("mostRecentResults=1", ["MR"]),
        ("mostRecentResults=999", ["MR", "CT"]),
        ("lowerDateTime=2026-11-19T23:30:00", ["MR"]),
        ("lowerDateTime=2026-11-19T23:30:00Z", []),
        ("upperDateTime=2026-11-19T23:29:59%2B08:00", ["CT"]),
        ("upperDateTime=2026-11-19T23:29:59&mostRecentResults=1", ["CT"]),
    ):
        answer = doctor.get(ticket_of(site, f"requestType=PATIENT&patientID=MRN-SZ-B&{asked}"))
        page = doctor.get(answer.headers["Location"], headers={"Accept-Language": "en"}).text
        assert re.findall(r'class="exam"[^>]* data-modality="(\w+)"', page) == shown, asked
        assert "Show all results" in page


def test_an_exam_without_images_is_led_to_as_a_report(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    source = site.facility_client("SZ-A")
    exam_id = source.post("/api/v1/exams", a_test()).get_json()["id"]
    source.post(f"/api/v1/exams/{exam_id}/reports", a_report())
    shown = doctor.get(ticket_of(site, "requestType=STUDY&accessionNumber=LAB-1"))
    assert shown.headers["Location"] == f"/viewer/patients/{patient_id}#{exam_id}"


def test_a_number_that_means_two_exams_means_the_own_hospitals_or_none(
    site: Site, patient_id: str, doctor: Caller
) -> None:
    reader = site.facility_client("SZ-B")
    own = an_exam(patient={"system": SYSTEMS["SZ-B"], "value": "MRN-SZ-B"}, studyInstanceUids=[])
    exam_id = reader.post("/api/v1/exams", own).get_json()["id"]
    query = "requestType=STUDY&accessionNumber=ACC-1"
    shown = doctor.get(ticket_of(site, query))
    assert shown.headers["Location"] == f"/viewer/patients/{patient_id}#{exam_id}"
    third = site.facility_client("SZ-C")
    assert third.post("/api/v1/patients", a_patient("MRN-C", "SZ-C")).status_code == 201
    take_into_care(third, "MRN-C", "SZ-C")
    stranger = site.person(Role.CLINICIAN, "SZ-C", "dr.third")
    assert stranger.get(ticket_of(site, query)).status_code == 404


def test_what_may_not_be_seen_is_missing(site: Site, patient_id: str) -> None:
    stranger = site.person(Role.CLINICIAN, "SZ-C", "dr.third")
    for query in (
        "requestType=PATIENT&patientID=MRN-SZ-B^^^SZ-B",
        "requestType=PATIENT&patientID=MRN-404",
        "requestType=PATIENT&patientID=MRN-SZ-B^^^SZ-X",
        f"requestType=STUDY&studyUID={STUDY}",
        "requestType=STUDY&accessionNumber=ACC-1",
    ):
        answer = stranger.get(ticket_of(site, query))
        assert answer.status_code == 404, query
        assert answer.content_type.startswith("text/html")
    assert site.auditor().get(ticket_of(site, "requestType=STUDY&studyUID=1")).status_code == 403


def test_a_ticket_waits_ten_minutes(site: Site, patient_id: str, doctor: Caller) -> None:
    ticket = ticket_of(site, "requestType=PATIENT&patientID=MRN-SZ-B")
    site.clock.advance(minutes=10)
    assert doctor.get(ticket).status_code == 404
    assert doctor.get("/viewer/launch/forged").status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "",
        "requestType=SERIES&studyUID=1",
        "requestType=PATIENT",
        "requestType=PATIENT&studyUID=2.999.1",
        "requestType=STUDY&patientID=M-1",
        "requestType=STUDY&studyUID=<script>",
        "requestType=STUDY&studyUID=2.999.1&diagnosticQuality=true",
        "requestType=STUDY&studyUID=2.999.1&studyUID=2.999.2",
        "requestType=PATIENT&patientID=M-1&mostRecentResults=0",
        "requestType=PATIENT&patientID=M-1&modalitiesInStudy=ct",
        "requestType=PATIENT&patientID=M-1&lowerDateTime=2026-10-01",
        "requestType=PATIENT&patientID=M-1&lowerDateTime=2026-02-30T00:00:00",
    ],
)
def test_a_link_that_asks_for_nothing_is_refused(site: Site, query: str) -> None:
    answer = Caller(site, {}).get(f"{LINK}?{query}")
    assert answer.status_code == 422
    assert answer.content_type.startswith("text/html")
    assert "script>" not in answer.text.partition("<body")[2].replace("<script", "")
