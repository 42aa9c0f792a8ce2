from typing import Any

import pytest

from medshare.kernel.audit import AuditOutcome
from tests.dicom import a_ct, store
from tests.exams import SYSTEMS, post_exam, post_report, take_into_care
from tests.links import ask_unmerge, by_hand, merged, registered, registrar, two_persons
from tests.site import Caller, Site, problem_of

CHANGES = "/api/v1/changes"


def told(caller: Caller, since: int = 0, **arguments: Any) -> list[dict[str, Any]]:
    query = "".join(f"&{name}={value}" for name, value in arguments.items())
    answer = caller.get(f"{CHANGES}?since={since}{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["items"])


def kinds(caller: Caller, **arguments: Any) -> list[str]:
    return [each["kind"] for each in told(caller, **arguments)]


def test_changes_come_in_the_order_in_which_they_became_known(site: Site) -> None:
    first, second = two_persons(site)
    site.deliver()
    site.clock.advance(minutes=1)
    keeper = registrar(site)
    act = merged(keeper, first["patientId"], second["patientId"])
    ask_unmerge(keeper, act["id"])
    site.deliver()
    found = told(site.facility_client("SZ-B"))
    assert [each["kind"] for each in found] == [
        "patients.record-registered",
        "patients.merged",
        "patients.unmerged",
    ]
    numbers = [each["sequence"] for each in found]
    assert numbers == sorted(set(numbers))
    assert found[1] == {
        "sequence": numbers[1],
        "kind": "patients.merged",
        "at": found[1]["at"],
        "patientId": first["patientId"],
        "otherPatientId": second["patientId"],
    }
    assert kinds(site.facility_client("SZ-C")) == []


def test_a_feed_is_read_in_steps_and_says_where_to_go_on(site: Site) -> None:
    for number in range(3):
        registered(site, "SZ-A", f"M{number}")
    registered(site, "SZ-B")
    site.deliver()
    his = site.facility_client("SZ-A")
    first = his.get(f"{CHANGES}?limit=2").get_json()
    rest = his.get(f"{CHANGES}?since={first['next']}&limit=2").get_json()
    assert [len(first["items"]), len(rest["items"])] == [2, 1]
    assert rest["next"] == 4
    assert his.get(f"{CHANGES}?since=4").get_json() == {"items": [], "next": 4}
    entry = site.last_entry()
    assert (entry.operation, entry.reason) == ("changes.read", "nothing found")


def test_whose_record_was_linked_is_told_to_its_own_facility(site: Site) -> None:
    first, second = two_persons(site)
    by_hand(registrar(site), "links", first["patientId"], second["recordId"])
    site.deliver()
    (own,) = told(site.facility_client("SZ-B"), kind="patients.record-linked")
    assert (own["recordId"], own["facility"]) == (second["recordId"], "SZ-B")
    (other,) = told(site.facility_client("SZ-A"), kind="patients.record-linked")
    assert other.keys() == {"sequence", "kind", "at", "patientId", "otherPatientId"}
    assert site.last_entry().counts == {"changes": 1}


def test_who_parted_from_a_person_hears_no_more_of_them(site: Site) -> None:
    first, second = two_persons(site)
    third = registered(site, "SZ-C")
    keeper = registrar(site)
    act = merged(keeper, first["patientId"], second["patientId"])
    site.deliver()
    site.clock.advance(minutes=1)
    ask_unmerge(keeper, act["id"])
    site.deliver()
    site.clock.advance(minutes=1)
    by_hand(keeper, "links", first["patientId"], third["recordId"])
    site.deliver()
    assert kinds(site.facility_client("SZ-B"))[-1] == "patients.unmerged"
    assert kinds(site.facility_client("SZ-A"))[-1] == "patients.record-linked"


def test_exams_of_others_are_told_to_those_in_whose_care_the_patient_is(site: Site) -> None:
    first, second = two_persons(site)
    merged(registrar(site), first["patientId"], second["patientId"])
    his = site.facility_client("SZ-A")
    exam = post_exam(his, patient={"system": SYSTEMS["SZ-A"], "value": "M1"})
    post_report(his, exam["id"])
    site.deliver()
    theirs = site.facility_client("SZ-B")
    assert kinds(his)[-2:] == ["exams.exam-registered", "exams.report-versioned"]
    assert "exams.exam-registered" not in kinds(theirs.acting())
    take_into_care(theirs, "M1", "SZ-B")
    assert "exams.exam-registered" not in kinds(theirs)
    report = told(theirs.acting(), kind="exams.report-versioned")[0]
    assert report["examId"] == exam["id"]
    assert (report["reportVersion"], report["reportStatus"]) == (1, "final")


def test_studies_are_told_from_their_coming_to_their_going(site: Site) -> None:
    first, _second = two_persons(site)
    his, theirs = site.facility_client("SZ-A"), site.facility_client("SZ-B")
    store(his, a_ct(PatientID="M1"), a_ct(2, PatientID="M1"))
    site.deliver()
    (stored,) = told(his, kind="imaging.study-stored")
    assert stored["studyInstanceUid"] == "2.999.9.1"
    assert (stored["facility"], stored["patientId"]) == ("SZ-A", first["patientId"])
    assert "imaging.study-stored" not in kinds(theirs.acting())
    gone = his.delete("/dicom-web/studies/2.999.9.1?reason=patient-safety")
    assert gone.status_code == 204, gone.text
    site.deliver()
    assert kinds(his)[-2:] == ["imaging.study-stored", "imaging.study-retracted"]


def test_images_of_nobody_yet_are_told_to_their_own_facility(site: Site) -> None:
    his = site.facility_client("SZ-A")
    store(his, a_ct(PatientID="nobody"))
    site.deliver()
    (stored,) = told(his, kind="imaging.study-stored")
    assert stored.keys() == {"sequence", "kind", "at", "facility", "studyInstanceUid"}
    assert kinds(site.facility_client("SZ-B").acting()) == []


@pytest.mark.parametrize(
    ("query", "code"),
    [("since=-1", "out-of-range"), ("since=x", "integer"), ("kind=weather", "choice")],
)
def test_a_malformed_question_is_pointed_at(site: Site, query: str, code: str) -> None:
    answer = site.facility_client().get(f"{CHANGES}?{query}")
    assert answer.status_code == 422
    assert problem_of(answer)["errors"][0]["code"] == code
    assert site.last_entry().outcome is AuditOutcome.MALFORMED


def test_the_feed_needs_the_right_and_a_facility(site: Site) -> None:
    assert site.facility_client(scope="system/Patient.r").get(CHANGES).status_code == 403
    assert registrar(site).get(CHANGES).status_code == 403
    assert site.anonymous().get(CHANGES).status_code == 401
