"""The auditor's pages: what they show, to whom, and that looking is recorded."""

import re
from html import unescape
from typing import Any

import pytest

from medshare.access.model import Role
from medshare.kernel.errors import ForbiddenError
from medshare.viewer.consoles.schemas.audit import NO_TIME
from tests.conftest import EMBEDDED
from tests.exams import SYSTEMS, post_exam, register, take_into_care
from tests.links import merged, registrar, two_persons
from tests.site import Caller, Site
from tests.viewer import require_bundle

AUDITOR = "/viewer/auditor"
ENTRIES = f"{AUDITOR}/entries"
CELL = r"<t[hd][^>]*>(.*?)</t[hd]>"
NOBODY = "00000000-0000-7000-8000-000000000000"
CHINESE, ENGLISH = {"Accept-Language": "zh-CN"}, {"Accept-Language": "en"}
HOSTILE = "<script>alert(1)</script>"
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)


@pytest.fixture(autouse=True)
def bundle() -> None:
    require_bundle()


@pytest.fixture
def patient(site: Site) -> str:
    """Somebody whom SZ-A examined and whose exam d-9 of SZ-B read."""
    his, other = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    patient_id = register(his, "MRN-1", "SZ-A")
    register(other, "B-1", "SZ-B")
    take_into_care(other, "B-1", "SZ-B")
    exam = post_exam(his)["id"]
    assert other.acting("d-9").get(f"/api/v1/exams/{exam}").status_code == 200
    return patient_id


def shown(caller: Caller, address: str, headers: dict[str, str] = ENGLISH) -> str:
    answer = caller.get(address, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def rows(page: str) -> list[list[str]]:
    """Return the words of each row of the page's tables."""
    return [
        [
            unescape(re.sub(r"<[^>]*>", " ", cell)).strip()
            for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", page, re.DOTALL)
    ]


def operations(page: str) -> list[str]:
    return re.findall(r'class="under code">([a-z.-]+)<', page)


def test_the_overview_counts_by_hospital_and_day_and_says_the_zone(
    site: Site, patient: str
) -> None:
    auditor = site.auditor()
    page = shown(auditor, AUDITOR)
    assert ["Day", "Test Hospital 2", "Test Hospital 1"] in rows(page)
    assert ["2026-11-20", "3", "2"] in rows(page)
    assert ["d-9", "Test Hospital 2", "1", "1", "0", "1"] in rows(page)
    assert "Asia/Shanghai" in page
    assert "seals" in page
    only = shown(auditor, f"{AUDITOR}?facility=SZ-C")
    assert "There is nothing in this period." in only
    assert "审计" in shown(auditor, AUDITOR, CHINESE)


def test_entries_are_narrowed_by_what_is_filled_in(site: Site, patient: str) -> None:
    auditor = site.auditor()
    asked = f"{ENTRIES}?since=2026-11-20&until=2026-11-20&who=d-9&facility=SZ-B&patient={patient}"
    asked += "&purpose=TREAT&action=read&outcome=success&operation="
    assert operations(shown(auditor, asked)) == ["exams.get"]
    for without in ("who=d-8", "purpose=BTG", "until=2026-11-19", "action=export"):
        assert operations(shown(auditor, f"{ENTRIES}?{without}&facility=SZ-B")) == []


def test_a_minute_of_the_city_s_clock_bounds_the_list(site: Site, patient: str) -> None:
    auditor = site.auditor()
    at = site.clock.instant
    assert at.isoformat() == "2026-11-20T02:00:00+00:00"
    within = shown(auditor, f"{ENTRIES}?since=2026-11-20+10:00&until=2026-11-20+10:00&who=d-9")
    assert operations(within) == ["exams.get"]
    after = shown(auditor, f"{ENTRIES}?since=2026-11-20+10:01&who=d-9")
    assert operations(after) == []


@pytest.mark.parametrize(
    "query",
    [
        "since=20-11-2026",
        "since=2026-02-30",
        "until=2026-11-20T10:00",
        "action=look",
        "purpose=FUN",
        "unknown=1",
        "cursor=x",
    ],
)
def test_a_filter_that_cannot_be_read_is_refused_in_words(site: Site, query: str) -> None:
    answer = site.auditor().get(f"{ENTRIES}?{query}", headers=ENGLISH)
    assert answer.status_code == 422
    assert "Go back and mend" in answer.text


def test_a_day_that_does_not_exist_is_told_as_such(site: Site) -> None:
    answer = site.auditor().get(f"{ENTRIES}?since=2026-02-30", headers=CHINESE)
    assert NO_TIME.zh in answer.text


def test_a_period_that_ends_before_it_begins_is_refused(site: Site) -> None:
    answer = site.auditor().get(f"{AUDITOR}?since=2026-11-20&until=2026-11-19", headers=ENGLISH)
    assert answer.status_code == 422


def test_pages_of_entries_keep_the_filter(site: Site, patient: str) -> None:
    client = site.facility_client("SZ-C")
    for _ in range(60):
        client.get("/api/v1/facilities")
    auditor = site.auditor()
    first = shown(auditor, f"{ENTRIES}?operation=facilities.list&facility=SZ-C")
    (more,) = re.findall(r'href="(\?[^"]*cursor=[^"]*)"', first)
    rest = shown(auditor, f"{ENTRIES}{unescape(more)}")
    assert len(operations(first)) == 50
    assert operations(rest) == ["facilities.list"] * 10


def test_an_export_asks_for_what_the_list_was_narrowed_to(site: Site, patient: str) -> None:
    auditor = site.auditor()
    page = shown(auditor, f"{ENTRIES}?who=d-9&since=2026-11-20&until=2026-11-20+10:00")
    addresses = [
        unescape(each) for each in re.findall(r'value="(/api/v1/audit/export[^"]*)"', page)
    ]
    assert len(addresses) == 4
    answer = auditor.get(next(each for each in addresses if each.endswith("format=csv")))
    assert answer.status_code == 200, answer.text
    lines = answer.text.strip().splitlines()
    assert len(lines) == 2
    assert "exams.get" in lines[1]


def test_an_entry_tells_everything_and_looking_is_recorded(site: Site, patient: str) -> None:
    entry = site.entries(operation="exams.get")[0]
    auditor = site.auditor()
    page = shown(auditor, f"{ENTRIES}/{entry.id}")
    for words in (entry.id, entry.request_id, patient, "exams.get", "care relationship", "d-9"):
        assert words in page, words
    looked = site.last_entry()
    assert looked.operation == "viewer.audit-entry"
    assert [each.id for each in looked.objects] == [entry.id]
    assert auditor.get(f"{ENTRIES}/{NOBODY}").status_code == 404


def test_a_refusal_tells_its_reason_in_words(site: Site) -> None:
    site.person(Role.REGISTRAR).get("/api/v1/exams/" + NOBODY)
    page = shown(site.auditor(), f"{ENTRIES}/{site.entries(operation='exams.get')[0].id}", CHINESE)
    assert ForbiddenError.title_zh in page


def test_what_is_said_by_others_is_text(site: Site) -> None:
    site.facility_client("SZ-A").acting("d-1").get(
        "/api/v1/facilities", headers={"X-Acting-User-Name": HOSTILE}
    )
    assert HOSTILE not in shown(site.auditor(), ENTRIES)


def test_a_number_is_asked_in_the_body_and_shows_hospitals_only(site: Site, patient: str) -> None:
    auditor = site.auditor()
    answer = auditor.post(f"{AUDITOR}/patients", {"number": "MRN-1"}, headers=ENGLISH)
    assert answer.status_code == 200, answer.text
    assert f"{AUDITOR}/patients/{patient}" in answer.text
    assert "Test Hospital 1" in answer.text
    for private in ("测试", "1990", "13800000001"):
        assert private not in answer.text
    assert {each.patient_id for each in site.last_entry().subjects} == {patient}
    nobody = auditor.post(f"{AUDITOR}/patients", {"number": "MRN-X"}, headers=ENGLISH)
    assert "No hospital knows" in nobody.text
    assert auditor.post(f"{AUDITOR}/patients", {"number": "1"}).status_code == 422


def test_who_saw_a_patient_is_told_under_all_merged_identities(site: Site) -> None:
    survivor, retired = (each["patientId"] for each in two_persons(site))
    seen = site.facility_client("SZ-B").acting("d-7").get(f"/api/v1/patients/{retired}")
    assert seen.status_code == 200
    merged(registrar(site), survivor, retired)
    auditor = site.auditor()
    for one, other in ((survivor, retired), (retired, survivor)):
        page = shown(auditor, f"{AUDITOR}/patients/{one}")
        assert "d-7" in page
        assert other in page
    assert [each.id for each in site.last_entry().objects] == [retired]
    before = shown(auditor, f"{AUDITOR}/patients/{survivor}?until=2026-11-19")
    assert "There is nothing in this period." in before


def test_what_a_user_saw_is_told_once_they_are_named(site: Site, patient: str) -> None:
    auditor = site.auditor()
    assert operations(shown(auditor, f"{AUDITOR}/questions")) == []
    assert operations(shown(auditor, f"{AUDITOR}/questions?who=d-9")) == ["exams.get"]
    assert operations(shown(auditor, f"{AUDITOR}/questions?who=d-9&facility=SZ-A")) == []


def test_anomalies_say_why_somebody_should_look(site: Site, patient: str) -> None:
    auditor = site.auditor()
    page = shown(auditor, f"{AUDITOR}/anomalies?rule=registered-then-read")
    assert "0 seconds after the person was registered." in page
    assert page.count(f"{ENTRIES}/") == 2
    assert "登记患者 0 秒后" in shown(auditor, f"{AUDITOR}/anomalies", CHINESE)
    assert "There is nothing of this kind." in shown(auditor, f"{AUDITOR}/anomalies?rule=bulk")


def test_an_emergency_access_is_shown_with_its_reads_and_its_review(
    site: Site, patient: str
) -> None:
    hurried = site.facility_client("SZ-B").acting("d-5", "BTG")
    person = {"system": SYSTEMS["SZ-B"], "value": "B-1"}
    asked = {"patient": person, "reason": "unconscious", "text": "Brought in at night."}
    grant = hurried.post("/api/v1/break-glass", asked).get_json()["id"]
    exam = site.entries(operation="exams.get")[0].objects[0].id
    assert hurried.get(f"/api/v1/exams/{exam}").status_code == 200
    auditor = site.auditor()
    assert f"{AUDITOR}/break-glass/{grant}" in shown(auditor, f"{AUDITOR}/break-glass")
    page = shown(auditor, f"{AUDITOR}/break-glass/{grant}")
    assert "Brought in at night." in page
    assert "exams.get" in operations(page)
    assert {each.patient_id for each in site.last_entry().subjects} == {patient}
    verdict = {"outcome": "unjustified", "comment": "Was awake."}
    assert auditor.post(f"/api/v1/break-glass/{grant}/review", verdict).status_code == 200
    assert "Was awake." in shown(auditor, f"{AUDITOR}/break-glass/{grant}")
    assert grant not in shown(auditor, f"{AUDITOR}/break-glass")
    assert grant in shown(auditor, f"{AUDITOR}/break-glass?reviewed=true")
    assert auditor.get(f"{AUDITOR}/break-glass/{NOBODY}").status_code == 404


def test_the_page_of_the_seal_shows_the_signed_checkpoint(site: Site, patient: str) -> None:
    auditor = site.auditor()
    page = shown(auditor, f"{AUDITOR}/verify")
    assert site.application.sealed_log.checkpoint()[1] in unescape(page)


OTHERS = ("/questions", "/anomalies", "/break-glass", "/verify", f"/patients/{NOBODY}")


@pytest.mark.parametrize("path", ["", "/entries", f"/entries/{NOBODY}", *OTHERS])
def test_only_auditors_open_the_console(site: Site, path: str) -> None:
    for role in (Role.CLINICIAN, Role.REGISTRAR, Role.QUALITY_OFFICER):
        caller: Any = site.person(role, "SZ-A", f"{role}-x")
        assert caller.get(f"{AUDITOR}{path}").status_code == 403
    assert site.anonymous().get(f"{AUDITOR}{path}").status_code == 401
