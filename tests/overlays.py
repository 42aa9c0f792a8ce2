"""Overlay planes to be put into data sets."""

import io
from typing import Any

import numpy as np
import pydicom


def a_plane(bits: Any, top: int = 1, left: int = 1, group: int = 0x6000, **more: Any) -> Any:
    """Return the elements of an overlay of one frame, or of several."""
    packed = np.packbits(bits, bitorder="little").tobytes()
    elements = {
        0x0010: ("US", bits.shape[-2]), 0x0011: ("US", bits.shape[-1]), 0x0040: ("CS", "G"),
        0x0050: ("SS", [top, left]), 0x0100: ("US", 1), 0x0102: ("US", 0),
        0x3000: ("OW", packed + b"\0" * (len(packed) % 2)),
    }  # fmt: skip
    added = {int(name.removeprefix("x"), 16): value for name, value in more.items()}
    return {group << 16 | key: value for key, value in (elements | added).items()}


def with_planes(file: bytes, *planes: dict[int, Any]) -> bytes:
    dataset = pydicom.dcmread(io.BytesIO(file))
    for plane in planes:
        for tag, (vr, value) in plane.items():
            dataset.add_new(tag, vr, value)
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()
