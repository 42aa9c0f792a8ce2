"""Reports, waveforms and PDF stand beside the report, in both languages and both sizes."""

from collections.abc import Callable

from playwright.sync_api import Page

from tests.browser.conftest import Visitor, everywhere
from tests.site import PASSWORD

Visit = Callable[..., Visitor]
CHEST_CT = '.exam[data-modality="CT"] .exam-open'
CURVE = ".document-curve"


def open_report(somebody: Visitor) -> None:
    somebody.sign_in()
    somebody.open_patient()
    somebody.page.click(CHEST_CT)
    somebody.page.wait_for_selector(CURVE)
    somebody.page.wait_for_selector(".doc")


@everywhere
def test_documents_stand_beside_the_report(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    open_report(somebody)

    shown = page.locator('[data-document="report"]').first
    assert shown.locator("h4, h5").all_inner_texts() == ["测试报告", "测量"]
    assert "最大径: 8 mm" in " ".join(shown.locator(".doc-item").inner_text().split())
    assert page.evaluate(f"document.querySelector('{CURVE}').naturalWidth") > 100
    framed = page.get_attribute('[data-document="pdf"] iframe', "src")
    assert framed in {each.url.removeprefix(somebody.place.base) for each in page.frames}
    shown.scroll_into_view_if_needed()
    somebody.look("documents-report")
    page.locator(CURVE).scroll_into_view_if_needed()
    somebody.look("documents-waveform")


@everywhere
def test_documents_stand_beside_the_images(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    open_report(somebody)
    somebody.go(str(page.get_attribute('.report a[href*="/images"]', "href")))
    page.locator('[data-part="place"]:not(:empty)').first.wait_for()
    assert not page.is_visible("#documents")
    turn_documents(page)
    page.locator("#documents .doc").first.wait_for()
    page.locator("#documents .document-curve").wait_for()
    assert page.is_visible('.pane [data-part="canvas"]')
    somebody.look("images-documents")
    turn_documents(page)
    assert not page.is_visible("#documents")


def turn_documents(page: Page) -> None:
    """Show the documents beside the images, or hide them; a phone has the button behind another."""
    if page.is_visible('[data-action="more-tools"]'):
        page.click('[data-action="more-tools"]')
    page.click('[data-action="documents"]')


def test_a_pdf_is_shown_in_an_emergency_too(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in()
    somebody.open_patient()
    page.click('[data-action="break-glass"]')
    page.check('#glass [value="unconscious"]')
    page.fill("#glass-text", "Found unconscious.")
    page.fill("#glass-password", PASSWORD)
    page.click('#glass [type="submit"]')
    page.wait_for_url("**?purpose=BTG")
    page.click(CHEST_CT)
    frame = page.locator('[data-document="pdf"] iframe')
    frame.wait_for()
    assert str(frame.get_attribute("src")).startswith("blob:")
    assert [each.url for each in page.frames if each.url.startswith("blob:")]
    frame.scroll_into_view_if_needed()
    page.wait_for_timeout(1500)  # for the picture alone: no page can tell when a PDF is drawn
    somebody.look("documents-emergency")


def test_a_waveform_is_made_larger_and_moved_by_keys_alone(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    open_report(somebody)
    place = '[data-document="waveform"] [data-part="shown"]'

    page.focus('[data-action="document-smaller"]')
    page.keyboard.press("Enter")
    assert page.evaluate(f"document.querySelector('{CURVE}').style.width") == "100%"
    page.keyboard.press("Tab")
    for _ in range(2):
        page.keyboard.press("Enter")
    assert page.evaluate(f"document.querySelector('{CURVE}').style.width") == "200%"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.part") == "shown"
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(500)
    assert page.evaluate(f"document.querySelector('{place}').scrollLeft") > 0


def test_a_document_is_asked_for_once_it_is_open_and_only_once(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    open_report(somebody)
    last = page.locator("details.document").last
    address = last.get_attribute("data-address")
    assert last.get_attribute("open") is None
    asked = [each for each in somebody.requested if address in each]
    assert asked == []

    for _ in range(3):
        last.locator("summary").click()
    last.locator(".doc").wait_for()
    assert len([each for each in somebody.requested if address in each]) == 1


def test_markup_in_a_report_is_words(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    open_report(somebody)
    page.locator("details.document").last.locator("summary").click()
    page.locator("details.document").last.locator(".doc").wait_for()

    assert page.locator(".doc img, .doc script").count() == 0
    assert "<img src=x" in page.locator(".doc").last.inner_text()
    assert page.title() != "1"


def test_a_document_by_itself_can_do_nothing(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    open_report(somebody)
    address = page.get_attribute('[data-document="report"]', "data-address")
    somebody.go(str(address))

    assert page.inner_text("h1") == "测试报告"
    assert page.evaluate("getComputedStyle(document.querySelector('.doc-about')).margin") == "0px"
    assert page.evaluate("self.origin") == "null"
    somebody.go("/viewer")
