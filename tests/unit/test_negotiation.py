"""Media types and Accept headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medshare.web.negotiation import (
    MalformedMediaTypeError,
    accepted_ranges,
    choose,
    parse_accept,
    parse_media_type,
    quality_of,
)

JSON = parse_media_type("application/dicom+json")
DICOM = parse_media_type('multipart/related; type="application/dicom"; transfer-syntax=1.2.3')
FRAMES = parse_media_type('multipart/related; type="application/octet-stream"')
OHIF = "application/dicom+json, multipart/related; type=application/octet-stream; transfer-syntax=*"


def essences(text):
    return [entry.media.essence for entry in parse_accept(text)]


@pytest.mark.parametrize(
    "text",
    [
        'multipart/related; type="application/dicom"; transfer-syntax=*',
        "multipart/related;type=application/dicom;transfer-syntax=*",
        'MULTIPART/Related ; Transfer-Syntax="*" ; TYPE="application/dicom"',
        'multipart/related; type="application\\/dicom"; transfer-syntax=*;',
    ],
)
def test_quoted_and_unquoted_values_are_equivalent(text):
    media = parse_media_type(text)

    assert media.essence == "multipart/related"
    assert dict(media.parameters) == {"type": "application/dicom", "transfer-syntax": "*"}


@pytest.mark.parametrize("text", ["", "text", "text/", "/html", "a b/c", 'a/b; c="d', "a/b c"])
def test_what_is_no_media_type_is_an_error(text):
    with pytest.raises(MalformedMediaTypeError):
        parse_media_type(text)


def test_a_comma_within_quotes_does_not_end_a_range():
    assert essences('a/b; c="d, e/f", g/h') == ["a/b", "g/h"]


def test_ranges_are_sorted_by_quality_then_specificity_then_place():
    text = "*/*, text/*, text/html;level=1, text/html, a/b;q=0.9, c/d;q=0.95, text/plain"

    assert essences(text) == [
        "text/html",
        "text/html",
        "text/plain",
        "text/*",
        "*/*",
        "c/d",
        "a/b",
    ]


def test_the_weight_is_no_parameter_of_the_media_type():
    (entry,) = parse_accept("application/dicom;transfer-syntax=1.2;q=0.5")

    assert entry.quality == 0.5
    assert dict(entry.media.parameters) == {"transfer-syntax": "1.2"}


@pytest.mark.parametrize("bad", ["", "nonsense", "a/b;q=high", "a/b;q=nan", "a/b;;;=", "@/@"])
def test_a_range_that_cannot_be_read_does_not_spoil_the_others(bad):
    assert "application/dicom+json" in essences(f"{bad}, application/dicom+json")


@pytest.mark.parametrize(
    ("wanted", "offer"),
    [
        ("*/*", JSON),
        ("application/*", JSON),
        ("multipart/*", DICOM),
        ("multipart/related", DICOM),
        ('multipart/related; type="*/*"', FRAMES),
        ('multipart/related; type="application/*"', FRAMES),
        ("multipart/related; type=APPLICATION/dicom; transfer-syntax=*", DICOM),
        ("multipart/related; type=application/dicom; transfer-syntax=1.2.3", DICOM),
    ],
)
def test_an_offer_within_the_range_matches(wanted, offer):
    assert parse_accept(wanted)[0].matches(offer)


@pytest.mark.parametrize(
    ("wanted", "offer"),
    [
        ("application/json", JSON),
        ("image/*", JSON),
        ("multipart/related; type=application/dicom", FRAMES),
        ("multipart/related; type=application/dicom; transfer-syntax=1.2.4", DICOM),
        ("multipart/related; transfer-syntax=1.2.3", FRAMES),
        ('multipart/related; type="image/*"', FRAMES),
    ],
)
def test_an_offer_outside_the_range_does_not_match(wanted, offer):
    assert not parse_accept(wanted)[0].matches(offer)


def test_several_ranges_get_the_best_offer_that_one_of_them_takes():
    assert choose(parse_accept(OHIF), [DICOM, JSON]) == JSON
    assert choose(parse_accept("image/jpeg, multipart/*;q=0.1"), [JSON, FRAMES]) == FRAMES
    assert choose(parse_accept("image/jpeg"), [JSON, FRAMES]) is None


def test_a_quality_of_zero_refuses_what_a_wider_range_would_take():
    ranges = parse_accept("*/*, application/dicom+json;q=0")

    assert quality_of(JSON, ranges) == 0
    assert choose(ranges, [JSON, DICOM]) == DICOM


def test_the_query_parameter_comes_before_the_header():
    ranges = accepted_ranges(["multipart/related;q=0.1"], "application/dicom+json")

    assert choose(ranges, [JSON, DICOM]) == DICOM


def test_a_plus_that_form_decoding_ate_is_put_back():
    assert choose(accepted_ranges(["application/dicom json"], None), [DICOM, JSON]) == JSON


def test_nothing_asked_for_means_anything():
    assert choose(accepted_ranges([], None), [JSON]) == JSON


@pytest.mark.parametrize("text", ["a/b; c=" + " " * 20_000 + '"', "a/b;" + " " * 20_000 + '"'])
def test_a_hostile_header_is_read_in_linear_time(text):
    assert parse_accept(text + "x" * 5) == []


@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=80))
def test_no_header_makes_the_parser_fail(text):
    ranges = parse_accept(text)

    assert all(0 <= entry.quality <= 1 for entry in ranges)
