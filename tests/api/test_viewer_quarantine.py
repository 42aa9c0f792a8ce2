"""The registrar's pages of what was kept out of the index."""

import io

import pytest
from pydicom import dcmread

from medshare.access.model import Role
from tests.dicom import a_ct, multipart
from tests.exams import register
from tests.site import Caller, Site
from tests.viewer import require_bundle

STUDIES = "/dicom-web/studies"
PAGES = "/viewer/registrar/quarantine"


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


@pytest.fixture
def desk(site: Site) -> Caller:
    return site.person(Role.REGISTRAR, "SZ-A", "registrar.a")


def case_of(desk: Caller) -> str:
    (case,) = desk.get("/api/v1/imaging/quarantine").get_json()["items"]
    return str(case["id"])


def test_another_version_is_shown_beside_the_stored_one_and_takes_its_place(
    site: Site, desk: Caller
) -> None:
    own = site.facility_client("SZ-A")
    register(own)
    own.post(STUDIES, **multipart(a_ct(1, PatientID="MRN-1")))
    own.post(STUDIES, **multipart(a_ct(1, PatientID="MRN-1", StudyDescription="altered")))
    site.deliver()
    case = case_of(desk)
    listed = desk.get(PAGES)
    assert f"{PAGES}/{case}" in listed.text
    assert "与已存影像版本不同" in listed.text
    shown = desk.get(f"{PAGES}/{case}")
    assert shown.status_code == 200
    for words in (
        "StudyDescription",
        "CT chest",
        "altered",
        "像素数据逐字节相同",
        'value="accept"',
    ):
        assert words in shown.text, words
    assert "SOPInstanceUID" not in shown.text
    entry = site.last_entry()
    assert (entry.operation, entry.objects[0].id) == ("viewer.quarantined", case)
    assert entry.subjects
    decided = desk.post(f"/api/v1/imaging/quarantine/{case}/decision", {"decision": "accept"})
    assert decided.status_code == 200
    assert case not in desk.get(PAGES).text
    assert case in desk.get(f"{PAGES}?status=accepted").text
    assert "/decision" not in desk.get(f"{PAGES}/{case}").text


def test_other_pixels_are_told(site: Site, desk: Caller) -> None:
    own = site.facility_client("SZ-A")
    own.post(STUDIES, **multipart(a_ct(1)))
    size = len(dcmread(io.BytesIO(a_ct(1))).PixelData)
    own.post(STUDIES, **multipart(a_ct(1, PixelData=b"\x07" * size)))
    assert "像素数据不同" in desk.get(f"{PAGES}/{case_of(desk)}").text


def test_a_second_patient_of_a_study_is_held_against_the_study_and_only_dismissed(
    site: Site, desk: Caller
) -> None:
    own = site.facility_client("SZ-A")
    own.post(STUDIES, **multipart(a_ct(1, PatientID="A-1")))
    own.post(STUDIES, **multipart(a_ct(2, PatientID="A-2")))
    text = desk.get(f"{PAGES}/{case_of(desk)}").text
    assert "PatientID" in text
    assert "A-1" in text
    assert "A-2" in text
    assert 'value="accept"' not in text
    assert 'value="dismiss"' in text


def test_what_another_hospital_holds_is_not_shown(site: Site) -> None:
    site.facility_client("SZ-A").post(STUDIES, **multipart(a_ct(1, StudyDescription="theirs")))
    site.facility_client("SZ-B").post(STUDIES, **multipart(a_ct(1, StudyDescription="ours")))
    desk = site.person(Role.REGISTRAR, "SZ-B", "registrar.b")
    text = desk.get(f"{PAGES}/{case_of(desk)}").text
    assert "ours" in text
    assert "theirs" not in text
    assert "不予显示" in text
    other = site.person(Role.REGISTRAR, "SZ-A", "registrar.a")
    assert other.get(f"{PAGES}/{case_of(desk)}").status_code == 404
    assert site.person(Role.CLINICIAN, "SZ-B").get(PAGES).status_code == 403
