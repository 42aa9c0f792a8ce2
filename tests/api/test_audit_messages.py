"""The trail as DICOM audit messages."""

import base64
from dataclasses import replace
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from medshare.audit.audit_message import audit_messages, message_lines
from medshare.audit.leaf import Withheld, entry_of, leaf_of, new_salt, withheld_of
from medshare.kernel.audit import AuditAction, AuditObject, AuditOutcome, Subject
from medshare.kernel.identifiers import PatientId, RecordId
from medshare.kernel.principal import ANONYMOUS, ActingUser, Principal, system_principal
from tests.audit_message import violations
from tests.entries import CLIENT, an_entry
from tests.site import Site

SERVER = "medshare.test"
FULL = an_entry(
    operation="dicomweb.retrieve-study",
    subjects=(
        Subject(PatientId("p-1"), RecordId("r-1")),
        Subject(PatientId("p-2"), RecordId("r-2")),
    ),
    objects=(AuditObject("study", "2.999.9.1"), AuditObject("exam", "e-1")),
    query="name=%E6%9D%8E",
    source_address="192.0.2.17",
    reason="because",
    counts={"instances": 12},
)


def messages(entry: Any) -> list[Element]:
    """Return an entry's messages, as a reader of the export gets them."""
    return list(fromstring(b"".join(message_lines([entry], SERVER))))


@pytest.mark.parametrize("action", AuditAction)
@pytest.mark.parametrize("outcome", AuditOutcome)
@pytest.mark.parametrize("principal", [CLIENT, ANONYMOUS, system_principal("sweeper")])
def test_every_action_and_outcome_keeps_the_grammar_of_a_5(
    action: AuditAction, outcome: AuditOutcome, principal: Principal
) -> None:
    for subjects in ((), FULL.subjects):
        entry = replace(
            FULL, action=action, outcome=outcome, principal=principal, subjects=subjects
        )
        found = messages(entry)
        assert len(found) == max(1, len(subjects))
        assert [list(violations(each)) for each in found] == [[]] * len(found)


def event_of(**changes: Any) -> tuple[str, str, str]:
    (message, *_others) = messages(replace(FULL, **changes))
    event = message.find("EventIdentification")
    code = message.find("EventIdentification/EventID")
    assert event is not None
    assert code is not None
    return (
        code.attrib["originalText"],
        event.attrib["EventActionCode"],
        event.attrib["EventOutcomeIndicator"],
    )


def test_the_event_is_told_in_the_words_of_dicom() -> None:
    exam = (AuditObject("exam", "e-1"),)
    assert event_of() == ("DICOM Instances Accessed", "R", "0")
    assert event_of(action=AuditAction.CREATE) == ("DICOM Instances Transferred", "C", "0")
    assert event_of(objects=exam) == ("Patient Record", "R", "0")
    assert event_of(action=AuditAction.SEARCH) == ("Query", "E", "0")
    assert event_of(action=AuditAction.EXPORT) == ("Export", "R", "0")
    assert event_of(action=AuditAction.LOGIN) == ("User Authentication", "E", "0")
    assert event_of(objects=(), subjects=()) == ("Application Activity", "R", "0")
    assert event_of(outcome=AuditOutcome.DENIED)[2] == "4"


def test_a_message_says_who_what_whose_and_how_much() -> None:
    first, second = messages(FULL)
    people = [
        (each.attrib["UserID"], each.attrib["UserIsRequestor"])
        for each in first.iter("ActiveParticipant")
    ]
    assert people == [("his-SZ-A", "false"), (SERVER, "false"), ("d-007", "true")]
    named = [each.attrib["ParticipantObjectID"] for each in second if "Object" in each.tag]
    assert named == [*("p-2", "r-2", "2.999.9.1", "e-1", "dicomweb.retrieve-study", "request-1")]
    (counted,) = first.iter("SOPClass")
    assert counted.attrib["NumberOfInstances"] == "12"
    (query,) = first.iter("ParticipantObjectQuery")
    assert base64.b64decode(query.text or "") == b"?name=%E6%9D%8E"
    details = {
        each.attrib["type"]: base64.b64decode(each.attrib["value"]).decode()
        for each in first.iter("ParticipantObjectDetail")
    }
    assert details == {"phase": "single", "basis": "", "instances": "12"}


def test_what_no_xml_can_hold_and_what_is_forgotten_leave_a_message_of_the_grammar() -> None:
    acting = ActingUser('d<"&>', "\x00\x1b李\ufffe\ud800", "")
    (message, _other) = messages(replace(FULL, principal=replace(CLIENT, acting_user=acting)))
    person = list(message.iter("ActiveParticipant"))[-1].attrib
    assert (person["UserID"], person["UserName"]) == ('d<"&>', "\ufffd\ufffd李\ufffd\ufffd")
    leaf = leaf_of(FULL, withheld_of(FULL, new_salt(), new_salt()))
    for each in messages(entry_of(leaf, Withheld(None, None))):
        assert list(violations(each)) == []


def test_a_message_that_breaks_the_grammar_is_found() -> None:
    (message, _other) = audit_messages(FULL, SERVER)
    participant = message.find("ActiveParticipant")
    assert participant is not None
    del participant.attrib["UserIsRequestor"]
    participant.set("UserAge", "7")
    message.remove(message[0])
    assert set(violations(message)) == {
        "AuditMessage: its children",
        "ActiveParticipant lacks UserIsRequestor",
        "ActiveParticipant has UserAge",
    }


def test_the_export_is_one_document_of_what_fits(site: Site) -> None:
    site.facility_client("SZ-A").acting("d-1", "TREAT").get("/api/v1/facilities/SZ-B")
    auditor = site.auditor()
    answer = auditor.get("/api/v1/audit/export?format=dicom&who=d-1")
    assert answer.status_code == 200
    assert answer.content_type == "application/xml"
    assert 'filename="audit.xml"' in answer.headers["Content-Disposition"]
    document = fromstring(answer.data)
    (message,) = document
    assert document.tag == "AuditMessages"
    assert list(violations(message)) == []
    empty = fromstring(auditor.get("/api/v1/audit/export?format=dicom&who=nobody").data)
    assert list(empty) == []
