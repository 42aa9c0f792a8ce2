"""What a scan says of files that can be kept."""

from struct import pack

import pytest
from dicom_files import (
    BIG_ENDIAN,
    DEFLATED,
    EXPLICIT,
    IMPLICIT,
    INSTANCE,
    SERIES,
    STUDY,
    element,
    identity,
    image,
    instance,
    item,
    marker,
    parents,
    part10,
    sequence,
)

from medshare.imaging.refusals import WarningCode
from medshare.imaging.scanner import ScannedInstance, scan, scan_buffer

NAN = pack("<f", float("nan"))
FOUR_SYNTAXES = pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED])


def scanned(data, **options):
    result = scan_buffer(data, **options)
    assert isinstance(result, ScannedInstance), result
    return result


def codes(result):
    return [warning.code for warning in result.warnings]


def value_of(vr, raw, tag=0x00091001):
    return scanned(instance(between=element(tag, vr, raw))).dataset[f"{tag:08X}"]


def test_the_identity_and_the_file_meta_information_are_told():
    result = scanned(instance())

    assert result.uids.study_instance_uid == STUDY
    assert result.uids.series_instance_uid == SERIES
    assert result.uids.sop_instance_uid == INSTANCE
    assert result.meta.transfer_syntax_uid == EXPLICIT
    assert result.meta.implementation_class_uid == "1.2.3"
    assert result.warnings == ()
    assert result.pixels is None


def test_a_file_on_disk_is_scanned_as_its_bytes_are(tmp_path):
    path = tmp_path / "spool"
    path.write_bytes(instance())

    assert scan(path) == scan_buffer(instance())


@pytest.mark.parametrize("delimited", [True, False])
@pytest.mark.parametrize("syntax", [IMPLICIT, EXPLICIT, BIG_ENDIAN, DEFLATED])
def test_every_native_encoding_gives_the_same_data_set(syntax, delimited):
    encoding = EXPLICIT if syntax == DEFLATED else syntax
    order = ">" if syntax == BIG_ENDIAN else "<"
    modality = element(0x00080060, "CS", "CT", syntax=encoding)
    after = (
        element(0x00280009, "AT", pack(order + "HH", 0x18, 0x1063), syntax=encoding)
        + element(0x00280010, "US", pack(order + "H", 512), syntax=encoding)
        + sequence(
            0x00400275,
            item(modality, delimited=delimited, syntax=encoding),
            delimited=delimited,
            syntax=encoding,
        )
    )
    result = scanned(instance(after=after, transfer_syntax=syntax))

    assert result.dataset["00280009"] == {"vr": "AT", "Value": ["00181063"]}
    assert result.dataset["00280010"] == {"vr": "US", "Value": [512]}
    assert result.dataset["00400275"] == {
        "vr": "SQ",
        "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}}],
    }
    assert result.warnings == ()


@pytest.mark.parametrize(
    ("vr", "raw", "expected"),
    [
        ("LO", "", {"vr": "LO"}),
        ("LO", "  ", {"vr": "LO"}),
        ("SQ", "", {"vr": "SQ"}),
        ("OB", "", {"vr": "OB"}),
        ("LO", "a \\ b", {"vr": "LO", "Value": ["a", "b"]}),
        ("LO", "a\\\\b", {"vr": "LO", "Value": ["a", None, "b"]}),
        ("LT", " a\\b ", {"vr": "LT", "Value": [" a\\b"]}),
        ("UC", " a \\b ", {"vr": "UC", "Value": [" a", "b"]}),
        ("UR", "http://x ", {"vr": "UR", "Value": ["http://x"]}),
        ("AE", " ME \0", {"vr": "AE", "Value": ["ME"]}),
        ("UI", "1.2\0", {"vr": "UI", "Value": ["1.2"]}),
        ("PN", "A^B=C=D", {"vr": "PN", "Value": [
            {"Alphabetic": "A^B", "Ideographic": "C", "Phonetic": "D"}]}),
        ("PN", "=C", {"vr": "PN", "Value": [{"Ideographic": "C"}]}),
        ("PN", "A==", {"vr": "PN", "Value": [{"Alphabetic": "A"}]}),
        ("PN", "A\\\\B", {"vr": "PN", "Value": [{"Alphabetic": "A"}, None, {"Alphabetic": "B"}]}),
        ("DS", "1.50\\ -2e3 ", {"vr": "DS", "Value": [1.5, -2000.0]}),
        ("DS", "1\\\\2", {"vr": "DS", "Value": [1.0, None, 2.0]}),
        ("IS", "+12\\ 7", {"vr": "IS", "Value": [12, 7]}),
        ("US", b"\1\0\2\0", {"vr": "US", "Value": [1, 2]}),
        ("SS", b"\xff\xff", {"vr": "SS", "Value": [-1]}),
        ("FD", pack("<d", 0.1), {"vr": "FD", "Value": [0.1]}),
        ("UV", pack("<Q", 1 << 53), {"vr": "UV", "Value": ["9007199254740992"]}),
        ("SV", pack("<q", -5), {"vr": "SV", "Value": [-5]}),
        ("AT", b"\x10\0\x20\0", {"vr": "AT", "Value": ["00100020"]}),
        ("OB", b"\1\2", {"vr": "OB", "InlineBinary": "AQI="}),
        ("UN", b"\1\2", {"vr": "UN", "InlineBinary": "AQI="}),
    ],
)  # fmt: skip
def test_a_value_is_written_as_annex_f_asks(vr, raw, expected):
    assert value_of(vr, raw) == expected


@pytest.mark.parametrize(
    ("vr", "raw", "expected", "code"),
    [
        ("DS", "1.9.10", ["1.9.10"], WarningCode.VALUE_FORMAT),
        ("DS", "nan", ["nan"], WarningCode.VALUE_FORMAT),
        ("DS", "1e999", ["1e999"], WarningCode.VALUE_FORMAT),
        ("DS", "1_0", ["1_0"], WarningCode.VALUE_FORMAT),
        ("IS", "1A", ["1A"], WarningCode.VALUE_FORMAT),
        ("IS", "9" * 5000, ["9" * 5000], WarningCode.VALUE_FORMAT),
        ("US", b"\1\0\2\0", [1, 2], None),
        ("FD", b"\0" * 10, [0.0], WarningCode.VALUE_LENGTH),
        ("AT", b"\0" * 6, ["00000000"], WarningCode.VALUE_LENGTH),
        ("PN", "a=b=c=d", [{"Alphabetic": "a", "Ideographic": "b", "Phonetic": "c"}],
         WarningCode.VALUE_FORMAT),
    ],
)  # fmt: skip
def test_a_value_that_breaks_its_vr_is_kept_and_remarked(vr, raw, expected, code):
    result = scanned(instance(between=element(0x00091001, vr, raw)))

    assert result.dataset["00091001"]["Value"] == expected
    assert codes(result) == ([code] if code else [])


def test_not_a_number_becomes_bulk_data_since_json_has_none():
    result = scanned(instance(between=element(0x00091001, "FL", NAN)))

    assert result.dataset["00091001"] == {"vr": "FL", "BulkDataURI": "00091001"}
    assert codes(result) == [WarningCode.NON_FINITE]


@pytest.mark.parametrize(
    ("vr", "size", "is_bulk"),
    [
        ("OB", 1024, False),
        ("OB", 1026, True),
        ("US", 1024, False),
        ("US", 1026, True),
        ("OF", 4, True),
        ("OD", 8, True),
        ("LT", 4000, False),
        ("UT", 65536, False),
        ("UT", 65538, True),
    ],
)
def test_large_binary_and_very_large_text_are_bulk_data(vr, size, is_bulk):
    data = instance(between=element(0x00091001, vr, b"\1" * size))
    result = scanned(data)

    assert ("BulkDataURI" in result.dataset["00091001"]) == is_bulk
    assert [data[bulk.offset : bulk.offset + bulk.length] for bulk in result.bulk] == (
        [b"\1" * size] if is_bulk else []
    )


def test_pixel_and_waveform_data_are_bulk_however_small():
    waveform = sequence(0x54000100, item(), item(element(0x54001010, "OW", b"\1\2")))
    result = scanned(image(waveform + element(0x7FE00010, "OW", b"\0" * 4), rows=2, columns=2))

    assert [bulk.path for bulk in result.bulk] == ["54000100/2/54001010", "7FE00010"]


def test_bulk_uris_are_made_once_the_instance_is_known():
    nested = sequence(0x00081140, item(element(0x00091001, "OB", bytes(2000))))
    result = scanned(
        instance(between=nested),
        bulk_uri=lambda uids, path: f"/{uids.series_instance_uid}/{path}",
    )

    (inner,) = result.dataset["00081140"]["Value"]
    assert inner["00091001"]["BulkDataURI"] == f"/{SERIES}/00081140/1/00091001"


def test_inline_binary_is_little_endian_whatever_the_file():
    words = element(0x00281201, "OW", pack(">2H", 1, 2), syntax=BIG_ENDIAN)
    result = scanned(instance(after=words, transfer_syntax=BIG_ENDIAN))

    assert result.dataset["00281201"] == {"vr": "OW", "InlineBinary": "AQACAA=="}


def test_an_empty_item_is_an_empty_object():
    assert value_of("SQ", item() + item(delimited=True)) == {"vr": "SQ", "Value": [{}, {}]}


def test_sequences_and_items_may_be_delimited_or_measured_in_any_mixture():
    inner = element(0x00080060, "CS", "CT")
    expected = {"vr": "SQ", "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}}] * 2}

    for delimited in (True, False):
        items = item(inner, delimited=True), item(inner)
        data = instance(after=sequence(0x00400275, *items, delimited=delimited))
        assert scanned(data).dataset["00400275"] == expected


def test_group_lengths_command_and_meta_elements_and_padding_are_left_out():
    data = instance(
        before=element(0x00080000, "UL", b"\0" * 4),
        after=element(0xFFFCFFFC, "OB", b"\0" * 20),
    )

    assert list(scanned(data).dataset) == ["00080016", "00080018", "0020000D", "0020000E"]


def test_elements_out_of_order_are_put_in_order():
    result = scanned(part10(parents() + element(0x00100020, "LO", "7") + identity()))

    assert list(result.dataset) == ["00080016", "00080018", "00100020", "0020000D", "0020000E"]
    assert codes(result) == [WarningCode.UNORDERED]


def test_the_last_of_duplicates_counts():
    twice = element(0x00100020, "LO", "1") + element(0x00100020, "LO", "2")
    result = scanned(instance(between=twice))

    assert result.dataset["00100020"]["Value"] == ["2"]
    assert codes(result) == [WarningCode.DUPLICATE]


def test_the_character_set_of_an_item_holds_for_the_item_only():
    greek = element(0x00080005, "CS", "ISO_IR 126") + element(0x00100020, "LO", b"\xc4 ")
    data = instance(
        before=element(0x00080005, "CS", "ISO_IR 144"),
        between=sequence(0x00081140, item(greek), item(element(0x00100020, "LO", b"\xbb ")))
        + element(0x00100010, "PN", b"\xbb "),
    )
    result = scanned(data)

    first, second = result.dataset["00081140"]["Value"]
    assert first["00100020"]["Value"] == ["Δ"]
    assert second["00100020"]["Value"] == ["Л"]
    assert result.dataset["00100010"]["Value"] == [{"Alphabetic": "Л"}]


def test_an_unknown_character_set_is_remarked_and_harmless():
    data = instance(before=element(0x00080005, "CS", "zlib_codec"))

    assert codes(scanned(data)) == [WarningCode.CHARSET_UNKNOWN]


class TestUnknownVr:
    def test_a_value_takes_the_vr_of_the_dictionary(self):
        assert value_of("UN", "CT", 0x00080060) == {"vr": "CS", "Value": ["CT"]}

    def test_a_private_value_stays_unknown(self):
        assert value_of("UN", "CT", 0x00091002)["vr"] == "UN"

    def test_a_sequence_of_undefined_length_is_implicit(self):
        inner = element(0x00080060, "CS", "CT", syntax=IMPLICIT)
        after = sequence(0x00400275, item(inner, delimited=True), delimited=True, vr="UN")

        assert scanned(instance(after=after)).dataset["00400275"] == {
            "vr": "SQ",
            "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}}],
        }

    def test_a_sequence_of_defined_length_is_implicit(self):
        inner = element(0x00080060, "CS", "CT", syntax=IMPLICIT)
        after = sequence(0x00400275, item(inner), vr="UN")

        assert scanned(instance(after=after)).dataset["00400275"]["vr"] == "SQ"

    def test_what_is_no_sequence_inside_stays_bytes(self):
        after = element(0x00400275, "UN", b"\1" * 12)

        assert scanned(instance(after=after)).dataset["00400275"]["vr"] == "UN"


class TestImplicitVr:
    def test_the_pixel_representation_decides_between_us_and_ss(self):
        for representation, vr, number in ((0, "US", 0xFFFF), (1, "SS", -1)):
            after = element(0x00280103, "US", pack("<H", representation), syntax=IMPLICIT)
            after += element(0x00280106, "US", b"\xff\xff", syntax=IMPLICIT)
            result = scanned(instance(after=after, transfer_syntax=IMPLICIT))
            assert result.dataset["00280106"] == {"vr": vr, "Value": [number]}

    def test_the_pixel_representation_holds_within_items(self):
        inner = element(0x00409216, "SS", b"\xff\xff", syntax=IMPLICIT)
        after = element(0x00280103, "US", b"\1\0", syntax=IMPLICIT)
        after += sequence(0x00409096, item(inner), syntax=IMPLICIT)
        result = scanned(instance(after=after, transfer_syntax=IMPLICIT))

        assert result.dataset["00409096"]["Value"] == [{"00409216": {"vr": "SS", "Value": [-1]}}]

    def test_private_creators_are_text_and_private_values_unknown(self):
        between = element(0x00090010, "LO", "ACME", syntax=IMPLICIT)
        between += element(0x00091001, "LO", "ACME", syntax=IMPLICIT)
        result = scanned(instance(between=between, transfer_syntax=IMPLICIT))

        assert result.dataset["00090010"] == {"vr": "LO", "Value": ["ACME"]}
        assert result.dataset["00091001"]["vr"] == "UN"

    def test_a_private_sequence_is_known_by_its_undefined_length(self):
        between = sequence(0x00091001, item(), delimited=True, syntax=IMPLICIT)
        result = scanned(instance(between=between, transfer_syntax=IMPLICIT))

        assert result.dataset["00091001"] == {"vr": "SQ", "Value": [{}]}

    def test_a_text_too_long_for_its_vr_is_bulk_data_of_unknown_vr(self):
        between = element(0x00100020, "LO", "x" * 70_000, syntax=IMPLICIT)
        result = scanned(instance(between=between, transfer_syntax=IMPLICIT))

        assert result.dataset["00100020"] == {"vr": "UN", "BulkDataURI": "00100020"}
        assert codes(result) == [WarningCode.VALUE_TOO_LONG]


class TestBadManners:
    def test_a_missing_preamble_is_put_up_with(self):
        for start in (128, 132):
            result = scanned(instance()[start:])
            assert codes(result) == [WarningCode.MISSING_PREAMBLE]

    def test_a_wrong_group_length_is_put_up_with(self):
        data = bytearray(instance())
        data[140:144] = pack("<I", 7)

        assert codes(scanned(bytes(data))) == [WarningCode.META_GROUP_LENGTH]

    def test_file_meta_information_of_another_instance_is_remarked(self):
        data = part10(identity(instance="1.2.9") + parents())

        assert codes(scanned(data)) == [WarningCode.META_MISMATCH]
        assert scanned(data).uids.sop_instance_uid == "1.2.9"

    @pytest.mark.parametrize(("declared", "real"), [(IMPLICIT, EXPLICIT), (EXPLICIT, IMPLICIT)])
    def test_an_encoding_other_than_declared_is_found_out(self, declared, real):
        result = scanned(part10(identity(syntax=real) + parents(syntax=real), declared))

        assert codes(result) == [WarningCode.ENCODING_MISMATCH]
        assert result.encoding.is_implicit == (real == IMPLICIT)

    def test_a_single_implicit_element_among_explicit_ones_is_read(self):
        result = scanned(instance(between=element(0x00100020, "LO", "77", syntax=IMPLICIT)))

        assert result.dataset["00100020"] == {"vr": "LO", "Value": ["77"]}
        assert codes(result) == [WarningCode.IMPLICIT_ELEMENT]

    def test_a_vr_of_a_later_edition_is_unknown(self):
        later = pack("<HH", 0x0009, 0x1001) + b"ZZ\0\0" + pack("<I", 2) + b"\1\2"
        result = scanned(instance(between=later))

        assert result.dataset["00091001"] == {"vr": "UN", "InlineBinary": "AQI="}
        assert codes(result) == [WarningCode.UNKNOWN_VR]

    def test_a_delimiter_that_closes_nothing_is_stepped_over(self):
        for stray in (marker(0xE00D), marker(0xE0DD)):
            assert codes(scanned(instance(after=stray))) == [WarningCode.STRAY_DELIMITER]

    @pytest.mark.parametrize("size", [1, 7, 8, 512])
    def test_zeros_behind_the_last_element_are_stepped_over(self, size):
        assert codes(scanned(instance() + bytes(size))) == [WarningCode.TRAILING_PADDING]
