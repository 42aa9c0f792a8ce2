"""Whole ways through the pages: without a mouse, on a phone, and away from the desk."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from medshare.settings import Settings
from tests.browser.city import FINDINGS, HOSTILE, NAME, NUMBER, made
from tests.browser.conftest import LANGUAGES, Visitor, everywhere
from tests.browser.image_page import ImagePage
from tests.browser.phantom import NOW
from tests.exams import SYSTEMS, a_report, a_test, an_observation
from tests.orders import decided, evaluated
from tests.site import PASSWORD, Site, StandingClock

Visit = Callable[..., Visitor]
IDLE_MS = 10 * 60 * 1000
TABS_MAX = 40


def tab_to(page: Any, selector: str) -> None:
    """Press Tab until the focus is where it was to be led."""
    for _ in range(TABS_MAX):
        if page.evaluate("one => document.activeElement.matches(one)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"no way by Tab to {selector}")


def sign_in_by_keys(somebody: Visitor) -> None:
    keyboard = somebody.page.keyboard
    somebody.go("/viewer")
    somebody.page.wait_for_selector("#sign-in-name:focus")
    keyboard.type("dr.test")
    keyboard.press("Tab")
    keyboard.type(PASSWORD)
    keyboard.press("Enter")
    somebody.page.wait_for_selector(".who")


def find_by_keys(page: Any) -> None:
    page.wait_for_selector("#words:focus")
    page.wait_for_load_state()
    page.keyboard.type("csj")
    page.keyboard.press("Enter")
    page.wait_for_selector("a.found-person")
    tab_to(page, "a.found-person")
    page.keyboard.press("Enter")
    page.wait_for_selector(".exam-open")
    page.wait_for_load_state()


def walk_to_the_report(page: Any) -> None:
    """Press ``j`` until the report is there that was looked for, and go into it."""
    page.keyboard.press("j")
    page.wait_for_selector(".report")
    while FINDINGS not in page.inner_text(".report"):
        shown = page.get_attribute(".report", "data-exam")
        page.keyboard.press("j")
        page.wait_for_selector(f'.report:not([data-exam="{shown}"])')
    page.keyboard.press("r")


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_search_over_report_and_images_to_a_decision_without_a_mouse(
    visit: Visit, language: str
) -> None:
    somebody = visit(language)
    page = somebody.page
    sign_in_by_keys(somebody)
    find_by_keys(page)
    walk_to_the_report(page)
    tab_to(page, '.report a[href*="/images"]')
    page.keyboard.press("Enter")
    page.wait_for_selector(".pane.is-whole")
    page.keyboard.press("1")
    page.locator("#live").filter(has_text="1500").wait_for(state="attached")
    page.go_back()
    page.wait_for_selector(".exam-open")
    page.wait_for_load_state()
    walk_to_the_report(page)
    tab_to(page, '[data-action="recognise"]')
    somebody.look("keys-only")
    page.keyboard.press("Enter")
    page.wait_for_selector(".decision")
    assert page.evaluate("document.activeElement.id") == "report"
    tab_to(page, '[data-action="undo"]')
    page.keyboard.press("Enter")
    page.wait_for_selector('[data-action="recognise"]')


def test_on_a_phone_from_search_to_the_third_slice_and_back(visit: Visit) -> None:
    somebody = visit("zh-CN", "phone")
    page = somebody.page
    somebody.sign_in()
    page.fill("#words", "测试甲")
    page.tap('[data-form="search"] button')
    page.tap("a.found-person")
    page.tap('.exam[data-modality="CT"] .exam-open')
    page.wait_for_selector(".report")
    assert not page.is_visible(".exam-open")  # one thing at a time
    page.tap('[data-action="back"]')
    page.wait_for_selector(".exam-open", state="visible")
    somebody.go(f"/viewer/studies/{NOW.study}/images")
    images = ImagePage(somebody)
    images.wait_for_place(1, NOW.slices)
    box = images.pane().locator("[data-part=slices]").bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2)
    page.locator("[data-part=place]").filter(has_text=re.compile(r"\b[567]\D")).wait_for()
    somebody.look("phone-slice")


def test_key_images_are_marked_and_gone_to(visit: Visit) -> None:
    somebody = visit()
    somebody.sign_in()
    images = ImagePage(somebody)
    images.open(NOW.study, NOW.slices)
    mark = images.pane().locator("[data-part=key]")
    assert mark.inner_text() == ""
    images.press("ArrowDown", "ArrowDown", "x")
    assert mark.inner_text() != ""
    somebody.look("key-image")
    images.press("End", "x", "Home", "n")
    images.wait_for_place(3, NOW.slices)
    images.press("n")
    images.wait_for_place(NOW.slices, NOW.slices)
    images.press("n")
    images.wait_for_place(3, NOW.slices)
    images.press("x")
    assert mark.inner_text() == ""


def test_a_stack_runs_like_a_film_until_it_is_stopped(visit: Visit) -> None:
    somebody = visit()
    somebody.sign_in()
    images = ImagePage(somebody)
    images.open(NOW.study, NOW.slices)
    images.press(" ")
    images.wait_for_place(4, NOW.slices)
    assert images.page.get_attribute('[data-command="cine"]', "aria-pressed") == "true"
    images.wait_for_place(2, NOW.slices)  # around the end
    images.press(" ")
    place = images.pane().locator("[data-part=place]")
    stands = place.inner_text()
    images.page.wait_for_timeout(500)
    assert place.inner_text() == stands


def test_whoever_leaves_the_desk_finds_it_locked_and_as_it_was(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in()
    page.clock.install()
    images = ImagePage(somebody)
    images.visitor.go(f"/viewer/studies/{NOW.study}/images")
    page.clock.run_for(3000)
    images.wait_for_place(1, NOW.slices)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.clock.run_for(1000)
    images.wait_for_place(3, NOW.slices)
    page.clock.run_for(IDLE_MS - 10_000)
    assert not page.is_visible("#lock")
    page.clock.run_for(20_000)
    page.wait_for_selector("#lock[open]")
    assert not page.is_visible(".pane")
    assert NAME not in page.inner_text("body")
    somebody.look("locked-images")
    page.fill("#lock-password", PASSWORD)
    page.click('#lock [type="submit"]')
    page.wait_for_selector(".pane", state="visible")
    images.wait_for_place(3, NOW.slices)


def test_a_name_that_is_a_script_is_text_in_the_list_of_found_persons(visit: Visit) -> None:
    somebody = visit("en", "phone")
    page = somebody.page
    somebody.sign_in()
    page.fill("#words", "M-9")
    page.keyboard.press("Enter")
    assert page.inner_text(".found-name") == HOSTILE
    assert page.locator('img[src="x"]').count() == 0
    assert page.title() != "1"


def test_images_are_printed_with_the_person_and_the_words_that_they_are_no_diagnosis(
    visit: Visit,
) -> None:
    somebody = visit()
    somebody.sign_in()
    images = ImagePage(somebody)
    images.open(NOW.study, NOW.slices)
    images.page.emulate_media(media="print")
    assert NAME in images.pane().inner_text()
    assert images.page.is_visible(".foot")
    for hidden in (".bar", ".image-tools"):
        assert not images.page.is_visible(hidden), hidden
    somebody.look("images-print")


def amend_what_was_relied_on(settings: Settings) -> str:
    """Let dr.test recognise a sensitive result of SZ-A, which then is another; return the exam."""
    site = Site(settings, StandingClock(instant=datetime.now(UTC)), fresh=False)
    try:
        source, doctor = (
            site.facility_client("SZ-A"),
            site.facility_client("SZ-B").acting("dr.test"),
        )
        at = site.clock.instant - timedelta(hours=30)
        item = {"system": "urn:medshare:item", "code": "LAB-HIVAGAB"}
        test = a_test(
            accessionNumber=f"HIV-{site.clock.instant:%H%M%S}",
            item=item,
            collectedAt=at.isoformat(),
            sensitivity="HIV",
        )
        exam_id = str(made(source.post("/api/v1/exams", test))["id"])
        for hours, status, value in ((1, "final", 0.1), (2, "amended", 8.4)):
            signed = (at + timedelta(hours=hours)).isoformat()
            measured = [an_observation(code=item, value=value, unit="{S_CO_ratio}")]
            report = a_report(status=status, texts=[], observations=measured, signedAt=signed)
            made(source.post(f"/api/v1/exams/{exam_id}/reports", report))
            if status == "final":
                patient = {"system": SYSTEMS["SZ-B"], "value": NUMBER}
                decided(doctor, evaluated(doctor, patient=patient, item=item))
        site.deliver()
    finally:
        site.close()
    return exam_id


@everywhere
def test_a_doctor_hears_that_a_result_changed_and_takes_note(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    exam_id = amend_what_was_relied_on(somebody.place.settings)
    somebody.sign_in()
    page.wait_for_selector(f'[data-part="alerts"] a[href$="#{exam_id}"]')
    somebody.look("alerts")
    page.click(f'[data-part="alerts"] a[href$="#{exam_id}"]')
    page.wait_for_selector(".report .alert")
    assert page.is_visible(".report .badge-sensitive")
    somebody.look("alert")
    page.click('.alert [data-action="acknowledge"]')
    page.wait_for_selector(".report .alert", state="detached")
    somebody.go("/viewer")
    page.wait_for_load_state("networkidle")
    assert page.locator(f'[data-part="alerts"] a[href$="#{exam_id}"]').count() == 0


@pytest.mark.parametrize(("language", "size"), [("zh-CN", "phone"), ("en", "desk")])
def test_a_guardians_word_on_sharing_is_taken_down_and_withdrawn(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    proof = f"Form {somebody.label}"
    somebody.sign_in()
    somebody.open_patient()
    page.click(".sharing > summary")
    page.click('.sharing summary:has(+ form[data-address="/api/v1/opt-outs"])')
    form = page.locator('form[data-address="/api/v1/opt-outs"]')
    form.locator('[name="sensitivity"]').select_option("PSY")
    form.locator('[name="givenBy"]').select_option("guardian")
    form.locator('[name="proof"]').fill(proof)
    form.locator('[type="submit"]').click()
    form.locator('[data-part="fault"]:not(:empty)').wait_for()  # whose guardian?
    form.locator('[name="guardian"]').fill("Synthetic guardian, father")
    somebody.look("sharing-form")
    with page.expect_navigation():
        form.locator('[type="submit"]').click()
    page.click(".sharing > summary")
    word = page.locator(f'.word:has-text("{proof}")')
    word.locator("summary").click()
    somebody.look("sharing")
    word.locator('[name="proof"]').fill("Form of withdrawal")
    with page.expect_navigation():
        word.locator('[type="submit"]').click()
    page.click(".sharing > summary")
    assert word.locator(".badge").is_visible()
    assert word.locator("form").count() == 0
