"""The scanner against pydicom: every sample file that pydicom ships, and generated data sets.

What differs on purpose is listed with the clause that asks for it; anything else fails.
"""

import io
import logging
import string
import warnings
from pathlib import Path

import pydicom
import pytest
from dicom_files import BIG_ENDIAN, DEFLATED, EXPLICIT, IMPLICIT, INSTANCE, SERIES, STUDY
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag

from medshare.imaging.repeats import Repeats
from medshare.imaging.scanner import ScannedInstance, scan, scan_buffer
from tests.samples import NOT_STORABLE, SAMPLE_NAMES, SAMPLES


def reduced(entry):
    """Bring pydicom's spelling of several values to Annex F's, to compare the rest."""
    values = [
        value.strip() or None if isinstance(value, str) else value for value in entry["Value"]
    ]
    return {**entry, "Value": values}


DELIBERATE = {
    "F.2.2: group lengths are not included": (
        lambda key, ours, theirs: ours is None and key.endswith("0000")
    ),
    "PS3.10 7.2: trailing padding has no significance": (
        lambda key, ours, theirs: ours is None and key == "FFFCFFFC"
    ),
    "F.2.2: pixel data are bulk data however small": (
        lambda key, ours, theirs: (
            key == "7FE00010"
            and ours == {"vr": ours["vr"], "BulkDataURI": key}
            and "InlineBinary" in theirs
        )
    ),
    "PS3.5 A.4: encapsulated pixel data are OB whatever was written": (
        lambda key, ours, theirs: key == "7FE00010" and (ours["vr"], theirs["vr"]) == ("OB", "OW")
    ),
    "F.2.5: an empty value among several is null; PS3.5 6.2: padding has no significance": (
        lambda key, ours, theirs: ours is not None and "Value" in theirs and ours == reduced(theirs)
    ),
    "PS3.5 6.2.2: a private value of unknown VR stays so, whatever a vendor's list says": (
        lambda key, ours, theirs: (
            ours is not None and int(key[3], 16) % 2 == 1 and ours["vr"] == "UN"
        )
    ),
}


def differences(ours, theirs):
    for key in sorted({*ours, *theirs}):
        one, other = ours.get(key), theirs.get(key)
        if one is None or other is None or one["vr"] != other["vr"] or one["vr"] != "SQ":
            is_bulk_in_both = one and other and "BulkDataURI" in one and "BulkDataURI" in other
            if one != other and not (is_bulk_in_both and one["vr"] == other["vr"]):
                yield key, one, other
            continue
        first, second = one.get("Value", []), other.get("Value", [])
        if len(first) != len(second):
            yield key, one, other
        for items in zip(first, second, strict=False):
            yield from differences(*items)


def by_pydicom(file):
    # Sample files break rules on purpose; pydicom's remarks on that are not the matter here.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.getLogger("pydicom").setLevel(logging.CRITICAL)
        dataset = pydicom.dcmread(file)
        return dataset.to_json_dict(1366, lambda element: "elsewhere")


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_a_sample_file_is_kept_or_refused_for_a_known_reason(name):
    result = scan(SAMPLES / name)

    code = None if isinstance(result, ScannedInstance) else result.code
    assert code == NOT_STORABLE.get(name)


def test_the_list_of_refused_samples_names_existing_files():
    assert set(NOT_STORABLE) <= set(SAMPLE_NAMES)


# badVR.dcm: an IS of "1A", on which pydicom's serialiser fails (ours: text, F.2.3).
COMPARED = sorted({*SAMPLE_NAMES} - {*NOT_STORABLE, "test_files/badVR.dcm"})


@pytest.mark.parametrize("name", COMPARED)
def test_a_sample_file_says_what_pydicom_reads(name):
    result = scan(SAMPLES / name)

    for key, ours, theirs in differences(result.dataset, by_pydicom(SAMPLES / name)):
        assert any(rule(key, ours, theirs) for rule in DELIBERATE.values()), (key, ours, theirs)


def test_what_stood_in_other_files_changes_nothing_in_what_a_file_says():
    repeats = Repeats()
    for name in (*SAMPLE_NAMES, *SAMPLE_NAMES):
        assert scan(SAMPLES / name, repeats=repeats) == scan(SAMPLES / name), name


def test_every_deliberate_difference_is_met_in_some_sample():
    met = set()
    for name in COMPARED:
        ours = scan(SAMPLES / name).dataset
        for difference in differences(ours, by_pydicom(SAMPLES / name)):
            met |= {clause for clause, rule in DELIBERATE.items() if rule(*difference)}

    assert met == set(DELIBERATE)


def test_the_conformance_statement_lists_the_deliberate_differences():
    statement = Path(__file__).parents[2] / "docs" / "conformance.md"
    section = statement.read_text(encoding="utf-8").partition("## DICOM JSON")[2]
    rows = section.partition("\n## ")[0].splitlines()
    listed = {row.strip("| ") for row in rows if row.startswith("| ")}

    assert listed - {"Clause and difference"} == set(DELIBERATE)


WORDS = st.text(string.ascii_letters + "äöüéΔЖ山王^", min_size=1, max_size=12)
NUMBERS = {
    "US": st.integers(0, 0xFFFF),
    "SS": st.integers(-0x8000, 0x7FFF),
    "UL": st.integers(0, 0xFFFFFFFF),
    "SL": st.integers(-0x80000000, 0x7FFFFFFF),
    "SV": st.integers(-(2**53) + 1, 2**53 - 1),
    "UV": st.integers(0, 2**53 - 1),
    "FL": st.floats(width=32, allow_nan=False, allow_infinity=False),
    "FD": st.floats(allow_nan=False, allow_infinity=False),
    "IS": st.integers(-(2**31), 2**31 - 1),
    "DS": st.integers(-(10**9), 10**9).map(lambda number: f"{number / 1000:.3f}"),
}
# One tag of the dictionary for each VR, so that implicit VR can write it too.
TAGS = {
    "AE": 0x00080054, "AS": 0x00101010, "AT": 0x00280009, "CS": 0x00080008, "DA": 0x00080022,
    "DS": 0x00281050, "DT": 0x0008002A, "FD": 0x00189073, "FL": 0x00089459, "IS": 0x00201206,
    "LO": 0x00081030, "LT": 0x00204000, "OB": 0x00420011, "OL": 0x00660129, "OW": 0x00281201,
    "PN": 0x00080090, "SH": 0x00080094, "SL": 0x00186020, "SS": 0x00189219, "ST": 0x00080081,
    "SV": 0x00720082, "TM": 0x00080032, "UC": 0x00080119, "UI": 0x00080062, "UL": 0x00186016,
    "UR": 0x00080120, "US": 0x00280006, "UT": 0x00187080, "UV": 0x00720083,
}  # fmt: skip
SINGLE = {
    "AE": st.text(string.ascii_uppercase, min_size=1, max_size=16),
    "AS": st.just("042Y"),
    "AT": st.integers(0, 0xFFFFFFFF).map(Tag),
    "CS": st.text(string.ascii_uppercase + "_", min_size=1, max_size=16),
    "DA": st.just("20240131"),
    "DT": st.just("20240131120000.5"),
    "TM": st.just("120000.123456"),
    "UI": st.just("1.2.840.10008.1.1"),
    "LO": WORDS,
    "SH": WORDS,
    "UC": WORDS,
    "PN": st.lists(WORDS, min_size=1, max_size=3).map("=".join),
    **NUMBERS,
}
WHOLE = {
    "LT": WORDS,
    "ST": WORDS,
    "UT": WORDS,
    "UR": st.just("http://example.org/x"),
    "OB": st.binary(max_size=1000).map(lambda raw: raw + raw[: len(raw) % 2]),
    "OW": st.binary(max_size=400).map(lambda raw: raw * 2),
    "OL": st.binary(max_size=200).map(lambda raw: raw * 4),
}


def elements():
    several = st.sampled_from(sorted(SINGLE)).flatmap(
        lambda vr: st.tuples(st.just(vr), st.lists(SINGLE[vr], min_size=0, max_size=4))
    )
    whole = st.sampled_from(sorted(WHOLE)).flatmap(lambda vr: st.tuples(st.just(vr), WHOLE[vr]))
    return several | whole


def datasets(children=None):
    parts = st.lists(elements(), max_size=8)
    if children is None:
        return parts.map(build)
    return st.tuples(parts, st.lists(children, max_size=3)).map(lambda both: build(*both))


def build(parts, items=None):
    dataset = Dataset()
    for vr, value in parts:
        dataset.add_new(TAGS[vr], vr, value)
    if items is not None:
        dataset.add_new(0x00400275, "SQ", items)
    return dataset


def written(dataset, transfer_syntax):
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    dataset.SOPInstanceUID, dataset.StudyInstanceUID = INSTANCE, STUDY
    dataset.SeriesInstanceUID = SERIES
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = transfer_syntax
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset.save_as(target, enforce_file_format=True)
    return target.getvalue()


REPEATS = Repeats()


@settings(deadline=None, max_examples=60)
@given(datasets(datasets(datasets())), st.sampled_from([IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED]))
def test_whatever_pydicom_writes_is_read_as_pydicom_reads_it(dataset, transfer_syntax):
    data = written(dataset, transfer_syntax)

    result = scan_buffer(data)

    assert isinstance(result, ScannedInstance)
    assert result.warnings == ()
    assert scan_buffer(data, repeats=REPEATS) == result
    # pydicom leaves the words of OW and OL in the order of the file; F.2.7 wants little endian.
    swapped = ("OL", "OW") if transfer_syntax == BIG_ENDIAN else ()
    unexpected = [
        (key, ours, theirs)
        for key, ours, theirs in differences(result.dataset, by_pydicom(io.BytesIO(data)))
        if theirs is None or theirs["vr"] not in swapped
    ]
    assert unexpected == []
