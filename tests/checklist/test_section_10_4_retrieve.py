"""PS3.18 section 10.4: the Retrieve transaction and its resources."""

import io
import zipfile
from collections.abc import Callable

import pydicom
import pytest

from tests.checklist.archive import (
    AS_STORED,
    CHEST,
    CINE,
    DICOM,
    OCTETS,
    PARTS_OF_OCTETS,
    RAMP,
    Archive,
    a_slice,
    element,
    instance,
    parts,
    series,
    study,
)
from tests.checklist.rules import rule

BASE = "https://medshare.test/dicom-web"
URI_OF_CHEST = f"studyUID=2.999.9.{CHEST}&seriesUID=2.999.9.{CHEST}.1&objectUID=2.999.9.{CHEST}.1.1"


@rule("10.4.1.1.1", "Study, series and instance come as files that are equal to what was stored.")
@pytest.mark.parametrize(
    ("path", "many"), [(study(CHEST), 3), (series(CHEST), 3), (instance(CHEST), 1)]
)
def test_files_come_back(archive: Archive, path: str, many: int) -> None:
    files = [content for _media, content in parts(archive.get(path, AS_STORED))]
    assert len(files) == many
    assert pydicom.dcmread(io.BytesIO(files[0])).PatientID == "A-1"


@rule("10.4.1.1.2", "Metadata leave out group 0002 and tell how the instance is stored.")
@pytest.mark.parametrize(
    ("path", "many"), [(study(CHEST), 3), (series(CHEST), 3), (instance(CHEST), 1)]
)
def test_metadata(archive: Archive, path: str, many: int) -> None:
    found = archive.get(f"{path}/metadata").get_json(force=True)
    assert len(found) == many
    for each in found:
        assert not [tag for tag in each if tag.startswith("0002")]
        assert element(each, "00083002") == "1.2.840.10008.1.2.1"


@rule("10.4.1.1.3", "Frames come in the order in which they are asked for.")
@pytest.mark.parametrize("asked", ["3,1", "3%2C1"])
def test_frames_in_the_order_asked_for(archive: Archive, asked: str) -> None:
    found = parts(archive.get(f"{instance(CINE)}/frames/{asked}"))
    assert [content for _media, content in found] == [(RAMP + 2).tobytes(), RAMP.tobytes()]


@rule("10.4.1.1.3", "A frame number below 1, repeated or no number is 400; behind the last, 404.")
@pytest.mark.parametrize(
    ("asked", "status"), [("0", 400), ("-1", 400), ("abc", 400), ("1,1", 400), ("4", 404)]
)
def test_frames_that_cannot_be(archive: Archive, asked: str, status: int) -> None:
    assert archive.get(f"{instance(CINE)}/frames/{asked}").status_code == status


@rule("8.5", "A bare file that broke off is taken up where it ended, unless it has changed.")
@pytest.mark.parametrize(
    ("asked", "accept"),
    [
        (instance(CHEST), f"{DICOM}; transfer-syntax=*"),
        (f"/wado?requestType=WADO&contentType={DICOM}&transferSyntax=*&{URI_OF_CHEST}", "*/*"),
    ],
)
def test_a_file_is_taken_up(archive: Archive, asked: str, accept: str) -> None:
    whole = archive.get(asked, accept)
    rest = archive.get(asked, accept, Range="bytes=300-", If_Range=whole.headers["ETag"])
    size = len(whole.data)
    assert (rest.status_code, rest.content_type) == (206, whole.content_type)
    assert rest.headers["Content-Range"] == f"bytes 300-{size - 1}/{size}"
    assert whole.data[300:] == rest.data
    assert archive.get(asked, accept, Range="bytes=300-", If_Range='"old"').data == whole.data
    assert archive.get(asked, accept, Range=f"bytes={size}-").status_code == 416


@rule("10.4.1.1.5", "Bulk data are found at the BulkDataURI of the metadata, whole or in part.")
def test_bulk_data(archive: Archive) -> None:
    (found,) = archive.get(f"{instance(CHEST)}/metadata").get_json(force=True)
    path = found["7FE00010"]["BulkDataURI"].removeprefix(BASE)
    whole = archive.get(path, OCTETS)
    part = archive.get(path, OCTETS, Range="bytes=2-5")
    assert whole.data == RAMP.tobytes()
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert (part.status_code, part.data) == (206, RAMP.tobytes()[2:6])
    assert part.headers["Content-Range"] == "bytes 2-5/128"
    behind = archive.get(path, OCTETS, Range="bytes=128-")
    assert (behind.status_code, behind.headers["Content-Range"]) == (416, "bytes */128")
    as_part = archive.get(path, PARTS_OF_OCTETS).data
    assert f"Content-Location: {found['7FE00010']['BulkDataURI']}\r\n".encode() in as_part


@rule("10.4.1.1.5", "All bulk data of any level come as parts, each under its BulkDataURI.")
@pytest.mark.parametrize("address", [study, series, instance])
def test_all_bulk_data(archive: Archive, address: Callable[[int], str]) -> None:
    number, profile = archive.own_study(), bytes(range(256)) * 8
    archive.store(a_slice(number, ICCProfile=profile, PixelData=RAMP.tobytes()))
    (found,) = archive.get(f"{instance(number)}/metadata").get_json(force=True)
    answer = archive.get(f"{address(number)}/bulkdata")
    assert [content for _media, content in parts(answer)] == [profile, RAMP.tobytes()]
    for tag in ("00282000", "7FE00010"):
        assert f"Content-Location: {found[tag]['BulkDataURI']}\r\n".encode() in answer.data
    assert archive.get(f"{address(number)}/bulkdata", DICOM).status_code == 406


@rule("10.4.1.1.5", "Coded pixel data are their frames, without items and offset table.")
def test_coded_pixel_data_as_bulk_data(archive: Archive) -> None:
    path = archive.sample("MR_small_RLE.dcm")
    (found,) = archive.get(f"{path}/metadata").get_json(force=True)
    value = archive.get(found["7FE00010"]["BulkDataURI"].removeprefix(BASE))
    assert parts(value) == parts(archive.get(f"{path}/frames/1"))


@rule("10.4.1.1.6", "Pixel data of any level come under the BulkDataURI of their instance.")
@pytest.mark.parametrize(
    ("path", "many"), [(study(CHEST), 3), (series(CHEST), 3), (instance(CHEST), 1)]
)
def test_pixel_data(archive: Archive, path: str, many: int) -> None:
    answer = archive.get(f"{path}/pixeldata")
    uris = [
        each["7FE00010"]["BulkDataURI"]
        for each in archive.get(f"{path}/metadata").get_json(force=True)
    ]
    assert [content for _media, content in parts(answer)] == [RAMP.tobytes()] * many
    for uri in uris:
        assert f"Content-Location: {uri}\r\n".encode() in answer.data


@rule("10.4.3", "What is not there is 404, what was retracted 410.")
def test_what_is_gone_and_what_never_was(archive: Archive) -> None:
    number = archive.own_study()
    archive.store(a_slice(number))
    answer = archive.pacs.delete(f"/dicom-web{study(number)}?reason=quality")
    assert answer.status_code == 204, answer.text
    assert archive.get(study(number)).status_code == 410
    assert archive.get("/studies/2.999.9.99999").status_code == 404


@rule("8.6.1.3", "A study comes as one archive where that is named, with a directory of its files.")
def test_an_archive(archive: Archive) -> None:
    answer = archive.get(study(CHEST), "application/zip")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as opened:
        assert opened.testzip() is None
        assert opened.namelist()[0] == "DICOMDIR"
        first = pydicom.dcmread(io.BytesIO(opened.read("DICOM/SE000001/IM000001")))
    assert first.PatientID == "A-1"


@rule("8.5", "Answers carry an ETag; what is held already is 304 without a body.")
@pytest.mark.parametrize(
    "path",
    [
        study(CHEST),
        f"{study(CHEST)}/metadata",
        f"{study(CHEST)}/bulkdata",
        f"{study(CHEST)}/thumbnail",
        f"{instance(CHEST)}/frames/1",
        f"/wado?requestType=WADO&{URI_OF_CHEST}",
        "/studies",
    ],
)
def test_what_is_held_is_not_sent_again(archive: Archive, path: str) -> None:
    tag = archive.get(path).headers["ETag"]
    again = archive.get(path, If_None_Match=tag)
    assert (again.status_code, again.data) == (304, b"")


@rule("8.5", "HEAD answers as GET does, without the body.")
@pytest.mark.parametrize(("path", "accept"), [(instance(CHEST), DICOM), (study(CHEST), AS_STORED)])
def test_head(archive: Archive, path: str, accept: str) -> None:
    answer = archive.pacs.call("HEAD", f"/dicom-web{path}", headers={"Accept": accept})
    whole = archive.get(path, accept)
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["ETag"] == whole.headers["ETag"]
    assert int(answer.headers["Content-Length"]) == len(whole.data)


@rule("PS3.10 7.1", "A preamble leaves blank, unless it makes a TIFF of the file.")
def test_a_preamble_says_nothing(archive: Archive) -> None:
    number = archive.own_study()
    archive.store(b"#!/bin/sh\n".ljust(128, b" ") + a_slice(number)[128:])
    assert archive.get(instance(number), DICOM).data[:132] == bytes(128) + b"DICM"
