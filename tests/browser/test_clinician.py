"""A clinician signs in, finds a patient, reads results of another hospital and decides on them."""

from collections.abc import Callable

from tests.browser.city import FINDINGS, HOSTILE, NAME
from tests.browser.conftest import Visitor, everywhere
from tests.site import PASSWORD

Visit = Callable[..., Visitor]
CHEST_CT = '.exam[data-modality="CT"] .exam-open'


@everywhere
def test_from_sign_in_to_a_decision_that_is_undone(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.go("/viewer")
    somebody.look("sign-in")
    somebody.sign_in_by_form()
    somebody.look("search")
    page.fill("#words", "csj")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"a.found-person:has-text('{NAME}')")
    somebody.look("found")
    page.click("a.found-person")
    page.wait_for_selector(".exam-open")
    somebody.look("patient")

    page.click(CHEST_CT)
    page.wait_for_selector(".report")
    assert FINDINGS in page.inner_text(".report")
    somebody.look("report")
    page.click('[data-action="recognise"]')
    page.wait_for_selector(".decision")
    somebody.look("recognised")
    page.click('[data-action="undo"]')
    page.wait_for_selector('[data-action="decline"]')

    page.click('[data-action="decline"]')
    page.check('#decline [name="reason"]:not([data-needs-text]) >> nth=0')
    somebody.look("decline")
    page.click('#decline [type="submit"]')
    page.wait_for_selector(".decision")
    assert page.locator(".decision .badge-decided").count() == 1
    page.click('[data-action="undo"]')
    page.wait_for_selector('[data-action="recognise"]')


@everywhere
def test_laboratory_results_are_a_table(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    somebody.sign_in()
    somebody.open_patient()
    somebody.page.click('.exam[data-modality="LAB"] .exam-open')
    somebody.page.wait_for_selector(".report .is-critical")
    assert "3.5–5.3" in somebody.page.inner_text(".report table")
    somebody.look("laboratory")


@everywhere
def test_a_value_is_followed_over_time_and_hospitals(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in()
    somebody.open_patient()
    page.click('.exam[data-modality="LAB"] .exam-open')
    page.click('.item-open[data-position="2"]')
    page.wait_for_selector(".trend")
    assert page.locator(".trend .plot-mark[d]").count() >= 4
    assert page.locator(".trend tbody tr").count() == 5
    assert "149 mg/dL" in page.inner_text(".trend")
    assert page.evaluate("document.activeElement.id") == "trend-title"
    somebody.look("trend")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.locator(".trend").count() == 0
    assert page.evaluate("document.activeElement.dataset.position") == "2"


def test_filters_narrow_and_group_at_once(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in()
    somebody.open_patient()
    assert page.locator(".exam:visible").count() == 7
    page.select_option('[name="modality"]', "CT")
    assert page.locator(".exam:visible").count() == 2
    page.select_option('[name="days"]', "365")
    assert page.locator(".exam:visible").count() == 1
    page.select_option('[name="hospital"]', "SZ-A")
    page.select_option('[name="group"]', "region")
    assert page.inner_text(".group:visible h3") == "胸部 · CT"
    page.select_option('[name="region"]', "laboratory")
    assert page.is_visible('[data-part="nothing"]')


def test_everything_is_done_by_keys(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in()
    somebody.open_patient()
    page.keyboard.press("j")
    page.wait_for_selector(".report")
    first = page.get_attribute(".report", "data-exam")
    page.keyboard.press("j")
    page.wait_for_selector(f'.report:not([data-exam="{first}"])')
    page.keyboard.press("k")
    page.wait_for_selector(f'.report[data-exam="{first}"]')
    page.keyboard.press("r")
    assert page.evaluate("document.activeElement.id") == "report"
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    somebody.look("help")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.wait_for_url("**/viewer")


@everywhere
def test_emergency_access_asks_for_a_reason_and_the_person(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in()
    somebody.go(f"/viewer/patients/{somebody.place.city.hostile_id}")
    page.click('[data-action="break-glass"]')
    page.check('#glass [value="unconscious"]')
    page.fill("#glass-text", "Found unconscious.")
    somebody.look("emergency")
    page.fill("#glass-password", "not the password")
    page.click('#glass [type="submit"]')
    page.wait_for_selector('#glass [data-part="fault"]:not(:empty)')
    page.fill("#glass-password", PASSWORD)
    page.click('#glass [type="submit"]')
    page.wait_for_url("**?purpose=BTG")
    page.wait_for_selector(".badge-glass")
    somebody.look("emergency-open")


def test_a_name_that_is_a_script_is_shown_and_not_run(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in()
    page.fill("#words", "M-9")
    page.keyboard.press("Enter")
    page.click("a.found-person")
    assert page.inner_text(".banner-name") == HOSTILE
    page.wait_for_load_state()
    page.click(".exam-open")
    page.wait_for_selector(".report")
    assert HOSTILE in page.inner_text(".report")
    assert page.locator('img[src="x"]').count() == 0
    assert page.title() != "1"
    somebody.look("hostile")


def test_locking_ends_the_session_and_unlocking_goes_on_where_one_was(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in()
    somebody.open_patient()
    page.click(CHEST_CT)
    page.wait_for_selector(".report")
    page.click('[data-action="lock"]')
    page.wait_for_selector("#lock[open]")
    somebody.look("locked")
    assert not page.is_visible(".report")
    page.keyboard.press("Escape")
    assert page.is_visible("#lock")
    answer = page.request.get(somebody.place.base + "/api/v1/session")
    assert answer.status == 401
    page.fill("#lock-password", PASSWORD)
    page.click('#lock [type="submit"]')
    page.wait_for_selector(".report", state="visible")
    page.click('[data-action="recognise"]')
    page.wait_for_selector(".decision")
    page.click('[data-action="undo"]')
    page.wait_for_selector('[data-action="recognise"]')


def test_the_language_is_switched_on_the_page_and_kept(visit: Visit) -> None:
    somebody = visit("zh-CN")
    somebody.sign_in()
    somebody.page.click('[data-language="en"]')
    somebody.page.wait_for_selector('html[lang="en"]')
    somebody.go("/viewer/nowhere")
    assert somebody.page.get_attribute("html", "lang") == "en"
    somebody.look("missing")


def test_on_paper_stand_the_patient_and_the_report_and_no_buttons(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in()
    somebody.open_patient()
    page.click(CHEST_CT)
    page.wait_for_selector(".report")
    page.emulate_media(media="print")
    assert page.is_visible(".banner-name")
    assert page.is_visible(".report")
    for hidden in (".bar", ".timeline", '[data-action="recognise"]', '[data-action="print"]'):
        assert not page.is_visible(hidden), hidden
    somebody.look("print", sizes=["desk"])


def test_a_registrar_finds_patients_and_opens_their_links_only(visit: Visit) -> None:
    somebody = visit()
    somebody.sign_in("registrar")
    somebody.page.fill("#words", NAME)
    somebody.page.keyboard.press("Enter")
    somebody.page.wait_for_selector(".found-person")
    address = somebody.page.get_attribute("a.found-person", "href")
    assert address.startswith("/viewer/registrar/patients/")
