"""File-sets and their DICOMDIR, held against pydicom's own records (imaging/disc)."""

import io
from collections.abc import Iterator
from typing import Any

import orjson
import pydicom
import pytest
from pydicom import Dataset
from pydicom.fileset import _FOUR_LEVEL_SOP_CLASSES, DIRECTORY_RECORDERS
from pydicom.uid import UID_dictionary

from medshare.imaging.disc.fileset import lay_out
from medshare.imaging.disc.record_types import keys_of, type_of
from medshare.imaging.disc.writing import write_dataset
from medshare.imaging.model import RetrievedInstance
from medshare.imaging.scanner import ScannedInstance, scan_buffer
from tests.dicom import a_ct
from tests.samples import NOT_STORABLE, SAMPLE_NAMES, SAMPLES

STORABLE = [name for name in SAMPLE_NAMES if name not in NOT_STORABLE]
PREFIX = "1.2.840.10008.5.1.4.1.1."


def retrieved(file: bytes, number: int = 1) -> tuple[RetrievedInstance, str, bytes]:
    scanned = scan_buffer(file)
    assert isinstance(scanned, ScannedInstance), scanned
    uids, syntax = scanned.uids, scanned.syntax.uid
    instance = RetrievedInstance(
        number,
        uids.study_instance_uid,
        uids.series_instance_uid,
        uids.sop_instance_uid,
        uids.sop_class_uid,
        syntax,
        f"dicom/{number:064x}",
        len(file),
    )
    return instance, syntax, orjson.dumps(scanned.described)


def records_of(*files: bytes) -> list[Dataset]:
    """Return the records of the files' DICOMDIR, in the order of the file."""
    made = lay_out(retrieved(each, number) for number, each in enumerate(files, start=1))
    directory = pydicom.dcmread(io.BytesIO(made.directory))
    return list(directory.DirectoryRecordSequence)


def a_document(**attributes: Any) -> bytes:
    """Return an instance without pixels."""
    dataset = pydicom.dcmread(io.BytesIO(a_ct(1, **attributes)))
    del dataset.PixelData, dataset.Rows, dataset.Columns
    buffer = io.BytesIO()
    dataset.save_as(buffer)
    return buffer.getvalue()


def coded(value: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, "DCM", meaning
    return code


def test_every_sop_class_gets_the_record_that_pydicom_gives_it() -> None:
    for uid, expected in _FOUR_LEVEL_SOP_CLASSES.items():
        assert type_of(uid, {}) == expected, uid


def test_every_class_of_images_gets_an_image() -> None:
    for uid, (name, *_rest) in UID_dictionary.items():
        if uid.startswith(PREFIX) and name.endswith("Image Storage"):
            assert type_of(uid, {}) == "IMAGE", name


@pytest.mark.filterwarnings("ignore:Expected explicit VR")
@pytest.mark.parametrize("name", STORABLE)
def test_the_keys_of_a_sample_are_those_that_pydicom_writes(name: str) -> None:
    file = (SAMPLES / name).read_bytes()
    plain = pydicom.dcmread(io.BytesIO(file), force=True)

    for record in records_of(file):
        try:
            expected = DIRECTORY_RECORDERS[record.DirectoryRecordType](plain)
        except (ValueError, AttributeError):
            continue  # pydicom refuses what lacks a key; medshare leaves it empty
        for element in expected:
            if element.keyword == "ContentSequence":
                continue  # all of the content there, modifiers of the title here
            assert record[element.tag].value == element.value or not element.value


def test_offsets_lead_from_record_to_record() -> None:
    files = [
        a_ct(1, study=1),
        a_ct(2, study=1),
        a_ct(3, study=1, SeriesInstanceUID="2.999.9.1.2", SeriesNumber=None),
    ]
    made = lay_out(retrieved(each, number) for number, each in enumerate(files, start=1))
    directory = pydicom.dcmread(io.BytesIO(made.directory))
    places = {each.seq_item_tell: each for each in directory.DirectoryRecordSequence}

    def walk(offset: int) -> Iterator[Any]:
        while offset:
            record = places[offset]
            yield (
                record.DirectoryRecordType,
                list(walk(record.OffsetOfReferencedLowerLevelDirectoryEntity)),
            )
            offset = record.OffsetOfTheNextDirectoryRecord

    image: tuple[str, list[Any]] = ("IMAGE", [])
    root = directory.OffsetOfTheFirstDirectoryRecordOfTheRootDirectoryEntity
    assert root == directory.OffsetOfTheLastDirectoryRecordOfTheRootDirectoryEntity
    assert list(walk(root)) == [
        ("PATIENT", [("STUDY", [("SERIES", [image, image]), ("SERIES", [image])])])
    ]
    series = [each for each in places.values() if each.DirectoryRecordType == "SERIES"]
    assert [each.SeriesNumber for each in series] == [1, 2]


def test_the_directory_of_the_same_files_is_the_same() -> None:
    one, again = (lay_out([retrieved(a_ct(1))]).directory for _ in range(2))

    assert one == again
    assert lay_out([retrieved(a_ct(1), 2)]).directory != one


def test_a_report_is_named_by_its_title_and_what_modifies_it() -> None:
    modifier, child = Dataset(), Dataset()
    modifier.RelationshipType, child.RelationshipType = "HAS CONCEPT MOD", "CONTAINS"
    for each in (modifier, child):
        each.ValueType = "CODE"
        each.ConceptNameCodeSequence = [coded("121049", "检查语言")]
        each.ConceptCodeSequence = [coded("zh-CN", "中文")]
    report = a_document(
        SOPClassUID=f"{PREFIX}88.11",
        CompletionFlag="COMPLETE",
        VerificationFlag="UNVERIFIED",
        ContentDate="20260301",
        ContentTime="100000",
        ConceptNameCodeSequence=[coded("11528-7", "影像报告")],
        ContentSequence=[modifier, child],
    )

    record = records_of(report)[-1]

    assert record.DirectoryRecordType == "SR DOCUMENT"
    assert record.SpecificCharacterSet == "ISO_IR 192"
    assert record.ConceptNameCodeSequence[0].CodeMeaning == "影像报告"
    (kept,) = record.ContentSequence
    assert kept.ConceptCodeSequence[0].CodeMeaning == "中文"
    assert record.ReferencedFileID == ["DICOM", "SE000001", "IM000001"]
    assert record.ReferencedSOPClassUIDInFile == f"{PREFIX}88.11"


def test_what_nobody_knows_and_has_no_pixels_is_private() -> None:
    record = records_of(a_document(SOPClassUID="2.999.1.2.3"))[-1]

    assert record.DirectoryRecordType == "PRIVATE"
    assert record.PrivateRecordUID.startswith("2.25.")


def test_a_key_that_the_instance_lacks_is_empty_and_a_number_is_its_place() -> None:
    patient, study, _series, image = records_of(
        a_ct(1, PatientName="", StudyID=None, StudyDate=None, InstanceNumber=None)
    )

    assert (patient.PatientName, study.StudyDate) == ("", "")
    assert (study.StudyID, image.InstanceNumber) == ("1", 1)


def test_what_is_not_written_as_text_or_number_is_left_out() -> None:
    dataset = {
        "00280010": {"vr": "US", "Value": [512]},
        "00282000": {"vr": "OB", "InlineBinary": "AAAA"},
        "00404052": {"vr": "UT", "BulkDataURI": "urn:x"},
        "00189074": {"vr": "FD", "Value": ["NaN"]},
        "00280009": {"vr": "AT", "Value": ["00181063"]},
    }

    written = write_dataset(dataset)

    assert b"AT\x04\x00\x18\x00\x63\x10" in written
    assert len(written) == 10 + 16 + 12
    assert keys_of("IMAGE", dataset)["00280010"] == dataset["00280010"]
