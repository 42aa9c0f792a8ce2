"""Reliance: whoever relied on a result hears when it is not what it was."""

from datetime import timedelta
from typing import Any

from medshare.infra.uow import UnitOfWork
from medshare.recognition.certificates import service as certificates
from medshare.recognition.certificates.model import Certificate
from tests.exams import SYSTEMS, post_report, take_into_care
from tests.links import ask_unmerge, by_hand, merged, registrar, two_persons
from tests.orders import ALERTS, DECISIONS, EVALUATIONS, a_doctor, a_prior, decided, evaluated
from tests.site import Caller, Site, problem_of

NOBODYS = f"{ALERTS}/00000000-0000-7000-8000-000000000000/acknowledgement"


def alerts(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    answer = caller.get(f"{ALERTS}{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["items"])


def relied(site: Site) -> tuple[str, Caller, dict[str, Any]]:
    """Let a doctor at SZ-B recognise SZ-A's chest CT: the exam, the doctor, the decision."""
    exam_id = a_prior(site)
    doctor = a_doctor(site)
    decision = decided(doctor, evaluated(doctor), department="胸外科")
    site.deliver()
    assert alerts(doctor) == []
    return exam_id, doctor, decision


def amend(site: Site, exam_id: str, **changes: Any) -> None:
    post_report(site.facility_client("SZ-A"), exam_id, status="amended", **changes)
    site.deliver()


OTHER_IMPRESSION = [{"language": "zh-CN", "findings": "双肺纹理清晰。", "impression": "右肺结节。"}]
OTHER_FINDINGS = [{"language": "zh-CN", "findings": "双肺野清晰。", "impression": "未见异常。"}]


def test_another_impression_stops_the_one_who_relied_on_the_report(site: Site) -> None:
    exam_id, doctor, decision = relied(site)

    amend(site, exam_id, texts=OTHER_IMPRESSION)

    (alert,) = alerts(doctor)
    assert alert["cause"] == "amended"
    assert alert["severity"] == "stop"
    assert alert["decisionId"] == decision["id"]
    assert alert["doctor"] == "d-007"
    assert alert["department"] == "胸外科"
    assert site.last_entry().operation == "recognition.list-alerts"
    assert len(site.last_entry().subjects) == 2
    assert [each.kind for each in site.last_entry().objects] == ["alert", "exam"]
    raising = [each for each in site.entries() if each.operation == "outbox.exams.report-versioned"]
    assert len(raising[-1].subjects) == 2


def test_findings_in_other_words_are_for_reading(site: Site) -> None:
    exam_id, doctor, _decision = relied(site)

    amend(site, exam_id, texts=OTHER_FINDINGS)

    assert [each["severity"] for each in alerts(doctor)] == ["review"]


def test_a_report_entered_in_error_stops(site: Site) -> None:
    exam_id, doctor, _decision = relied(site)

    post_report(site.facility_client("SZ-A"), exam_id, status="entered-in-error")
    site.deliver()

    assert [(each["cause"], each["severity"]) for each in alerts(doctor)] == [
        ("entered-in-error", "stop")
    ]


def test_an_exam_entered_in_error_stops(site: Site) -> None:
    exam_id, doctor, _decision = relied(site)
    source = site.facility_client("SZ-A")
    tag = source.get(f"/api/v1/exams/{exam_id}").headers["ETag"]

    changed = source.put(
        f"/api/v1/exams/{exam_id}", {"status": "entered-in-error"}, headers={"If-Match": tag}
    )
    site.deliver()

    assert changed.status_code == 200
    assert [each["cause"] for each in alerts(doctor)] == ["entered-in-error"]


def test_images_that_were_retracted_stop(site: Site) -> None:
    _exam_id, doctor, _decision = relied(site)

    gone = site.facility_client("SZ-A").delete("/dicom-web/studies/2.999.9.1?reason=patient-safety")
    site.deliver()

    assert gone.status_code == 204
    assert [(each["cause"], each["severity"]) for each in alerts(doctor)] == [("retracted", "stop")]
    (verdict,) = evaluated(doctor)["verdicts"]
    assert [each["code"] for each in verdict["reasons"]] == ["IMAGES_UNAVAILABLE"]


def test_who_looked_and_did_not_decide_hears_of_it_too(site: Site) -> None:
    exam_id = a_prior(site)
    doctor = a_doctor(site)
    evaluation = evaluated(doctor)
    viewed = {"result": f"{exam_id}@1", "kind": "report"}
    for _ in range(2):
        doctor.post(f"{EVALUATIONS}/{evaluation['id']}/views", viewed)

    amend(site, exam_id, texts=OTHER_IMPRESSION)

    (alert,) = alerts(doctor)
    assert alert["severity"] == "notice"
    assert "decisionId" not in alert


def test_a_withdrawn_mark_alerts_whoever_relied_on_a_result_that_it_reaches(site: Site) -> None:
    _exam_id, doctor, decision = relied(site)

    def withdraw(uow: UnitOfWork) -> Certificate:
        since = uow.now() - timedelta(days=30)
        return certificates.withdraw(uow, "SZ-A-SAMPLE", since, "EQA failed")

    site.write(withdraw)
    site.deliver()

    (alert,) = alerts(doctor)
    assert (alert["cause"], alert["decisionId"]) == ("mark-withdrawn", decision["id"])
    (verdict,) = evaluated(doctor)["verdicts"]
    assert [each["code"] for each in verdict["reasons"]] == ["MARK_WITHDRAWN"]


def test_a_withdrawal_that_begins_after_the_exam_alerts_nobody(site: Site) -> None:
    _exam_id, doctor, _decision = relied(site)

    site.write(lambda uow: certificates.withdraw(uow, "SZ-A-SAMPLE", uow.now(), "moved"))
    site.deliver()

    assert alerts(doctor) == []


def test_a_decision_that_does_not_rely_on_the_result_is_left_alone(site: Site) -> None:
    exam_id = a_prior(site)
    doctor = a_doctor(site)
    reasons = doctor.get("/api/v1/recognition/reasons").get_json()["reasons"]
    reason = next(each["code"] for each in reasons if not each["needsText"])
    decided(doctor, evaluated(doctor), outcome="repeated", reason=reason)
    undone = decided(doctor, evaluated(doctor))
    doctor.post(f"{DECISIONS}/{undone['id']}/undo", {})

    amend(site, exam_id, texts=OTHER_IMPRESSION)

    assert alerts(doctor) == []


def test_each_amendment_alerts_once_whoever_relied_on_an_earlier_version(site: Site) -> None:
    exam_id, doctor, _decision = relied(site)

    amend(site, exam_id, texts=OTHER_IMPRESSION)
    amend(site, exam_id, texts=OTHER_FINDINGS)

    assert [each["result"] for each in alerts(doctor)] == [f"{exam_id}@1"] * 2


def test_a_record_that_is_another_persons_stops_whoever_relied_on_it(site: Site) -> None:
    exam_id, doctor, decision = relied(site)
    record = site.facility_client("SZ-A").get(f"/api/v1/exams/{exam_id}").get_json()["recordId"]

    assert by_hand(registrar(site), "unlink", decision["patientId"], record).status_code == 201
    site.deliver()

    assert [(each["cause"], each["severity"]) for each in alerts(doctor)] == [("unmerged", "stop")]


def test_an_unmerge_stops_whoever_relied_on_what_was_merged(site: Site) -> None:
    first, second = two_persons(site)
    desk = registrar(site)
    merge = merged(desk, first["patientId"], second["patientId"])
    mine = {"system": SYSTEMS["SZ-A"], "value": "M1"}
    a_prior(site, patient=mine, images=False)
    take_into_care(site.facility_client("SZ-B"), "M1", "SZ-B")
    doctor = site.facility_client("SZ-B").acting()
    theirs = {"system": SYSTEMS["SZ-B"], "value": "M1"}
    decided(doctor, evaluated(doctor, patient=theirs))

    assert ask_unmerge(desk, merge["id"]).status_code in (200, 201)
    site.deliver()

    assert [(each["cause"], each["severity"]) for each in alerts(doctor)] == [("unmerged", "stop")]


def test_an_alert_climbs_until_somebody_takes_note(site: Site) -> None:
    exam_id, _doctor, _decision = relied(site)
    amend(site, exam_id, texts=OTHER_IMPRESSION)

    reached = []
    for minutes in (0, 60, 180):
        site.clock.advance(minutes=minutes)
        (alert,) = alerts(site.facility_client("SZ-B"))
        reached.append(alert["reached"])
    address = f"{ALERTS}/{alert['id']}/acknowledgement"
    taken = site.facility_client("SZ-B").acting().post(address, {"note": "patient called back"})
    again = site.facility_client("SZ-B").acting().post(address, {"note": "other"})

    assert reached == [
        ["doctor"],
        ["doctor", "department"],
        ["doctor", "department", "head"],
    ]
    assert taken.get_json()["acknowledgement"]["note"] == "patient called back"
    assert again.get_json() == taken.get_json()
    caller = site.facility_client("SZ-B")
    assert alerts(caller, "?state=open") == []
    assert len(alerts(caller, "?state=acknowledged&doctor=d-007&limit=1")) == 1
    assert alerts(caller, "?doctor=somebody-else") == []


def test_an_alert_is_its_facilitys_own(site: Site) -> None:
    exam_id, doctor, _decision = relied(site)
    amend(site, exam_id, texts=OTHER_IMPRESSION)
    (alert,) = alerts(doctor)
    stranger = site.facility_client("SZ-A").acting()

    assert alerts(stranger) == []
    for address in (f"{ALERTS}/{alert['id']}/acknowledgement", NOBODYS):
        answer = stranger.post(address, {})
        assert answer.status_code == 404
        assert problem_of(answer)["type"].endswith("alert-unknown")
    assert stranger.get(f"{ALERTS}?state=lost").status_code == 422
    assert site.administrator().get(ALERTS).status_code == 403
