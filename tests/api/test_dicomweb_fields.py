"""``includefield`` at every level (PS3.18 section 8.3.4.3)."""

import io
from typing import Any

import pydicom
import pytest
from pydicom import Dataset

from tests.dicom import STUDIES, a_ct, store
from tests.site import Caller, Site

INSTANCES = f"{STUDIES}/2.999.9.1/instances"
SERIES = f"{STUDIES}/2.999.9.1/series"


@pytest.fixture
def pacs(site: Site) -> Caller:
    request, reference = Dataset(), Dataset()
    request.ScheduledProcedureStepID, request.RequestedProcedureID = "SPS-1", "RP-1"
    reference.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    reference.ReferencedSOPInstanceUID = "2.999.1"
    file = a_ct(
        1,
        SliceThickness="1.25",
        RequestAttributesSequence=[request],
        ReferencedImageSequence=[reference],
    )
    dataset = pydicom.dcmread(io.BytesIO(file))
    dataset.private_block(0x0029, "ACME", create=True).add_new(1, "LO", "kept")
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    pacs = site.facility_client()
    store(pacs, buffer.getvalue())
    return pacs


def match(pacs: Caller, path: str, query: str) -> tuple[dict[str, Any], str]:
    """Return the one match of a search and its warning."""
    answer = pacs.get(f"{path}?{query}")
    assert answer.status_code == 200, answer.text
    (found,) = answer.get_json(force=True)
    assert list(found) == sorted(found)
    return found, answer.headers.get("Warning", "")


@pytest.mark.parametrize(
    "query",
    [
        "includefield=SliceThickness,PatientName",
        "includefield=00180050&includefield=00100010",
        "includefield=SliceThickness&includefield=all&includefield=PatientName",
    ],
)
def test_an_instance_shows_whatever_it_says_of_itself(pacs: Caller, query: str) -> None:
    found, warning = match(pacs, INSTANCES, query)

    assert found["00180050"] == {"vr": "DS", "Value": [1.25]}
    assert "00100010" in found
    assert warning == ""


def test_a_part_of_a_sequence_comes_alone(pacs: Caller) -> None:
    query = "includefield=ReferencedImageSequence.ReferencedSOPInstanceUID"

    (item,) = match(pacs, INSTANCES, query)[0]["00081140"]["Value"]

    assert item == {"00081155": {"vr": "UI", "Value": ["2.999.1"]}}
    by_tag = match(pacs, INSTANCES, "includefield=00081140.00081155")[0]
    assert by_tag["00081140"]["Value"] == [item]


def test_a_sequence_of_the_index_comes_whole_whatever_part_is_named(pacs: Caller) -> None:
    query = "includefield=RequestAttributesSequence.ScheduledProcedureStepID"

    (item,) = match(pacs, SERIES, query)[0]["00400275"]["Value"]

    assert set(item) == {"00400009", "00401001"}


def test_a_private_attribute_brings_its_creator(pacs: Caller) -> None:
    found, _warning = match(pacs, INSTANCES, "includefield=00291001")

    assert found["00290010"]["Value"] == ["ACME"]
    assert found["00291001"]["Value"] == ["kept"]


def test_large_values_are_addresses(pacs: Caller) -> None:
    found, _warning = match(pacs, INSTANCES, "includefield=PixelData")

    uri = found["7FE00010"]["BulkDataURI"].removeprefix("https://medshare.test")
    assert pacs.get(uri, headers={"Accept": "application/octet-stream"}).status_code == 200


def test_above_instances_what_the_index_does_not_keep_is_named(pacs: Caller) -> None:
    for path in (STUDIES, SERIES):
        found, warning = match(pacs, path, "includefield=SliceThickness,00291001,Modality")

        assert "00180050" not in found
        assert "SliceThickness, 00291001" in warning
        assert "Modality" not in warning


def test_matches_keep_their_own_values_where_many_are_shown(site: Site, pacs: Caller) -> None:
    store(pacs, *(a_ct(number, SliceThickness=str(number)) for number in range(2, 6)))

    answer = pacs.get(f"{INSTANCES}?includefield=SliceThickness&limit=3&offset=1")

    shown = [
        (each["00200013"]["Value"][0], each["00180050"]["Value"][0])
        for each in answer.get_json(force=True)
    ]
    assert shown == [(2, 2), (3, 3), (4, 4)]


def test_what_has_no_name_is_refused(pacs: Caller) -> None:
    for name in ("Nonsense", "ReferencedImageSequence.Nonsense", "0018005", ".PatientID"):
        assert pacs.get(f"{INSTANCES}?includefield={name}").status_code == 400
