"""The transfer syntaxes that medshare keeps.

References
----------
DICOM PS3.5 Annex A; PS3.6 Annex A.
"""

from dataclasses import dataclass
from enum import StrEnum


class Codestream(StrEnum):
    """What an encapsulated frame is coded as, as far as finding its start needs to know."""

    JPEG = "jpeg"
    JPEG_2000 = "jpeg-2000"
    JPEG_XL = "jpeg-xl"
    RLE = "rle"
    DEFLATE = "deflate"
    RAW = "raw"
    VIDEO = "video"


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a data set is written down."""

    is_implicit: bool = False
    is_big_endian: bool = False


IMPLICIT_LITTLE = Encoding(is_implicit=True)
EXPLICIT_LITTLE = Encoding()
EXPLICIT_BIG = Encoding(is_big_endian=True)

IMPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2"
EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"
DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN = "1.2.840.10008.1.2.1.99"
EXPLICIT_VR_BIG_ENDIAN = "1.2.840.10008.1.2.2"


@dataclass(frozen=True, slots=True)
class TransferSyntax:
    """A transfer syntax; ``codestream`` is ``None`` where pixel data are native."""

    uid: str
    encoding: Encoding = EXPLICIT_LITTLE
    is_deflated: bool = False
    codestream: Codestream | None = None

    @property
    def is_encapsulated(self) -> bool:
        """Whether pixel data come as fragments."""
        return self.codestream is not None


_NATIVE = (
    TransferSyntax(IMPLICIT_VR_LITTLE_ENDIAN, IMPLICIT_LITTLE),
    TransferSyntax(EXPLICIT_VR_LITTLE_ENDIAN),
    TransferSyntax(DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, is_deflated=True),
    TransferSyntax(EXPLICIT_VR_BIG_ENDIAN, EXPLICIT_BIG),
)

# The suffixes to 1.2.840.10008.1.2. of each kind. JPIP (4.94, 4.95, 4.204, 4.205) is left out:
# its pixel data are elsewhere, behind an address that the server would have to follow.
_ENCAPSULATED = {
    Codestream.JPEG: "4.50 4.51 4.52 4.53 4.54 4.55 4.56 4.57 4.58 4.59 4.60 4.61 4.62 4.63"
    " 4.64 4.65 4.66 4.70 4.80 4.81",
    Codestream.JPEG_2000: "4.90 4.91 4.92 4.93 4.201 4.202 4.203",
    Codestream.JPEG_XL: "4.110 4.111 4.112",
    Codestream.RLE: "5",
    Codestream.DEFLATE: "8.1",
    Codestream.RAW: "1.98",
    Codestream.VIDEO: "4.100 4.100.1 4.101 4.101.1 4.102 4.102.1 4.103 4.103.1 4.104 4.104.1"
    " 4.105 4.105.1 4.106 4.106.1 4.107 4.108 7.1 7.2 7.3",
}

TRANSFER_SYNTAXES = {syntax.uid: syntax for syntax in _NATIVE} | {
    uid: TransferSyntax(uid, codestream=codestream)
    for codestream, suffixes in _ENCAPSULATED.items()
    for uid in (f"1.2.840.10008.1.2.{suffix}" for suffix in suffixes.split())
}
