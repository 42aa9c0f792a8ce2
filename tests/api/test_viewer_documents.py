"""The report pane names what came with the images and is none, to those who may look at it."""

import re
from typing import Any

import numpy as np
import pytest

from medshare.access.model import Role
from tests.dicom import store
from tests.documents import (
    A_PDF,
    SOUND,
    a_document,
    a_group,
    a_waveform,
    an_sr,
    channel,
    in_series,
    without_pixels,
)
from tests.orders import a_doctor, a_prior
from tests.site import Caller, Site

OF_EXAM: dict[str, Any] = {"PatientID": "MRN-1", "AccessionNumber": "ACC-1"}
STUDY = "/dicom-web/studies/2.999.9.1"
HOSTILE = '"><script>1</script>'


def with_documents(site: Site, *, images: bool = True) -> str:
    """Register a CT with a report, a PDF, an ECG and a sound; return the exam's id."""
    exam_id = a_prior(site, images=images)
    beat = a_group(np.zeros((9, 1), dtype=np.int16), channel("I"))
    store(
        site.facility_client("SZ-A"),
        an_sr(**in_series(2), **OF_EXAM, SeriesDescription=HOSTILE),
        a_document(A_PDF, "application/pdf", **in_series(3), **OF_EXAM),
        a_waveform(beat, **in_series(4), **OF_EXAM),
        without_pixels(SOUND, **in_series(5), **OF_EXAM),
    )
    site.deliver()
    return exam_id


def pane(caller: Caller, exam_id: str) -> str:
    answer = caller.get(f"/viewer/exams/{exam_id}/report", headers={"Accept-Language": "en"})
    assert answer.status_code == 200, answer.text
    return answer.text


def named_in(text: str) -> list[tuple[str, str]]:
    return re.findall(r'data-document="(\w+)" data-address="([^"]+)"', text)


def test_the_pane_names_each_document_in_order_at_an_address_that_shows_it(site: Site) -> None:
    exam_id = with_documents(site)
    a_doctor(site)
    doctor = site.person(Role.CLINICIAN, "SZ-B", "dr.test")
    text = pane(doctor, exam_id)

    assert named_in(text) == [
        (family, f"{STUDY}/series/2.999.9.1.{at}/instances/2.999.9.1.{at}.1/rendered")
        for at, family in ((2, "report"), (3, "pdf"), (4, "waveform"))
    ]
    for _, address in named_in(text):
        assert doctor.get(address).status_code == 200
    assert "<script" not in text
    assert "Open the images" in text


def test_a_study_without_images_has_no_button_for_them(site: Site) -> None:
    exam_id = with_documents(site, images=False)
    text = pane(site.person(Role.CLINICIAN, "SZ-A"), exam_id)

    assert len(named_in(text)) == 3
    assert "Open the images" not in text


@pytest.mark.parametrize("images", [True, False])
def test_the_timeline_marks_images_and_no_documents(site: Site, *, images: bool) -> None:
    exam_id = with_documents(site, images=images)
    doctor = site.person(Role.CLINICIAN, "SZ-A")
    patient_id = doctor.get(f"/api/v1/exams/{exam_id}").get_json()["patientId"]
    assert ("has-images" in doctor.get(f"/viewer/patients/{patient_id}").text) is images


def test_the_page_of_the_images_names_the_documents_beside_them(site: Site) -> None:
    with_documents(site)
    doctor = site.person(Role.CLINICIAN, "SZ-A")
    text = doctor.get("/viewer/studies/2.999.9.1/images").text

    assert [family for family, _ in named_in(text)] == ["report", "pdf", "waveform"]
    assert 'data-action="documents"' in text
    assert "<script>1" not in text


def test_what_was_retracted_is_not_named(site: Site) -> None:
    exam_id = with_documents(site)
    source = site.facility_client("SZ-A")
    retracted = source.call("DELETE", f"{STUDY}/series/2.999.9.1.3?reason=patient-safety")
    assert retracted.status_code == 204, retracted.text

    families = [
        family for family, _ in named_in(pane(site.person(Role.CLINICIAN, "SZ-A"), exam_id))
    ]
    assert families == ["report", "waveform"]


def test_documents_of_another_exam_are_not_named(site: Site) -> None:
    with_documents(site)
    other = a_prior(site, 2)

    assert named_in(pane(site.person(Role.CLINICIAN, "SZ-A"), other)) == []


@pytest.mark.parametrize("purpose", ["", "BTG"])
def test_a_link_that_could_state_no_purpose_is_not_offered(site: Site, purpose: str) -> None:
    exam_id = with_documents(site)
    doctor = site.person(Role.CLINICIAN, "SZ-A")
    headers = {"X-Purpose-Of-Use": purpose} if purpose else {}
    text = doctor.get(f"/viewer/exams/{exam_id}/report", headers=headers).text

    assert ('target="_blank"' in text) is (purpose == "")
    assert 'download="report.pdf"' in text
