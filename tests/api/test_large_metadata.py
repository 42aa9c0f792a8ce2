"""Instances that say much: enhanced ones go in and out, and a request has its bounds."""

import io

import pydicom
import pytest
from pydicom import Dataset
from pydicom.uid import ImplicitVRLittleEndian

from medshare.dicomweb import stow
from tests.dicom import SLICE, STUDIES, a_ct, multipart, store
from tests.site import Site

FRAMES = 1500


def an_enhanced_ct() -> bytes:
    """Return an instance of many frames, each with functional groups of its own."""
    dataset = pydicom.dcmread(
        io.BytesIO(a_ct(1, NumberOfFrames=FRAMES, PixelData=bytes(128 * FRAMES)))
    )
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2.1"
    frame = Dataset()
    for keyword in ("PlanePositionSequence", "PixelMeasuresSequence", "FrameVOILUTSequence"):
        group = Dataset()
        block = group.private_block(0x0029, "ACME", create=True)
        for number in range(15):
            block.add_new(number, "LO", f"value {number}")
        setattr(frame, keyword, [group])
    dataset.PerFrameFunctionalGroupsSequence = [frame] * FRAMES
    dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    buffer = io.BytesIO()
    dataset.save_as(buffer, implicit_vr=True, little_endian=True, enforce_file_format=True)
    return buffer.getvalue()


def test_an_enhanced_instance_of_many_frames_goes_in_and_comes_out(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, an_enhanced_ct())

    (described,) = pacs.get(f"{SLICE}/metadata").get_json(force=True)
    sent = pacs.get(SLICE, headers={"Accept": "application/dicom"})
    frame = pacs.get(f"{SLICE}/frames/{FRAMES}", headers={"Accept": "application/octet-stream"})

    assert len(described["52009230"]["Value"]) == FRAMES
    read = pydicom.dcmread(io.BytesIO(sent.data))
    assert len(read.PerFrameFunctionalGroupsSequence) == FRAMES
    assert len(frame.data) == 128


def test_a_request_holds_so_much_and_refuses_the_rest(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stow, "MEMORY_BYTES_MAX", 30_000)
    pacs = site.facility_client()

    answer = pacs.post(STUDIES, **multipart(*(a_ct(number) for number in range(1, 4))))

    assert answer.status_code == 202
    told = answer.get_json(force=True)
    stored = [each["00081155"]["Value"] for each in told["00081199"]["Value"]]
    refused = [
        (each["00081155"]["Value"], each["00081197"]["Value"]) for each in told["00081198"]["Value"]
    ]
    assert stored == [["2.999.9.1.1.1"], ["2.999.9.1.1.2"]]
    assert refused == [(["2.999.9.1.1.3"], [0xA700])]
    store(pacs, a_ct(3))
