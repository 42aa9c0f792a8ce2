"""An auditor narrows the trail, takes it away, and checks that it can be trusted."""

import csv
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.browser.city import NUMBER
from tests.browser.conftest import Visitor, everywhere
from tests.site import PASSWORD

Visit = Callable[..., Visitor]
ENTRY = 'a[href*="/auditor/entries/"]'


@everywhere
def test_an_auditor_starts_at_the_overview(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    somebody.sign_in("auditor")
    somebody.page.wait_for_url("**/viewer/auditor")
    somebody.page.wait_for_selector("svg.plot")
    somebody.look("auditor-overview")


@everywhere
def test_entries_are_narrowed_and_one_is_checked(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("auditor")
    somebody.go("/viewer/auditor/entries")
    somebody.look("auditor-entries")
    page.select_option('[name="action"]', "create")
    page.select_option('[name="facility"]', "SZ-A")
    page.fill('[name="operation"]', "exams.register")
    page.click('.filter-bar button[type="submit"]')
    page.wait_for_url("**operation=exams.register**")
    assert {*page.locator(".table .code").all_inner_texts()} == {"exams.register"}
    page.click(ENTRY)
    page.click('[data-form="altered"] button')
    page.wait_for_selector(".verdict-sound")
    somebody.look("auditor-entry")


@everywhere
def test_who_saw_a_patient_is_asked_by_a_number(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("auditor")
    somebody.go("/viewer/auditor/questions")
    page.fill("#number", NUMBER)
    page.click('[data-form="find"] button')
    page.wait_for_selector("a.found-person")
    somebody.look("auditor-questions")
    page.click("a.found-person")
    page.wait_for_url(f"**/viewer/auditor/patients/{somebody.place.city.patient_id}")
    assert "d-9" in page.inner_text(".table")
    somebody.look("auditor-patient")
    page.click('.table a[href*="who=d-9"] >> nth=0')
    page.wait_for_url("**/viewer/auditor/questions?who=d-9")
    assert "exams.get" in page.locator(".table .code").all_inner_texts()
    somebody.look("auditor-user")


@everywhere
def test_an_anomaly_is_explained_and_judged(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("auditor")
    somebody.go("/viewer/auditor/anomalies")
    waiting = page.locator("article.proposal").count()
    page.click("summary >> nth=0")
    page.fill("#comment-1", "He had just come in.")
    somebody.look("auditor-anomalies")
    page.click('article.proposal >> nth=0 >> button[type="submit"]')
    page.locator("article.proposal").nth(waiting - 1).wait_for(state="detached")
    somebody.go("/viewer/auditor/anomalies?acknowledged=true")
    assert "He had just come in." in page.inner_text("article.proposal >> nth=0")


@everywhere
def test_an_emergency_access_is_reviewed(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("auditor")
    somebody.go("/viewer/auditor/break-glass")
    somebody.look("auditor-glass")
    page.click('a[href*="/auditor/break-glass/"] >> nth=0')
    page.wait_for_selector('[value="justified"]')
    assert "Brought in unconscious." in page.inner_text("main")
    assert "exams.get" in page.locator(".table .code").all_inner_texts()
    somebody.look("auditor-grant")
    page.check('[value="justified"]')
    page.fill("#comment", "The patient could not be asked.")
    page.click('form[data-act] button[type="submit"]')
    page.wait_for_selector("text=The patient could not be asked.")
    assert page.locator("form[data-act]").count() == 0


@everywhere
def test_the_trail_is_verified(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    page = somebody.page
    somebody.sign_in("auditor")
    somebody.go("/viewer/auditor/verify")
    page.click('[data-form="verify"] button')
    page.wait_for_selector(".verdict-sound")
    assert page.locator(".check-sound").count() == 7
    assert page.locator(".check-broken").count() == 0
    somebody.look("auditor-verify")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("audit.csv", "csv"), ("audit.ndjson", "sealed"), ("audit-events.ndjson", "fhir")],
)
def test_what_is_listed_is_taken_away_as_a_file(
    visit: Visit, tmp_path: Path, name: str, kind: str
) -> None:
    somebody = visit()
    page = somebody.page
    somebody.sign_in("auditor")
    somebody.go("/viewer/auditor/entries?operation=exams.register&facility=SZ-A")
    listed = page.locator(ENTRY).count()
    with page.expect_download() as waiting:
        page.click(f'[data-file="{name}"]')
        _prove(somebody)
    assert waiting.value.suggested_filename == name
    file = tmp_path / name
    waiting.value.save_as(file)
    text = file.read_text(encoding="utf-8-sig")
    if kind == "csv":
        operations = [each["operation"] for each in csv.DictReader(text.splitlines())]
        assert operations == ["exams.register"] * listed
        return
    lines = [json.loads(each) for each in text.splitlines()]
    if kind == "sealed":
        assert len([each for each in lines if "leaf" in each]) == listed
        assert "checkpoint" in lines[-1]
    else:
        assert [each["resourceType"] for each in lines] == ["AuditEvent"] * listed


def _prove(somebody: Visitor) -> None:
    """Prove the person where it is asked for: a sign-in of just now is proof enough."""
    form = '#proof[open] [name="password"]'
    if somebody.page.locator(form).count():
        somebody.page.fill(form, PASSWORD)
        somebody.page.click('#proof [type="submit"]')


def test_a_trail_that_was_altered_is_not_called_sound(visit: Visit) -> None:
    somebody = visit("en")
    page = somebody.page
    somebody.sign_in("auditor")
    somebody.go("/viewer/auditor/entries?operation=exams.register")
    entry = page.locator(ENTRY).first.get_attribute("href").rsplit("/", 1)[-1]
    _say_it_ended(somebody, entry, "denied")
    try:
        somebody.go("/viewer/auditor/verify")
        page.click('[data-form="verify"] button')
        page.wait_for_selector(".verdict-broken")
        somebody.look("auditor-altered")
        page.click(".check-broken a")
        page.click('[data-form="altered"] button')
        page.wait_for_selector(".verdict-broken")
        assert "outcome" in page.inner_text(".verdict-broken")
    finally:
        _say_it_ended(somebody, entry, "success")


def _say_it_ended(somebody: Visitor, entry: str, outcome: str) -> None:
    """Alter an entry behind the server's back."""
    with closing(sqlite3.connect(somebody.place.settings.data_dir / "index.db")) as ledger:
        ledger.execute("update audit_entries set outcome = ? where id = ?", [outcome, entry])
        ledger.commit()
