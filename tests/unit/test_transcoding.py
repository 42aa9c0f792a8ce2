"""Every sample file in every transfer syntax that it can be rewritten in."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest

from medshare.imaging.codecs.decode import decode
from medshare.imaging.codecs.encode import encode
from medshare.imaging.codecs.repertory import MADE_SYNTAXES, photometric_after
from medshare.imaging.codecs.shape import shape_of
from medshare.imaging.part10 import read_frame
from medshare.imaging.pictures import Source
from medshare.imaging.transcoding import targets_of, transcoded
from tests.pictures import source_of
from tests.samples import NOT_STORABLE, SAMPLE_NAMES, SAMPLES

OWN = {"00020010", "00080005", "00083002", "00280004", "00280006"}
PIXELS = {"7FE00001", "7FE00002", "7FE00003", "7FE00010"}
# Its pixels are no codestream, but bytes that look like a delimiter.
NO_CODESTREAM = "test_files/JPEG2000-embedded-sequence-delimiter.dcm"
STORABLE = [name for name in SAMPLE_NAMES if name not in {*NOT_STORABLE, NO_CODESTREAM}]


def frames_of(source: Source) -> list[Any]:
    shape, frames = shape_of(source.dataset), source.layout.frames
    if shape is None or frames is None:
        return []
    syntax = source.instance.transfer_syntax_uid
    return [
        decode(read_frame(source.read, frames, number), syntax, shape)
        for number in range(1, frames.count + 1)
    ]


@pytest.mark.parametrize("name", STORABLE)
def test_values_and_pixels_stay(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    source = source_of(data)
    targets = targets_of(source)
    shape, before = shape_of(source.dataset), frames_of(source) if targets else []
    for target in targets - {source.instance.transfer_syntax_uid}:

        def make(number: int, target: str = target) -> bytes:
            assert shape is not None
            return encode(before[number - 1], target, shape.bits_stored)

        after = source_of(b"".join(transcoded(source, target, make)))

        assert after.instance.transfer_syntax_uid == target
        kept = {key: each for key, each in source.dataset.items() if key not in OWN | PIXELS}
        assert {key: each for key, each in after.dataset.items() if key not in OWN | PIXELS} == kept
        if before and shape is not None:
            interpretation = after.dataset["00280004"]["Value"]
            stored_as = source.instance.transfer_syntax_uid
            assert interpretation == [photometric_after(stored_as, shape)]
        for one, other in zip(before, frames_of(after), strict=True):
            assert np.array_equal(one, other), target


def test_the_samples_reach_every_transfer_syntax() -> None:
    reached = {
        target
        for name in STORABLE
        for target in targets_of(source_of((SAMPLES / name).read_bytes()))
    }
    assert reached == set(MADE_SYNTAXES)


def test_pydicom_reads_what_is_written() -> None:
    source = source_of(Path(SAMPLES / "test_files/SC_rgb_rle_2frame.dcm").read_bytes())
    before = frames_of(source)

    def make(number: int) -> bytes:
        return encode(before[number - 1], "1.2.840.10008.1.2.1", 8)

    written = b"".join(transcoded(source, "1.2.840.10008.1.2.1", make))

    assert np.array_equal(pydicom.dcmread(io.BytesIO(written)).pixel_array, np.stack(before))
