"""A quality officer reads the figures, and looks after what recognition goes by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from medshare.access.model import Role
from medshare.jobs import store as jobs
from tests.browser.city import made
from tests.browser.conftest import LANGUAGES, SIZES, Place, Visitor, everywhere
from tests.exams import an_exam
from tests.orders import decided, evaluated
from tests.site import Caller, Site, StandingClock

Visit = Callable[..., Visitor]
POLICIES = "/api/v1/recognition/policies"
EXPIRED = {"zh-CN": "已超过参考时限", "en": "It is older than the reference window"}
WINDOW = {"zh-CN": "{} 小时", "en": "{} hours"}
POOR_IMAGE = {"zh-CN": "影像质量不满足诊断", "en": "The images are not good enough"}


@pytest.fixture(scope="module", autouse=True)
def decisions(place: Place) -> None:
    """Let a doctor recognise one result and decline another."""
    site = Site(place.settings, StandingClock(instant=datetime.now(UTC)), fresh=False)
    try:
        doctor = site.facility_client("SZ-B").acting("d-7")
        decided(doctor, evaluated(doctor))
        second = evaluated(doctor, orderReference="ORD-2")
        decided(doctor, second, outcome="repeated", reason="CONDITION_CHANGED")
        for number in range(len(LANGUAGES) * len(SIZES)):
            unfit = evaluated(doctor, orderReference=f"ORD-UNFIT-{number}")
            decided(doctor, unfit, outcome="repeated", reason="POOR_IMAGE")
        local = {"system": "urn:medshare:local:SZ-A", "code": "LOCAL-CT", "display": "胸部平扫"}
        source = site.facility_client("SZ-A")
        made(source.post("/api/v1/exams", an_exam(accessionNumber="ACC-L", item=local)))
        officer = site.person(Role.QUALITY_OFFICER, username="quality")
        _draft_and_try(site, officer)
        site.person(Role.ADMINISTRATOR, username="admin")
    finally:
        site.close()


def _draft_and_try(site: Site, officer: Caller) -> None:
    """Let another officer leave a draft, and a trial of it run in nobody's hands for an hour."""
    other = site.person(Role.QUALITY_OFFICER, username="quality.2")
    (enacted,) = other.get(POLICIES).get_json()["items"]
    document = other.get(f"{POLICIES}/{enacted['hash']}").get_json()["document"]
    document["items"]["CT-CHEST-PLAIN"]["window"] = "9d"
    document["effectiveFrom"] = (site.clock.instant + timedelta(days=9)).isoformat()
    draft = made(other.post(POLICIES, {"document": document}))
    now, hour = site.clock.instant, timedelta(hours=1)
    asked = {"since": (now - hour).isoformat(), "until": now.isoformat(), "policy": draft["hash"]}
    job = officer.post("/api/v1/recognition/simulations", asked).get_json()
    site.write(lambda uow: jobs.take(uow.session, job["id"], "nobody", now, now + hour))


@everywhere
def test_the_figures_of_a_period_are_drawn_beside_their_tables(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("quality")
    somebody.go("/viewer/quality")
    page.wait_for_selector(".plot rect.series-0")
    somebody.look("quality-figures", whole=True)
    assert page.locator(".heat-4").inner_text() == "1 / 12"
    page.select_option('[name="facility"]', "SZ-C")
    page.click('.filter-bar [type="submit"]')
    page.wait_for_selector(".empty")
    somebody.look("quality-nothing")


@everywhere
def test_a_draft_is_written_and_tried_before_it_is_enacted(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("quality")
    somebody.go("/viewer/quality/policies")
    somebody.look("quality-policies")
    page.click('tbody tr:last-child th a[href*="/policies/"]')
    page.fill("#narrow-items", "ct-chest-plain")
    window = page.locator('[name="document.items.CT-CHEST-PLAIN.window"]')
    days = 1 + LANGUAGES.index(language) + 2 * [*SIZES].index(size)
    window.fill(f"{days}h")
    page.click('form[data-address$="/policies"] [type="submit"]')
    page.wait_for_selector(f"td:text-is('{WINDOW[language].format(days)}')")
    somebody.look("quality-policy", whole=True)
    page.click('form[data-address$="/simulations"] [type="submit"]')
    page.wait_for_url("**/trials/*")
    page.wait_for_selector(".heat-2", timeout=60_000)
    assert page.locator(f"th:text-is('{EXPIRED[language]}')").count() == 1
    somebody.look("quality-trial", whole=True)


def test_a_trial_is_cancelled_and_another_persons_draft_enacted(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in("quality")
    somebody.go("/viewer/quality/policies")
    page.locator('a[href*="/trials/"]').last.click()
    somebody.look("quality-trial-running")
    page.click('[data-part="trial"] [type="submit"]')
    page.wait_for_selector('[data-part="trial"]', state="detached")
    somebody.look("quality-trial-cancelled")
    page.click('a[href*="/policies/"]')
    assert page.locator('[name="document.items.CT-CHEST-PLAIN.window"]').input_value() == "9d"
    page.click('form[data-address$="/enactment"] [type="submit"]')
    page.wait_for_selector('form[data-address$="/enactment"]', state="detached")
    somebody.look("quality-announced")


@everywhere
def test_the_registers_are_looked_after(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    name = f"C-{somebody.label}"
    somebody.sign_in("quality")
    somebody.go("/viewer/quality/certificates")
    page.fill("#new-id", name)
    page.fill("#new-mark", "示例市HR")
    page.fill("#new-issuer", "示例中心")
    page.fill("#new-scheme", "示例质评")
    page.fill("#new-cycle", "2026")
    page.fill("#new-from", "2026-01-01")
    page.fill("#new-to", "2027-12-31")
    page.check('[name="items"] >> nth=0')
    page.click('form[data-address$="/certificates"] [type="submit"]')
    page.wait_for_selector(f"th:text-is('{name}')")
    somebody.look("quality-certificates", whole=True)
    page.click(f"summary:has-text('{name}')")
    ending = page.locator(f'form[data-address*="{name}/withdrawal"]')
    ending.locator("textarea").fill("Synthetic.")
    ending.locator('[type="submit"]').click()
    ending.wait_for(state="detached")
    somebody.go("/viewer/quality/codes")
    page.wait_for_selector(".table")
    somebody.look("quality-codes", whole=True)
    somebody.go("/viewer/quality/claims")
    somebody.look("quality-claims")


@everywhere
def test_a_code_is_mapped_and_taken_back(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("quality")
    somebody.go("/viewer/quality/codes")
    rows = page.locator("#catalogue tbody tr")
    seen = page.locator("#catalogue tbody tr:visible")
    assert seen.count() < rows.count()
    page.click("#catalogue >> xpath=../following-sibling::button")
    assert str(seen.count()) in page.inner_text('[data-part="rows"]')
    page.fill("#narrow-catalogue", "LAB-TNI")
    assert seen.count() == 1
    page.fill("#narrow-catalogue", "")
    page.select_option('select[name="item"] >> nth=0', "CT-CHEST-PLAIN")
    page.click('form[data-address$="/catalogue/codes"] button >> nth=0')
    back = page.locator('form[data-act="DELETE"]:has-text("LOCAL-CT") button')
    back.wait_for()
    back.click()
    back.wait_for(state="detached")


@everywhere
def test_a_defect_is_claimed_and_closed(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("quality")
    somebody.go("/viewer/quality/defects?state=open")
    assert page.locator(f"dd:text-is('{POOR_IMAGE[language]}')").count() > 0
    somebody.look("quality-defects")
    page.click('form[data-address$="/claim"] button >> nth=0')
    page.wait_for_selector('form[data-address$="/resolution"]')
    page.fill('form[data-address$="/resolution"] textarea', "Looked at it.")
    page.click('form[data-address$="/resolution"] button')
    page.wait_for_selector('form[data-address$="/resolution"]', state="detached")
    somebody.go("/viewer/quality/defects")
    somebody.look("quality-defects-all")


@everywhere
def test_an_administrator_changes_a_hospital(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("admin")
    somebody.go("/viewer/administration")
    somebody.look("admin-facilities")
    page.click("summary >> nth=0")
    page.fill("#f1-en", f"Test Hospital 1 {somebody.label}")
    somebody.look("admin-facility", whole=True)
    with page.expect_navigation():
        page.click('form[data-act="PUT"] [type="submit"] >> nth=0')
    page.wait_for_selector(".toast")
    assert page.locator("#f1-en").input_value() == f"Test Hospital 1 {somebody.label}"


def test_an_administrator_registers_a_hospital(visit: Visit) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in("admin")
    somebody.go("/viewer/administration")
    for name, value in (
        ("code", "SZ-N"),
        ("zh", "测试医院新"),
        ("en", "Test Hospital New"),
        ("oid", "2.999.44"),
        ("system", "urn:oid:2.999.44.1"),
        ("ae", "SZN_CT, SZN_PACS"),
    ):
        page.fill(f"#new-{name}", value)
    page.check('form[data-act="POST"] [name="scopes"] >> nth=0')
    with page.expect_navigation():
        page.click('form[data-address="/api/v1/facilities"] [type="submit"]')
    assert "SZN_CT, SZN_PACS" in page.locator('summary:has-text("SZ-N")').inner_text()
    somebody.look("admin-registered", whole=True)


@everywhere
def test_a_clients_secret_is_shown_once_and_renewed_and_the_client_revoked(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    name = somebody.label.lower()
    somebody.sign_in("admin")
    somebody.go("/viewer/administration/clients")
    page.fill("#new-id", f"his-{name}")
    page.fill("#new-name", name)
    page.click('form[data-address="/api/v1/clients"] [type="submit"]')
    first = _shown_once(somebody, "admin-secret")
    somebody.look("admin-clients", whole=True)
    own = f'form[data-address^="/api/v1/clients/his-{name}"]'
    page.click(f'{own}[data-act="POST"] [type="submit"]')
    assert _shown_once(somebody, "admin-secret-renewed") != first
    page.click(f'summary:has(+ {own}[data-act="DELETE"])')
    with page.expect_navigation():
        page.click(f'{own}[data-act="DELETE"] [type="submit"]')
    assert page.locator(own).count() == 0


@everywhere
def test_an_account_is_opened_locked_and_given_a_new_password(
    visit: Visit, language: str, size: str
) -> None:
    somebody = visit(language, size)
    page = somebody.page
    name = f"dr.{somebody.label.lower()}"
    somebody.sign_in("admin")
    somebody.go("/viewer/administration/accounts")
    page.fill("#new-username", name)
    page.fill("#new-name", "Synthetic")
    page.check('form[data-address="/api/v1/accounts"] [value="auditor"]')
    page.fill("#new-password", "a long first password")
    with page.expect_navigation():
        page.click('form[data-address="/api/v1/accounts"] [type="submit"]')
    person = page.locator(f'details:has-text("{name}")')
    person.locator("summary").click()
    somebody.look("admin-accounts", whole=True)
    person.locator('[name="disabled"]').check()
    with page.expect_navigation():
        person.locator('form[data-act="PUT"] [type="submit"]').click()
    person.locator("summary").click()
    assert person.locator('[name="disabled"]').is_checked()
    person.locator('[data-shows="password"] [type="submit"]').click()
    assert _shown_once(somebody, "admin-password")


def _shown_once(somebody: Visitor, name: str) -> str:
    """Return the secret that a dialog shows, and close it."""
    page = somebody.page
    page.wait_for_selector("#shown[open] .secret:not(:empty)")
    somebody.look(name)
    secret = str(page.locator("#shown .secret").inner_text())
    with page.expect_navigation():
        page.click("#shown button")
    assert secret not in page.content()
    return secret
