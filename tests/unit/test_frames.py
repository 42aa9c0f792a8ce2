"""Where frames are, and reading one."""

from struct import pack

import pytest
from dicom_files import (
    BIG_ENDIAN,
    EXPLICIT,
    JPEG,
    JPEG_2000,
    RLE,
    element,
    encapsulated,
    image,
    instance,
)
from hypothesis import given
from hypothesis import strategies as st

from medshare.imaging.part10 import NoSuchFrameError, read_bulk, read_frame
from medshare.imaging.pixels import NativeFrames
from medshare.imaging.refusals import WarningCode
from medshare.imaging.scanner import ScannedInstance, scan_buffer

VIDEO = "1.2.840.10008.1.2.4.102"


def scanned(data):
    result = scan_buffer(data)
    assert isinstance(result, ScannedInstance), result
    return result


def reader_of(data):
    return lambda offset, length: data[offset : offset + length]


def frames_of(data):
    pixels = scanned(data).pixels
    count = pixels.frames.count
    return [read_frame(reader_of(data), pixels.frames, number) for number in range(1, count + 1)]


def native(raw, *, vr="OB", syntax=EXPLICIT, **shape):
    return image(element(0x7FE00010, vr, raw, syntax=syntax), syntax=syntax, **shape)


def test_native_frames_are_slices_without_the_padding():
    data = native(b"abcdefghi", rows=1, columns=3, frames=3)

    assert frames_of(data) == [b"abc", b"def", b"ghi"]
    assert scanned(data).warnings == ()


def test_colour_and_depth_count_in_a_frames_size():
    assert frames_of(native(b"abcdef", rows=1, columns=2, samples=3)) == [b"abcdef"]
    assert frames_of(native(b"abcd", rows=1, columns=1, bits=16, frames=2)) == [b"ab", b"cd"]


def test_two_pixels_of_ybr_full_422_share_their_colour():
    data = native(b"YYBRyybr", rows=1, columns=2, samples=3, frames=2, photometric="YBR_FULL_422")

    assert frames_of(data) == [b"YYBR", b"yybr"]


@pytest.mark.parametrize(
    ("attribute", "vr", "size"), [(0x7FE00008, "OF", 4), (0x7FE00009, "OD", 8)]
)
def test_float_pixels_have_the_width_of_their_attribute(attribute, vr, size):
    raw = bytes(range(2 * size))
    data = image(element(attribute, vr, raw), rows=1, columns=1, frames=2, bits=8)

    assert frames_of(data) == [raw[:size], raw[size:]]


@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 6), st.randoms(use_true_random=False))
def test_frames_of_one_bit_pixels_need_not_start_at_a_byte(rows, columns, count, random):
    bits = [random.randint(0, 1) for _ in range(rows * columns * count)]
    number = sum(bit << place for place, bit in enumerate(bits))
    raw = number.to_bytes((len(bits) + 7) // 8, "little")
    data = native(raw, rows=rows, columns=columns, bits=1, frames=count)
    size = rows * columns

    expected = [
        sum(bit << place for place, bit in enumerate(bits[n * size : (n + 1) * size]))
        for n in range(count)
    ]
    assert [int.from_bytes(frame, "little") for frame in frames_of(data)] == expected
    assert scanned(data).warnings == ()


def test_big_endian_frames_and_bulk_data_are_read_in_little_endian():
    data = native(pack(">4H", 1, 2, 3, 4), vr="OW", syntax=BIG_ENDIAN, rows=1, columns=2, bits=16,
                  frames=2)  # fmt: skip

    assert frames_of(data) == [pack("<2H", 1, 2), pack("<2H", 3, 4)]
    assert read_bulk(reader_of(data), scanned(data).bulk[0]) == pack("<4H", 1, 2, 3, 4)


def test_a_text_among_bulk_data_is_read_in_utf_8():
    words = element(0x00080005, "CS", "ISO_IR 126") + element(0x00091001, "UT", b"\xc4" * 70_000)
    data = instance(before=words)

    assert read_bulk(reader_of(data), scanned(data).bulk[0]) == "Δ".encode() * 70_000


def test_big_endian_bytes_in_words_are_read_across_frame_borders():
    data = native(b"badcfe", vr="OW", syntax=BIG_ENDIAN, rows=1, columns=3, frames=2)

    assert frames_of(data) == [b"abc", b"def"]


@pytest.mark.parametrize("number", [0, -1, 3])
def test_a_frame_that_does_not_exist_is_an_error(number):
    with pytest.raises(NoSuchFrameError):
        read_frame(bytes, NativeFrames(0, 8, 2), number)


def test_frames_that_cannot_be_told_apart_cannot_be_read():
    with pytest.raises(NoSuchFrameError):
        read_frame(bytes, None, 1)


def test_missing_pixels_leave_only_whole_frames():
    data = native(b"abcde", rows=1, columns=2, frames=4)

    assert frames_of(data) == [b"ab", b"cd", b"e\0"]
    assert [warning.code for warning in scanned(data).warnings] == [WarningCode.PIXEL_LENGTH]


@pytest.mark.parametrize(
    "shape", [{"rows": 0, "columns": 2}, {"rows": 1, "columns": 1, "frames": -1}]
)
def test_an_impossible_geometry_has_no_frames(shape):
    result = scanned(native(b"ab", **shape))

    assert result.pixels.frames is None
    assert [warning.code for warning in result.warnings] == [WarningCode.PIXEL_GEOMETRY]


def test_a_billion_declared_frames_cost_nothing():
    frames = scanned(native(b"ab", rows=1, columns=1, bits=1, frames=10**9)).pixels.frames

    assert frames.count == 16


SOI, SOC = b"\xff\xd8", b"\xff\x4f\xff\x51"


class TestEncapsulated:
    def test_one_fragment_a_frame(self):
        data = image(encapsulated(b"ab", b"cdef"), rows=1, columns=1, frames=2, syntax=RLE)

        assert frames_of(data) == [b"ab", b"cdef"]
        assert scanned(data).warnings == ()

    def test_one_frame_of_several_fragments(self):
        data = image(encapsulated(b"ab", b"cd", b"ef"), rows=1, columns=1, syntax=JPEG)

        assert frames_of(data) == [b"abcdef"]

    def test_the_basic_offset_table(self):
        pixels = encapsulated(b"ab", b"cd", b"ef", offsets=(0, 20))
        data = image(pixels, rows=1, columns=1, frames=2, syntax=JPEG)

        assert frames_of(data) == [b"abcd", b"ef"]

    @pytest.mark.parametrize("frame_count", [2, 200])
    def test_the_extended_offset_table(self, frame_count):
        fragments = [b"ab", b"cd"] * frame_count
        table = pack(f"<{frame_count}Q", *range(0, 20 * frame_count, 20))
        data = image(
            encapsulated(*fragments),
            rows=1,
            columns=1,
            frames=frame_count,
            syntax=JPEG,
            before_pixels=element(0x7FE00001, "OV", table),
        )

        assert frames_of(data) == [b"abcd"] * frame_count

    @pytest.mark.parametrize(("syntax", "start"), [(JPEG, SOI), (JPEG_2000, SOC)])
    def test_the_starts_of_codestreams_where_no_table_helps(self, syntax, start):
        first, second = start + b"ab", start + b"cd"
        pixels = encapsulated(first, b"more", b"more", second, b"more", offsets=(0, 3))
        data = image(pixels, rows=1, columns=1, frames=2, syntax=syntax)

        assert frames_of(data) == [first + b"moremore", second + b"more"]

    @pytest.mark.parametrize(
        ("pixels", "syntax", "warnings"),
        [
            (encapsulated(b"ab", b"cd", b"ef"), JPEG, [WarningCode.FRAMES_UNKNOWN]),
            (encapsulated(SOI, SOI, SOI), JPEG, [WarningCode.FRAMES_UNKNOWN]),
            (encapsulated(b"ab"), JPEG, [WarningCode.FRAMES_UNKNOWN]),
            (encapsulated(), JPEG, [WarningCode.FRAMES_UNKNOWN]),
            (encapsulated(b"ab", b"cd", b"ef"), VIDEO, []),
            (element(0x7FE00010, "OB", b"ab"), JPEG, [WarningCode.PIXEL_NOT_ENCAPSULATED]),
        ],
    )
    def test_frames_that_nothing_tells_apart_are_unknown(self, pixels, syntax, warnings):
        result = scanned(image(pixels, rows=1, columns=1, frames=2, syntax=syntax))

        assert result.pixels.frames is None
        assert [warning.code for warning in result.warnings] == warnings

    def test_an_offset_table_that_points_elsewhere_is_not_believed(self):
        for offsets in ((0, 4), (0, 4000), (10, 0), (0, 0)):
            pixels = encapsulated(b"ab", b"cd", b"ef", offsets=offsets)
            result = scanned(image(pixels, rows=1, columns=1, frames=2, syntax=JPEG))
            assert result.pixels.frames is None

    def test_the_bulk_value_spans_table_and_fragments(self):
        pixels = encapsulated(b"ab", b"cd")
        data = image(pixels, rows=1, columns=1, frames=2, syntax=JPEG)
        value = scanned(data).pixels

        assert data[value.offset : value.offset + value.length] == pixels[12:-8]
