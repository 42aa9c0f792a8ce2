"""The directory records of a DICOMDIR: of which type an instance's is, and what stands in each.

References
----------
DICOM PS3.3 sections F.4 (types, by SOP class) and F.5 (keys of each type).
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydicom.datadict import dictionary_VR

from medshare.imaging.attributes import text, values
from medshare.imaging.dictionary import tag_of

DataSet = Mapping[str, Mapping[str, Any]]

_STORAGE = "1.2.840.10008.5.1.4.1.1."
# What a UID of a storage SOP class begins with, behind the common root; the longest one counts.
_TYPES = {
    "4.2": "SPECTROSCOPY",
    "9": "WAVEFORM",
    "11": "PRESENTATION",
    "34.7": "PLAN",
    "66": "RAW DATA",
    "66.1": "REGISTRATION",
    "66.2": "FIDUCIAL",
    "66.3": "REGISTRATION",
    "66.4": "IMAGE",
    "66.5": "SURFACE",
    "66.6": "TRACT",
    "66.7": "IMAGE",
    "67": "VALUE MAP",
    "68": "SURFACE SCAN",
    "77.1.5.3": "STEREOMETRIC",
    "78": "MEASUREMENT",
    "78.6": "SR DOCUMENT",
    "79": "SR DOCUMENT",
    "80": "MEASUREMENT",
    "88": "SR DOCUMENT",
    "88.59": "KEY OBJECT DOC",
    "90": "ASSESSMENT",
    "91": "ANNOTATION",
    "104": "ENCAP DOC",
    "131": "PRESENTATION",
    "200": "PRIVATE",
    "201": "PRIVATE",
    "481": "RADIOTHERAPY",
    "481.1": "IMAGE",
    "481.2": "RT DOSE",
    "481.3": "RT STRUCTURE SET",
    "481.4": "RT TREAT RECORD",
    "481.5": "RT PLAN",
    "481.6": "RT TREAT RECORD",
    "481.7": "RT TREAT RECORD",
    "481.8": "RT PLAN",
    "481.9": "RT TREAT RECORD",
    "481.23": "IMAGE",
    "481.24": "IMAGE",
}
_CONTENT = "ContentDate ContentTime InstanceNumber"
_IDENTIFIED = f"{_CONTENT} ContentLabel ContentDescription ContentCreatorName"
# Keywords; those in parentheses only where the instance has them (1C).
_KEYS = {
    "PATIENT": "PatientName PatientID",
    "STUDY": "StudyDate StudyTime StudyDescription StudyInstanceUID StudyID AccessionNumber",
    "SERIES": "Modality SeriesInstanceUID SeriesNumber (SeriesDescription)",
    "IMAGE": "InstanceNumber (ImageType) (NumberOfFrames) (Rows) (Columns)",
    "RT DOSE": "InstanceNumber DoseSummationType",
    "RT STRUCTURE SET": "InstanceNumber StructureSetLabel StructureSetDate StructureSetTime",
    "RT PLAN": "InstanceNumber RTPlanLabel RTPlanDate RTPlanTime",
    "RT TREAT RECORD": "InstanceNumber TreatmentDate TreatmentTime",
    "PRESENTATION": "PresentationCreationDate PresentationCreationTime InstanceNumber ContentLabel"
    " ContentDescription ContentCreatorName (ReferencedSeriesSequence) (BlendingSequence)",
    "WAVEFORM": _CONTENT,
    "SR DOCUMENT": f"{_CONTENT} CompletionFlag VerificationFlag (VerificationDateTime)"
    " ConceptNameCodeSequence (ContentSequence)",
    "KEY OBJECT DOC": f"{_CONTENT} ConceptNameCodeSequence (ContentSequence)",
    "SPECTROSCOPY": f"{_CONTENT} ImageType NumberOfFrames Rows Columns DataPointRows"
    " DataPointColumns (ReferencedImageEvidenceSequence)",
    "RAW DATA": _CONTENT,
    "REGISTRATION": _IDENTIFIED,
    "FIDUCIAL": _IDENTIFIED,
    "VALUE MAP": _IDENTIFIED,
    "MEASUREMENT": _IDENTIFIED,
    "SURFACE": _IDENTIFIED,
    "TRACT": _IDENTIFIED,
    "SURFACE SCAN": "ContentDate ContentTime",
    "ENCAP DOC": f"{_CONTENT} DocumentTitle (HL7InstanceIdentifier) ConceptNameCodeSequence"
    " MIMETypeOfEncapsulatedDocument",
    "ASSESSMENT": "InstanceNumber InstanceCreationDate InstanceCreationTime",
    "RADIOTHERAPY": "InstanceNumber (UserContentLabel) (UserContentLongLabel) ContentDescription"
    " ContentCreatorName",
    "ANNOTATION": _IDENTIFIED,
    "STEREOMETRIC": "",
    "PLAN": "",
    "PRIVATE": "",
}
_CONTENT_SEQUENCE = "0040A730"
_RELATIONSHIP_TYPE = "0040A010"
_ROWS = "00280010"


def type_of(sop_class_uid: str, dataset: DataSet) -> str:
    """Return the type of an instance's record; what nobody knows is an image if it has rows."""
    if not sop_class_uid.startswith(_STORAGE):
        return "IMAGE" if values(dataset, _ROWS) else "PRIVATE"
    known = sop_class_uid.removeprefix(_STORAGE)
    while known and known not in _TYPES:
        known = known.rpartition(".")[0]
    return _TYPES.get(known, "IMAGE")


def keys_of(record_type: str, dataset: DataSet) -> dict[str, Mapping[str, Any]]:
    """Return the keys of a record of some type, those without a value empty."""
    found = dict(_taken(_KEYS[record_type].split(), dataset))
    if _CONTENT_SEQUENCE in found:
        modifiers = _concept_modifiers(values(dataset, _CONTENT_SEQUENCE))
        found[_CONTENT_SEQUENCE] = {"vr": "SQ", "Value": modifiers}
        if not modifiers:
            del found[_CONTENT_SEQUENCE]
    return found


def _taken(keywords: Sequence[str], dataset: DataSet) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for keyword in keywords:
        key = tag_of(keyword.strip("()"))
        if key in dataset:
            yield key, dataset[key]
        elif not keyword.startswith("("):
            yield key, {"vr": dictionary_VR(int(key, 16))}


def _concept_modifiers(content: Sequence[Any]) -> list[Any]:
    """Return of a document's content what modifies its title (PS3.3 section F.5.24)."""
    return [each for each in content if text(each, _RELATIONSHIP_TYPE) == "HAS CONCEPT MOD"]
