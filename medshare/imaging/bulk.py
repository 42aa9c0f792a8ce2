"""Values that metadata only point at: which ones they are, and where they stand in the file.

References
----------
DICOM PS3.18 sections F.2.2 and F.2.6.
"""

from dataclasses import dataclass

from medshare.imaging.values import BINARY_VRS

INLINE_BYTES_MAX = 1 << 10
"""Binary values up to here stand in the metadata, which every viewer asks for: they stay small."""
TEXT_BYTES_MAX = 1 << 16
"""Texts up to here do."""
_ALWAYS_BULK_VRS = frozenset(("OF", "OD"))
_ALWAYS_BULK = frozenset(("7FE00008", "7FE00009", "7FE00010", "54001010"))
_BINARY_NUMBERS = frozenset(("FL", "FD", "SL", "SS", "SV", "UL", "US", "UV"))
_LONG_TEXTS = frozenset(("DS", "IS", "LT", "ST", "UC", "UT"))


@dataclass(frozen=True, slots=True)
class Bulk:
    """A value that the metadata only point at.

    Parameters
    ----------
    path
        Where it stands: tags of eight hex digits, with 1-based item numbers between them, such
        as ``54000100/1/54001010``.
    vr
        Its VR.
    offset, length
        In bytes from the start of the file, of the inflated data set if it was deflated.
    word_bytes
        More than 1 if the value is big endian: bytes of a word to be reversed on the way out.
    charset
        Of a text: the raw Specific Character Set under which it stands.
    """

    path: str
    vr: str
    offset: int
    length: int
    word_bytes: int = 1
    charset: bytes | None = None


def is_bulk(key: str, vr: str, size: int) -> bool:
    """Tell whether metadata only point at a value of so many bytes."""
    if key in _ALWAYS_BULK or vr in _ALWAYS_BULK_VRS:
        return True
    if vr in BINARY_VRS or vr in _BINARY_NUMBERS:
        return size > INLINE_BYTES_MAX
    return vr in _LONG_TEXTS and size > TEXT_BYTES_MAX
