"""What slices of one request share is read once, and as it would be alone."""

import gc
import sys

import pytest
from dicom_files import element, instance

from medshare.imaging.limits import ScanLimits
from medshare.imaging.repeats import KnownElements, Repeats
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
    for number in range(KnownElements.COUNT_MAX + 10):
        scanned(instance(between=element(0x00091001, "LO", f"{number:06}")), repeats=repeats)
    held = [memory.known for memory in repeats._by_charset.values()]
    assert max(map(len, held)) <= KnownElements.COUNT_MAX


@pytest.mark.parametrize("length", [8, 2000])
def test_an_element_of_no_tag_is_passed_over_alone_and_beside_others(length):
    file = instance(between=element(0x00000000, "LO", "A" * length))
    assert scanned(file) == scanned(file, repeats=Repeats())


def creators(group: int) -> bytes:
    return b"".join(element(group << 16 | 0x10 + n, "LO", f"CREATOR {n}") for n in range(6))


def series(*texts: str) -> list[bytes]:
    """Make files that differ in one element amid others."""
    different = [element(0x00091001, "LO", text) for text in texts]
    return [instance(between=creators(0x0009) + each + creators(0x0011)) for each in different]


def test_rows_that_stood_before_are_read_as_they_would_be_alone():
    repeats = Repeats()
    for file in series("1", "2", "1", "2", "3", "3 of them", "1"):
        assert scan_buffer(file, repeats=repeats) == scan_buffer(file)
    (memory,) = (each for each in repeats._by_charset.values() if each.runs)
    assert max(len(run.elements) for run in memory.runs.values()) >= 6


def test_what_stands_twice_is_told_where_it_was_known_as_a_row():
    repeats = Repeats()
    twice = instance(between=creators(0x0011) + creators(0x0009) + creators(0x0011))
    for file in (*series("1", "2", "3"), twice):
        assert scan_buffer(file, repeats=repeats) == scan_buffer(file)


def test_requests_share_elements():
    known = KnownElements()
    for file in series("1", "2", "3") * 2:
        assert scan_buffer(file, repeats=Repeats(known)) == scan_buffer(file)


@pytest.mark.parametrize("limits", [{"elements": 3}, {"memory_bytes": 900}])
def test_limits_hold_for_what_stood_before_too(limits):
    repeats = Repeats()
    scanned(instance(), repeats=repeats)
    for _ in range(2):
        result = scan_buffer(instance(), limits=ScanLimits(**limits), repeats=repeats)
        assert result == scan_buffer(instance(), limits=ScanLimits(**limits))
        assert not isinstance(result, ScannedInstance)
