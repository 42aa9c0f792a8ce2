"""What kind of thing an instance is to somebody who looks at it, and what it is shown as.

References
----------
DICOM PS3.4 Annex B.5 (SOP Classes); PS3.18 section 8.7.4 (rendered media types).
"""

from collections.abc import Mapping
from enum import StrEnum

from medshare.imaging.rendering.spec import IMAGE_TYPES

HTML, PLAIN, SVG, PDF = "text/html", "text/plain", "image/svg+xml", "application/pdf"
_STORAGE = "1.2.840.10008.5.1.4.1.1."
COLOUR_STATE = f"{_STORAGE}11.2"
_STATES = (f"{_STORAGE}11.1", COLOUR_STATE, f"{_STORAGE}11.3")  # grey, colour, pseudo-colour
_OF_SOUND = f"{_STORAGE}9.4."
_REPORTS, _WAVEFORMS, _DOCUMENTS = f"{_STORAGE}88.", f"{_STORAGE}9.", f"{_STORAGE}104."
VIDEO_TYPES = ("video/mp4", "video/mpeg", "video/H265")
ROOTS = (_REPORTS, _WAVEFORMS, _DOCUMENTS)
"""How the UIDs begin of SOP Classes that are no images."""


class Family(StrEnum):
    """Kinds of instances by what they are shown as."""

    IMAGE = "image"
    REPORT = "report"
    WAVEFORM = "waveform"
    PDF = "pdf"
    CDA = "cda"
    VIDEO = "video"
    PRESENTATION = "presentation"
    UNSHOWN = "unshown"


OFFERS: Mapping[Family, tuple[str, ...]] = {
    Family.IMAGE: IMAGE_TYPES,
    Family.REPORT: (HTML, PLAIN),
    Family.WAVEFORM: (SVG,),
    Family.PDF: (PDF,),
    Family.CDA: (HTML, PLAIN),
    Family.PRESENTATION: IMAGE_TYPES,
    Family.VIDEO: VIDEO_TYPES,
    Family.UNSHOWN: (),
}
"""The media types of each family, the default first."""
RENDERED_TYPES = tuple(dict.fromkeys(media for offers in OFFERS.values() for media in offers))
_OF_DOCUMENTS = {"1": Family.PDF, "2": Family.CDA}


def family_of(sop_class_uid: str) -> Family:
    """Tell what an instance of a SOP Class is; what is not known may be an image."""
    if sop_class_uid in _STATES:
        return Family.PRESENTATION
    if sop_class_uid.startswith(_DOCUMENTS):
        return _OF_DOCUMENTS.get(sop_class_uid.removeprefix(_DOCUMENTS), Family.UNSHOWN)
    if sop_class_uid.startswith(_REPORTS):
        return Family.REPORT
    if sop_class_uid.startswith(_WAVEFORMS):
        return Family.UNSHOWN if sop_class_uid.startswith(_OF_SOUND) else Family.WAVEFORM
    return Family.IMAGE


def content_type_of(media: str) -> str:
    """Return the Content-Type of what is shown: every text is UTF-8."""
    return f"{media}; charset=utf-8" if media.startswith("text/") else media
