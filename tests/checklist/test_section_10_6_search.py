"""PS3.18 sections 8.3.4 and 10.6: the Search transaction; PS3.4 section C.2.2.2: matching."""

import io

import pydicom
import pytest

from medshare.imaging.attributes import Level
from tests.checklist.archive import (
    CHEST,
    CINE,
    HEAD,
    Archive,
    a_slice,
    element,
    series,
    study,
)
from tests.checklist.rules import rule

ONLY = {
    CHEST: "StudyInstanceUID=2.999.9.1",
    HEAD: "StudyInstanceUID=2.999.9.2",
    CINE: "StudyInstanceUID=2.999.9.3",
}
OURS = "StudyInstanceUID=2.999.9.1,2.999.9.2,2.999.9.3"
ALL = ["2.999.9.3", "2.999.9.2", "2.999.9.1"]


@rule("10.6.1.1", "Studies, series and instances are searched at every address of Table 10.6.1-1.")
@pytest.mark.parametrize(
    ("path", "many"),
    [
        (f"/studies?{OURS}", 3),
        (f"/series?{OURS}", 3),
        (f"/instances?{OURS}", 5),
        (f"{study(CHEST)}/series", 1),
        (f"{study(CHEST)}/instances", 3),
        (f"{series(CHEST)}/instances", 3),
    ],
)
def test_every_level_is_searched(archive: Archive, path: str, many: int) -> None:
    answer = archive.get(path)
    assert answer.status_code == 200, answer.text
    assert len(answer.get_json(force=True)) == many


REQUIRED = {
    Level.STUDY: (
        "00080020 00080030 00080050 00080056 00080061 00080090 00081190 00100010 00100020 00100030 "
        "00100040 0020000D 00200010 00201206 00201208"
    ),
    Level.SERIES: (
        "00080060 0008103E 00081190 0020000E 00200011 00201209 00400244 00400245 00400275"
    ),
    Level.INSTANCE: (
        "00080016 00080018 00080056 00081190 00200013 00280008 00280010 00280011 00280100"
    ),
}


@rule("10.6.3.3", "Every required attribute comes back, empty where it has no value.")
@pytest.mark.parametrize(
    ("path", "level"),
    [
        (f"/studies?{OURS}", Level.STUDY),
        (f"{study(CHEST)}/series", Level.SERIES),
        (f"{series(CHEST)}/instances", Level.INSTANCE),
    ],
)
def test_required_attributes_come_back(archive: Archive, path: str, level: Level) -> None:
    required = set(REQUIRED[level].split())
    for match in archive.get(path).get_json(force=True):
        assert required <= set(match)


@rule("10.6.3.3", "A search across all instances returns the attributes of the levels above too.")
def test_the_levels_above_come_back(archive: Archive) -> None:
    (match, *_rest) = archive.found(ONLY[CHEST], "/instances")
    assert {"00080018", "0020000E", "0020000D", "00100010"} <= set(match)


@rule("8.3.4.1", "A key is a keyword or a tag; its attribute comes back.")
@pytest.mark.parametrize("key", ["StudyDescription", "00081030"])
def test_keys_are_keywords_or_tags(archive: Archive, key: str) -> None:
    (match,) = archive.found(f"{OURS}&{key}=CT%20head")
    assert element(match, "00081030") == "CT head"


@rule("C.2.2.2.2", "UIDs match as a list, with commas or by repetition.")
@pytest.mark.parametrize(
    "query",
    [
        "StudyInstanceUID=2.999.9.1,2.999.9.2",
        "StudyInstanceUID=2.999.9.1&StudyInstanceUID=2.999.9.2",
        r"StudyInstanceUID=2.999.9.1%5C2.999.9.2",
    ],
)
def test_uids_match_as_lists(archive: Archive, query: str) -> None:
    assert archive.uids(query) == ["2.999.9.2", "2.999.9.1"]


@rule("C.2.2.2.4", "* and ? match any characters and one; other signs mean themselves.")
@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("StudyDescription=CT*", ALL),
        ("StudyDescription=CT ?ead", ["2.999.9.2"]),
        ("StudyDescription=*", ALL),
        ("StudyDescription=CT_head", []),
        ("StudyDescription=ct*", []),
        ("StudyDescription=CT%25", []),
        ("ModalitiesInStudy=?R", ["2.999.9.2"]),
        ("ModalitiesInStudy=*", ALL),
    ],
)
def test_wildcards(archive: Archive, key: str, found: list[str]) -> None:
    assert archive.uids(f"{OURS}&{key}") == found


@rule("C.2.2.2.1", "Names match without regard to case, in each of their component groups.")
@pytest.mark.parametrize("name", ["wang^xiaoming", "WANG*", "王*", "王^小明", "*小明"])
def test_names_match_in_every_group(archive: Archive, name: str) -> None:
    assert archive.uids(f"{OURS}&PatientName={name}") == ALL


@rule("C.2.2.2.5", "Dates and times match as ranges, open at either end, and as one when combined.")
@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ("StudyDate=20260302", ["2.999.9.2"]),
        ("StudyDate=20260302-", ["2.999.9.3", "2.999.9.2"]),
        ("StudyDate=-20260301", ["2.999.9.1"]),
        ("StudyDate=20260301-20260302", ["2.999.9.2", "2.999.9.1"]),
        ("StudyTime=1400-1500", ["2.999.9.2"]),
        ("StudyDate=20260301-20260302&StudyTime=1200-1230", []),
        ("StudyDate=20260301-20260303&StudyTime=1200-1230", ["2.999.9.3", "2.999.9.2"]),
    ],
)
def test_ranges(archive: Archive, keys: str, found: list[str]) -> None:
    assert archive.uids(f"{OURS}&{keys}") == found


@rule("8.3.4.1", "An attribute that is not matched is 400: a search never widens silently.")
@pytest.mark.parametrize("key", ["NoSuchThing=1", "Modality=CT", "00091001=1", "PatientAge=60"])
def test_an_unknown_key_is_refused(archive: Archive, key: str) -> None:
    assert archive.get(f"/studies?{key}").status_code == 400


@rule("8.3.4", "A value that its parameter cannot have is 400.")
@pytest.mark.parametrize(
    "query",
    [
        "limit=-1",
        "limit=abc",
        "limit=٣",
        "offset=-1",
        "fuzzymatching=perhaps",
        "StudyDate=yesterday",
    ],
)
def test_a_bad_value_is_refused(archive: Archive, query: str) -> None:
    assert archive.get(f"/studies?{query}").status_code == 400


@rule("8.3.4.3", "includefield takes a list, repetition and all; a lower level is passed over.")
@pytest.mark.parametrize(
    "query",
    [
        "includefield=StudyDescription,00080080",
        "includefield=StudyDescription&includefield=InstitutionName",
        "includefield=all",
        "includefield=StudyDescription,InstitutionName,Modality",
    ],
)
def test_further_attributes_come_when_asked_for(archive: Archive, query: str) -> None:
    (match,) = archive.found(f"{ONLY[CHEST]}&{query}")
    assert element(match, "00081030") == "CT chest"
    assert "00080060" not in match


@rule("8.3.4.3", "includefield takes paths; a private attribute brings its Private Creator.")
def test_attributes_within_sequences_and_private_ones(archive: Archive) -> None:
    reference, number = pydicom.Dataset(), archive.own_study()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "2.999.1", "2.999.2"
    file = pydicom.dcmread(io.BytesIO(a_slice(number, ReferencedImageSequence=[reference])))
    file.private_block(0x0029, "ACME", create=True).add_new(1, "LO", "kept")
    buffer = io.BytesIO()
    file.save_as(buffer)
    archive.store(buffer.getvalue())
    asked = "includefield=ReferencedImageSequence.ReferencedSOPInstanceUID,00291001"
    (match,) = archive.found(asked, f"{study(number)}/instances")
    assert match["00081140"]["Value"] == [{"00081155": {"vr": "UI", "Value": ["2.999.2"]}}]
    assert (element(match, "00290010"), element(match, "00291001")) == ("ACME", "kept")


@rule(
    "8.3.4.4", "limit and offset page through an order that stands; a Warning tells what remains."
)
def test_pages(archive: Archive) -> None:
    answers = [archive.get(f"/studies?{OURS}&limit=1&offset={each}") for each in range(4)]
    pages = [answer.get_json(force=True) for answer in answers]
    assert [element(page[0], "0020000D") for page in pages[:3]] == ALL
    assert pages[3] == []
    assert answers[0].headers["Warning"].startswith("299 ")
    assert "Warning" not in answers[2].headers


@rule("8.3.4.4", "Without a limit a study shows all its instances: viewers never ask for the rest.")
def test_a_study_is_whole(archive: Archive) -> None:
    number = archive.own_study()
    archive.store(*(a_slice(number, each) for each in range(1, 103)))
    whole = archive.get(f"{series(number)}/instances")
    assert len(whole.get_json(force=True)) == 102
    assert "Warning" not in whole.headers
    first = archive.get(f"/instances?StudyInstanceUID=2.999.9.{number}")
    assert len(first.get_json(force=True)) == 100
    assert first.headers["Warning"].startswith("299 ")


@rule("8.3.4.2", "fuzzymatching finds a name that is nearly written so.")
def test_names_nearly_written_so(archive: Archive) -> None:
    assert archive.uids(f"{OURS}&PatientName=Wang^Xiaomin&fuzzymatching=true") == ALL


@rule("8.3.4.5", 'emptyvaluematching: "" matches what has no value.')
def test_empty_values(archive: Archive) -> None:
    query = f'{OURS}&emptyvaluematching=true&StudyID=""'
    assert archive.uids(query) == ALL


@rule("8.3.4.6", "multiplevaluematching: a backslash separates alternatives.")
def test_alternatives(archive: Archive) -> None:
    query = rf"{OURS}&multiplevaluematching=true&AccessionNumber=R1%5CR2"
    assert archive.uids(query) == ["2.999.9.2", "2.999.9.1"]


@rule("10.6.3", "No match is 200 with an empty array (CP-2473).")
def test_no_match(archive: Archive) -> None:
    assert archive.found("PatientID=nobody") == []
