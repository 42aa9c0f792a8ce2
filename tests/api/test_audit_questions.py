"""What auditors ask in their own words, answered from a trail of real requests."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text

from medshare.access.model import Role
from medshare.app import build
from medshare.audit.questions.model import Period
from medshare.audit.tree.store import BundleRow, CheckpointRow, TileRow
from medshare.infra.db import Database
from tests.exams import SYSTEMS, post_exam, register, take_into_care
from tests.links import merged, registrar, two_persons
from tests.registrations import a_body
from tests.site import Caller, Site, problem_of

QUESTIONS = "/api/v1/audit/questions"
FIGURES = "/api/v1/audit/figures"
OWN = {"access.login", "audit.search"}


@dataclass(frozen=True)
class Story:
    """SZ-A examined a person, whom SZ-B has in care and read by day, and d-13 of SZ-B at night."""

    site: Site
    patient: str
    exam: str

    @property
    def auditor(self) -> Caller:
        """Return an auditor who has just logged in."""
        return self.site.person(Role.AUDITOR, username=f"auditor-{self.site.clock.new_key()}")


@pytest.fixture
def story(site: Site) -> Story:
    his, other = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    patient = register(his, "MRN-1", "SZ-A")
    register(other, "B-1", "SZ-B")
    take_into_care(other, "B-1", "SZ-B")
    exam = post_exam(his)["id"]
    assert other.acting("d-9").get(f"/api/v1/exams/{exam}").status_code == 200
    assert other.get("/api/v1/audit/events").status_code == 403
    site.clock.advance(hours=13)
    night = site.facility_client("SZ-B").acting("d-13")
    assert night.get(f"/api/v1/exams/{exam}").status_code == 200
    return Story(site, patient, exam)


def asked(caller: Caller, path: str) -> list[dict[str, Any]]:
    answer = caller.get(path)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def register_other(caller: Caller, mrn: str) -> None:
    """Register somebody who is nobody else."""
    body = a_body("SZ-A", mrn, name={"text": f"TEST {mrn}"}, birthDate="1970-01-01")
    answer = caller.post("/api/v1/patients", body)
    assert answer.status_code == 201, answer.text


def told(items: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(each["operation"], each["who"]["actingUser"]) for each in items]


def test_who_saw_this_patient_is_told_newest_first(story: Story) -> None:
    found = told(asked(story.auditor, f"{QUESTIONS}/patient?patient={story.patient}"))
    assert found[:2] == [("exams.get", "d-13"), ("exams.get", "d-9")]
    assert ("patients.register", None) in found
    assert asked(story.auditor, f"{QUESTIONS}/patient?patient=nobody") == []


def test_who_saw_a_patient_counts_what_was_seen_under_a_merged_id(site: Site) -> None:
    survivor, retired = (each["patientId"] for each in two_persons(site))
    seen = site.facility_client("SZ-B").get(f"/api/v1/patients/{retired}")
    assert seen.status_code == 200
    merged(registrar(site), survivor, retired)
    auditor = site.auditor()
    for patient in (survivor, retired):
        found = asked(auditor, f"{QUESTIONS}/patient?patient={patient}")
        assert "patients.get" in [each["operation"] for each in found]


def test_a_period_bounds_the_answer(story: Story) -> None:
    path = f"{QUESTIONS}/patient?patient={story.patient}"
    night = asked(story.auditor, f"{path}&since=2026-11-20T20:00:00%2B08:00")
    assert told(night) == [("exams.get", "d-13")]
    day = asked(story.auditor, f"{path}&until=2026-11-20T20:00:00%2B08:00")
    assert told(day)[0] == ("exams.get", "d-9")


def test_what_a_user_saw_is_told_by_the_person_and_by_the_system(story: Story) -> None:
    assert told(asked(story.auditor, f"{QUESTIONS}/user?who=d-13")) == [("exams.get", "d-13")]
    assert asked(story.auditor, f"{QUESTIONS}/user?who=d-13&facility=SZ-A") == []
    assert len(asked(story.auditor, f"{QUESTIONS}/user?who=his-SZ-B")) == 3


def test_where_one_facility_met_another_s_data_is_told(story: Story) -> None:
    found = told(asked(story.auditor, f"{QUESTIONS}/across?facility=SZ-B&owner=SZ-A"))
    assert found == [("exams.get", "d-13"), ("exams.get", "d-9")]
    assert asked(story.auditor, f"{QUESTIONS}/across?facility=SZ-A&owner=SZ-B") == []


def test_who_was_turned_away_is_told(story: Story) -> None:
    story.site.anonymous().get("/api/v1/facilities")
    found = asked(story.auditor, f"{QUESTIONS}/denied")
    assert [(each["operation"], each["outcome"]) for each in found] == [
        ("facilities.list", "unauthenticated"),
        ("audit.search", "denied"),
    ]
    assert len(asked(story.auditor, f"{QUESTIONS}/denied?facility=SZ-B")) == 1


def test_an_emergency_access_is_told_with_its_reads_and_its_review(story: Story) -> None:
    breaking = story.site.facility_client("SZ-B").acting("d-9", "BTG")
    body = {
        "patient": {"system": SYSTEMS["SZ-B"], "value": "B-1"},
        "reason": "unconscious",
        "text": "Brought in.",
    }
    grant = breaking.post("/api/v1/break-glass", body).get_json()["id"]
    breaking.get(f"/api/v1/exams/{story.exam}")
    story.site.clock.advance(hours=2)
    breaking.get(f"/api/v1/exams/{story.exam}")
    (use,) = asked(story.auditor, f"{QUESTIONS}/break-glass")
    assert (use["grant"], use["reads"], use["reviews"]) == (grant, 1, [])
    assert use["opening"]["reason"] == "break-glass: unconscious"
    verdict = {"outcome": "justified", "comment": "seen"}
    answer = story.auditor.post(f"/api/v1/break-glass/{grant}/review", verdict)
    assert answer.status_code == 200, answer.text
    (use,) = asked(story.auditor, f"{QUESTIONS}/break-glass")
    assert [each["operation"] for each in use["reviews"]] == ["break-glass.review"]


def test_an_hour_with_the_data_of_many_persons_is_told(story: Story) -> None:
    his = story.site.facility_client("SZ-A").acting("d-1")
    for number in range(5):
        register_other(his, f"MANY-{number}")
    (hour,) = asked(story.auditor, f"{QUESTIONS}/bulk?patients=5")
    assert (hour["who"], hour["facility"]) == ("d-1", "SZ-A")
    assert hour["patients"] >= 5
    assert hour["changes"] == 5
    assert asked(story.auditor, f"{QUESTIONS}/bulk?patients=7") == []


@pytest.mark.parametrize(
    "path",
    [
        "{q}/patient?patient={patient}",
        "{q}/user?who=his-SZ-A",
        "{q}/bulk?patients=2",
        "{q}/denied?",
        "{q}/across?facility=SZ-B&owner=SZ-A",
    ],
)
def test_pages_lose_and_repeat_nothing(story: Story, path: str) -> None:
    for number in range(4):
        story.site.clock.advance(hours=1)
        many = story.site.facility_client("SZ-A").acting(f"m-{number}")
        for each in range(2):
            register_other(many, f"PAGE-{number}-{each}")
        many.get("/api/v1/audit/events")
    path = path.format(q=QUESTIONS, patient=story.patient)
    until = "&until=2026-11-20T20:00:00Z"
    whole = asked(story.auditor, f"{path}{until}&limit=200")
    seen: list[dict[str, Any]] = []
    auditor, cursor = story.auditor, ""
    while True:
        page = auditor.get(f"{path}{until}&limit=1{cursor}").get_json()
        seen += page["items"]
        if "next" not in page:
            break
        cursor = f"&cursor={page['next']}"
    assert seen == whole
    assert len(whole) > 1


def test_days_are_the_city_s_and_tell_how_much_was_out_of_hours(story: Story) -> None:
    days = {
        (each["day"], each["facility"]): each for each in asked(story.auditor, f"{FIGURES}/days")
    }
    b = days["2026-11-20", "SZ-B"]
    assert (b["reads"], b["foreign"], b["outOfHours"], b["denied"]) == (2, 2, 1, 1)
    assert set(days) == {("2026-11-20", "SZ-A"), ("2026-11-20", "SZ-B")}
    assert asked(story.auditor, f"{FIGURES}/days?facility=SZ-C") == []


def test_working_hours_are_those_of_the_limits_file(story: Story, tmp_path: Path) -> None:
    shipped = files("medshare.audit.anomalies") / "limits.json"
    limits = json.loads(shipped.read_text(encoding="utf-8"))
    file = tmp_path / "limits.json"
    file.write_text(json.dumps(limits | {"workBegins": "00:00", "workEnds": "23:59:59"}))
    site = story.site
    application = build(replace(site.settings, audit_limits_file=file), site.clock)
    try:
        now = site.clock.now()
        days = application.questions.days(Period(now - timedelta(days=9), now), None)
    finally:
        application.stop_quietly()
    assert days
    assert {each.out_of_hours for each in days} == {0}


def test_days_begin_by_the_clock_of_the_city_that_the_settings_name(story: Story) -> None:
    site = story.site
    zone = ZoneInfo("America/New_York")
    application = build(replace(site.settings, time_zone=zone), site.clock)
    try:
        until = site.clock.now() + timedelta(seconds=1)
        days = application.questions.days(Period(until - timedelta(days=9), until), None)
    finally:
        application.stop_quietly()
    assert {each.day for each in days} == {"2026-11-19", "2026-11-20"}


def test_the_top_readers_are_told(story: Story) -> None:
    found = asked(story.auditor, f"{FIGURES}/readers?facility=SZ-B")
    assert [(each["who"], each["reads"]) for each in found[:2]] == [("d-13", 1), ("d-9", 1)]
    assert found[0]["busiestHour"] == 1
    assert len(asked(story.auditor, f"{FIGURES}/readers?limit=1")) == 1


def alter(site: Site, statement: str, **values: str) -> None:
    for ledger in {site.application.house.database, *site.application.ledgers}:
        with ledger.write() as session:
            session.execute(text(statement), values)


def test_an_entry_that_was_altered_says_in_which_fields(story: Story) -> None:
    (entry,) = asked(story.auditor, f"{QUESTIONS}/user?who=d-13")
    path = f"/api/v1/audit/events/{entry['id']}/integrity"
    found = story.auditor.get(path).get_json()
    assert (found["intact"], found["included"], found["differences"]) == (True, True, [])
    alter(
        story.site,
        "update audit_entries set outcome = 'denied', acting_user = 'd-14' where id = :id",
        id=entry["id"],
    )
    found = story.auditor.get(path).get_json()
    assert (found["intact"], found["differences"]) == (False, ["outcome", "who"])
    alter(story.site, "delete from audit_subjects where entry_id = :id", id=entry["id"])
    alter(story.site, "delete from audit_entries where id = :id", id=entry["id"])
    assert story.auditor.get(path).get_json()["differences"] == ["entry"]
    assert story.auditor.get("/api/v1/audit/events/nothing/integrity").status_code == 404


def completeness(story: Story) -> dict[str, Any]:
    answer = story.auditor.get(f"{QUESTIONS}/missing")
    document: dict[str, Any] = answer.get_json()
    return document


def test_an_entry_that_vanished_is_missed_and_one_put_in_is_counted(story: Story) -> None:
    (entry,) = asked(story.auditor, f"{QUESTIONS}/user?who=d-13")
    before = completeness(story)
    assert (before["missing"], before["unsealed"], before["end"]) == ([], 0, before["size"])
    alter(story.site, "delete from audit_subjects where entry_id = :id", id=entry["id"])
    alter(story.site, "delete from audit_entries where id = :id", id=entry["id"])
    after = completeness(story)
    assert [each["entry"] for each in after["missing"]] == [entry["id"]]
    assert after["unsealed"] == -1
    assert story.auditor.get(f"{QUESTIONS}/missing?begin=9999").get_json()["missing"] == []


def seal(story: Story, begin: int = 0) -> dict[str, Any]:
    answer = story.auditor.get(f"{QUESTIONS}/seal?begin={begin}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.get_json()
    return document


def test_a_seal_that_holds_is_told(story: Story) -> None:
    found = seal(story)
    assert (found["begin"], found["end"]) == (0, found["size"])
    assert found["size"] > 5
    assert (found["signed"], found["rootStands"]) == (True, True)
    assert (found["forked"], found["broken"], found["altered"]) == ([], [], [])
    beyond = seal(story, 9999)
    assert beyond["begin"] == beyond["end"] == beyond["size"]


def test_an_entry_that_was_altered_breaks_the_seal(story: Story) -> None:
    (entry,) = asked(story.auditor, f"{QUESTIONS}/user?who=d-13")
    alter(story.site, "update audit_entries set outcome = 'denied' where id = :id", id=entry["id"])
    (altered,) = seal(story)["altered"]
    assert (altered["entry"], altered["differences"]) == (entry["id"], ["outcome"])


def home_of(story: Story) -> Database:
    """Return the database that the sealed log is kept in."""
    application = story.site.application
    return application.ledgers[-1] if application.ledgers else application.house.database


@pytest.mark.parametrize("full", [False, True])
def test_a_tree_that_was_altered_breaks_the_seal(story: Story, full: bool) -> None:
    if full:
        for _ in range(260):
            story.site.anonymous().get("/api/v1/facilities")
    assert seal(story)["rootStands"]
    home = home_of(story)
    with home.write() as session:
        bundle = session.get_one(BundleRow, 0)
        bundle.leaves = bundle.leaves.replace(b"facilities.list", b"facilities.lisp", 1)
        assert b"facilities.lisp" in bundle.leaves or not full
        bundle.leaves = bundle.leaves.replace(b"exams.register", b"exams.registar", 1)
    found = seal(story)
    assert found["rootStands"]
    assert found["broken"]
    assert found["altered"]
    with home.write() as session:
        tile = session.get_one(TileRow, (1 if full else 0, 0))
        tile.hashes = bytes(32) + tile.hashes[32:]
    assert seal(story)["forked"]


def test_a_checkpoint_that_somebody_else_signed_is_told(story: Story) -> None:
    auditor = story.auditor
    story.site.application.sequencer.seal_all()  # so that nothing is left to sign anew
    with home_of(story).write() as session:
        for each in session.scalars(select(CheckpointRow)):
            each.note = each.note[:-8] + "AAAAAA=\n"
    assert not auditor.get(f"{QUESTIONS}/seal").get_json()["signed"]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("patient", "/patient"),
        ("user", "/who"),
        ("across?facility=SZ-A", "/owner"),
        ("bulk?patients=1", "/patients"),
        ("bulk?cursor=WyJ4IiwiYSIsImIiXQ", "/cursor"),
        ("denied?since=2026-11-20T00:00:00Z&until=2026-11-19T00:00:00Z", "/since"),
        ("denied?since=0002-01-01T00:00:00Z", "/since"),
        ("denied?until=9999-12-31T00:00:00Z", "/since"),
        ("missing?begin=-1", "/begin"),
    ],
)
def test_a_question_that_cannot_be_read_is_refused(site: Site, query: str, pointer: str) -> None:
    answer = site.auditor().get(f"{QUESTIONS}/{query}")
    assert answer.status_code == 422, answer.text
    assert [each["pointer"] for each in problem_of(answer)["errors"]] == [pointer]


def test_auditors_alone_ask_and_are_audited(story: Story) -> None:
    paths = ("patient?patient=p", "user?who=u", "break-glass", "denied", "bulk", "missing")
    calls: list[Callable[[], Caller]] = [
        story.site.administrator,
        story.site.facility_client,
    ]
    for caller in [each() for each in calls]:
        for path in paths:
            assert caller.get(f"{QUESTIONS}/{path}").status_code == 403
        assert caller.get(f"{FIGURES}/days").status_code == 403
    assert story.site.anonymous().get(f"{FIGURES}/readers").status_code == 401
    story.auditor.get(f"{QUESTIONS}/denied")
    entry = story.site.last_entry()
    assert (entry.operation, entry.counts) == ("audit.ask-denied", {"entries": 16})
