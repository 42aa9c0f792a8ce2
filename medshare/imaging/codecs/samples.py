"""Samples without what is no part of them.

References
----------
DICOM PS3.5 section 8.1.1; PS3.3 section C.11.7, note 1 (bits above High Bit are unspecified).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[Any]
_BYTE = 8


def without_other_bits(pixels: Pixels, bits_stored: int) -> Pixels:
    """Return integer samples without what stands in the bits above those that are stored."""
    unused = pixels.dtype.itemsize * _BYTE - bits_stored
    if pixels.dtype.kind not in "iu" or unused <= 0:
        return pixels
    is_signed = pixels.dtype.kind == "i"
    lowest, highest = (
        (-(1 << (bits_stored - 1)), (1 << (bits_stored - 1)) - 1)
        if is_signed
        else (0, (1 << bits_stored) - 1)
    )
    if pixels.max() <= highest and pixels.min() >= lowest:
        return pixels
    return np.asarray((pixels << unused) >> unused)
