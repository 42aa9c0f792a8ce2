"""The Native DICOM Model at every door that speaks it (PS3.18 sections 8.7.3.2, 10.4 to 10.6)."""

import json
import xml.etree.ElementTree as ET
from typing import Any, cast

import pytest

from medshare.imaging.native_model import NAMESPACE, BrokenXmlError, read_model, write_model
from medshare.imaging.scanner import ScannedInstance, scan_buffer
from tests.api.test_stow_metadata import PIXELS, message, metadata
from tests.dicom import SLICE, STUDIES, a_ct, multipart, parts_of, store
from tests.samples import NOT_STORABLE, SAMPLE_NAMES, SAMPLES
from tests.site import Caller, Site, problem_of

XML = "application/dicom+xml"
JSON = "application/dicom+json"
PARTS = f'multipart/related; type="{XML}"'
STUDY = f"{STUDIES}/2.999.9.1"
IN = f"{{{NAMESPACE}}}"
MANY_ROWS = (
    b'<NativeDicomModel><DicomAttribute tag="00280010" vr="US"><Value>many</Value>'
    b"</DicomAttribute></NativeDicomModel>"
)
STORABLE = [name for name in SAMPLE_NAMES if name not in NOT_STORABLE]


def datasets_of(answer: Any) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    parts = parts_of(answer.data, answer.content_type)
    assert all(media == XML for media, _content in parts)
    return [read_model(content) for _media, content in parts]


def get(caller: Caller, path: str, accept: str = PARTS) -> Any:
    return caller.get(path, headers={"Accept": accept})


@pytest.mark.parametrize("name", STORABLE)
def test_xml_says_what_json_says(name: str) -> None:
    scanned = scan_buffer((SAMPLES / name).read_bytes())
    assert isinstance(scanned, ScannedInstance)

    again = read_model(write_model(cast("dict[str, object]", scanned.dataset)))

    assert texts(public(again)) == texts(public(json.loads(json.dumps(scanned.dataset))))
    assert len(private(again)) == len(private(scanned.dataset))


def public(node: Any) -> Any:
    """Leave out private attributes, whose blocks another writer may number otherwise."""
    if isinstance(node, list):
        return [public(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {key: public(each) for key, each in node.items() if not is_private(key)}


def private(dataset: Any) -> list[str]:
    """Return the private attributes of a data set that are no reservation."""
    return [key for key in dataset if is_private(key) and key[4:6] != "00"]


def is_private(key: str) -> bool:
    return len(key) == 8 and key[3] in "13579BDF"


def texts(node: Any) -> Any:
    """Write values as text: XML has no numbers, and no control characters but line breaks."""
    if isinstance(node, dict):
        return {key: texts(each) for key, each in node.items()}
    if isinstance(node, list):
        return [texts(each) for each in node]
    plain = "".join(each if each in "\t\n\r" or each >= " " else "\ufffd" for each in str(node))
    return "" if node is None else plain.rstrip("^")


def test_metadata_come_as_a_document_for_each_instance(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1), a_ct(2))

    answer = get(pacs, f"{STUDY}/metadata")

    document = ET.fromstring(parts_of(answer.data, answer.content_type)[0][1])
    assert document.tag == f"{IN}NativeDicomModel"
    name = document.find(f"{IN}DicomAttribute[@keyword='PatientName']/{IN}PersonName")
    assert name is not None
    assert name.attrib == {"number": "1"}
    assert name.findtext(f"{IN}Alphabetic/{IN}FamilyName") == "Wang"
    assert name.findtext(f"{IN}Ideographic/{IN}GivenName") == "小明"
    pixels = document.find(f"{IN}DicomAttribute[@tag='7FE00010']/{IN}BulkData")
    assert pixels is not None
    assert pixels.attrib["uri"].endswith("/bulkdata/7FE00010")
    assert len(datasets_of(answer)) == 2
    tag = answer.headers["ETag"]
    again = pacs.get(f"{STUDY}/metadata", headers={"Accept": PARTS, "If-None-Match": tag})
    assert again.status_code == 304
    assert len(datasets_of(get(pacs, f"{SLICE}/metadata"))) == 1


def test_matches_come_as_a_document_each(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1), a_ct(1, study=2))

    found = datasets_of(get(pacs, STUDIES))

    assert [each["0020000D"]["Value"] for each in found] == [["2.999.9.2"], ["2.999.9.1"]]
    assert texts(found) == texts(pacs.get(STUDIES).get_json(force=True))


def test_no_match_has_no_body(site: Site) -> None:
    answer = get(site.facility_client(), f"{STUDIES}?PatientID=NOBODY")
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize(
    ("accept", "media"),
    [
        (f"{PARTS};q=0.5, application/dicom+json;q=0.4", "multipart/related"),
        (f"{PARTS};q=0.4, application/dicom+json;q=0.5", JSON),
        ("*/*", JSON),
        (f"application/dicom+json, {PARTS}", JSON),
        ("multipart/related", "multipart/related"),
        ("application/dicom+json, multipart/related; type=application/octet-stream", JSON),
    ],
)
def test_weights_choose_between_json_and_xml(site: Site, accept: str, media: str) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    for path in (STUDIES, f"{STUDY}/metadata"):
        assert get(pacs, path, accept).mimetype == media


def test_the_accept_parameter_comes_before_the_header(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    uri = f"{STUDY}/metadata?accept=multipart/related;type=%22application/dicom%2Bxml%22"
    assert get(pacs, uri, JSON).mimetype == "multipart/related"


def test_a_bare_document_is_not_offered(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))
    assert get(pacs, f"{STUDY}/metadata", XML).status_code == 406


def test_a_store_is_answered_in_xml(site: Site) -> None:
    answer = site.facility_client().post(
        STUDIES, **multipart(a_ct(1)), headers={"Accept": f"{XML}, application/dicom+json;q=0.1"}
    )

    assert answer.content_type == XML
    (stored,) = read_model(answer.data)["00081199"]["Value"]  # type: ignore[index]  # JSON as it came
    assert stored["00081155"]["Value"] == ["2.999.9.1.1.1"]


class TestMetadataToStore:
    def test_they_become_an_instance(self, site: Site) -> None:
        own = site.facility_client()

        answer = own.post(STUDIES, **in_xml(write_model(metadata())))

        assert answer.status_code == 200, answer.text
        found = own.get(f"{STUDY}/metadata").get_json(force=True)[0]
        assert found["00100010"]["Value"] == [{"Ideographic": "王^小明"}]
        frame = get(own, f"{SLICE}/frames/1", "application/octet-stream")
        assert frame.data == PIXELS

    @pytest.mark.parametrize(
        "document",
        [
            b"<NativeDicomModel",
            b"{}",
            b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]><NativeDicomModel/>',
            b'<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><NativeDicomModel/>',
            b"<NativeDicomModel><Item/></NativeDicomModel>",
            b"<NativeDicomModel><DicomAttribute/></NativeDicomModel>",
            MANY_ROWS,
        ],
    )
    def test_what_is_not_the_model_is_malformed(self, site: Site, document: bytes) -> None:
        answer = site.facility_client().post(STUDIES, **in_xml(document))

        assert answer.status_code == 400
        assert problem_of(answer)["type"].endswith("broken-xml")


def in_xml(document: bytes) -> dict[str, Any]:
    body = message(document)
    for name in ("data", "content_type"):
        old, new = (b"+json", b"+xml") if name == "data" else ("+json", "+xml")
        body[name] = body[name].replace(old, new)
    return body


def test_control_characters_never_break_a_document() -> None:
    dataset = {"00081030": {"vr": "LO", "Value": ["a\x00<&>\x1b\ufffe"]}}

    read = read_model(write_model(dataset))

    assert read["00081030"]["Value"] == ["a\ufffd<&>\ufffd\ufffd"]  # type: ignore[index]  # JSON as it came


def test_a_private_attribute_names_its_creator_instead_of_a_block() -> None:
    dataset = {
        "00090010": {"vr": "LO", "Value": ["OTHER"]},
        "00090011": {"vr": "LO", "Value": ["ACME & SONS"]},
        "00091101": {"vr": "LO", "Value": ["x"]},
    }

    document = write_model(dataset)

    named = b'<DicomAttribute tag="00090001" vr="LO" privateCreator="ACME &amp; SONS">'
    assert named in document
    assert b"00090011" not in document
    assert read_model(document) == {
        "00090010": {"vr": "LO", "Value": ["ACME & SONS"]},
        "00091001": {"vr": "LO", "Value": ["x"]},
    }


def test_what_breaks_the_model_is_told_apart() -> None:
    with pytest.raises(BrokenXmlError):
        read_model(b"<a></b>")
