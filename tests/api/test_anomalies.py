"""Accesses that somebody should look at: found once, explained, acknowledged once."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from medshare.access.model import Role
from medshare.audit.anomalies.model import Limits, Rule, Scene, findings_of, read_limits
from medshare.audit.anomalies.service import BadLimitsError, load_limits
from medshare.audit.digest.model import accesses_of
from medshare.kernel.audit import Subject
from medshare.kernel.identifiers import FacilityCode, PatientId, RecordId
from medshare.kernel.ports import RecordOwner
from tests.entries import an_entry
from tests.exams import post_exam, register, take_into_care
from tests.site import NOW, Caller, Site, problem_of

ANOMALIES = "/api/v1/audit/anomalies"
CITY = ZoneInfo("Asia/Shanghai")
LIMITS = load_limits(None, CITY)
SUBJECT = (Subject(PatientId("p-1"), RecordId("r-1")),)
OWNERS = {RecordId("r-1"): RecordOwner(FacilityCode("SZ-B"), "Test")}


def found(met: int = 0, owners: Any = None, limits: Limits = LIMITS, **changes: Any) -> set[Rule]:
    entry = an_entry(**{"subjects": SUBJECT, "basis": "care-relationship"} | changes)
    scene = Scene(accesses_of(0, entry, OWNERS if owners is None else owners), met)
    return {each.rule for each in findings_of(scene, limits)}


def test_each_rule_fits_what_it_says_and_nothing_else() -> None:
    other = {RecordId("r-1"): RecordOwner(FacilityCode("SZ-B"), "Wang")}
    assert found() == {Rule.SAME_SURNAME}
    assert found(owners=other) == set()
    assert found(owners=other, basis="permission X") == {Rule.NO_CARE_RELATIONSHIP}
    late = NOW + timedelta(hours=12)
    assert found(owners=other, recorded_at=late) == {Rule.OUT_OF_HOURS}
    assert found(owners=other, met=30) == {Rule.PATIENTS_AN_HOUR}
    assert found(owners=other, met=29) == set()
    assert found(owners=other, counts={"instances": 2000}) == {Rule.BULK}


def test_working_hours_and_days_are_by_the_clock_of_the_city(tmp_path: Any) -> None:
    elsewhere = load_limits(None, ZoneInfo("America/New_York"))
    late = {"owners": {RecordId("r-1"): RecordOwner(FacilityCode("SZ-B"), "Wang")}}
    assert found(**late) == set()
    assert found(**late, limits=elsewhere) == {Rule.OUT_OF_HOURS}
    scene = Scene(accesses_of(0, an_entry(subjects=SUBJECT), OWNERS))
    keys = {each.rule: each.key for each in findings_of(scene, elsewhere)}
    assert keys[Rule.OUT_OF_HOURS].endswith("|2026-11-19")


def test_limits_that_cannot_be_read_are_refused(tmp_path: Any) -> None:
    with pytest.raises(ValueError, match="limits"):
        read_limits({"patientsAnHour": 1}, CITY)
    with pytest.raises(BadLimitsError):
        load_limits(tmp_path / "none.json", CITY)


def listed(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    answer = caller.get(f"{ANOMALIES}?{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.get_json()["items"]
    return items


def test_a_registration_and_a_read_at_once_is_found_explained_and_acknowledged(site: Site) -> None:
    his, other = site.facility_client("SZ-A"), site.facility_client("SZ-B").acting("d-9")
    register(his, "MRN-1", "SZ-A")
    exam = post_exam(his)["id"]
    register(other, "B-1", "SZ-B")
    take_into_care(other, "B-1", "SZ-B")
    site.clock.advance(seconds=40)
    for _ in range(2):
        assert other.get(f"/api/v1/exams/{exam}").status_code == 200
    auditor = site.auditor()
    (anomaly,) = listed(auditor, "rule=registered-then-read")
    assert (anomaly["who"], anomaly["facility"]) == ("d-9", "SZ-B")
    assert anomaly["figures"] == {"seconds": 40}
    assert "40 seconds" in anomaly["explanation"]["en"]
    assert len(anomaly["evidence"]) == 2
    path = f"{ANOMALIES}/{anomaly['id']}/acknowledgement"
    verdict = {"outcome": "justified", "comment": "Emergency desk."}
    shown = auditor.post(path, verdict).get_json()
    assert shown["acknowledgement"]["outcome"] == "justified"
    again = auditor.post(path, verdict)
    assert again.status_code == 409
    assert problem_of(again)["type"] == "urn:medshare:problem:anomaly-acknowledged"
    assert listed(auditor, "rule=registered-then-read") == []
    assert listed(auditor, "rule=registered-then-read&acknowledged=true") == [shown]
    assert site.person(Role.ADMINISTRATOR).post(path, verdict).status_code == 403
    assert auditor.get(f"{ANOMALIES}?rule=none").status_code == 422
