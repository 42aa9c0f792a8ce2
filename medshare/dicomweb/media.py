"""Media types of DICOMweb and which transfer syntax each carries.

References
----------
DICOM PS3.18 section 8.7.3 and Tables 8.7.3-2 to 8.7.3-5.
"""

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

from flask import request

from medshare.imaging.codecs.repertory import MADE_SYNTAXES, may_be_lossy
from medshare.imaging.transfer_syntaxes import (
    EXPLICIT_VR_BIG_ENDIAN,
    EXPLICIT_VR_LITTLE_ENDIAN,
    IMPLICIT_VR_LITTLE_ENDIAN,
    TRANSFER_SYNTAXES,
)
from medshare.kernel.errors import NotAcceptableError
from medshare.web.negotiation import MediaRange, MediaType, accepted_ranges, best_of

DICOM = "application/dicom"
DICOM_JSON = "application/dicom+json"
DICOM_XML = "application/dicom+xml"
OCTETS = "application/octet-stream"
ZIP = "application/zip"
RELATED = "multipart/related"
JSON_OFFERS = (MediaType("application", "dicom+json"), MediaType("application", "json"))
XML = MediaType("application", "dicom+xml")
XML_PARTS = MediaType("multipart", "related", {"type": DICOM_XML})
NEVER_SENT = frozenset({IMPLICIT_VR_LITTLE_ENDIAN, EXPLICIT_VR_BIG_ENDIAN})
CODED = {
    "image/jpeg": "4.50 4.51 4.57 4.70",
    "image/dicom-rle": "5",
    "image/jls": "4.80 4.81",
    "image/jp2": "4.90 4.91",
    "image/jpx": "4.92 4.93",
    "image/jphc": "4.201 4.202 4.203",
    "image/jxl": "4.110 4.111 4.112",
    "video/mpeg": "4.100 4.100.1 4.101 4.101.1",
    "video/mp4": "4.102 4.102.1 4.103 4.103.1 4.104 4.104.1 4.105 4.105.1 4.106 4.106.1",
    "video/H265": "4.107 4.108",
}
OLDER_NAMES = {
    "image/dicom+jpeg": "image/jpeg",
    "image/dicom+rle": "image/dicom-rle",
    "image/x-dicom-rle": "image/dicom-rle",
    "image/dicom+jpeg-ls": "image/jls",
    "image/x-jls": "image/jls",
    "image/dicom+jp2": "image/jp2",
    "image/dicom+jpx": "image/jpx",
    "image/jhc": "image/jphc",
    "video/mpeg2": "video/mpeg",
}
"""What earlier editions and viewers call them: asked for so, they leave under today's names."""
CODED_TYPES = {
    f"1.2.840.10008.1.2.{suffix}": media
    for media, suffixes in CODED.items()
    for suffix in suffixes.split()
}


def made_types() -> dict[str, str]:
    """Return what frames are transcoded to: the media type of each transfer syntax."""
    return {each: CODED_TYPES.get(each, OCTETS) for each in MADE_SYNTAXES}


def wanted() -> list[MediaRange]:
    """Return what the request accepts, the most wanted first."""
    return accepted_ranges(request.args.getlist("accept"), _header())


def _header() -> str | None:
    """Return what ``Accept`` says, ``None`` where it says nothing."""
    return request.headers.get("Accept", "").strip() or None


def wants_xml() -> bool:
    """Tell whether data sets go out as XML, a part each, rather than as one JSON array.

    Raises
    ------
    NotAcceptableError
        The request accepts neither.
    """
    chosen = _chosen(tuple(request.args.getlist("accept")), _header())
    if chosen is None:
        raise NotAcceptableError(
            "This resource is offered as application/dicom+json and multipart/related; "
            'type="application/dicom+xml".',
            "该资源以 application/dicom+json 及 multipart/related; "
            'type="application/dicom+xml" 提供。',
        )
    return chosen is XML_PARTS


@lru_cache(maxsize=1024)  # a client sends the same few all day
def _chosen(parameter: Sequence[str], header: str | None) -> MediaType | None:
    """Choose as what data sets go out: by the parameter, or where it tells nothing the header."""
    offers = (*JSON_OFFERS, XML_PARTS)
    chosen = best_of(accepted_ranges(parameter, ""), offers)
    if chosen is None and (header is not None or not parameter):
        chosen = best_of(accepted_ranges([], header), offers)
    return chosen


def sent_syntax(stored: str) -> str:
    """Return the transfer syntax under which an instance leaves as it is stored.

    Implicit VR and big endian are never sent (PS3.18 section 8.7.3).
    """
    return EXPLICIT_VR_LITTLE_ENDIAN if stored in NEVER_SENT else stored


def is_native(transfer_syntax_uid: str) -> bool:
    """Whether pixel data under a transfer syntax are not encapsulated."""
    return not TRANSFER_SYNTAXES[transfer_syntax_uid].is_encapsulated


def syntax_for(
    wanted_syntax: str | None, stored: str, targets: Callable[[], Collection[str]]
) -> str | None:
    """Choose the transfer syntax to send, ``None`` where the wanted one cannot be had.

    The default is explicit VR little endian; pixels stay coded where they may have lost something
    or cannot be decoded (PS3.18 section 8.7.3.4).

    Parameters
    ----------
    wanted_syntax
        A UID; ``*`` for as stored; ``None`` for the default.
    targets
        Tells into what the instance can be rewritten.
    """
    as_stored = sent_syntax(stored)
    if wanted_syntax in ("*", as_stored):
        return as_stored
    if is_native(stored) and wanted_syntax in (None, EXPLICIT_VR_LITTLE_ENDIAN):
        return EXPLICIT_VR_LITTLE_ENDIAN
    if wanted_syntax is not None:
        return wanted_syntax if wanted_syntax in targets() else None
    stays = may_be_lossy(stored) or EXPLICIT_VR_LITTLE_ENDIAN not in targets()
    return as_stored if stays else EXPLICIT_VR_LITTLE_ENDIAN


def asks_for(media_range: MediaRange, media: str) -> bool:
    """Whether a range takes a media type by itself, whatever the parameters."""
    return media_range.quality > 0 and _takes(media_range.media.essence, media)


def asks_for_multipart(media_range: MediaRange, types: Sequence[str]) -> bool:
    """Whether a range asks for ``multipart/related`` of one of some types, or for anything."""
    media = media_range.media
    if media_range.quality == 0 or media.type not in ("*", "multipart"):
        return False
    if media.subtype not in ("*", "related"):
        return False
    inner = media.parameters.get("type", "*/*").lower()
    return any(_takes(inner, each) for each in types)


def _takes(wanted_type: str, media: str) -> bool:
    if wanted_type.endswith("/*"):
        return wanted_type == "*/*" or media.lower().startswith(wanted_type[:-1])
    return OLDER_NAMES.get(wanted_type, wanted_type) == media.lower()
