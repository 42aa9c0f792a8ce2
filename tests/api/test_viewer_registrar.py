"""The registrar's pages: possible duplicates with their evidence, links, proposals, imaging."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select

from medshare.access.model import Role
from medshare.kernel.audit import AuditOutcome
from medshare.patients.matching.tables import PatientReviewRow
from tests.conftest import EMBEDDED
from tests.dicom import a_ct, store
from tests.links import PATIENTS, ask_merge, merged, registered, registrar, two_persons
from tests.site import Caller, Site
from tests.viewer import require_bundle

QUEUE = "/viewer/registrar"
NOBODY = "00000000-0000-7000-8000-000000000000"
CHINESE, ENGLISH = {"Accept-Language": "zh-CN"}, {"Accept-Language": "en"}
HOSTILE = "<script>alert(1)</script>"
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


@pytest.fixture
def careful(site: Site) -> Iterator[Site]:
    """The same site under the policy that two registrars have to agree."""
    built = Site(replace(site.settings, two_person_merge=True), site.clock, fresh=False)
    yield built
    built.close()


def review_of(site: Site) -> str:
    """Return the one review that matching opened."""
    ids = site.read(lambda uow: uow.session.scalars(select(PatientReviewRow.id)).all())
    return str(ids[0])


def shown(caller: Caller, address: str, headers: dict[str, str] = ENGLISH) -> str:
    answer = caller.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def subjects_of(site: Site) -> set[Any]:
    return {each.patient_id for each in site.last_entry().subjects}


def test_the_queue_lists_what_waits_and_names_it_in_the_trail(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    page = shown(keeper, QUEUE)
    assert f"{QUEUE}/reviews/{review_of(site)}" in page
    assert "Test Hospital 2" in page
    assert subjects_of(site) == {first["patientId"], second["patientId"]}
    assert "疑似重复患者" in shown(keeper, QUEUE, CHINESE)
    assert "Nothing waits here" in shown(keeper, f"{QUEUE}?state=decided")
    assert keeper.get(f"{QUEUE}?state=lost").status_code == 422


def test_a_registrar_of_another_hospital_sees_none_of_it(site: Site) -> None:
    two_persons(site)
    other = registrar(site, "SZ-C")
    assert "Nothing waits here" in shown(other, QUEUE)
    assert other.get(f"{QUEUE}/reviews/{review_of(site)}").status_code == 404
    assert site.last_entry().outcome is AuditOutcome.MISSING


def test_a_review_marks_what_differs_in_words_and_tells_its_evidence(site: Site) -> None:
    registered(site, "SZ-A", phone="13800000001")
    registered(site, "SZ-B", phone="13800000002")
    page = shown(registrar(site), f"{QUEUE}/reviews/{review_of(site)}")
    for words in (
        "= same",
        "≠ differs",
        "13800000001",
        "13800000002",
        "Nothing but name and birth date agrees.",
        "to 1 that they are",
        "Take it in hand",
        "Weights 20",
    ):
        assert words in page, words
    assert "Record the decision" not in page


def test_whoever_took_a_review_in_hand_is_asked_to_decide(site: Site) -> None:
    two_persons(site)
    one, other = registrar(site, name="one"), registrar(site, name="other")
    one.post(f"{PATIENTS}/reviews/{review_of(site)}/claim")
    mine = shown(one, f"{QUEUE}/reviews/{review_of(site)}")
    assert 'value="not-the-same"' in mine
    assert "data-version=" in mine
    theirs = shown(other, f"{QUEUE}/reviews/{review_of(site)}")
    assert 'value="not-the-same"' not in theirs
    assert "Test registrar has had it in hand" in theirs


def test_a_patients_page_shows_records_history_and_the_merge_to_undo(site: Site) -> None:
    first, second = two_persons(site)
    keeper = registrar(site)
    act = merged(keeper, first["patientId"], second["patientId"])
    page = shown(keeper, f"{QUEUE}/patients/{second['patientId']}")
    assert f"/api/v1/patients/merges/{act['id']}/undo" in page
    assert "Linked records (2)" in page
    assert "Same person by the photograph." in page
    assert first["patientId"] in subjects_of(site)
    assert keeper.get(f"{QUEUE}/patients/{NOBODY}").status_code == 404


def test_two_patients_stand_side_by_side_with_the_versions_to_merge_on(site: Site) -> None:
    first, second = two_persons(site)
    page = shown(
        registrar(site), f"{QUEUE}/patients/{first['patientId']}/with/{second['patientId']}"
    )
    assert f'name="retiredId" value="{second["patientId"]}"' in page
    assert subjects_of(site) == {first["patientId"], second["patientId"]}


def test_a_proposal_is_confirmed_by_another_and_only_taken_back_by_its_author(
    careful: Site,
) -> None:
    site = careful
    first, second = two_persons(site)
    one, other = registrar(site, name="one"), registrar(site, name="other")
    assert ask_merge(one, first["patientId"], second["patientId"]).status_code == 202
    mine, theirs = (shown(each, f"{QUEUE}/proposals") for each in (one, other))
    assert "Take it back" in mine
    assert ">Confirm<" not in mine
    assert ">Confirm<" in theirs


def test_studies_without_a_patient_wait_at_their_own_hospital(site: Site) -> None:
    store(site.facility_client("SZ-A"), a_ct(1, PatientID="LOST-1"))
    page = shown(registrar(site, "SZ-A"), f"{QUEUE}/imaging")
    assert "LOST-1" in page
    assert "2026-03-01" in page
    assert "LOST-1" not in shown(registrar(site, "SZ-B"), f"{QUEUE}/imaging")
    assert registrar(site, name="city").get(f"{QUEUE}/imaging").status_code == 403


def test_a_name_that_is_a_script_is_text(site: Site) -> None:
    person = registered(site, "SZ-A", name={"text": HOSTILE})
    page = shown(registrar(site), f"{QUEUE}/patients/{person['patientId']}")
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("path", ["", "/proposals", "/imaging", f"/reviews/{NOBODY}"])
def test_only_registrars_open_the_console(site: Site, path: str) -> None:
    for role in (Role.CLINICIAN, Role.AUDITOR, Role.QUALITY_OFFICER):
        caller = site.person(role, "SZ-A", f"{role}-x")
        assert caller.get(f"{QUEUE}{path}").status_code == 403
    assert site.anonymous().get(f"{QUEUE}{path}").status_code == 401


def test_whom_a_registrar_finds_opens_at_the_links(site: Site) -> None:
    person = registered(site, "SZ-A")
    answer = registrar(site).post("/viewer/search", {"words": "M1"})
    assert f"{QUEUE}/patients/{person['patientId']}" in answer.text


def test_a_registrar_reads_that_a_word_on_sharing_stands_and_no_class(site: Site) -> None:
    patient_id = registered(site, "SZ-A")["patientId"]
    word = {"patientId": patient_id, "givenBy": "patient", "proof": "HIV form 7"}
    said = site.person(Role.CLINICIAN, "SZ-A").post(
        "/api/v1/opt-outs", word | {"sensitivity": "HIV"}
    )
    assert said.status_code == 201, said.text
    page = f"{QUEUE}/patients/{patient_id}"
    own = shown(registrar(site, "SZ-A"), page)
    assert "Not shared · a class of sensitive results" in own
    assert "HIV" not in own
    assert said.get_json()["id"] in {each.id for each in site.last_entry().objects}
    for stranger in (registrar(site), registrar(site, "SZ-B")):
        theirs = shown(stranger, page)
        assert "Not shared" not in theirs
        assert said.get_json()["id"] not in theirs
