"""The persons of the world, and everything about them that an operation can name."""

import base64
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from medshare.access.model import Role
from medshare.patients.matching.tables import PatientReviewRow
from tests.dicom import a_ct, multipart
from tests.exams import PDF, SYSTEMS, a_report, an_exam, an_observation
from tests.links import ask_merge, registered, two_persons, version_of
from tests.orders import DECISIONS, EVALUATIONS
from tests.registrations import a_body, an_identity_number
from tests.site import Caller, Site

ITEM = {"system": "urn:medshare:item", "code": "CT-CHEST-PLAIN"}
POLICIES = "/api/v1/recognition/policies"
CODE = {"system": "urn:medshare:local:SZ-A", "code": "CT0071", "item": "CT-CHEST-PLAIN"}
WORD = {"givenBy": "patient", "proof": "form 2026-0117"}


@dataclass(frozen=True)
class Subject:
    """Somebody, by what stands in addresses and bodies; SZ-A alone knows ``phone`` and ``text``."""

    number: int
    ids: dict[str, Any]

    @property
    def name(self) -> str:
        return f"测试人{'甲乙'[self.number - 1]}"

    @property
    def identity(self) -> str:
        return an_identity_number(self.number + 20)

    @property
    def phone(self) -> str:
        return f"1990000000{self.number}"

    @property
    def text(self) -> str:
        return f"双肺纹理清晰{self.number}。"

    @property
    def kept_close(self) -> tuple[str, ...]:
        """What only an answer about the person can tell."""
        return self.phone, self.text, self.ids["exam_id"]

    def at(self, facility: str) -> dict[str, str]:
        """Return the person's own number at a facility."""
        return {"system": SYSTEMS[facility], "value": f"{facility}-{self.number}"}


def made(answer: Any, status: int = 201) -> Any:
    assert answer.status_code == status, answer.text
    return answer.get_json()


def newest(items: list[dict[str, Any]]) -> str:
    """Return the id that was made last: ids sort by the time of their making."""
    return str(max(each["id"] for each in items))


def make_common(site: Site) -> dict[str, Any]:
    """Make what is nobody's: accounts, clients, registers, and what registrars work on."""
    admin = site.person(Role.ADMINISTRATOR, username="maker")
    officer = site.person(Role.QUALITY_OFFICER, username="drafter")
    ids = _links(site) | {
        "code": "SZ-C",
        "item": "CT-CHEST-PLAIN",
        "certificate_id": "SZ-A-SAMPLE",
        "level": "0",
    }
    account = {"username": "spare", "displayName": "Spare", "password": "a password for nobody"}
    opened = admin.post("/api/v1/accounts", account | {"roles": ["auditor"]})
    ids["account_id"] = made(opened)["id"]
    client = {"id": "spare", "name": "Spare", "facility": "SZ-C", "scopes": ["system/Patient.r"]}
    registered_client = made(admin.post("/api/v1/clients", client))
    ids |= {"client_id": "spare", "secret": registered_client["secret"]}
    webhook = site.facility_client("SZ-A").post(
        "/api/v1/webhooks", {"url": "https://his-a.example/hook"}
    )
    ids["webhook_id"] = made(webhook)["id"]
    (policy,) = officer.get(POLICIES).get_json()["items"]
    drafted = officer.get(f"{POLICIES}/{policy['hash']}").get_json()["document"]
    drafted["effectiveFrom"] = "2026-12-01T00:00:00+08:00"
    ids |= {"content_hash": policy["hash"], "policy": drafted}
    made(officer.post("/api/v1/recognition/catalogue/codes", CODE), 200)
    ids["draft_hash"] = made(officer.post(POLICIES, {"document": drafted}))["hash"]
    return ids


def _links(site: Site) -> dict[str, str]:
    """Make what registrars work on: possible duplicates, a merge, a proposal, two who differ."""
    first, second = two_persons(site)
    pairs = [
        [registered(site, "SZ-A", f"M{each}", name={"text": f"另一{each}"}) for each in couple]
        for couple in ((2, 3), (4, 5), (6, 7))
    ]
    proposer, seconder = (site.person(Role.REGISTRAR, username=each) for each in ("one", "two"))
    (waiting, done, other) = ([each["patientId"] for each in pair] for pair in pairs)
    proposals = [made(ask_merge(proposer, *pair), 202)["id"] for pair in (waiting, done)]
    address = f"/api/v1/patients/merge-proposals/{proposals[1]}/decision"
    merge = made(seconder.post(address, {"confirm": True}), 200)["act"]["id"]
    records = [each["recordId"] for each in pairs[2]]
    parted = {"recordIds": records, "reason": "Twins."}
    separation = made(proposer.post("/api/v1/patients/separations", parted))
    review = site.read(
        lambda uow: uow.session.scalars(
            select(PatientReviewRow.id).where(PatientReviewRow.record_id == second["recordId"])
        ).one()
    )
    return {
        "survivor": first["patientId"],
        "retired": second["patientId"],
        "survivor_tag": f'"{version_of(seconder, first["patientId"])}"',
        "proposal_id": proposals[0],
        "merge_id": merge,
        "merge_tag": seconder.get(f"/api/v1/patients/merges/{merge}").headers["ETag"],
        "separation_id": separation["id"],
        "review_id": review,
        "lone_patient": other[0],
        "lone_record": records[1],
    }


def make_person(
    site: Site, number: int, common: dict[str, Any], *, opts_out: bool = False
) -> Subject:
    """Make a person whom all three hospitals know, whom SZ-A examined and SZ-B has in care."""
    person = Subject(number, dict(common))
    own, theirs = (site.facility_client(each).acting("d-9") for each in ("SZ-A", "SZ-B"))
    for facility in SYSTEMS:
        sent = site.facility_client(facility).post(
            "/api/v1/patients", registration(person, facility)
        )
        person.ids[f"record@{facility}"] = made(sent)["recordId"]
    person.ids["patient_id"] = made(sent)["patientId"]
    person.ids["record_id"] = person.ids["record@SZ-A"]
    person.ids["encounter_id"] = made(own.post("/api/v1/encounters", encounter(person, "SZ-A")))[
        "id"
    ]
    made(theirs.post("/api/v1/encounters", encounter(person, "SZ-B")))
    _examine(own, person)
    _store(own, person)
    _decide(site, own, theirs, person)
    refused = {} if opts_out else {"facilities": ["SZ-C"]}
    opt_out = own.post("/api/v1/opt-outs", {"patient": person.at("SZ-A")} | WORD | refused)
    shown = own.get(f"/api/v1/exams/{person.ids['exam_id']}")
    person.ids["exam_tag"] = shown.headers["ETag"]
    person.ids["opt_out_id"] = made(opt_out)["id"]
    opt_in = own.post(
        "/api/v1/opt-ins", {"patient": person.at("SZ-A"), "sensitivity": "PSY"} | WORD
    )
    person.ids["opt_in_id"] = made(opt_in)["id"]
    grant = theirs.post("/api/v1/break-glass", glass(person, "SZ-B"))
    person.ids["grant_id"] = made(grant)["id"]
    return person


def registration(person: Subject, facility: str, **changes: Any) -> dict[str, Any]:
    known = {"name": {"text": person.name}} | (
        {"phone": person.phone} if facility == "SZ-A" else {}
    )
    return a_body(facility, person.at(facility)["value"], person.identity, **(known | changes))


def encounter(person: Subject, facility: str, number: str = "V") -> dict[str, Any]:
    return {
        "kind": "encounter",
        "number": f"{number}-{person.number}",
        "patient": person.at(facility),
        "startedAt": "2026-11-20T09:00:00+08:00",
    }


def glass(person: Subject, facility: str) -> dict[str, Any]:
    text = "Brought in unconscious."
    return {"patient": person.at(facility), "reason": "unconscious", "text": text}


def order(person: Subject, facility: str, reference: str = "ORD") -> dict[str, Any]:
    return {
        "patient": person.at(facility),
        "item": ITEM,
        "orderReference": f"{reference}-{person.number}",
    }


def simulation(person: Subject) -> dict[str, str]:
    """Return the question what the draft policy would have said in November."""
    period = {"since": "2026-11-01T00:00:00Z", "until": "2026-12-01T00:00:00Z"}
    return {"policy": person.ids["draft_hash"], **period}


def exam(person: Subject, facility: str, **changes: Any) -> dict[str, Any]:
    return (
        an_exam(
            accessionNumber=f"ACC-{person.number}",
            patient=person.at(facility),
            studyInstanceUids=[f"2.999.9.{person.number}"],
        )
        | changes
    )


def report(person: Subject, **changes: Any) -> dict[str, Any]:
    texts = [{"language": "zh-CN", "findings": person.text, "impression": person.text}]
    own = {"system": "urn:medshare:local:SZ-A", "code": "X", "display": person.text}
    return a_report(texts=texts, observations=[an_observation(code=own)], **changes)


def _examine(own: Caller, person: Subject) -> None:
    person.ids["exam_id"] = made(own.post("/api/v1/exams", exam(person, "SZ-A")))["id"]
    reports = f"/api/v1/exams/{person.ids['exam_id']}/reports"
    pdf = {"contentType": "application/pdf", "data": base64.b64encode(PDF).decode()}
    made(own.post(reports, report(person, pdf=pdf)))
    person.ids["version"] = "1"


def image(person: Subject, study: int | None = None, **attributes: Any) -> bytes:
    known = {
        "PatientID": person.at("SZ-A")["value"],
        "PatientName": person.name,
        "AccessionNumber": f"ACC-{person.number}",
    }
    return a_ct(1, study or person.number, **(known | attributes))


def _store(own: Caller, person: Subject) -> None:
    """Store a study of the person, one to be assigned, one assigned by hand, and one retracted."""
    loose, assigned, retracted = (person.number + each for each in (5, 10, 15))
    for file, status in (
        (image(person), 200),
        (image(person, StudyDescription="altered"), 409),
        (image(person, loose, PatientID="unknown", AccessionNumber="none"), 200),
        (image(person, assigned, PatientID="mistyped", AccessionNumber="none"), 200),
        (image(person, retracted, AccessionNumber="none"), 200),
    ):
        made(own.post("/dicom-web/studies", **multipart(file)), status)
    cases = own.get("/api/v1/imaging/quarantine").get_json()["items"]
    assignment = f"/api/v1/imaging/studies/2.999.9.{assigned}/assignment"
    made(own.put(assignment, {"patient": person.at("SZ-A")}), 200)
    gone = f"/dicom-web/studies/2.999.9.{retracted}?reason=patient-safety"
    assert own.delete(gone).status_code == 204
    retractions = own.get("/api/v1/imaging/retractions").get_json()["items"]
    study = f"2.999.9.{person.number}"
    person.ids.update(
        study=study,
        series=f"{study}.1",
        instance=f"{study}.1.1",
        frames="1",
        path="7FE00010",
        patient=person.at("SZ-A")["value"],
        case=newest(cases),
        loose=f"2.999.9.{loose}",
        assigned=f"2.999.9.{assigned}",
        retraction_id=newest(retractions),
    )


def _decide(site: Site, own: Caller, theirs: Caller, person: Subject) -> None:
    """Let SZ-A rely on its own report, which is amended; let SZ-B find a fault of it."""
    decided = made(
        own.post(DECISIONS, decision(made(own.post(EVALUATIONS, order(person, "SZ-A")))))
    )
    fault = made(theirs.post(EVALUATIONS, order(person, "SZ-B")))
    repeated = decision(fault) | {"outcome": "repeated", "reason": "WRONG_PART"}
    made(theirs.post(DECISIONS, repeated))
    reports = f"/api/v1/exams/{person.ids['exam_id']}/reports"
    made(
        own.post(reports, report(person, status="amended") | {"author": {"id": "d-3", "name": "x"}})
    )
    site.deliver()
    kept = made(own.post(EVALUATIONS, order(person, "SZ-A", "NEW")))
    officer = site.person(Role.QUALITY_OFFICER, "SZ-A", f"officer-{person.number}")
    cases = officer.get("/api/v1/recognition/defects?state=open").get_json()["items"]
    alerts = own.get("/api/v1/recognition/alerts").get_json()["items"]
    person.ids.update(
        evaluation_id=kept["id"],
        result=kept["verdicts"][0]["result"],
        decision_id=decided["id"],
        case_id=newest(cases),
        alert_id=newest(alerts),
    )


def decision(evaluation: dict[str, Any]) -> dict[str, Any]:
    return {
        "evaluationId": evaluation["id"],
        "result": evaluation["verdicts"][0]["result"],
        "outcome": "recognised",
    }
