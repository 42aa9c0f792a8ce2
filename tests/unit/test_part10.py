"""DICOM files on their way out."""

import io
import warnings
from pathlib import Path

import pydicom
import pytest
from dicom_files import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    element,
    image,
    instance,
    item,
    sequence,
)
from pydicom.data import get_testdata_file

from medshare.imaging.part10 import as_explicit_little_endian, with_zeroed_preamble
from medshare.imaging.scanner import ScannedInstance, scan_buffer

NATIVE = (
    "MR_small_implicit.dcm",
    "MR_small_bigendian.dcm",
    "image_dfl.dcm",
    "ExplVR_BigEnd.dcm",
    "rtdose.dcm",
    "rtdose_expb.dcm",
    "liver_expb_1frame.dcm",
    "SC_rgb_small_odd_big_endian.dcm",
    "rtplan.dcm",
    "CT_small.dcm",
)


def scanned(data):
    result = scan_buffer(data)
    assert isinstance(result, ScannedInstance), result
    return result


def converted(data):
    return b"".join(as_explicit_little_endian(data, scanned(data)))


def pieces(data, size):
    return (data[at : at + size] for at in range(0, len(data), size))


@pytest.mark.parametrize("size", [1, 100, 10_000])
def test_a_preamble_is_blanked_and_the_rest_left_alone(size):
    stored = b"MZ" + bytes(range(126)) + instance()[128:]

    sent = b"".join(with_zeroed_preamble(pieces(stored, size)))

    assert sent == bytes(128) + stored[128:]


@pytest.mark.parametrize("magic", [b"II*\0", b"MM\0*"])
def test_a_tiff_header_stays(magic):
    stored = magic + bytes(124) + instance()[128:]

    assert b"".join(with_zeroed_preamble([stored])) == stored


@pytest.mark.parametrize("start", [128, 132])
def test_a_missing_preamble_is_supplied(start):
    assert b"".join(with_zeroed_preamble([instance()[start:]])) == instance()


@pytest.mark.parametrize("name", NATIVE)
def test_a_conversion_changes_no_value(name):
    before = Path(get_testdata_file(name)).read_bytes()
    after = converted(before)

    one, other = scanned(before), scanned(after)
    assert other.meta.transfer_syntax_uid == EXPLICIT
    assert other.dataset == one.dataset
    assert {warning.code for warning in other.warnings} <= {w.code for w in one.warnings}


@pytest.mark.parametrize(
    ("source", "twin"),
    [
        ("MR_small_bigendian.dcm", "MR_small.dcm"),
        ("MR_small_implicit.dcm", "MR_small.dcm"),
        ("rtdose_expb.dcm", "rtdose.dcm"),
        ("SC_rgb_small_odd_big_endian.dcm", "SC_rgb_small_odd.dcm"),
        ("liver_expb_1frame.dcm", "liver_1frame.dcm"),
    ],
)
def test_pydicom_reads_the_same_pixels_as_from_the_twin(source, twin):
    before = Path(get_testdata_file(source)).read_bytes()
    after = pydicom.dcmread(io.BytesIO(converted(before)))

    assert after.file_meta.TransferSyntaxUID == EXPLICIT
    assert after.PixelData == pydicom.dcmread(get_testdata_file(twin)).PixelData


@pytest.mark.parametrize("syntax", [IMPLICIT, BIG_ENDIAN, DEFLATED, EXPLICIT])
def test_pydicom_reads_a_converted_file_with_its_sequences(syntax):
    encoding = EXPLICIT if syntax == DEFLATED else syntax
    inner = element(0x00080060, "CS", "CT", syntax=encoding)
    after = sequence(
        0x00400275, item(inner, syntax=encoding), item(syntax=encoding), syntax=encoding
    )
    converted_file = converted(instance(after=after, transfer_syntax=syntax))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(io.BytesIO(converted_file))

    assert [len(entry) for entry in dataset[0x00400275].value] == [1, 0]
    assert dataset[0x00400275].value[0].Modality == "CT"
    assert dataset.file_meta.FileMetaInformationGroupLength > 0


def test_a_text_too_long_for_its_vr_becomes_unknown():
    long = element(0x00100020, "LO", "x" * 70_000, syntax=IMPLICIT)
    data = instance(between=long, transfer_syntax=IMPLICIT)

    assert b"\x10\0\x20\0UN\0\0" in converted(data)
    assert scanned(converted(data)).uids == scanned(data).uids


def test_pixels_larger_than_a_chunk_are_swapped_throughout():
    raw = bytes(range(256)) * (9 << 10)
    pixels = element(0x7FE00010, "OW", raw, syntax=BIG_ENDIAN)
    data = image(pixels, rows=1024, columns=1152, bits=16, syntax=BIG_ENDIAN)
    swapped = bytes(byte for pair in zip(raw[1::2], raw[::2], strict=True) for byte in pair)

    assert converted(data).endswith(swapped)
