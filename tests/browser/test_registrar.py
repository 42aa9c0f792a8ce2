"""A registrar decides a possible duplicate, merges two patients and undoes it."""

import itertools
from collections.abc import Callable

import pytest

from tests.browser.conftest import LANGUAGES, SIZES, Visitor
from tests.site import PASSWORD

Visit = Callable[..., Visitor]
everywhere = pytest.mark.parametrize(("language", "size"), [*itertools.product(LANGUAGES, SIZES)])
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


def test_nothing_waits_for_a_second_person(visit: Visit) -> None:
    somebody = visit()
    somebody.sign_in("registrar")
    somebody.go("/viewer/registrar/proposals")
    somebody.look("registrar-proposals")


def _prove(somebody: Visitor) -> None:
    """Prove the person where it is asked for: a sign-in of just now is proof enough."""
    form = '#proof[open] [name="password"]'
    if somebody.page.locator(form).count():
        somebody.page.fill(form, PASSWORD)
        somebody.page.click('#proof [type="submit"]')
