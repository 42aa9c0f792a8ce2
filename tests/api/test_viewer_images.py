"""The image page and its opening: one request knows the first image, and nobody sees more."""

import json
import re
from typing import Any

import pytest

from medshare.access.model import Role
from medshare.kernel.audit import AuditOutcome
from tests.conftest import EMBEDDED
from tests.dicom import a_ct, store
from tests.exams import register, take_into_care
from tests.orders import a_prior
from tests.site import Caller, Site
from tests.viewer import require_bundle

OPENING = "/viewer/studies/2.999.9.1/opening"
PAGE = "/viewer/studies/2.999.9.1/images"
SR = {"SeriesInstanceUID": "2.999.9.1.9", "SeriesNumber": 0, "Modality": "SR"}
A_STUDY = {"PatientID": "MRN-1"}
NO_PIXELS = {"Rows": None, "Columns": None, "PixelData": b""}


def with_study(site: Site, **attributes: Any) -> Caller:
    """Store a study of three slices and a report of the test person, as SZ-A's system."""
    source = site.facility_client("SZ-A")
    register(source)
    report = a_ct(7, **A_STUDY, **SR, **NO_PIXELS)
    slices = [a_ct(number, **(A_STUDY | attributes)) for number in (3, 1, 2)]
    store(source, report, *slices)
    return source


def opened(caller: Caller, path: str = OPENING) -> dict[str, Any]:
    answer = caller.get(path, headers={"Accept-Language": "zh-CN"})
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def test_the_opening_tells_the_first_image_whole_and_its_series(site: Site) -> None:
    with_study(site)
    opening = opened(site.person(Role.CLINICIAN, "SZ-A"))
    assert opening["first"]["00080018"]["Value"] == ["2.999.9.1.1.1"]
    assert opening["first"]["00280010"]["Value"] == [8]
    assert [(each["modality"], each["instanceCount"]) for each in opening["series"]] == [
        ("SR", 1),
        ("CT", 3),
    ]
    assert (opening["date"], opening["description"]) == ("2026-03-01", "CT chest")


def test_the_banner_is_of_the_record_and_not_of_the_file(site: Site) -> None:
    with_study(site, PatientName="Somebody^Else")
    banner = opened(site.person(Role.CLINICIAN, "SZ-A"))["banner"]
    assert banner["name"] == "测试甲"
    assert banner["details"][0] == "男"
    assert "MRN-1" in banner["details"][-1]
    assert "Else" not in json.dumps(banner)


def test_the_persons_other_studies_are_listed_and_nobody_elses(site: Site) -> None:
    source = with_study(site)
    store(source, a_ct(1, 2, **A_STUDY), a_ct(1, 3, PatientID="NOBODY"))
    priors = opened(site.person(Role.CLINICIAN, "SZ-A"))["priors"]
    assert [(each["studyInstanceUid"], each["date"]) for each in priors] == [
        ("2.999.9.2", "2026-03-02")
    ]
    assert site.last_entry().operation == "viewer.study-opening"


def test_a_study_of_another_hospital_is_opened_for_a_patient_in_care_only(site: Site) -> None:
    with_study(site)
    doctor = site.person(Role.CLINICIAN, "SZ-B")
    assert doctor.get(OPENING).status_code == 404
    assert site.last_entry().outcome is AuditOutcome.MISSING
    system = site.facility_client("SZ-B")
    register(system, "MRN-SZ-B", "SZ-B")
    take_into_care(system, "MRN-SZ-B", "SZ-B")
    assert opened(doctor)["facility"]
    entry = site.last_entry()
    assert (entry.outcome, entry.basis) == (AuditOutcome.SUCCESS, "care-relationship")
    assert [each.id for each in entry.objects] == ["2.999.9.1"]


def test_images_whose_patient_is_not_registered_say_so(site: Site) -> None:
    store(site.facility_client("SZ-A"), a_ct(1))
    opening = opened(site.person(Role.CLINICIAN, "SZ-A"))
    assert opening["banner"]["name"] == "王 小明"
    assert opening["banner"]["details"][-1] == "尚未与患者匹配"
    assert opening["priors"] == []


def test_a_study_without_images_opens_without_a_first_one(site: Site) -> None:
    with_study(site, **NO_PIXELS)
    assert opened(site.person(Role.CLINICIAN, "SZ-A"))["first"] is None


def test_those_without_images_to_read_are_refused(site: Site) -> None:
    with_study(site)
    assert site.auditor().get(OPENING).status_code == 403
    assert site.anonymous().get(OPENING).status_code == 401


@pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
def test_the_page_brings_the_opening_as_data_that_no_name_can_break_out_of(site: Site) -> None:
    require_bundle()
    with_study(site, StudyDescription="</script><script>alert(1)</script>")
    answer = site.person(Role.CLINICIAN, "SZ-A").get(PAGE)
    assert answer.status_code == 200
    (data,) = re.findall(
        r'<script type="application/json" id="opening">(.*?)</script>', answer.text
    )
    assert json.loads(data)["first"]["00080018"]["Value"] == ["2.999.9.1.1.1"]
    assert "alert(1)</script>" not in answer.text
    assert site.last_entry().operation == "viewer.images"


@pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
def test_the_page_leads_back_to_the_report_where_there_is_one(site: Site) -> None:
    require_bundle()
    exam_id = a_prior(site)
    store(site.facility_client("SZ-A"), a_ct(1, 2, PatientID="MRN-1"))
    doctor = site.person(Role.CLINICIAN, "SZ-A")
    leads_back = re.compile(rf'href="/viewer/patients/[0-9a-f-]+#{exam_id}"')
    assert leads_back.search(doctor.get(PAGE).text)
    assert "/viewer/patients/" not in doctor.get(PAGE.replace("9.1", "9.2")).text


@pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)
def test_the_page_of_what_is_not_there_is_a_page_too(site: Site) -> None:
    require_bundle()
    answer = site.person(Role.CLINICIAN, "SZ-A").get(PAGE)
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    assert site.anonymous().get(PAGE).status_code == 401
