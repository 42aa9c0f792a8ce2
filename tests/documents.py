"""DICOM files that are no images: reports, waveforms, encapsulated documents; all made up."""

from typing import Any

import numpy as np
from pydicom import Dataset
from pydicom.sequence import Sequence

from tests.dicom import a_ct

STORAGE = "1.2.840.10008.5.1.4.1.1."
BASIC_TEXT_SR, ENHANCED_SR = f"{STORAGE}88.11", f"{STORAGE}88.22"
ECG, GENERAL_ECG, HEMODYNAMIC = f"{STORAGE}9.1.1", f"{STORAGE}9.1.2", f"{STORAGE}9.2.1"
SOUND = f"{STORAGE}9.4.1"
GRAYSCALE_STATE = f"{STORAGE}11.1"
PDF, CDA = f"{STORAGE}104.1", f"{STORAGE}104.2"
A_PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n"
A_CDA = """<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3"><title>出院小结</title>
<component><structuredBody><component><section><title>诊断</title>
<text><paragraph>右肺上叶结节 &lt;8 mm&gt;</paragraph>
<table><tbody><tr><td>大小</td><td>8 mm</td></tr></tbody></table></text>
</section></component></structuredBody></component></ClinicalDocument>"""


def without_pixels(sop_class: str, number: int = 1, study: int = 1, **attributes: Any) -> bytes:
    """Return a file of a SOP Class."""
    no_pixels = dict.fromkeys(
        (
            "Rows",
            "Columns",
            "BitsAllocated",
            "BitsStored",
            "HighBit",
            "SamplesPerPixel",
            "PixelRepresentation",
            "PhotometricInterpretation",
            "PixelData",
        )
    )
    return a_ct(number, study, SOPClassUID=sop_class, **(no_pixels | attributes))


def code(value: str, scheme: str, meaning: str) -> Sequence:
    """Return a code sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return Sequence([item])


def content(value_type: str, name: str = "", *children: Dataset, **values: Any) -> Dataset:
    """Return a content item."""
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", value_type
    if name:
        item.ConceptNameCodeSequence = code("T-1", "99TEST", name)
    for keyword, value in values.items():
        setattr(item, keyword, value)
    if children:
        item.ContentSequence = Sequence(children)
    return item


def measurement(name: str, value: str, unit: str) -> Dataset:
    """Return a NUM content item."""
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = code(unit, "UCUM", unit)
    return content("NUM", name, MeasuredValueSequence=Sequence([measured]))


def an_sr(*children: Dataset, continuity: str = "SEPARATE", **attributes: Any) -> bytes:
    """Return an SR document."""
    return without_pixels(
        ENHANCED_SR,
        Modality="SR",
        ValueType="CONTAINER",
        ContinuityOfContent=continuity,
        ConceptNameCodeSequence=code("T-0", "99TEST", "测试报告"),
        CompletionFlag="COMPLETE",
        VerificationFlag="UNVERIFIED",
        ContentDate="20260301",
        ContentTime="094500",
        ContentSequence=Sequence(children),
        **attributes,
    )


def channel(label: str, unit: str = "uV", sensitivity: str | None = "1", **values: Any) -> Dataset:
    """Return a channel definition; without sensitivity it is not calibrated."""
    item = Dataset()
    item.ChannelLabel = label
    if sensitivity is not None:
        item.ChannelSensitivity = sensitivity
        item.ChannelSensitivityUnitsSequence = code(unit, "UCUM", unit)
        item.ChannelSensitivityCorrectionFactor = "1"
        item.ChannelBaseline = "0"
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def a_group(samples: Any, *channels: Dataset, hertz: float = 500, **values: Any) -> Dataset:
    """Return a multiplex group of samples x channels."""
    table = np.asarray(samples)
    item = Dataset()
    item.NumberOfWaveformChannels, item.NumberOfWaveformSamples = table.shape[1], table.shape[0]
    item.SamplingFrequency = hertz
    item.ChannelDefinitionSequence = Sequence(channels)
    item.WaveformBitsAllocated = 8 * table.dtype.itemsize
    kinds = {"b": "SB", "B": "UB", "h": "SS", "H": "US", "i": "SL", "I": "UL"}
    item.WaveformSampleInterpretation = kinds[table.dtype.char]
    item.WaveformData = table.tobytes()
    item["WaveformData"].VR = "OB" if table.dtype.itemsize == 1 else "OW"
    for keyword, value in values.items():
        setattr(item, keyword, value)
    return item


def a_waveform(*groups: Dataset, sop_class: str = ECG, **attributes: Any) -> bytes:
    """Return a waveform file."""
    return without_pixels(
        sop_class,
        Modality="ECG",
        AcquisitionDateTime="20260301094500",
        WaveformSequence=Sequence(groups),
        **attributes,
    )


def a_document(document: bytes, media: str, sop_class: str = PDF, **attributes: Any) -> bytes:
    """Return an encapsulated document."""
    return without_pixels(
        sop_class,
        **{
            "Modality": "DOC",
            "DocumentTitle": "Test",
            "MIMETypeOfEncapsulatedDocument": media,
            "EncapsulatedDocumentLength": len(document),
            "EncapsulatedDocument": document + b"\0" * (len(document) % 2),
            **attributes,
        },
    )


def in_series(series: int, study: int = 1) -> dict[str, str]:
    """Return the UIDs of the only instance of a series of a study."""
    uid = f"2.999.9.{study}.{series}"
    return {"SeriesInstanceUID": uid, "SOPInstanceUID": f"{uid}.1", "SeriesNumber": str(series)}


def a_state(*images: tuple[int, tuple[int, ...]], **attributes: Any) -> bytes:
    """Return a grayscale presentation state of slices (number, frames) of study 1."""
    series = Dataset()
    series.SeriesInstanceUID = "2.999.9.1.1"
    series.ReferencedImageSequence = Sequence([a_slice(*each) for each in images])
    own = {"Modality": "PR", "ReferencedSeriesSequence": Sequence([series]), **in_series(7)}
    return without_pixels(**({"sop_class": GRAYSCALE_STATE} | own | attributes))


def a_slice(number: int, frames: tuple[int, ...] = ()) -> Dataset:
    """Return a reference to a slice of study 1."""
    item = Dataset()
    item.ReferencedSOPClassUID = f"{STORAGE}2"
    item.ReferencedSOPInstanceUID = f"2.999.9.1.1.{number}"
    if frames:
        item.ReferencedFrameNumber = list(frames)
    return item


def an_item(**attributes: Any) -> Sequence:
    """Return a sequence of one item."""
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return Sequence([item])
