"""PS3.18 section 8.7: media types, transfer syntaxes and how one of them is chosen."""

import pytest

from tests.checklist.archive import (
    AS_STORED,
    BIG_ENDIAN,
    CHEST,
    DICOM,
    DICOM_JSON,
    EXPLICIT,
    IMPLICIT,
    OCTETS,
    RELATED,
    Archive,
    a_slice,
    instance,
    parts,
    study,
)
from tests.checklist.rules import rule


@rule("8.7", "Names of types, subtypes and parameters are read in any case, values quoted or not.")
@pytest.mark.parametrize(
    "accept",
    [
        'multipart/related; type="application/dicom"; transfer-syntax=*',
        "multipart/related; type=application/dicom; transfer-syntax=*",
        'MULTIPART/Related;TRANSFER-SYNTAX=*;Type="APPLICATION/dicom"',
        "multipart/related ; transfer-syntax=* ; type=application/dicom ; q=0.5",
        'multipart/related; type="application/dicom; transfer-syntax=*"',
        'multipart/related; type="application/dicom"; transfer-syntax=*; charset=UTF-8',
    ],
)
def test_every_spelling_of_a_range_means_the_same(archive: Archive, accept: str) -> None:
    assert len(parts(archive.get(study(CHEST), accept))) == 3


@rule("8.7.3", "Implicit VR and big endian are never sent: asked for they are 406.")
@pytest.mark.parametrize("syntax", [IMPLICIT, BIG_ENDIAN])
def test_what_the_web_does_not_carry_is_not_acceptable(archive: Archive, syntax: str) -> None:
    answer = archive.get(instance(CHEST), f"application/dicom; transfer-syntax={syntax}")
    assert answer.status_code == 406


@rule("8.7.3", "What is stored in implicit VR or big endian leaves in explicit VR little endian.")
@pytest.mark.parametrize("name", ["MR_small_implicit.dcm", "MR_small_bigendian.dcm"])
@pytest.mark.parametrize("accept", ["", "*/*", AS_STORED])
def test_what_the_web_does_not_carry_is_rewritten(archive: Archive, name: str, accept: str) -> None:
    answer = archive.get(archive.sample(name), accept)
    assert [media for media, _content in parts(answer)] == [f"{DICOM}; transfer-syntax={EXPLICIT}"]


@rule("8.7.3", "Without a transfer syntax asked for, what was coded without loss leaves plain.")
def test_the_default_is_explicit_little_endian(archive: Archive) -> None:
    answer = archive.get(archive.sample("MR_small_RLE.dcm"), DICOM)
    assert answer.content_type == f"{DICOM}; transfer-syntax={EXPLICIT}"


@rule("8.7.3.4", "What was coded with loss stays coded unless plain pixels are asked for.")
def test_lossy_pixels_stay_as_they_are(archive: Archive) -> None:
    answer = archive.get(archive.sample("SC_rgb_jpeg_dcmtk.dcm"), DICOM)
    assert answer.content_type == f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.4.50"


@rule("8.7.3.5", "A frame leaves under the media type of its transfer syntax.")
@pytest.mark.parametrize(
    ("accept", "syntax"),
    [
        (OCTETS, EXPLICIT),
        ("image/dicom-rle", "1.2.840.10008.1.2.5"),
        ("image/jls", "1.2.840.10008.1.2.4.80"),
        ("image/jp2", "1.2.840.10008.1.2.4.90"),
        ("image/jphc", "1.2.840.10008.1.2.4.201"),
    ],
)
def test_frames_are_sent_under_their_type(archive: Archive, accept: str, syntax: str) -> None:
    answer = archive.get(f"{instance(CHEST)}/frames/1", accept)
    assert answer.content_type == f"{accept}; transfer-syntax={syntax}"


@rule("8.7.3.5", "image/* means any coded type; the names of earlier editions mean today's.")
@pytest.mark.parametrize(
    ("accept", "media", "syntax"),
    [
        ('multipart/related; type="image/*"; transfer-syntax=*', "image/dicom-rle", "5"),
        ("image/x-jls", "image/jls", "4.80"),
        ("image/dicom+jp2", "image/jp2", "4.90"),
        ('multipart/related; type="image/jhc"; transfer-syntax=*', "image/jphc", "4.201"),
        (
            f"multipart/related; type={OCTETS}; transfer-syntax=1.2.840.10008.1.2.4.90",
            OCTETS,
            "4.90",
        ),
        ("application/*", OCTETS, "1"),
    ],
)
def test_older_names_and_wildcards(archive: Archive, accept: str, media: str, syntax: str) -> None:
    address = f"{archive.sample('MR_small_RLE.dcm')}/frames/1"
    answer = archive.get(address, accept)
    found = parts(answer)[0][0] if answer.mimetype == RELATED else answer.content_type
    assert found == f"{media}; transfer-syntax=1.2.840.10008.1.2.{syntax}"


@rule("8.7.5", "The accept parameter goes before the header.")
def test_the_parameter_goes_first(archive: Archive) -> None:
    path = f"{instance(CHEST)}/rendered?accept=image/png"
    assert archive.get(path, "image/jpeg").content_type == "image/png"


@rule("8.7.5", "Of several ranges the one with the highest weight that can be had is taken.")
@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("image/png;q=0.4, image/jpeg;q=0.8", "image/jpeg"),
        ("image/png, image/*;q=0.9", "image/png"),
        ("video/mp4, image/gif;q=0.1", "image/gif"),
        ("image/jpeg;q=0, image/*", "image/png"),
    ],
)
def test_weights_decide(archive: Archive, accept: str, chosen: str) -> None:
    assert archive.get(f"{instance(CHEST)}/rendered", accept).content_type == chosen


@rule("8.7.5", "Where nothing fits the answer is 406, never another representation.")
@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("/studies", "text/csv"),
        (study(CHEST), "image/png"),
        (f"{instance(CHEST)}/frames/1", "video/mp4"),
        (f"{instance(CHEST)}/metadata", "text/plain"),
        (f"{instance(CHEST)}/rendered", "application/dicom"),
    ],
)
def test_what_fits_nothing_is_406(archive: Archive, path: str, accept: str) -> None:
    assert archive.get(path, accept).status_code == 406


@rule("8.7.8", "A wildcard within multipart/related, or in its place, takes the default.")
@pytest.mark.parametrize("accept", ['multipart/related; type="*/*"', "multipart/*", "*/*", ""])
def test_wildcards_take_the_default(archive: Archive, accept: str) -> None:
    (media, content), *more = parts(archive.get(f"{instance(CHEST)}/frames/1", accept))
    assert (media, len(content), more) == (f"{OCTETS}; transfer-syntax={EXPLICIT}", 128, [])


@rule("8.7.8", "Ranges that name nothing of ours beside one that does are passed over.")
def test_what_viewers_send_for_metadata_is_answered_in_json(archive: Archive) -> None:
    accept = f"{DICOM_JSON}, multipart/related; type={OCTETS}; transfer-syntax=*"
    assert archive.get(f"{study(CHEST)}/metadata", accept).content_type == DICOM_JSON


@rule("8.7.8", "What would take a server too long to make is 406; as stored it is sent.")
def test_a_multitude_of_tiny_frames(archive: Archive) -> None:
    number = archive.own_study()
    tiny = {"Rows": 1, "Columns": 1, "NumberOfFrames": 2001, "PixelData": bytes(2 * 2001)}
    assert archive.store(a_slice(number, **tiny)).status_code == 200
    for path in ("", "/frames/1", "/pixeldata"):
        answer = archive.get(f"{instance(number)}{path}", f"{RELATED}; type=image/jp2")
        assert answer.status_code == 406
        assert archive.get(f"{instance(number)}{path}", "*/*").status_code == 200
    as_jpeg_2000 = f"{DICOM}; transfer-syntax=1.2.840.10008.1.2.4.90"
    assert archive.get(instance(number), as_jpeg_2000).status_code == 406


@rule("8.7", "A charset of UTF-8 in a range asks for nothing else than what is sent.")
@pytest.mark.parametrize("media", [DICOM_JSON, "application/json"])
def test_a_charset_may_be_asked_for(archive: Archive, media: str) -> None:
    for path in (f"{study(CHEST)}/metadata", "/studies"):
        assert archive.get(path, f"{media}; charset=utf-8").status_code == 200
        assert archive.get(path, f"{media}; charset=gb18030").status_code == 406


@rule("8.7.5", "An Accept header that says nothing accepts anything.")
@pytest.mark.parametrize("path", [study(CHEST), f"{study(CHEST)}/metadata", "/studies"])
def test_an_empty_accept_header_is_none(archive: Archive, path: str) -> None:
    assert archive.get(path, Accept="").status_code == 200


@rule("10.4.4", "A bare file is offered for one instance only.")
def test_a_study_never_comes_as_a_bare_file(archive: Archive) -> None:
    assert archive.get(study(CHEST), DICOM).status_code == 406
    assert archive.get(instance(CHEST), DICOM).status_code == 200


@rule("8.7.9", "JSON carries no charset parameter: it is UTF-8.")
def test_json_has_no_charset(archive: Archive) -> None:
    for path in ("/studies", f"{study(CHEST)}/metadata"):
        assert archive.get(path).content_type == DICOM_JSON


@rule("8.7", "A body of a type that is not taken is 415.")
@pytest.mark.parametrize("media", ["application/json", "application/pdf", "multipart/mixed"])
def test_an_unknown_body_is_415(archive: Archive, media: str) -> None:
    assert archive.post(data=b"{}", content_type=media).status_code == 415


@rule("8.7", "A body in a content coding is 415, whatever is in it: none is taken.")
@pytest.mark.parametrize(("coding", "status"), [("gzip", 415), ("identity", 200)])
def test_a_coded_body_is_415(archive: Archive, coding: str, status: int) -> None:
    headers = {"Content-Encoding": coding}
    answer = archive.post(data=archive.own_slice(), content_type=DICOM, headers=headers)
    assert answer.status_code == status
