"""Quarantine, reconciliation and retraction, as a facility meets them through the doors."""

from typing import Any

from medshare.access.model import Role
from tests.dicom import a_ct, multipart
from tests.registrations import a_body
from tests.site import Caller, Site, problem_of

STUDIES = "/dicom-web/studies"
STUDY = f"{STUDIES}/2.999.9.1"
SLICE = f"{STUDY}/series/2.999.9.1.1/instances/2.999.9.1.1.1"
CASES = "/api/v1/imaging"
ASSIGNMENT = f"{CASES}/studies/2.999.9.1/assignment"
NUMBER = {"patient": {"system": "urn:oid:2.999.1.1", "value": "A-1"}}


def store(caller: Caller, *files: bytes) -> int:
    return caller.post(STUDIES, **multipart(*files)).status_code


def failure_of(caller: Caller, file: bytes) -> int:
    answer = caller.post(STUDIES, **multipart(file))
    item = answer.get_json(force=True)["00081198"]["Value"][0]
    return int(item["00081197"]["Value"][0])


def quarantined(caller: Caller, query: str = "") -> list[dict[str, Any]]:
    answer = caller.get(f"{CASES}/quarantine?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["items"])


def decide(caller: Caller, case: str, decision: str) -> int:
    path = f"{CASES}/quarantine/{case}/decision"
    return caller.post(path, {"decision": decision}).status_code


def description_of(caller: Caller) -> str:
    found = caller.get(f"{STUDIES}/2.999.9.1/metadata").get_json(force=True)
    return str(found[0]["00081030"]["Value"][0])


def bytes_of(caller: Caller) -> bytes:
    return caller.get(SLICE, headers={"Accept": "application/dicom; transfer-syntax=*"}).data


def study_count(caller: Caller) -> int:
    return len(caller.get(STUDIES).get_json(force=True))


class TestQuarantine:
    def test_each_way_of_being_kept_out_has_its_reason(self, site: Site) -> None:
        own, other = site.facility_client("SZ-A"), site.facility_client("SZ-B")
        store(own, a_ct(1))

        assert failure_of(own, a_ct(1, StudyDescription="altered")) == 0x0110
        assert failure_of(own, a_ct(2, PatientID="A-2")) == 0xA900
        assert failure_of(other, a_ct(3)) == 0x0110

        assert [each["reason"] for each in quarantined(own)] == ["other-bytes", "other-patient"]
        assert [each["reason"] for each in quarantined(other)] == ["other-facility"]
        assert description_of(own) == "CT chest"

    def test_the_same_bytes_again_are_answered_alike_and_kept_once(self, site: Site) -> None:
        own = site.facility_client()
        store(own, a_ct(1))
        altered = a_ct(1, StudyDescription="altered")

        first = own.post(STUDIES, **multipart(altered))
        again = own.post(STUDIES, **multipart(altered))

        assert (first.status_code, first.data) == (again.status_code, again.data)
        assert first.status_code == 409
        assert len(quarantined(own)) == 1

    def test_an_accepted_version_takes_the_place_of_the_stored_one(self, site: Site) -> None:
        own = site.facility_client()
        altered = a_ct(1, StudyDescription="altered")
        store(own, a_ct(1))
        store(own, altered)
        case = quarantined(own)[0]["id"]

        assert decide(own, case, "accept") == 200

        assert bytes_of(own) == altered
        assert description_of(own) == "altered"
        assert store(own, altered) == 200
        assert failure_of(own, a_ct(1)) == 0x0110
        entry = site.entries(operation="imaging.decide-quarantine")[-1]
        assert (entry.action, entry.outcome) == ("update", "success")
        assert entry.objects[0].id == case

    def test_a_dismissed_one_leaves_everything_as_it_was(self, site: Site) -> None:
        own = site.facility_client()
        store(own, a_ct(1))
        store(own, a_ct(1, StudyDescription="altered"))
        case = quarantined(own)[0]["id"]

        assert decide(own, case, "dismiss") == 200
        assert decide(own, case, "accept") == 409

        assert quarantined(own) == []
        assert quarantined(own, "status=dismissed")[0]["decidedBy"] == "his-SZ-A"
        assert bytes_of(own) == a_ct(1)

    def test_only_other_bytes_of_ones_own_can_be_accepted(self, site: Site) -> None:
        own, other = site.facility_client("SZ-A"), site.facility_client("SZ-B")
        store(own, a_ct(1))
        store(own, a_ct(2, PatientID="A-2"))
        store(own, a_ct(1, SeriesInstanceUID="2.999.9.1.7"))
        store(other, a_ct(1, StudyDescription="theirs"))
        for caller in (own, other):
            for each in quarantined(caller):
                assert decide(caller, each["id"], "accept") == 409, each["reason"]
                assert quarantined(caller, "status=waiting") != []
        assert bytes_of(own) == a_ct(1)

    def test_another_facilitys_quarantine_looks_like_none(self, site: Site) -> None:
        own, other = site.facility_client("SZ-A"), site.facility_client("SZ-B")
        store(own, a_ct(1))
        store(own, a_ct(1, StudyDescription="altered"))
        case = quarantined(own)[0]["id"]

        assert quarantined(other) == []
        assert decide(other, case, "dismiss") == 404
        assert site.last_entry().outcome == "missing"

    def test_a_page_leads_to_the_next(self, site: Site) -> None:
        own = site.facility_client()
        store(own, a_ct(1))
        store(own, *(a_ct(1, StudyDescription=f"altered {each}") for each in range(3)))

        first = own.get(f"{CASES}/quarantine?limit=2").get_json()
        rest = quarantined(own, f"limit=2&cursor={first['next']}")

        assert len({each["id"] for each in (*first["items"], *rest)}) == 3

    def test_malformed_requests_and_callers_without_the_permission_are_refused(
        self, site: Site
    ) -> None:
        own = site.facility_client()
        assert own.get(f"{CASES}/quarantine?status=lost").status_code == 422
        assert decide(own, "00000000-0000-7000-8000-000000000000", "burn") == 422
        reader = site.facility_client(scope="system/ImagingStudy.rs")
        assert reader.get(f"{CASES}/quarantine").status_code == 403

    def test_a_second_holder_sees_by_the_ordinary_rule_only(self, site: Site) -> None:
        store(site.facility_client("SZ-A"), a_ct(1))
        other = site.facility_client("SZ-B").acting()

        assert store(other, a_ct(1)) == 200
        assert other.get(STUDY).status_code == 404


class TestReconciliation:
    def test_a_study_without_its_patient_waits_and_is_found_by_a_later_registration(
        self, site: Site
    ) -> None:
        own = site.facility_client()
        store(own, a_ct(1), a_ct(1, study=2, PatientID=""))

        waiting = own.get(f"{CASES}/unresolved").get_json()["items"]
        own.post("/api/v1/patients", a_body("SZ-A", "A-1"))
        site.deliver()

        assert [each["why"] for each in waiting] == ["not-registered", "no-patient-id"]
        assert waiting[0]["patientName"] == "王^小明"
        left = own.get(f"{CASES}/unresolved").get_json()["items"]
        assert [each["studyInstanceUid"] for each in left] == ["2.999.9.2"]
        assert "2.999.9.2" in {each.id for each in site.last_entry().objects}

    def test_a_study_is_assigned_and_the_assignment_undone(self, site: Site) -> None:
        own = site.facility_client()
        registered = own.post("/api/v1/patients", a_body("SZ-A", "A-1")).get_json()
        store(own, a_ct(1, PatientID="mistyped"))

        assigned = own.put(ASSIGNMENT, NUMBER)

        assert assigned.status_code == 200, assigned.text
        assert assigned.get_json()["recordId"] == registered["recordId"]
        entry = site.last_entry()
        assert entry.operation == "imaging.assign-study"
        assert [each.record_id for each in entry.subjects] == [registered["recordId"]]
        assert own.get(f"{CASES}/unresolved").get_json()["items"] == []
        assert own.put(ASSIGNMENT, NUMBER).status_code == 409

        assert own.delete(ASSIGNMENT).status_code == 204
        site.deliver()
        assert len(own.get(f"{CASES}/unresolved").get_json()["items"]) == 1
        assert own.delete(ASSIGNMENT).status_code == 409
        assert bytes_of(own) == a_ct(1, PatientID="mistyped")

    def test_what_the_sender_said_cannot_be_undone(self, site: Site) -> None:
        own = site.facility_client()
        own.post("/api/v1/patients", a_body("SZ-A", "A-1"))
        store(own, a_ct(1))
        answer = own.delete(ASSIGNMENT)
        assert answer.status_code == 409
        assert problem_of(answer)["type"].endswith("already-attached")

    def test_only_the_own_facility_assigns_and_only_to_its_own_records(self, site: Site) -> None:
        own, other = site.facility_client("SZ-A"), site.facility_client("SZ-B")
        store(own, a_ct(1))
        assert own.put(ASSIGNMENT, NUMBER).status_code == 422
        assert own.put(ASSIGNMENT, {"patient": "A-1"}).status_code == 422
        assert other.put(ASSIGNMENT, NUMBER).status_code == 404
        reader = site.facility_client(scope="system/ImagingStudy.rs")
        assert reader.put(ASSIGNMENT, NUMBER).status_code == 403

    def test_a_registrar_of_the_facility_may_assign(self, site: Site) -> None:
        own = site.facility_client()
        own.post("/api/v1/patients", a_body("SZ-A", "A-1"))
        store(own, a_ct(1, PatientID="mistyped"))
        assert site.person(Role.REGISTRAR, "SZ-A").put(ASSIGNMENT, NUMBER).status_code == 200

    def test_remarks_about_instances_are_shown(self, site: Site) -> None:
        own = site.facility_client()
        store(own, a_ct(1).replace(b"ISO_IR 192", b"NO_SUCH_1 "))

        found = own.get(f"{CASES}/studies/2.999.9.1/warnings").get_json()["items"]

        assert ("charset-unknown", "00080005") in {(w["code"], w["attribute"]) for w in found}
        other = site.facility_client("SZ-B")
        assert other.get(f"{CASES}/studies/2.999.9.1/warnings").status_code == 404


class TestRetraction:
    def test_a_retracted_study_is_gone_for_those_who_could_read_it(self, site: Site) -> None:
        own, other = site.facility_client("SZ-A"), site.facility_client("SZ-B").acting()
        store(own, a_ct(1), a_ct(2))

        answer = own.delete(f"{STUDY}?reason=patient-safety")

        assert answer.status_code == 204, answer.text
        entry = site.last_entry()
        assert (entry.operation, entry.action) == ("dicomweb.retract-study", "delete")
        assert study_count(own) == 0
        for path in (STUDY, f"{STUDY}/metadata", SLICE, f"{SLICE}/frames/1"):
            assert own.get(path).status_code == 410, path
            assert other.get(path).status_code == 404, path
        shown = own.get(answer.headers["Location"]).get_json()
        assert (shown["code"], shown["instances"]) == ("113037", 2)
        assert other.get(answer.headers["Location"]).status_code == 404

    def test_what_was_retracted_is_not_stored_again_until_it_is_brought_back(
        self, site: Site
    ) -> None:
        own = site.facility_client()
        store(own, a_ct(1))
        location = own.delete(f"{STUDY}?reason=quality").headers["Location"]

        assert failure_of(own, a_ct(1)) == 0x0110
        assert failure_of(own, a_ct(2)) == 0x0110
        assert own.delete(f"{STUDY}?reason=quality").status_code == 409

        assert own.post(f"{location}/undo").status_code == 200
        assert own.post(f"{location}/undo").status_code == 409
        assert store(own, a_ct(1)) == 200
        assert bytes_of(own) == a_ct(1)
        listed = own.get(f"{CASES}/retractions").get_json()["items"]
        assert [each["undoneBy"] for each in listed] == ["his-SZ-A"]

    def test_one_instance_goes_and_the_others_stay(self, site: Site) -> None:
        own = site.facility_client()
        store(own, a_ct(1), a_ct(2))

        assert own.delete(f"{SLICE}?reason=quality").status_code == 204

        assert own.get(SLICE).status_code == 410
        found = own.get("/dicom-web/instances").get_json(force=True)
        assert [each["00080018"]["Value"][0] for each in found] == ["2.999.9.1.1.2"]
        assert found[0]["00201208"]["Value"] == [1]
        assert len(own.get(f"{STUDY}/metadata").get_json(force=True)) == 1

    def test_undoing_one_of_two_retractions_brings_back_its_own_instances(self, site: Site) -> None:
        own = site.facility_client()
        store(own, a_ct(1), a_ct(2))
        first = own.delete(f"{SLICE}?reason=quality").headers["Location"]
        own.delete(f"{STUDY}/series/2.999.9.1.1?reason=quality")
        assert study_count(own) == 0

        assert own.post(f"{first}/undo").status_code == 200

        found = own.get("/dicom-web/instances").get_json(force=True)
        assert [each["00080018"]["Value"][0] for each in found] == ["2.999.9.1.1.1"]
        assert own.get(SLICE.removesuffix("1") + "2").status_code == 410

    def test_a_reason_is_asked_for_and_only_the_own_facility_retracts(self, site: Site) -> None:
        own, other = site.facility_client("SZ-A"), site.facility_client("SZ-B")
        store(own, a_ct(1))
        assert own.delete(STUDY).status_code == 422
        assert own.delete(f"{STUDY}?reason=boredom").status_code == 422
        assert other.delete(f"{STUDY}?reason=quality").status_code == 404
        assert own.delete(f"{STUDIES}/1.2.3?reason=quality").status_code == 404
        reader = site.facility_client(scope="system/ImagingStudy.rs")
        assert reader.delete(f"{STUDY}?reason=quality").status_code == 403
        assert study_count(own) == 1
