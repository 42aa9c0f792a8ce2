"""Files that are broken, cut or made to harm: each is refused as a result, cheaply."""

import zlib
from struct import pack

import pytest
from dicom_files import (
    CT_IMAGE,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    INSTANCE,
    JPEG,
    UNDEFINED,
    element,
    encapsulated,
    file_meta,
    header,
    identity,
    image,
    instance,
    item,
    marker,
    parents,
    part10,
    sequence,
)
from hypothesis import given
from hypothesis import strategies as st

from medshare.imaging.limits import ScanLimits
from medshare.imaging.refusals import FailureReason, Refusal
from medshare.imaging.scanner import ScannedInstance, scan, scan_buffer


def refused(data, **limits):
    result = scan_buffer(data, limits=ScanLimits(**limits))
    assert isinstance(result, Refusal)
    return result


def nested(depth, *, delimited):
    data = b""
    if delimited:
        opening = header(0x00400275, "SQ", UNDEFINED) + marker(0xE000, UNDEFINED)
        return opening * depth + (marker(0xE00D) + marker(0xE0DD)) * depth
    for _ in range(depth):
        data = sequence(0x00400275, item(data))
    return data


def test_sixty_four_levels_are_kept_and_sixty_five_are_not():
    assert isinstance(scan_buffer(instance(after=nested(64, delimited=True))), ScannedInstance)
    assert refused(instance(after=nested(65, delimited=True))).code == "too-deep"


@pytest.mark.parametrize("delimited", [True, False])
@pytest.mark.parametrize("depth", [200, 5_000])
def test_deep_nesting_is_refused(depth, delimited):
    assert refused(instance(after=nested(depth, delimited=delimited))).code == "too-deep"


def test_a_hundred_thousand_levels_are_refused():
    assert refused(instance(after=nested(100_000, delimited=True))).code == "too-deep"


def test_deep_nesting_hidden_in_an_unknown_vr_is_no_sequence():
    opening = header(0x00400275, "SQ", UNDEFINED, syntax=IMPLICIT) + marker(0xE000, UNDEFINED)
    hidden = item(opening * 200)

    result = scan_buffer(instance(after=sequence(0x00400275, hidden, vr="UN")))

    assert isinstance(result, ScannedInstance)
    assert result.dataset["00400275"]["vr"] == "UN"


@pytest.mark.parametrize("vr", ["OB", "UT", "SQ", "UN"])
@pytest.mark.parametrize("length", [0xFFFFFFFE, 0x7FFFFFFF, 100])
def test_a_length_beyond_the_file_is_refused(vr, length):
    data = instance(after=header(0x00420011, vr, length) + b"1234")

    assert refused(data).code == "truncated"


def test_an_element_longer_than_its_item_is_refused():
    inner = header(0x00080060, "CS", 200) + b"CT"
    data = instance(after=sequence(0x00400275, item(inner)) + bytes(300))

    assert refused(data).code == "length-beyond-parent"


def test_an_item_longer_than_its_sequence_is_refused():
    data = instance(after=header(0x00400275, "SQ", 8) + marker(0xE000, 8) + bytes(300))

    assert refused(data).code == "length-beyond-parent"


@pytest.mark.parametrize(
    ("after", "code"),
    [
        (header(0x00400275, "SQ", 8) + element(0x00080060, "CS"), "malformed-sequence"),
        (sequence(0x00400275, item(marker(0xE0DD), delimited=True)), "malformed-sequence"),
        (marker(0xE000), "malformed-sequence"),
        (sequence(0x00020100, item()), "malformed-sequence"),
        (sequence(0x00200000, item(), delimited=True), "malformed-sequence"),
        (header(0x00420011, "UT", UNDEFINED), "undefined-length"),
        (header(0x7FE00010, "OB", UNDEFINED) + marker(0xE000, UNDEFINED), "malformed-sequence"),
        (header(0x7FE00010, "OB", UNDEFINED) + element(0x00080060, "CS"), "malformed-sequence"),
        (header(0x7FE00010, "OB", UNDEFINED) + marker(0xE000, 500), "truncated"),
        (header(0x00400275, "SQ", UNDEFINED) + item(), "truncated"),
        (bytes(20) + b"\1", "no-element"),
        (encapsulated(b"\1\2"), "encapsulation-mismatch"),
    ],
)
def test_broken_structure_is_not_understood(after, code):
    refusal = refused(instance(after=after))

    assert (refusal.reason, refusal.code) == (FailureReason.CANNOT_UNDERSTAND, code)


def test_too_many_elements_are_refused():
    more = b"".join(element(0x00110000 + n, "US", b"\1\0") for n in range(1, 100))

    assert refused(instance(between=more), elements=50).code == "too-many-elements"
    assert isinstance(
        scan_buffer(instance(between=more), limits=ScanLimits(elements=103)), ScannedInstance
    )


def test_too_many_items_are_refused():
    data = instance(after=sequence(0x00400275, *[item()] * 200_001))

    assert refused(data).code == "too-many-items"


def test_too_many_fragments_are_refused():
    data = image(encapsulated(*[b""] * 100), rows=1, columns=1, syntax=JPEG)

    assert refused(data, fragments=99).code == "too-many-items"


def test_more_metadata_than_anybody_needs_is_refused():
    wordy = b"".join(element(0x00110000 + n, "LO", b"\\" * 60_000) for n in range(1, 40))

    assert refused(instance(between=wordy), memory_bytes=1 << 20).code == "too-much-metadata"


@pytest.mark.parametrize(("vr", "value"), [("PN", b"a\\"), ("DS", b"1\\"), ("LO", b"\\")])
def test_values_are_counted_by_what_they_take_not_by_what_they_say(vr, value):
    many = element(0x00110010, vr, value * (1000 // len(value)))
    few = element(0x00110010, "LO", b"a" * 1000)
    limit = 16_000

    assert refused(instance(between=many), memory_bytes=limit).code == "too-much-metadata"
    assert isinstance(
        scan_buffer(instance(between=few), limits=ScanLimits(memory_bytes=limit)), ScannedInstance
    )


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (element(0x00110010, "PN", b"\\" * 60_000), 4 << 20),
        (element(0x00110010, "IS", b"x\\" * 500), 40_000),
        (b"".join(sequence(0x00110010 + n) for n in range(1000)), 450_000),
    ],
    ids=["names", "numbers", "sequences"],
)
def test_what_takes_time_is_counted_as_well(content, limit):
    assert refused(instance(between=content), memory_bytes=limit).code == "too-much-metadata"


def test_an_honest_enhanced_object_of_two_thousand_frames_is_kept():
    values = b"".join(element(0x00281050 + n, "DS", b"-1.25\\1.5 ") for n in range(6))
    frame = item(b"".join(sequence(0x00189000 + n, item(values)) for n in range(24)))
    data = instance(after=sequence(0x52009230, *[frame] * 2000))

    scanned = scan_buffer(data)

    assert isinstance(scanned, ScannedInstance)
    assert len(scanned.dataset["52009230"]["Value"]) == 2000
    assert 300_000 * 360 < scanned.memory_bytes < ScanLimits().memory_bytes


def test_more_frames_than_memory_allows_are_refused():
    frame = item(b"".join(element(0x00281001 + n, "US", b"\1\0") for n in range(250)))

    data = instance(after=sequence(0x52009230, *[frame] * 3100))

    assert refused(data).code == "too-much-metadata"
    assert refused(data, memory_bytes=1 << 40).code == "too-many-elements"


def test_a_deflate_bomb_is_refused_without_being_inflated():
    bomb = part10(
        identity() + parents() + header(0x7FE00010, "OB", 64 << 20) + bytes(64 << 20), DEFLATED
    )

    assert len(bomb) < 100_000
    assert refused(bomb).code == "deflate-bomb"
    assert refused(bomb, inflation_ratio=10_000, inflated_bytes=1 << 20).code == "deflate-bomb"


def test_a_small_deflated_file_may_not_ask_for_more_than_a_plain_one_of_its_size_could():
    private = b"".join(element(0x00211000 + n, "LO", "") for n in range(0x8000))
    many = identity() + parents() + private * 4

    assert len(part10(many, DEFLATED)) < 200_000
    assert refused(part10(many, DEFLATED)).code == "too-many-elements"
    assert isinstance(scan_buffer(part10(many)), ScannedInstance)


def test_a_segmentation_may_be_nearly_all_zeros():
    zeros = header(0x7FE00010, "OB", 16 << 20) + bytes(16 << 20)
    data = part10(identity() + parents() + zeros, DEFLATED)

    assert isinstance(scan_buffer(data), ScannedInstance)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(element(0x00211000, "LO", "A") * 100_000, id="a place told again and again"),
        pytest.param(element(0x00080005, "CS", "ISO_IR 100") * 30_000, id="character sets"),
    ],
)
def test_what_takes_time_deep_down_is_on_the_account(content):
    for _ in range(60):
        content = sequence(0x00400275, item(content))

    assert refused(instance(after=content), memory_bytes=64 << 20).code == "too-much-metadata"


@pytest.mark.parametrize("cut", [1, 10, 40])
def test_a_cut_deflate_stream_is_refused(cut):
    assert refused(part10(identity() + parents(), DEFLATED)[:-cut]).code == "broken-deflate"


def test_garbage_for_a_deflate_stream_is_refused():
    data = bytes(128) + b"DICM" + file_meta(DEFLATED) + zlib.compress(b"with a header")

    assert refused(data).code == "broken-deflate"


@pytest.mark.parametrize(
    "uid", ["../../etc/passwd", "1.2.3/4", "1..2", "", "1.2\\1.3", "1." + "2" * 64, "1.2\n"]
)
def test_a_uid_that_is_none_is_refused(uid):
    refusal = refused(part10(identity() + parents(study=uid)))

    assert refusal.reason == FailureReason.DATA_SET_MISMATCH
    assert refusal.code == ("invalid-uid" if uid else "missing-uid")
    assert refusal.sop_instance_uid == INSTANCE


@pytest.mark.parametrize("start", [marker(0xE00D), element(0x00080000, "UL", b"")])
def test_what_is_stepped_over_counts_as_well(start):
    assert refused(instance(after=start * 60_000), elements=50_000).code == "too-many-elements"


def test_fragments_of_all_elements_share_the_limit():
    icon = item(encapsulated(*[b""] * 60))
    data = instance(after=sequence(0x00880200, *[icon] * 2))

    assert refused(data, fragments=100).code == "too-many-items"


def test_a_delimiter_disguised_as_an_element_is_none():
    disguised = element(0xFFFEE000, "CS", "CT")

    assert refused(instance(after=disguised)).code == "malformed-sequence"


def test_many_faults_of_one_value_are_one_remark():
    result = scan_buffer(instance(between=element(0x00091001, "IS", "x\\" * 30_000)))

    assert isinstance(result, ScannedInstance)
    assert len(result.warnings) == 1


@pytest.mark.parametrize("first", [encapsulated(b"ab"), element(0x7FE00010, "OW", b"ab")])
@pytest.mark.parametrize("second", [encapsulated(b"cdef"), element(0x7FE00010, "OW", b"")])
def test_of_two_pixel_data_elements_the_last_counts(first, second):
    result = scan_buffer(image(first + second, rows=1, columns=2, syntax=JPEG))

    assert isinstance(result, ScannedInstance)
    assert [bulk.length for bulk in result.bulk] == ([20] if len(second) > 20 else [])
    assert (result.pixels is None) == (not result.bulk)


def test_endless_file_meta_information_is_refused():
    data = bytes(128) + b"DICM" + file_meta() + element(0x00020100, "UI", "") * 10_000

    assert refused(data).code == "broken-file-meta"


def test_trials_of_unknown_values_share_the_limits():
    almost = item(element(0x00080060, "CS", "CT", syntax=IMPLICIT) * 1000 + b"\1" * 10)
    data = instance(after=sequence(0x00400275, almost, vr="UN") * 60)

    assert refused(data, elements=50_000).code == "too-many-elements"


def test_a_duplicate_is_found_behind_any_number_of_other_remarks():
    noisy = b"".join(element(0x00110000 + n, "IS", "x") for n in range(1, 200))

    assert refused(instance(between=noisy, after=parents())).code == "ambiguous-uid"


def test_a_duplicate_within_an_item_is_no_ambiguity_of_the_instance():
    twice = element(0x0020000D, "UI", "1.2") * 2
    result = scan_buffer(instance(between=sequence(0x00081140, item(twice))))

    assert isinstance(result, ScannedInstance)
    assert [warning.attribute for warning in result.warnings] == ["00081140/1/0020000D"]


def test_a_uid_that_stands_twice_is_refused():
    data = part10(identity() + parents() + parents(study="1.2.99"))

    assert refused(data).code == "ambiguous-uid"


@pytest.mark.parametrize(
    "transfer_syntax", ["", "1.2.3", "1.2.840.10008.1.2.4.94", "1.2.840.113619.5.2"]
)
def test_an_unknown_transfer_syntax_is_refused_with_its_own_reason(transfer_syntax):
    refusal = refused(bytes(128) + b"DICM" + file_meta(transfer_syntax) + identity() + parents())

    assert refusal.reason == FailureReason.TRANSFER_SYNTAX_NOT_SUPPORTED
    assert (refusal.sop_class_uid, refusal.sop_instance_uid) == (CT_IMAGE, INSTANCE)


def test_a_media_directory_is_no_instance():
    data = bytes(128) + b"DICM" + file_meta(sop_class="1.2.840.10008.1.3.10") + identity()

    assert refused(data).reason == FailureReason.SOP_CLASS_NOT_SUPPORTED


@pytest.mark.parametrize(
    "data", [b"", b"\0", b"%PDF-1.7", bytes(200), b"\0" * 128 + b"DIC", identity() + parents()]
)
def test_what_is_no_dicom_file_is_refused(data, tmp_path):
    path = tmp_path / "spool"
    path.write_bytes(data)

    refusal = scan(path)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "not-part-10"
    assert refusal.sop_instance_uid == ""


def test_file_meta_information_that_is_cut_is_refused():
    for end in (140, 150, 175):
        assert refused(instance()[:end]).code == "broken-file-meta"


ENCAPSULATED = image(
    sequence(0x00400275, item(element(0x00080060, "CS", "CT")), delimited=True)
    + encapsulated(b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xd9", offsets=(0, 12)),
    rows=2,
    columns=2,
    frames=2,
    syntax=JPEG,
)


def test_no_cut_of_a_file_passes_for_the_whole():
    whole = scan_buffer(ENCAPSULATED)
    assert isinstance(whole, ScannedInstance)

    for end in range(len(ENCAPSULATED)):
        result = scan_buffer(ENCAPSULATED[:end])
        # A cut between two elements of the root is invisible, but leaves no broken value.
        if isinstance(result, ScannedInstance):
            assert result.dataset.items() < whole.dataset.items()
            assert result.pixels is None


@given(st.data())
def test_no_damage_makes_the_scanner_fail(data):
    damaged = bytearray(
        data.draw(st.sampled_from([ENCAPSULATED, instance(transfer_syntax=IMPLICIT)]))
    )
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"\xff", b"\0", b"SQ", b"UN", pack("<I", UNDEFINED)])
            | st.binary(max_size=4)
        )

    assert isinstance(scan_buffer(bytes(damaged)), ScannedInstance | Refusal)


@given(st.binary(max_size=200), st.sampled_from([EXPLICIT, IMPLICIT, "1.2.840.10008.1.2.2"]))
def test_no_bytes_make_the_scanner_fail(noise, syntax):
    data = bytes(128) + b"DICM" + file_meta(syntax) + noise

    assert isinstance(scan_buffer(data), Refusal)
