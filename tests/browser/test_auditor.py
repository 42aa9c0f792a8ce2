"""An auditor narrows the trail, takes it away, and checks that it can be trusted."""

import csv
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser.conftest import LANGUAGES, SIZES, Visitor
from tests.site import PASSWORD

Visit = Callable[..., Visitor]
everywhere = pytest.mark.parametrize(("language", "size"), [*itertools.product(LANGUAGES, SIZES)])
ENTRY = 'a[href*="/auditor/entries/"]'


@everywhere
def test_an_auditor_starts_at_the_overview(visit: Visit, language: str, size: str) -> None:
    somebody = visit(language, size)
    somebody.sign_in("auditor")
    somebody.page.wait_for_url("**/viewer/auditor")
    somebody.page.wait_for_selector("svg.chart")
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
