"""A registrar decides a possible duplicate, merges two patients and undoes it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from medshare.access.model import Role
from medshare.settings import Settings
from tests.browser.city import register_twins
from tests.browser.conftest import Visitor, everywhere
from tests.links import ask_merge
from tests.site import PASSWORD, Site, StandingClock

Visit = Callable[..., Visitor]
FIRST_REVIEW = 'a[href*="/registrar/reviews/"]'


@everywhere
def test_a_possible_duplicate_is_taken_in_hand_and_left_for_later(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("registrar")
    somebody.go("/viewer/registrar")
    somebody.look("registrar-queue")
    page.click(FIRST_REVIEW)
    page.wait_for_selector(".comparison .is-different")
    somebody.look("registrar-review")
    page.click('form[data-address$="/claim"] button')
    page.check('[name="decision"][value="later"]')
    page.fill("#decide-reason", "The papers are not here yet.")
    somebody.look("registrar-decide")
    page.click('form[data-address$="/decision"] button')
    page.wait_for_url("**/viewer/registrar")
    page.wait_for_selector(".toast")
    page.wait_for_selector(FIRST_REVIEW)


@everywhere
def test_a_merge_asks_for_the_person_again_and_is_undone(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("registrar")
    somebody.go(f"/viewer/registrar/patients/{somebody.place.city.twin_ids[0]}")
    page.fill("#other-words", "TWIN-B")
    page.click('[data-form="search"] button')
    page.wait_for_selector("a.found-person")
    somebody.look("registrar-patient")
    page.click("a.found-person")
    page.wait_for_selector("#merge-reason")
    page.fill("#merge-reason", "Same card, same face.")
    somebody.look("registrar-pair")
    page.click('form[data-address$="/merges"] button')
    _prove(somebody)
    page.wait_for_selector("#unmerge-1-reason")
    somebody.look("registrar-merged")
    page.fill("#unmerge-1-reason", "They are two.")
    page.click('form[data-address$="/undo"] button')
    _prove(somebody)
    page.wait_for_selector("#unmerge-1-reason", state="detached")
    somebody.look("registrar-history")


@everywhere
def test_a_study_without_a_patient_is_assigned_by_its_hospital(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("registrar.b")
    somebody.go("/viewer/registrar/imaging")
    somebody.look("registrar-imaging")
    page.fill('[name="patient.value"] >> nth=0', "NOT-REGISTERED")
    page.click('form[data-act="PUT"] button >> nth=0')
    page.wait_for_selector('form[data-act="PUT"] [data-part="fault"]:not(:empty)')


@everywhere
def test_an_image_that_was_kept_out_is_looked_into(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("registrar.b")
    somebody.go("/viewer/registrar/quarantine")
    somebody.look("registrar-quarantine")
    page.click('a[href*="/registrar/quarantine/"].button')
    page.wait_for_selector(".differences")
    assert "CT altered" in page.inner_text(".differences")
    somebody.look("registrar-quarantined")


def test_an_image_that_was_kept_out_is_dismissed(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in("registrar.b")
    somebody.go("/viewer/registrar/quarantine")
    page.locator('a[href*="/registrar/quarantine/"].button').last.click()
    page.click('form [value="dismiss"]')
    page.wait_for_url("**/viewer/registrar/quarantine")
    page.click('a[href="?status=dismissed"]')
    page.wait_for_selector('a[href*="/registrar/quarantine/"].button')


def propose_two_merges(settings: Settings) -> None:
    """Let another registrar propose to merge two pairs, where two have to agree."""
    clock = StandingClock(instant=datetime.now(UTC))
    site = Site(replace(settings, two_person_merge=True), clock, fresh=False)
    try:
        source, reader = site.facility_client("SZ-A"), site.facility_client("SZ-B")
        other = site.person(Role.REGISTRAR, username="registrar.2")
        for numbers, born in (("FIRST", "1971-03-04"), ("SECOND", "1972-05-06")):
            survivor, retired = register_twins(source, reader, "测试提", numbers, born)
            answer = ask_merge(other, survivor, retired, reason=f"{numbers}: one face.")
            assert "proposedBy" in answer.get_json(), answer.text
    finally:
        site.close()


def test_a_second_person_confirms_one_merge_and_rejects_the_other(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    propose_two_merges(somebody.place.settings)
    somebody.sign_in("registrar")
    somebody.go("/viewer/registrar/proposals")
    somebody.look("registrar-proposals")
    for numbers, button in (("FIRST", "true"), ("SECOND", "false")):
        card = page.locator(f'.proposal:has-text("{numbers}: one face.")')
        card.locator(f'[name="confirm"][value="{button}"]').click()
        card.wait_for(state="detached")
    page.click('a[href="?state=rejected"]')
    page.wait_for_selector('.proposal:has-text("SECOND: one face.")')
    page.click('a[href="?state=confirmed"]')
    page.click('.proposal:has-text("FIRST: one face.") a')
    page.click('a[href*="/registrar/patients/"]')
    page.wait_for_selector('.acts li:has-text("FIRST: one face.")')
    assert "+" in page.inner_text(".acts li")  # both names


def test_a_session_that_was_left_open_merges_nobody_before_the_person_is_proved(
    visit: Visit,
) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in("registrar")
    first, second = somebody.place.city.twin_ids
    somebody.leave_open()
    somebody.go(f"/viewer/registrar/patients/{first}/with/{second}")
    page.fill("#merge-reason", "Same card, same face.")
    page.click('form[data-address$="/merges"] button')
    page.wait_for_selector("#proof[open]")
    somebody.look("registrar-proof")
    page.fill('#proof [name="password"]', "not the password")
    page.click('#proof [type="submit"]')
    page.wait_for_selector('#proof [data-part="fault"]:not(:empty)')
    page.fill('#proof [name="password"]', PASSWORD)
    page.click('#proof [type="submit"]')
    page.wait_for_selector("#unmerge-1-reason")
    somebody.leave_open()
    page.fill("#unmerge-1-reason", "They are two.")
    page.click('form[data-address$="/undo"] button')
    page.fill('#proof[open] [name="password"]', PASSWORD)
    page.click('#proof [type="submit"]')
    page.wait_for_selector("#unmerge-1-reason", state="detached")


def test_two_who_are_not_one_are_kept_apart_until_that_is_lifted(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in("registrar")
    first, second = somebody.place.city.double_ids
    somebody.go(f"/viewer/registrar/reviews/{_review_of(somebody, first, second)}")
    page.click('form[data-address$="/claim"] button')
    page.check('[name="decision"][value="not-the-same"]')
    page.fill("#decide-reason", "Two sisters, both were asked.")
    page.click('form[data-address$="/decision"] button')
    page.wait_for_url("**/viewer/registrar")
    somebody.go(f"/viewer/registrar/patients/{first}/with/{second}")
    page.fill("#merge-reason", "Same name.")
    page.click('form[data-address$="/merges"] button')
    page.wait_for_selector('form[data-address$="/merges"] [data-part="fault"]:not(:empty)')
    somebody.look("registrar-kept-apart")
    somebody.go(f"/viewer/registrar/patients/{first}")
    page.wait_for_selector("#lift-1-reason")
    somebody.look("registrar-separation")
    page.fill("#lift-1-reason", "It was one person after all.")
    page.click('form[data-address$="/lift"] button')
    page.wait_for_selector("#lift-1-reason", state="detached")


def test_a_record_is_taken_out_of_a_person_it_does_not_belong_to(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in("registrar")
    first, second = somebody.place.city.united_ids
    somebody.go(f"/viewer/registrar/patients/{first}/with/{second}")
    page.fill("#merge-reason", "Same card, same face.")
    page.click('form[data-address$="/merges"] button')
    page.wait_for_selector("#unlink-reason")
    page.select_option("#unlink-record", index=1)
    page.fill("#unlink-reason", "The card was borrowed.")
    somebody.look("registrar-unlink")
    page.click('form[data-address$="/unlink"] button')
    page.wait_for_selector("#unlink-reason", state="detached")


def _review_of(somebody: Visitor, *patient_ids: str) -> str:
    answer = somebody.page.request.get(f"{somebody.place.base}/api/v1/patients/reviews?limit=100")
    (found,) = [each for each in answer.json()["items"] if each["patientId"] in patient_ids]
    return str(found["id"])


def _prove(somebody: Visitor) -> None:
    """Prove the person where it is asked for: a sign-in of just now is proof enough."""
    form = '#proof[open] [name="password"]'
    if somebody.page.locator(form).count():
        somebody.page.fill(form, PASSWORD)
        somebody.page.click('#proof [type="submit"]')
