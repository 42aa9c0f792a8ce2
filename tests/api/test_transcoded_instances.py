"""Whole instances in another transfer syntax (PS3.18 sections 8.7.3.4, 8.7.8 and 10.4)."""

import io
from typing import Any

import numpy as np
import pydicom
import pytest
from pydicom import Dataset

from medshare.imaging.codecs.decode import decode
from medshare.imaging.codecs.repertory import MADE_SYNTAXES
from medshare.imaging.codecs.shape import shape_of
from medshare.imaging.part10 import read_frame
from medshare.imaging.scanner import ScannedInstance, scan_buffer
from tests.conftest import EMBEDDED
from tests.dicom import SLICE, STUDIES, a_ct, parts_of, store
from tests.samples import SAMPLES
from tests.site import Caller, Site, problem_of

# What is made of an instance is the same from either pair of stores.
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)

EXPLICIT = "1.2.840.10008.1.2.1"
RLE = "1.2.840.10008.1.2.5"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
HTJ2K = "1.2.840.10008.1.2.4.201"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)
MANY = 'multipart/related; type="application/dicom"'
REPORT = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.11", "Modality": "SR"}


def get(caller: Caller, uri: str, accept: str) -> Any:
    return caller.get(uri, headers={"Accept": accept})


def sample(site: Site, name: str) -> tuple[Caller, Dataset, str]:
    path = SAMPLES / "test_files" / name
    caller = site.facility_client()
    body = path.read_bytes()
    answer = caller.post(STUDIES, data=body, content_type="application/dicom")
    assert answer.status_code in (200, 202), answer.text
    plain = pydicom.dcmread(path)
    uri = (
        f"{STUDIES}/{plain.StudyInstanceUID}/series/{plain.SeriesInstanceUID}"
        f"/instances/{plain.SOPInstanceUID}"
    )
    return caller, plain, uri


def frames_of(file: bytes) -> list[Any]:
    """Decode every frame of a file."""
    scanned = scan_buffer(file)
    assert isinstance(scanned, ScannedInstance), scanned
    assert scanned.pixels is not None
    frames, shape = scanned.pixels.frames, shape_of(scanned.dataset)
    assert frames is not None
    assert shape is not None
    coded = [
        read_frame(lambda at, size: file[at : at + size], frames, each)
        for each in range(1, frames.count + 1)
    ]
    return [decode(each, scanned.syntax.uid, shape) for each in coded]


@pytest.mark.parametrize("syntax", sorted(MADE_SYNTAXES))
def test_a_native_instance_is_sent_coded_without_loss(site: Site, syntax: str) -> None:
    pacs = site.facility_client()
    pixels = b"".join((RAMP + frame).tobytes() for frame in range(3))
    store(pacs, a_ct(1, NumberOfFrames=3, PixelData=pixels))

    answer = get(pacs, SLICE, f"application/dicom; transfer-syntax={syntax}")

    assert answer.content_type == f"application/dicom; transfer-syntax={syntax}"
    sent = pydicom.dcmread(io.BytesIO(answer.data))
    assert sent.file_meta.TransferSyntaxUID == syntax
    assert sent.PatientName == "Wang^XiaoMing=王^小明"
    for frame, found in enumerate(frames_of(answer.data)):
        assert np.array_equal(found, RAMP + frame)


@pytest.mark.parametrize(
    "name",
    [
        "MR_small_RLE.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "SC_rgb_rle_16bit_2frame.dcm",
        "SC_rgb_rle_32bit_2frame.dcm",
        "SC_rgb_jpeg_gdcm.dcm",
    ],
)
def test_what_was_coded_without_loss_leaves_plain_by_default(site: Site, name: str) -> None:
    caller, plain, uri = sample(site, name)

    answer = get(caller, uri, "application/dicom")

    sent = pydicom.dcmread(io.BytesIO(answer.data))
    assert sent.file_meta.TransferSyntaxUID == EXPLICIT
    assert sent.SOPInstanceUID == plain.SOPInstanceUID
    stored = frames_of((SAMPLES / "test_files" / name).read_bytes())
    assert np.array_equal(sent.pixel_array, np.squeeze(stored))
    for keyword in ("PatientID", "Rows", "BitsStored", "NumberOfFrames", "PixelRepresentation"):
        assert sent.get(keyword) == plain.get(keyword), keyword


def test_what_was_coded_with_loss_stays_as_it_is_unless_asked(site: Site) -> None:
    caller, plain, uri = sample(site, "SC_rgb_dcmtk_+eb+cy+np.dcm")
    assert plain.file_meta.TransferSyntaxUID == JPEG_BASELINE

    by_default = get(caller, uri, "application/dicom")
    asked = get(caller, uri, f"application/dicom; transfer-syntax={EXPLICIT}")

    assert by_default.content_type.endswith(JPEG_BASELINE)
    sent = pydicom.dcmread(io.BytesIO(asked.data))
    assert sent.PhotometricInterpretation == "RGB"
    assert sent.PlanarConfiguration == 0
    assert np.abs(sent.pixel_array.astype(int) - plain.pixel_array).max() <= 2


@pytest.mark.parametrize("syntax", [RLE, JPEG_LS, JPEG_2000, HTJ2K])
def test_colours_say_how_they_are_written(site: Site, syntax: str) -> None:
    caller, plain, uri = sample(site, "SC_ybr_full_422_uncompressed.dcm")

    answer = get(caller, uri, f"application/dicom; transfer-syntax={syntax}")

    sent = pydicom.dcmread(io.BytesIO(answer.data))
    assert sent.PhotometricInterpretation == "YBR_FULL"
    assert sent.PlanarConfiguration == (1 if syntax == RLE else 0)
    stored = (SAMPLES / "test_files" / "SC_ybr_full_422_uncompressed.dcm").read_bytes()
    assert np.array_equal(frames_of(answer.data)[0], frames_of(stored)[0])
    assert plain.PhotometricInterpretation == "YBR_FULL_422"


def test_big_endian_is_coded_from_its_own_words(site: Site) -> None:
    caller, plain, uri = sample(site, "MR_small_bigendian.dcm")

    answer = get(caller, uri, f"application/dicom; transfer-syntax={RLE}")

    assert np.array_equal(frames_of(answer.data)[0], plain.pixel_array)


def test_each_part_has_the_first_transfer_syntax_that_it_can_have(site: Site) -> None:
    pacs = site.facility_client()
    floats = np.ones((8, 8), np.float32).tobytes()
    dose = a_ct(2, PixelData=None, FloatPixelData=floats, BitsAllocated=32)
    report = a_ct(3, PixelData=None, **REPORT)
    store(pacs, a_ct(1), dose, report)

    accept = f"{MANY}; transfer-syntax={HTJ2K}, {MANY}; transfer-syntax={EXPLICIT}; q=0.5"
    answer = get(pacs, f"{STUDIES}/2.999.9.1", accept)

    parts = parts_of(answer.data, answer.content_type)
    assert [media.partition("=")[2] for media, _ in parts] == [HTJ2K, EXPLICIT, HTJ2K]
    sent = [pydicom.dcmread(io.BytesIO(content)) for _, content in parts]
    assert [each.file_meta.TransferSyntaxUID for each in sent] == [HTJ2K, EXPLICIT, HTJ2K]
    assert sent[2].Modality == "SR"


@pytest.mark.parametrize(
    ("accept", "syntax"),
    [
        ("*/*", EXPLICIT),
        ("multipart/*", EXPLICIT),
        (f"{MANY}; transfer-syntax=*", RLE),
        (f"{MANY};transfer-syntax={RLE};q=0.1, {MANY};transfer-syntax={JPEG_LS};q=0.9", JPEG_LS),
        (f"{MANY};transfer-syntax={JPEG_LS};q=0, {MANY};transfer-syntax={RLE};q=0.1", RLE),
        (f"{MANY};transfer-syntax={EXPLICIT};q=0, */*;q=0.1", None),
        (f"{MANY};transfer-syntax={JPEG_BASELINE}", None),
    ],
)
def test_weights_decide(site: Site, accept: str, syntax: str | None) -> None:
    caller, _plain, uri = sample(site, "MR_small_RLE.dcm")

    answer = get(caller, uri, accept)

    if syntax is None:
        assert answer.status_code == 406
        assert problem_of(answer)["type"].endswith("not-acceptable")
    else:
        ((media, _file),) = parts_of(answer.data, answer.content_type)
        assert media == f"application/dicom; transfer-syntax={syntax}"


def test_the_accept_parameter_comes_before_the_header(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))

    uri = f"{SLICE}?accept=application/dicom%3Btransfer-syntax={JPEG_2000}"
    answer = get(pacs, uri, f"{MANY}; transfer-syntax={RLE}")

    assert answer.content_type == f"application/dicom; transfer-syntax={JPEG_2000}"


def test_each_representation_has_a_tag_of_its_own(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, a_ct(1))

    tags = {
        get(pacs, SLICE, f"application/dicom; transfer-syntax={each}").headers["ETag"]
        for each in MADE_SYNTAXES
    }

    assert len(tags) == len(MADE_SYNTAXES)


def test_what_cannot_be_decoded_leaves_as_stored_unless_it_was_asked_otherwise(site: Site) -> None:
    pacs = site.facility_client()
    path = SAMPLES / "test_files" / "MR_small_jp2klossless.dcm"
    broken = pydicom.dcmread(path)
    broken.PixelData = pydicom.encaps.encapsulate([b"\xff\x4f\xff\x51" + bytes(60)])
    buffer = io.BytesIO()
    broken.save_as(buffer)
    store(pacs, buffer.getvalue())
    uri = (
        f"{STUDIES}/{broken.StudyInstanceUID}/series/{broken.SeriesInstanceUID}"
        f"/instances/{broken.SOPInstanceUID}"
    )

    by_default = get(pacs, uri, "application/dicom")
    asked = get(pacs, uri, f"application/dicom; transfer-syntax={EXPLICIT}")

    assert by_default.content_type.endswith(JPEG_2000)
    assert by_default.data[132:] == buffer.getvalue()[132:]
    assert asked.status_code == 422


def test_a_coded_icon_keeps_an_instance_out_of_native_syntaxes(site: Site) -> None:
    pacs = site.facility_client()
    dataset = pydicom.dcmread(SAMPLES / "test_files" / "MR_small_RLE.dcm")
    icon = Dataset()
    icon.Rows = icon.Columns = 64
    icon.BitsAllocated = icon.BitsStored = 16
    icon.add_new("PixelData", "OB", dataset.PixelData)
    icon["PixelData"].is_undefined_length = True
    dataset.IconImageSequence = [icon]
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    store(pacs, buffer.getvalue())
    uri = f"{STUDIES}/{dataset.StudyInstanceUID}"

    by_default = get(pacs, uri, MANY)
    asked = get(pacs, uri, f"{MANY}; transfer-syntax={EXPLICIT}")

    ((media, _file),) = parts_of(by_default.data, by_default.content_type)
    assert media.endswith(RLE)
    assert asked.status_code == 406
