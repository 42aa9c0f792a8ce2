"""What slices of one request share is read once, and as it would be alone."""

import gc
import sys

import pytest
from dicom_files import element, instance

from medshare.imaging.dicom_json import Repeats
from medshare.imaging.limits import ScanLimits
from medshare.imaging.scanner import ScannedInstance, scan_buffer

NAME_AND_LONG_TEXT = ((0x00100010, "PN"), (0x00189074, "UT"))


def scanned(data, **options):
    result = scan_buffer(data, **options)
    assert isinstance(result, ScannedInstance), result
    return result


def test_elements_that_stood_before_are_read_under_the_character_set_of_their_own_file():
    repeats = Repeats()
    name, long_text = (element(tag, vr, b"\xc5\xa1") for tag, vr in NAME_AND_LONG_TEXT)
    for charset, read in (("ISO_IR 192", "\u0161"), ("ISO_IR 101", "\u0139\u0104")) * 2:
        file = instance(before=element(0x00080005, "CS", charset), between=name + long_text)
        dataset = scanned(file, repeats=repeats).dataset
        assert dataset["00100010"]["Value"] == [{"Alphabetic": read}]
        assert dataset["00189074"]["Value"] == [read]


def test_a_scan_holds_the_file_no_longer_than_it_takes():
    repeats, file = Repeats(), instance()
    gc.disable()
    try:
        held = sys.getrefcount(file)
        scan_buffer(file, repeats=repeats)
        assert sys.getrefcount(file) == held
    finally:
        gc.enable()


def test_elements_are_remembered_within_bounds():
    repeats = Repeats()
    for number in range(Repeats.COUNT_MAX + 10):
        scanned(instance(between=element(0x00091001, "LO", f"{number:06}")), repeats=repeats)
    held = [known for known in repeats._by_charset.values() if known]
    assert max(map(len, held)) <= Repeats.COUNT_MAX


@pytest.mark.parametrize("limits", [{"elements": 3}, {"memory_bytes": 900}])
def test_limits_hold_for_what_stood_before_too(limits):
    repeats = Repeats()
    scanned(instance(), repeats=repeats)
    for _ in range(2):
        result = scan_buffer(instance(), limits=ScanLimits(**limits), repeats=repeats)
        assert result == scan_buffer(instance(), limits=ScanLimits(**limits))
        assert not isinstance(result, ScannedInstance)
