"""The synthetic sets: reproducible, false to people, right to programs."""

import hashlib
import json
import re
from collections import Counter
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st

import fixtures
from fixtures.identity import check_digit, is_valid_national_id
from fixtures.objects.header import person_name
from fixtures.objects.part10 import escape_gb2312
from fixtures.plan import FIRST_DAY, LAST_DAY
from fixtures.population import BY_KEY
from fixtures.sets import generate
from medshare.kernel.identifiers import is_uid

MIB = 1024 * 1024
TINY = Path(fixtures.__file__).parent / "tiny"
REQUIRED = (
    *("SpecificCharacterSet", "SOPClassUID", "StudyDate", "StudyTime", "AccessionNumber"),
    *("Modality", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate"),
    *("PatientSex", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "InstanceNumber"),
    *("InstitutionName", "TimezoneOffsetFromUTC", "StudyDescription", "SeriesNumber"),
)


def load(folder):
    return json.loads((folder / "manifest.json").read_bytes())


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def digests(folder):
    return {path: hashlib.sha256(data).hexdigest() for path, data in contents(folder).items()}


@pytest.fixture
def demo(demo_set):
    return demo_set


@pytest.fixture(params=["tiny", "demo"])
def folder(request):
    return TINY if request.param == "tiny" else request.getfixturevalue("demo")


@pytest.fixture
def manifest(folder):
    return load(folder)


@pytest.fixture
def datasets(folder, manifest):
    return [pydicom.dcmread(folder / entry["path"]) for entry in manifest["dicom"]]


class TestReproduction:
    def test_the_committed_tiny_set_is_what_the_generator_writes(self, tmp_path):
        assert digests(generate("tiny", tmp_path).parent) == digests(TINY)

    def test_another_seed_writes_other_images(self, tmp_path):
        other = digests(generate("tiny", tmp_path, 7).parent)
        assert not set(other.values()) & set(digests(TINY).values())

    @pytest.mark.long
    def test_the_demo_set_is_the_same_each_time(self, demo, tmp_path):
        assert digests(generate("demo", tmp_path).parent) == digests(demo)

    def test_the_sets_do_not_share_a_uid(self, demo):
        uids = [{entry["sopInstanceUid"] for entry in load(at)["dicom"]} for at in (TINY, demo)]
        assert not uids[0] & uids[1]

    def test_the_sets_keep_to_their_size(self, demo):
        assert sum(map(len, contents(TINY).values())) <= 2 * MIB
        assert sum(map(len, contents(demo).values())) <= 40 * MIB


class TestIdentity:
    @given(st.integers(0, 10**17 - 1), st.integers(0, 16), st.integers(1, 9))
    def test_one_wrong_digit_never_passes_the_check(self, body, place, shift):
        digits = f"{body:017d}"
        wrong = str((int(digits[place]) + shift) % 10)
        changed = digits[:place] + wrong + digits[place + 1 :]
        assert is_valid_national_id(digits + check_digit(digits))
        assert not is_valid_national_id(changed + check_digit(digits))

    def test_the_check_digit_of_a_well_known_specimen_number_is_right(self):
        assert check_digit("11010519491231002") == "X"

    def test_every_citizen_number_is_valid_and_belongs_to_no_region(self, manifest):
        numbers = [
            identifier["value"]
            for person in manifest["people"]
            for record in person["records"]
            for identifier in record["identifiers"]
            if identifier["type"] == "NNCHN"
        ]
        assert numbers
        assert all(is_valid_national_id(number) for number in numbers)
        assert all(number.startswith("999999") for number in numbers)

    def test_every_phone_and_address_is_recognisably_false(self, manifest):
        records = [record for person in manifest["people"] for record in person["records"]]
        assert all(
            record["phone"] is None or record["phone"].startswith("1990000") for record in records
        )
        assert all(record["address"] is None or "虚构路" in record["address"] for record in records)

    def test_a_record_number_is_used_once_at_its_facility(self, manifest):
        numbers = Counter(
            (identifier["system"], identifier["value"])
            for person in manifest["people"]
            for record in person["records"]
            for identifier in record["identifiers"]
            if identifier["type"] == "MR"
        )
        assert max(numbers.values()) == 1

    def test_the_demo_has_forty_people_with_all_traps(self, demo):
        people = load(demo)["people"]
        traps = {trap for person in people for trap in person["traps"]}
        assert len(people) == 40
        assert {len({one["facility"] for one in person["records"]}) for person in people} == {
            *(1, 2, 3, 4)
        }
        assert traps >= {
            *("namesake", "twin", "newborn", "guardian-number", "placeholder", "deceased"),
            *("foreign", "minority-name", "traditional", "pinyin-only", "rare-character"),
        }


class TestExams:
    def test_every_accession_number_is_unique_at_its_facility(self, manifest):
        numbers = Counter((exam["facility"], exam["accessionNumber"]) for exam in manifest["exams"])
        assert max(numbers.values()) == 1

    def test_two_facilities_use_the_same_accession_numbers(self, demo):
        exams = load(demo)["exams"]
        assert len({exam["accessionNumber"] for exam in exams}) < len(exams)

    def test_every_exam_and_encounter_has_its_patient(self, manifest):
        known = {
            (person["key"], record["facility"], identifier["system"], identifier["value"])
            for person in manifest["people"]
            for record in person["records"]
            for identifier in record["identifiers"]
        }
        assert {
            (one["person"], one["facility"], one["patient"]["system"], one["patient"]["value"])
            for one in manifest["exams"] + manifest["encounters"]
        } <= known

    def test_every_encounter_number_is_unique_at_its_facility(self, manifest):
        visits = [(one["facility"], one["encounterNumber"]) for one in manifest["encounters"]]
        assert len(set(visits)) == len(visits)
        assert {one["status"] for one in manifest["encounters"]} == {"finished", "in-progress"}

    def test_the_demo_has_160_exams_in_three_years(self, demo):
        exams = load(demo)["exams"]
        times = [datetime.fromisoformat(exam["performedAt"]) for exam in exams]
        assert len(exams) == 160
        assert FIRST_DAY <= min(times) < max(times)
        assert max(times).date() <= LAST_DAY.date()
        assert all(exam["performedAt"].endswith("+08:00") for exam in exams)

    def test_the_demo_has_every_kind_of_report_version(self, demo):
        exams = load(demo)["exams"]
        statuses = {report["status"] for exam in exams for report in exam["reports"]}
        assert statuses == {"preliminary", "final", "amended", "corrected", "entered-in-error"}
        assert {exam["status"] for exam in exams} == {*statuses, "cancelled"}

    def test_every_version_is_signed_after_the_one_before(self, manifest):
        for exam in manifest["exams"]:
            times = [exam["performedAt"], *(report["signedAt"] for report in exam["reports"])]
            moments = [datetime.fromisoformat(time) for time in times]
            assert all(early < late for early, late in pairwise(moments))

    def test_every_report_speaks_chinese_and_english(self, manifest):
        reports = [report for exam in manifest["exams"] for report in exam["reports"]]
        assert all(
            [text["language"] for text in report["texts"]] == ["zh-CN", "en"] for report in reports
        )

    def test_every_study_and_page_named_by_an_exam_is_there(self, folder, manifest):
        studies = {entry["studyInstanceUid"] for entry in manifest["dicom"]}
        named = {uid for exam in manifest["exams"] for uid in exam["studyInstanceUids"]}
        pages = [report.get("pdf") for exam in manifest["exams"] for report in exam["reports"]]
        assert named == studies
        assert all((folder / page).is_file() for page in pages if page)


class TestLaboratory:
    def observations(self, manifest, person, item):
        return [
            observation
            for exam in manifest["exams"]
            if exam["person"] == person
            for observation in exam["reports"][-1].get("observations", [])
            if observation["item"] == item
        ]

    def test_one_glucose_series_comes_in_two_units_with_their_own_codes(self, manifest):
        series = self.observations(manifest, "P25", "LAB-GLU")
        pairs = {(one["code"]["code"], one["ucum"]) for one in series}
        assert pairs == {("14749-6", "mmol/L"), ("2345-7", "mg/dL")}
        in_mmol = [
            float(one["value"]) / (18.016 if one["ucum"] == "mg/dL" else 1) for one in series
        ]
        assert all(6 < value < 9 for value in in_mmol)

    def test_micromoles_are_spelled_with_the_greek_letter_and_the_micro_sign(self, demo):
        units = {
            observation["unit"]
            for exam in load(demo)["exams"]
            for report in exam["reports"]
            for observation in report.get("observations", [])
            if observation["ucum"] == "umol/L"
        }
        assert units == {"\u03bcmol/L", "\u00b5mol/L"}

    def test_the_corrected_potassium_is_no_longer_high(self, manifest):
        exam = next(one for one in manifest["exams"] if one["status"] == "corrected")
        flags = [report["observations"][0]["flag"] for report in exam["reports"]]
        assert flags == ["H", "N"]


class TestDicom:
    def test_every_file_says_what_the_manifest_says(self, folder, manifest, datasets):
        for entry, dataset in zip(manifest["dicom"], datasets, strict=True):
            data = (folder / entry["path"]).read_bytes()
            assert data[128:132] == b"DICM"
            assert hashlib.sha256(data).hexdigest() == entry["sha256"]
            assert dataset.SOPInstanceUID == entry["sopInstanceUid"]
            assert dataset.StudyInstanceUID == entry["studyInstanceUid"]
            assert dataset.AccessionNumber == entry["accessionNumber"]
            assert dataset.PatientID == entry["patientId"]
            assert dataset.IssuerOfPatientID == entry["facility"]

    def test_every_file_has_the_required_attributes(self, datasets):
        for dataset in datasets:
            assert all(keyword in dataset for keyword in REQUIRED)

    def test_every_uid_is_made_from_a_uuid_and_used_once(self, manifest):
        uids = [entry["sopInstanceUid"] for entry in manifest["dicom"]]
        assert len(set(uids)) == len(uids)
        assert all(is_uid(uid) and uid.startswith("2.25.") for uid in uids)

    def test_every_picture_decodes_and_shows_something(self, datasets):
        for dataset in datasets:
            if "PixelData" in dataset:
                pixels = dataset.pixel_array
                assert pixels.shape[-2:] == (dataset.Rows, dataset.Columns)
                assert pixels.max() < 2**dataset.BitsStored
                assert pixels.std() > 10

    def test_every_name_stands_in_its_file_in_that_facilitys_character_set(self, folder, manifest):
        encoders = {
            "SZ-A": lambda name: name.encode("gb18030"),
            "SZ-C": escape_gb2312,
            "SZ-I": str.encode,
            "SZ-M": str.encode,
        }
        persons = {
            (exam["facility"], exam["accessionNumber"]): exam["person"]
            for exam in manifest["exams"]
        }
        for entry in manifest["dicom"]:
            person = persons[entry["facility"], entry["accessionNumber"]]
            name = person_name(BY_KEY[person].record_at(entry["facility"]))
            head = (folder / entry["path"]).read_bytes()[:4096]
            assert encoders[entry["facility"]](name) in head

    def test_gb2312_is_designated_anew_after_each_delimiter(self):
        """The bytes are those of the example in PS3.5 section K.2."""
        expected = b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab"
        assert escape_gb2312("Zhang^XiaoDong=张^小东") == expected

    def test_a_traditional_name_brings_a_backslash_byte(self):
        assert b"\x5c" in person_name(BY_KEY["P12"].record_at("SZ-A")).encode("gb18030")

    def test_the_sets_hold_every_kind_of_object(self, manifest):
        kinds = {"CT", "MR", "CR", "US", "ECG", "SR", "DOC"}
        if manifest["set"] == "demo":
            kinds |= {"MG"}
        assert {entry["modality"] for entry in manifest["dicom"]} == kinds

    def test_a_structured_report_refers_to_images_of_its_study(self, datasets):
        sent = {dataset.SOPInstanceUID for dataset in datasets}
        reports = [dataset for dataset in datasets if dataset.Modality == "SR"]
        assert reports
        for report in reports:
            series = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence
            referred = {
                one.ReferencedSOPInstanceUID
                for item in series
                for one in item.ReferencedSOPSequence
            }
            assert referred
            assert referred <= sent

    def test_lead_three_is_lead_two_less_lead_one(self, datasets):
        records = [dataset for dataset in datasets if dataset.Modality == "ECG"]
        assert records
        for record in records:
            group = record.WaveformSequence[0]
            leads = np.frombuffer(group.WaveformData, "<i2").reshape(-1, 12)
            assert group.SamplingFrequency == 500
            assert len(leads) == group.NumberOfWaveformSamples == 5000
            np.testing.assert_array_equal(leads[:, 2], leads[:, 1] - leads[:, 0])

    def test_every_page_has_its_objects_where_its_table_says(self, folder):
        for path in (folder / "pdf").rglob("*.pdf"):
            data = path.read_bytes()
            offsets = re.findall(rb"(\d{10}) 00000 n", data)
            assert len(offsets) == 5
            for number, offset in enumerate(offsets, 1):
                assert data[int(offset) :].startswith(b"%d 0 obj" % number)


class TestPhantoms:
    def nodule_slices(self, demo):
        """Give the slice through the middle of each nodule, in order of the exams."""
        manifest = load(demo)
        for exam in manifest["exams"]:
            if exam["lesionMm"] is not None:
                paths = [
                    entry["path"]
                    for entry in manifest["dicom"]
                    if entry["studyInstanceUid"] in exam["studyInstanceUids"]
                    and entry["modality"] == "CT"
                ]
                assert len(paths) == 30
                yield exam["lesionMm"], pydicom.dcmread(demo / paths[10])

    def test_the_nodule_measures_6_then_7_then_8_mm(self, demo):
        measured = []
        for stated_mm, dataset in self.nodule_slices(demo):
            spacing_mm = float(dataset.PixelSpacing[0])
            centre = [float(value) for value in dataset.ImagePositionPatient[:2]]
            column, row = (
                round((at - c) / spacing_mm) for at, c in zip((-78, -18), centre, strict=True)
            )
            part = dataset.pixel_array[row - 12 : row + 13, column - 12 : column + 13] - 1024.0
            area = np.clip((part + 860) / 900, 0, 1).sum() * spacing_mm**2
            measured.append(2 * np.sqrt(area / np.pi))
            assert measured[-1] == pytest.approx(stated_mm, abs=0.35)
        assert len(measured) == 3
        assert measured == sorted(measured)

    def test_tissues_have_their_hounsfield_units(self, demo):
        _, dataset = next(self.nodule_slices(demo))
        hounsfield = dataset.pixel_array * float(dataset.RescaleSlope) + dataset.RescaleIntercept
        middle = 255
        per_mm = 512 / 360
        airway = hounsfield[round(middle + 12 * per_mm), middle]
        vertebra = hounsfield[round(middle + 58 * per_mm), middle]
        lung = np.median(hounsfield[200:260, 380:400])
        assert hounsfield[0, 0] == -1024
        assert airway < -920
        assert lung == pytest.approx(-860, abs=10)
        assert vertebra > 60

    def test_the_left_breast_lies_on_the_left_edge(self, demo):
        paths = [entry["path"] for entry in load(demo)["dicom"] if entry["modality"] == "MG"]
        for dataset in (pydicom.dcmread(demo / path) for path in paths):
            lit = dataset.pixel_array[dataset.Rows // 2] > 300
            is_at_left = bool(lit[5]) and not lit[-5]
            assert is_at_left == (dataset.ImageLaterality == "L")
            assert list(dataset.PatientOrientation) == (["A", "R"] if is_at_left else ["P", "L"])

    def test_the_liver_moves_between_the_frames_of_a_cine(self, datasets):
        cines = [dataset for dataset in datasets if dataset.Modality == "US"]
        assert cines
        for cine in cines:
            frames = cine.pixel_array.astype(float)
            assert len(frames) == cine.NumberOfFrames
            assert all(np.abs(late - early).mean() > 1 for early, late in pairwise(frames))
