"""What the attributes of an instance say about its pixels.

References
----------
DICOM PS3.3 section C.7.6.3 (image pixel).
"""

from collections.abc import Mapping
from dataclasses import dataclass

SUBSAMPLED = ("YBR_FULL_422", "YBR_PARTIAL_422", "YBR_PARTIAL_420")
# More frames than this are made anew where each is as large as one of 64 by 64 pixels at least:
# a file of 1 MB may have a million frames, and each takes some milliseconds.
_MADE_FRAMES_MAX, _MADE_FRAME_BYTES = 2_000, 4_096


@dataclass(frozen=True, slots=True)
class PixelShape:
    """The description of one frame."""

    rows: int
    columns: int
    samples: int = 1
    bits_allocated: int = 8
    bits_stored: int = 8
    is_signed: bool = False
    photometric: str = "MONOCHROME2"
    planar: bool = False
    is_float: bool = False

    @property
    def frame_bytes(self) -> int:
        """Size of a native frame, its colours not subsampled."""
        return (self.rows * self.columns * self.samples * self.bits_allocated + 7) // 8

    def may_be_made(self, frames: int) -> bool:
        """Tell whether so many frames are decoded or coded anew for one answer."""
        return frames <= _MADE_FRAMES_MAX or self.frame_bytes >= _MADE_FRAME_BYTES


def shape_of(dataset: Mapping[str, Mapping[str, object]]) -> PixelShape | None:
    """Read the shape from an instance's DICOM JSON, ``None`` if there are no pixels to describe."""
    rows, columns = number(dataset, "00280010"), number(dataset, "00280011")
    bits = number(dataset, "00280100") or (64 if "7FE00009" in dataset else 32)
    if rows <= 0 or columns <= 0 or bits <= 0:
        return None
    photometric = first(dataset, "00280004")
    return PixelShape(
        rows=rows,
        columns=columns,
        samples=number(dataset, "00280002") or 1,
        bits_allocated=bits,
        bits_stored=min(number(dataset, "00280101") or bits, bits),
        is_signed=number(dataset, "00280103") == 1,
        photometric=photometric if isinstance(photometric, str) else "MONOCHROME2",
        planar=number(dataset, "00280006") == 1,
        is_float="7FE00008" in dataset or "7FE00009" in dataset,
    )


def first(dataset: Mapping[str, Mapping[str, object]], key: str) -> object:
    """Return the first value of an attribute, ``None`` without one."""
    values = dataset.get(key, {}).get("Value")
    return values[0] if isinstance(values, list) and values else None


def number(dataset: Mapping[str, Mapping[str, object]], key: str) -> int:
    """Return an attribute's whole number, 0 without one."""
    value = first(dataset, key)
    return value if isinstance(value, int) else 0
