"""Grey and colour of a picture, against pydicom's own functions."""

import io
import warnings

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydicom import Dataset, Sequence
from pydicom.pixels import apply_modality_lut, apply_voi_lut, apply_windowing

from medshare.imaging.codecs.decode import decode
from medshare.imaging.codecs.repertory import photometric_after
from medshare.imaging.codecs.shape import PixelShape, shape_of
from medshare.imaging.part10 import read_frame
from medshare.imaging.rendering.look import Look, LookUp, Window, look_of
from medshare.imaging.rendering.picture import Viewport, annotated, framed, written
from medshare.imaging.rendering.tone import displayed, windowed
from medshare.imaging.scanner import scan_buffer
from tests.samples import SAMPLES

# One step of 255, and what rounding adds.
STEP = 1
GREY = PixelShape(2, 2, 1, 16, 16)


def shown(name):
    data = (SAMPLES / "test_files" / name).read_bytes()
    scanned = scan_buffer(data)
    shape = shape_of(scanned.dataset)

    def read(offset, length):
        return data[offset : offset + length]

    def value(path):
        return next(
            data[each.offset : each.offset + each.length]
            for each in scanned.bulk
            if each.path == path
        )

    pixels = decode(read_frame(read, scanned.pixels.frames, 1), scanned.syntax.uid, shape)
    look = look_of(scanned.dataset, 1, value)
    picture = displayed(pixels, photometric_after(scanned.syntax.uid, shape), shape, look)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(SAMPLES / "test_files" / name)
        stored = dataset.pixel_array
    return picture, dataset, stored, scanned.pixels.frames.count


def as_bytes(values, low, high):
    return (np.clip((values - low) / (high - low), 0, 1) * 255).round()


@pytest.mark.parametrize("name", ["examples_overlay.dcm", "MR_small.dcm", "CT_small.dcm"])
def test_grey_is_what_pydicom_makes_of_the_same_file(name):
    picture, dataset, stored, count = shown(name)
    frame = stored[0] if count > 1 else stored
    values = apply_voi_lut(apply_modality_lut(frame, dataset), dataset, prefer_lut=False)
    if "WindowCenter" in dataset:
        low, high = windowed_range(dataset)
    else:
        low, high = values.min(), values.max()

    assert np.abs(picture - as_bytes(values, low, high)).max() <= STEP


def windowed_range(dataset):
    """The range of values that pydicom's windowing gives out."""
    ends = apply_modality_lut(np.array([-(1 << 15), (1 << 16) - 1]), dataset)
    given_out = apply_windowing(ends, dataset)
    return given_out.min(), given_out.max()


def test_tables_are_read_and_applied_as_pydicom_does():
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4, 10, 16])
    item.add_new("LUTData", "OW", np.array([0, 500, 40_000, 65_535], "<u2").tobytes())
    dataset = Dataset()
    for each in (dataset, item):
        each.set_original_encoding(is_implicit_vr=False, is_little_endian=True)
    dataset.BitsStored, dataset.PixelRepresentation = 16, 0
    dataset.VOILUTSequence = Sequence([item])
    stored = np.array([[0, 10], [12, 99]], np.uint16)

    look = look_of(dataset.to_json_dict(), 1, bytes)

    theirs = apply_voi_lut(stored, dataset) / 65_535 * 255
    ours = displayed(stored, "MONOCHROME2", GREY, look)
    assert np.abs(ours - theirs).max() <= STEP


def test_a_palette_gives_its_colours():
    picture, dataset, stored, _ = shown("examples_palette.dcm")

    theirs = pydicom.pixels.apply_color_lut(stored, dataset)
    assert np.abs(picture - (theirs / 257.0).round()).max() <= STEP


def test_an_inverted_picture_is_the_negative():
    pixels = np.array([[0, 100], [200, 300]], np.uint16)

    plain = displayed(pixels, "MONOCHROME2", GREY, Look())
    inverse = displayed(pixels, "MONOCHROME1", GREY, Look(is_inverse=True))

    assert np.abs(plain.astype(int) + inverse - 255).max() <= STEP


def test_monochrome1_shows_its_lowest_value_white():
    assert look_of({"00280004": {"vr": "CS", "Value": ["MONOCHROME1"]}}, 1, bytes).is_inverse


def test_the_windows_of_a_frame_stand_in_its_functional_groups():
    def group(centre):
        voi = {"00281050": {"Value": [centre]}, "00281051": {"Value": [10]}}
        return {"00289132": {"Value": [voi]}}

    dataset = {"52009230": {"Value": [group(1), group(2)]}, "52009229": {"Value": [group(3)]}}

    assert look_of(dataset, 2, bytes).window == Window(2.0, 10.0)
    assert look_of(dataset, 3, bytes).window == Window(3.0, 10.0)


@pytest.mark.parametrize("shape", ["linear", "linear-exact", "sigmoid"])
@given(centre=st.floats(-2000, 2000), width=st.floats(1, 4000))
def test_more_is_never_darker_and_the_centre_is_mid_grey(shape, centre, width):
    window = Window(centre, width, shape)

    grey = windowed(np.linspace(-3000, 3000, 200), window)

    assert (np.diff(grey) >= 0).all()
    assert grey.min() >= 0
    assert grey.max() <= 1
    if shape != "linear":
        assert windowed(np.array([centre]), window)[0] == pytest.approx(0.5)


def test_the_standard_s_example_of_a_linear_window():
    """PS3.3 section C.11.2.1.2.1: c=2048, w=4096 leaves 0 to 4095 as it is."""
    values = np.arange(4096)

    assert np.allclose(windowed(values, Window(2048, 4096)), values / 4095)


def test_values_beyond_a_table_get_its_ends():
    look = Look(voi=LookUp(10, 8, [0, 128, 255]))

    grey = displayed(np.array([[0, 10], [11, 99]], np.uint16), "MONOCHROME2", GREY, look)

    assert grey.tolist() == [[0, 0], [128, 255]]


def test_a_region_is_cut_mirrored_and_fitted():
    pixels = np.arange(16, dtype=np.uint8).reshape(4, 4)

    whole = framed(pixels, Viewport(2, 8))
    right = framed(pixels, Viewport(2, 2, 2, 0, -2, 2))

    assert whole.shape == (2, 2)
    assert right.tolist() == [[3, 2], [7, 6]]


def test_text_is_burnt_in_and_what_the_font_lacks_left_out():
    pixels = np.zeros((200, 200), np.uint8)

    assert annotated(pixels, ["Wang XiaoMing 王小明"], "").max() > 200
    assert annotated(pixels, [], "") is pixels


@pytest.mark.parametrize(
    ("media", "magic"),
    [("image/jpeg", b"\xff\xd8"), ("image/png", b"\x89PNG"), ("image/gif", b"GIF89a")],
)
def test_pictures_are_files_of_their_type(media, magic):
    frames = [np.full((5, 5), value, np.uint8) for value in (0, 255)]

    assert written(frames, media, 90).startswith(magic)


def test_native_ybr_becomes_rgb_by_the_standard_s_equations():
    ybr = np.random.default_rng(3).integers(0, 256, (16, 16, 3)).astype(np.uint8)
    shape = PixelShape(16, 16, 3, 8, 8, photometric="YBR_FULL")

    shown = displayed(ybr, "YBR_FULL", shape, Look())

    luma, blue, red = np.moveaxis(ybr.astype(float) - (0, 128, 128), -1, 0)
    expected = [luma + 1.402 * red, luma - 0.34414 * blue - 0.71414 * red, luma + 1.772 * blue]
    assert np.abs(shown - np.clip(np.stack(expected, -1), 0, 255)).max() <= STEP


def test_a_cine_in_colour_keeps_its_colours_near():
    """As ultrasound has them: grey, and a patch of red to yellow that moves."""
    grey = np.repeat(np.linspace(0, 255, 64).astype(np.uint8)[None], 64, axis=0)
    patch = np.stack([np.full(16, 255), np.linspace(0, 255, 16), np.zeros(16)], -1).astype(np.uint8)
    frames = [np.repeat(grey[..., None], 3, axis=2) for _ in range(3)]
    for number, frame in enumerate(frames):
        frame[number * 16 : number * 16 + 16, :16] = patch

    moving = Image.open(io.BytesIO(written(frames, "image/gif", 90)))

    for number, frame in enumerate(frames):
        moving.seek(number)
        off = np.abs(np.asarray(moving.convert("RGB")).astype(int) - frame)
        assert off.mean() < 2
        assert off.max() <= 16
