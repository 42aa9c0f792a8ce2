"""PS3.18 section 10.5 and Annex I: the Store transaction and its response."""

from typing import Any

import pytest

from tests.checklist.archive import CHEST, DICOM, DICOM_JSON, Archive, a_slice, element, study
from tests.checklist.rules import rule
from tests.dicom import a_ct, multipart

FAILED, REFERENCED, OTHER_FAILURES = "00081198", "00081199", "0008119A"
REASON, WARNING, RETRIEVE = "00081197", "00081196", "00081190"


def response(answer: Any, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == DICOM_JSON
    return dict(answer.get_json(force=True))


@rule("10.5.3", "200 where every instance is stored and nothing is to be said of any.")
def test_all_stored_is_200(archive: Archive) -> None:
    number = archive.own_study()
    document = response(archive.store(a_slice(number), a_slice(number, 2)), 200)
    assert len(document[REFERENCED]["Value"]) == 2
    assert FAILED not in document
    assert OTHER_FAILURES not in document


@rule("10.5.3", "202 where some are stored and others are not, each with its reason.")
def test_some_stored_is_202(archive: Archive) -> None:
    number = archive.own_study()
    files = (a_slice(number), a_slice(number, 2, PatientID="A-2"), b"no instance")
    document = response(archive.store(*files), 202)
    assert len(document[REFERENCED]["Value"]) == 1
    failed = document[FAILED]["Value"][0]
    assert element(failed, "00081150") == "1.2.840.10008.5.1.4.1.1.2"
    assert element(failed, "00081155") == f"2.999.9.{number}.1.2"
    assert isinstance(element(failed, REASON), int)
    assert isinstance(document[OTHER_FAILURES]["Value"][0][REASON]["Value"][0], int)


@rule("10.5.3", "202 with a Warning Reason where all are stored and something is to be said.")
def test_warnings_are_202(archive: Archive) -> None:
    without_preamble = archive.own_slice()[128:]
    document = response(archive.store(without_preamble), 202)
    assert element(document[REFERENCED]["Value"][0], WARNING) == 0xB007


@rule("10.5", "UIDs with leading zeros, as equipment writes them, refuse no store.")
def test_uids_with_leading_zeros_are_taken(archive: Archive) -> None:
    number = archive.own_study()
    sound, uid = f"2.999.9.{number}.17", f"2.999.9.{number}.07"
    file = a_slice(number, StudyInstanceUID=sound).replace(sound.encode(), uid.encode())
    document = response(archive.store(file), 202)
    assert element(document[REFERENCED]["Value"][0], WARNING) == 0xB007
    assert archive.uids(f"StudyInstanceUID={uid}") == [uid]
    assert archive.get(f"/studies/{uid}").status_code == 200


@rule("10.5.3", "409 where none is stored.")
def test_none_stored_is_409(archive: Archive) -> None:
    document = response(archive.store(b"no instance", b"nor this"), 409)
    assert len(document[OTHER_FAILURES]["Value"]) == 2
    assert REFERENCED not in document


@rule("10.5.1", "The address of a study takes instances of that study only.")
def test_another_study_is_refused_at_a_studys_address(archive: Archive) -> None:
    own, other = archive.own_study(), archive.own_study()
    body = multipart(a_slice(own), a_slice(other))
    document = response(archive.post(f"/studies/2.999.9.{own}", **body), 202)
    assert element(document[FAILED]["Value"][0], REASON) == 0xA900
    assert archive.get(study(other)).status_code == 404


@rule("10.5.1", "One instance may be the whole body.")
def test_a_single_file_is_stored(archive: Archive) -> None:
    answer = archive.post(data=archive.own_slice(), content_type=DICOM)
    assert len(response(answer, 200)[REFERENCED]["Value"]) == 1


@rule("I.1", "The response names where study and instances can be retrieved.")
def test_the_response_leads_to_what_was_stored(archive: Archive) -> None:
    document = response(archive.store(archive.own_slice()), 200)
    base = "https://medshare.test/dicom-web"
    stored = document[REFERENCED]["Value"][0]
    for address, media in (
        (element(document, RETRIEVE), ""),
        (element(stored, RETRIEVE), DICOM),
    ):
        assert archive.get(address.removeprefix(base), media).status_code == 200


@rule("I.1", "Addresses have the port that was called, where a client leaves it out of Host too.")
@pytest.mark.parametrize("host", ["pacs.test", "pacs.test:11112"])
def test_addresses_have_the_port_that_listens(archive: Archive, host: str) -> None:
    body = multipart(archive.own_slice())
    answer = archive.pacs.post(
        "/dicom-web/studies",
        headers={"Host": host},
        environ_overrides={"SERVER_PORT": "11112"},
        **body,
    )
    address = element(response(answer, 200), RETRIEVE)
    assert address.startswith("https://pacs.test:11112/dicom-web/studies/")


@rule("I.1", "Retrieve URL is there, empty, where nothing was stored; empty sequences are not.")
def test_an_answer_to_nothing_stored_keeps_its_form(archive: Archive) -> None:
    document = response(archive.store(b"no instance"), 409)
    assert document[RETRIEVE] == {"vr": "UR"}
    assert not {FAILED, REFERENCED} & set(document)


@rule("I.2.2", "A transfer syntax that is not supported is failure C122H, a bad file C000H.")
def test_reasons_tell_failures_apart(archive: Archive) -> None:
    unknown = archive.own_slice().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.77")
    first = response(archive.store(unknown), 409)
    failures = [
        *first.get(FAILED, {}).get("Value", []),
        *first.get(OTHER_FAILURES, {}).get("Value", []),
    ]
    assert [element(each, REASON) for each in failures] == [0xC122]
    second = response(archive.store(b"no instance"), 409)
    assert element(second[OTHER_FAILURES]["Value"][0], REASON) == 0xC000


@rule("10.5", "The same bytes again get the same answer and are not stored twice.")
def test_a_store_may_be_repeated(archive: Archive) -> None:
    number = archive.own_study()
    first, second = (response(archive.store(a_slice(number)), 200) for _ in range(2))
    assert first == second
    assert len(archive.found("", f"{study(number)}/instances")) == 1


@rule("10.5", "Other bytes under a known UID overwrite nothing: 409, and they are quarantined.")
def test_nothing_is_overwritten(archive: Archive) -> None:
    changed = a_ct(1, CHEST, StudyDescription="altered")
    document = response(archive.store(changed), 409)
    assert element(document[FAILED]["Value"][0], REASON) == 0x0110
    (found,) = archive.found(f"StudyInstanceUID=2.999.9.{CHEST}&includefield=StudyDescription")
    assert element(found, "00081030") == "CT chest"


@rule("10.5", "An unknown patient refuses no store: identity is settled afterwards.")
def test_identity_refuses_nothing(archive: Archive) -> None:
    strange = archive.own_slice(PatientID="", PatientName="", AccessionNumber="")
    assert archive.store(strange).status_code in (200, 202)


@rule("10.5.2", "The response comes as JSON or XML, as it is asked for.")
@pytest.mark.parametrize("media", [DICOM_JSON, "application/dicom+xml"])
def test_the_response_is_negotiated(archive: Archive, media: str) -> None:
    body = multipart(archive.own_slice())
    assert archive.post(headers={"Accept": media}, **body).content_type == media
