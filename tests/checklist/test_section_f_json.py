"""PS3.18 Annex F: the DICOM JSON model."""

from typing import Any

import numpy as np
import pytest

from tests.checklist.archive import CHEST, Archive, a_slice, instance
from tests.checklist.rules import rule


def metadata(archive: Archive, **attributes: Any) -> dict[str, Any]:
    """Store a slice with some attributes and return its metadata."""
    number = archive.own_study()
    answer = archive.store(a_slice(number, **attributes))
    assert answer.status_code in (200, 202), answer.text
    return dict(archive.get(f"{instance(number)}/metadata").get_json(force=True)[0])


@rule("F.2.1", "Data sets come as an array, one alone too.")
def test_one_data_set_is_an_array(archive: Archive) -> None:
    assert len(archive.get(f"{instance(CHEST)}/metadata").get_json(force=True)) == 1


@rule("F.2.2", "Tags are eight hexadecimal capitals, ascending, without group lengths.")
def test_tags(archive: Archive) -> None:
    tags = list(metadata(archive))
    assert tags == sorted(tags)
    assert all(len(tag) == 8 and tag == tag.upper() and not tag.endswith("0000") for tag in tags)


@rule("F.2.2", "An element has one of Value, BulkDataURI and InlineBinary at most.")
def test_one_form_of_a_value(archive: Archive) -> None:
    for each in metadata(archive, RedPaletteColorLookupTableData=bytes(8)).values():
        assert len({"Value", "BulkDataURI", "InlineBinary"} & set(each)) <= 1


@rule("F.2.5", "An empty element has no Value; an empty value among several is null.")
def test_empty_values(archive: Archive) -> None:
    found = metadata(archive, AccessionNumber="", ImageType=["ORIGINAL", "", "AXIAL"])
    assert found["00080050"] == {"vr": "SH"}
    assert found["00080008"]["Value"] == ["ORIGINAL", None, "AXIAL"]


@rule("F.2.2", "A name is an object of the component groups that it has.")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Wang^XiaoMing=王^小明", {"Alphabetic": "Wang^XiaoMing", "Ideographic": "王^小明"}),
        ("Wang^XiaoMing", {"Alphabetic": "Wang^XiaoMing"}),
        ("=王^小明", {"Ideographic": "王^小明"}),
    ],
)
def test_names(archive: Archive, name: str, value: dict[str, str]) -> None:
    assert metadata(archive, PatientName=name)["00100010"]["Value"] == [value]


@rule("F.2.3", "Numbers are numbers, tags are strings of eight digits.")
def test_numbers(archive: Archive) -> None:
    found = metadata(
        archive,
        SliceThickness="1.25",
        PixelSpacing=["0.5", "0.25"],
        FrameIncrementPointer=0x00181063,
        RecommendedDisplayFrameRateInFloat=2.5,
    )
    assert found["00180050"]["Value"] == [1.25]
    assert found["00280030"]["Value"] == [0.5, 0.25]
    assert found["00280009"]["Value"] == ["00181063"]
    assert found["00280010"]["Value"] == [8]


@rule("F.2.2", "Pixel data are bulk data however short they are.")
def test_pixel_data_are_never_inline(archive: Archive) -> None:
    found = metadata(archive, Rows=1, Columns=1, PixelData=np.uint16(7).tobytes())
    assert set(found["7FE00010"]) == {"vr", "BulkDataURI"}


@rule("F.2.3", "Short binary values come in base64.")
def test_binary_values(archive: Archive) -> None:
    found = metadata(archive, CurrentPatientLocation="ward", EncapsulatedDocument=b"\1\2\3\4")
    assert found["00420011"]["InlineBinary"] == "AQIDBA=="


@rule("F.2.2", "SpecificCharacterSet is that of the source, the text UTF-8.")
def test_text_is_utf_8(archive: Archive) -> None:
    found = metadata(archive, SpecificCharacterSet="GB18030", PatientName="王^小明")
    assert found["00080005"]["Value"] == ["GB18030"]
    assert found["00100010"]["Value"] == [{"Alphabetic": "王^小明"}]
