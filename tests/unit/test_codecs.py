"""Frames of every transfer syntax, against pydicom's own pixels and against themselves."""

import warnings

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from medshare.imaging.codecs.decode import UndecodableFrameError, decode
from medshare.imaging.codecs.encode import encode
from medshare.imaging.codecs.repertory import MADE_SYNTAXES, can_decode, encodings_of
from medshare.imaging.codecs.repertory import TO_EXPLICIT as EXPLICIT
from medshare.imaging.codecs.samples import without_other_bits
from medshare.imaging.codecs.shape import PixelShape, shape_of
from medshare.imaging.part10 import read_frame
from medshare.imaging.rendering.look import Look, Window
from medshare.imaging.rendering.tone import displayed
from medshare.imaging.scanner import ScannedInstance, scan_buffer
from tests.samples import NOT_STORABLE, SAMPLE_NAMES, SAMPLES

# pydicom (without plugins under the GPL) cannot decode these itself; see WITHOUT_LOSS.
NOT_BY_PYDICOM = {
    "GDCMJ2K_TextGBR.dcm",
    "JPEG-lossy.dcm",
    "JPEG2000-embedded-sequence-delimiter.dcm",
    "JPGExtended.dcm",
    "MR_small_jpeg_ls_lossless.dcm",
    "SC_rgb_jpeg_gdcm.dcm",
}
# Its Number of Frames is "1A", so nobody knows where one ends.
WITHOUT_FRAMES = {"badVR.dcm"}
# The same image, compressed without loss and not at all.
WITHOUT_LOSS = {
    "MR_small_jpeg_ls_lossless.dcm": "MR_small.dcm",
    "MR_small_jp2klossless.dcm": "MR_small.dcm",
    "MR_small_RLE.dcm": "MR_small.dcm",
}


def first_frame(name):
    data = (SAMPLES / name).read_bytes()
    scanned = scan_buffer(data)
    shape = shape_of(scanned.dataset) if isinstance(scanned, ScannedInstance) else None
    assert shape is not None
    assert scanned.pixels is not None
    assert scanned.pixels.frames is not None
    assert can_decode(scanned.syntax.uid)
    frames = scanned.pixels.frames
    frame = read_frame(lambda offset, length: data[offset : offset + length], frames, 1)
    return decode(frame, scanned.syntax.uid, shape), frames.count


IMAGES = [
    name
    for name in SAMPLE_NAMES
    if name not in NOT_STORABLE
    and name.rpartition("/")[2] not in NOT_BY_PYDICOM | WITHOUT_FRAMES
    and b"\xe0\x7f\x10\x00" in (SAMPLES / name).read_bytes()
]


@pytest.mark.parametrize("name", IMAGES)
def test_pixels_are_those_that_pydicom_sees(name):
    ours, count = first_frame(name)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(SAMPLES / name)
        if "YBR_FULL_422" in dataset.PhotometricInterpretation and name.endswith(
            "uncompressed.dcm"
        ):
            theirs = pydicom.pixels.convert_color_space(ours, "YBR_FULL", "RGB")
            assert np.array_equal(dataset.pixel_array, theirs)
            return
        theirs = dataset.pixel_array
    assert np.array_equal(theirs[0] if count > 1 else theirs, ours)


@pytest.mark.parametrize(("compressed", "plain"), WITHOUT_LOSS.items())
def test_what_was_compressed_without_loss_comes_back(compressed, plain):
    ours, _ = first_frame(f"test_files/{compressed}")
    original, _ = first_frame(f"test_files/{plain}")

    assert np.array_equal(ours, original)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_every_encoding_gives_back_the_very_pixels(data):
    bits = data.draw(st.sampled_from([8, 10, 12, 16, 32]))
    signed = data.draw(st.booleans())
    samples = data.draw(st.sampled_from([1, 3]))
    rows, columns = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    allocated = 8 if bits == 8 else 16 if bits <= 16 else 32
    shape = PixelShape(
        rows, columns, samples, allocated, bits, signed, "RGB" if samples == 3 else "MONOCHROME2"
    )
    low, high = (-(1 << (bits - 1)), 1 << (bits - 1)) if signed else (0, 1 << bits)
    random = np.random.default_rng(data.draw(st.integers(0, 1 << 32)))
    size = (rows, columns, samples) if samples > 1 else (rows, columns)
    pixels = random.integers(low, high, size).astype(f"{'i' if signed else 'u'}{allocated // 8}")

    for syntax in encodings_of(shape):
        assert np.array_equal(decode(encode(pixels, syntax, bits), syntax, shape), pixels), syntax


def test_one_bit_pixels_are_packed_from_the_lowest_bit():
    shape = PixelShape(2, 5, bits_allocated=1, bits_stored=1)
    pixels = np.array([[1, 0, 0, 0, 0], [0, 1, 1, 1, 1]], np.uint8)

    packed = encode(pixels, EXPLICIT, 1)

    assert packed == bytes([0b11000001, 0b11])
    assert np.array_equal(decode(packed, EXPLICIT, shape), pixels)


def test_a_codestream_of_another_size_is_not_passed_off():
    pixels = np.zeros((4, 4), np.uint8)
    codestream = encode(pixels, "1.2.840.10008.1.2.4.90", 8)

    with pytest.raises(UndecodableFrameError):
        decode(codestream, "1.2.840.10008.1.2.4.90", PixelShape(4, 5))


@pytest.mark.parametrize("is_signed", [False, True])
@pytest.mark.parametrize("syntax", MADE_SYNTAXES)
def test_bits_above_those_stored_change_no_sample(syntax, is_signed):
    """They held overlays once, and some modalities leave anything there."""
    low = -2048 if is_signed else 0
    samples = np.arange(low, low + 4096, 16).astype(np.int64)
    dirty = (samples & 0x0FFF | np.resize([0, 0x8000, 0xF000], 256)).astype("u2").reshape(16, 16)
    shape = PixelShape(16, 16, 1, 16, 12, is_signed=is_signed)
    stored = dirty.view("i2" if is_signed else "u2")

    back = decode(encode(stored, syntax, 12), syntax, shape)

    assert without_other_bits(back, 12).reshape(-1).tolist() == samples.tolist()
    whole = Look(window=Window(low + 2048, 4096, "linear-exact"))
    grey = displayed(back, "MONOCHROME2", shape, whole)
    assert grey.reshape(-1).tolist() == np.rint((samples - low) * 255 / 4096).astype(int).tolist()
