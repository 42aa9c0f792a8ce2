"""The transfer syntaxes that can be decoded and made; without the codecs, for the server to ask.

References
----------
DICOM PS3.5 Annexes A.4 and G.
"""

from medshare.imaging.codecs.shape import SUBSAMPLED, PixelShape

PREFIX = "1.2.840.10008.1.2."
JPEG_LOSSY = ("4.50", "4.51")
JPEG_LOSSLESS = ("4.57", "4.70")
JPEG_LS = ("4.80", "4.81")
JPEG_2000 = ("4.90", "4.91", "4.92", "4.93")
HTJ2K = ("4.201", "4.202", "4.203")
JPEG_XL = ("4.110", "4.111", "4.112")
RLE = ("5",)
NATIVE = frozenset(("1.2.840.10008.1.2", *(f"{PREFIX}{suffix}" for suffix in ("1", "1.99", "2"))))
DECODED = frozenset(
    f"{PREFIX}{suffix}"
    for suffix in (*JPEG_LOSSY, *JPEG_LOSSLESS, *JPEG_LS, *JPEG_2000, *HTJ2K, *JPEG_XL, *RLE)
)

# Codecs that carry three samples without a meaning of their own.
_KEEPS_YBR = frozenset(f"{PREFIX}{suffix}" for suffix in (*JPEG_LS, *JPEG_LOSSLESS))
_MAYBE_LOSSY = frozenset(
    f"{PREFIX}{suffix}"
    for suffix in (*JPEG_LOSSY, "4.81", "4.91", "4.93", "4.203", "4.111", "4.112")
)

TO_EXPLICIT = f"{PREFIX}1"
TO_RLE = f"{PREFIX}5"
TO_JPEG_LS = f"{PREFIX}4.80"
TO_JPEG_2000 = f"{PREFIX}4.90"
TO_HTJ2K = f"{PREFIX}4.201"
MADE_SYNTAXES = (TO_EXPLICIT, TO_HTJ2K, TO_JPEG_2000, TO_JPEG_LS, TO_RLE)
_BYTE, _WORD = 8, 16


def can_decode(syntax: str) -> bool:
    """Whether a transfer syntax's frames can be decoded."""
    return syntax in DECODED or syntax in NATIVE


def encodings_of(shape: PixelShape) -> tuple[str, ...]:
    """Return the transfer syntaxes in which pixels of a shape can be written.

    One-bit pixels and floating point values leave as they are only, long integers also in RLE.
    """
    if shape.is_float or shape.bits_allocated % _BYTE:
        return (TO_EXPLICIT,)
    if shape.bits_allocated > _WORD:
        return (TO_EXPLICIT, TO_RLE)
    return MADE_SYNTAXES


def may_be_lossy(syntax: str) -> bool:
    """Whether pixels under a transfer syntax may have lost something when they were coded."""
    return syntax in _MAYBE_LOSSY


def photometric_after(syntax: str, shape: PixelShape) -> str:
    """Return the photometric interpretation of a frame that was decoded."""
    coded = syntax in DECODED and syntax != PREFIX + RLE[0]
    if coded and shape.samples > 1 and shape.photometric.startswith("YBR"):
        return "YBR_FULL" if syntax in _KEEPS_YBR else "RGB"
    return "YBR_FULL" if shape.photometric in SUBSAMPLED else shape.photometric
