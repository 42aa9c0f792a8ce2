"""Colour spaces: pixels into one that is asked for, and the profile that tells it; in workers.

References
----------
DICOM PS3.18 section 8.3.5.1.5 (iccprofile), PS3.3 section C.11.15; ICC.1 (profiles of three
components by matrix and curve); Adobe RGB (1998) section 4; ISO 22028-2 (ROMM RGB).
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from struct import pack
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

Pixels = NDArray[Any]
Triple = tuple[float, float, float]
YES, SRGB = "yes", "srgb"
_FIXED = 1 << 16
_GAMMA = 1 << 8
_D50: Triple = (0.9642, 1.0, 0.8249)


@dataclass(frozen=True, slots=True)
class _Space:
    """Colours of the three primaries under D50, and the exponent of their curve."""

    name: str
    primaries: tuple[Triple, Triple, Triple]
    gamma: float


_SPACES: Mapping[str, _Space] = {
    "adobergb": _Space(
        "Adobe RGB (1998)",
        ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)),
        563 / 256,
    ),
    "rommrgb": _Space(
        "ROMM RGB",
        ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491)),
        1.8,
    ),
}


def coloured(pixels: Pixels, wanted: str, own: bytes) -> tuple[Pixels, bytes]:
    """Return pixels in the space that is wanted as RGB, and the profile of it.

    Parameters
    ----------
    wanted
        ``srgb``, ``adobergb`` or ``rommrgb``; ``yes``: the image's own space.
    own
        The image's profile; empty: sRGB.
    """
    image = Image.fromarray(pixels).convert("RGB")
    source = own or profile_of(SRGB)
    if wanted == YES or (wanted == SRGB and not own):
        return np.asarray(image), source
    target = profile_of(wanted)
    before, after = (ImageCms.ImageCmsProfile(io.BytesIO(each)) for each in (source, target))
    ImageCms.profileToProfile(image, before, after, inPlace=True)
    return np.asarray(image), target


@cache
def profile_of(name: str) -> bytes:
    """Return the profile of a space: ``srgb``, ``adobergb`` or ``rommrgb``."""
    if name == SRGB:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    space = _SPACES[name]
    curve = b"curv" + pack(">IIH2x", 0, 1, round(space.gamma * _GAMMA))
    tags = [
        (b"desc", _description(space.name)),
        (b"cprt", b"text" + bytes(4) + b"CC0\0"),
        (b"wtpt", _colour(_D50)),
        *zip((b"rXYZ", b"gXYZ", b"bXYZ"), map(_colour, space.primaries), strict=True),
        *((each, curve) for each in (b"rTRC", b"gTRC", b"bTRC")),
    ]
    return _profile(tags)


def _profile(tags: Sequence[tuple[bytes, bytes]]) -> bytes:
    at = 128 + 4 + 12 * len(tags)
    table, values = pack(">I", len(tags)), b""
    for signature, value in tags:
        table += signature + pack(">II", at + len(values), len(value))
        values += value + bytes(-len(value) % 4)
    head = pack(">II", at + len(values), 0) + b"\x02\x40\0\0mntrRGB XYZ "
    head += pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + bytes(28) + _numbers(_D50)
    return head.ljust(128, b"\0") + table + values


def _description(name: str) -> bytes:
    text = name.encode() + b"\0"
    return b"desc" + pack(">II", 0, len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)


def _colour(value: Triple) -> bytes:
    return b"XYZ " + bytes(4) + _numbers(value)


def _numbers(value: Triple) -> bytes:
    return pack(">3i", *(round(each * _FIXED) for each in value))
