"""WADO-URI as older systems use it (PS3.18 section 9)."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from tests.conftest import EMBEDDED
from tests.dicom import a_ct, store
from tests.documents import A_PDF, a_document, an_sr
from tests.site import Site, problem_of

# What is made of an instance is the same from either pair of stores.
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)

UIDS = "studyUID=2.999.9.1&seriesUID=2.999.9.1.1&objectUID=2.999.9.1.1.1"
WADO = f"/dicom-web/wado?requestType=WADO&{UIDS}"
RAMP = np.arange(64, dtype=np.uint16).reshape(8, 8)
CINE = np.stack([RAMP, RAMP + 1, RAMP + 2])
SLICE = a_ct(1, PixelData=RAMP.tobytes(), WindowCenter=32, WindowWidth=64)
LOOP = a_ct(1, PixelData=CINE.tobytes(), NumberOfFrames=3, WindowCenter=32, WindowWidth=64)


def pixels_of(body: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(body)))


def test_a_slice_is_a_jpeg_unless_a_file_is_asked_for(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, SLICE)

    picture = pacs.get(WADO)
    assert (picture.status_code, picture.content_type) == (200, "image/jpeg")
    assert pixels_of(picture.data).shape == (8, 8)
    entry = site.last_entry()
    assert (entry.operation, entry.counts) == ("dicomweb.retrieve-uri", {"rendered": 1})
    assert [each.id for each in entry.objects] == ["2.999.9.1"]

    for file in (
        pacs.get(f"{WADO}&contentType=application/dicom"),
        pacs.get(WADO, headers={"Accept": "application/dicom"}),
    ):
        assert file.data == SLICE
        assert file.content_type.startswith("application/dicom")
    assert site.last_entry().counts == {"instances": 2}  # reads of one study are a run


def test_several_frames_are_a_file_unless_one_is_named(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, LOOP)

    assert pacs.get(WADO).data == LOOP
    assert pacs.get(f"{WADO}&frameNumber=3").content_type == "image/jpeg"
    third = pacs.get(f"{WADO}&frameNumber=3&contentType=image/png")
    first = pacs.get(f"{WADO}&contentType=image/png")
    assert pixels_of(third.data)[0, 0] == 8
    assert pixels_of(first.data)[0, 0] == 0
    assert pacs.get(f"{WADO}&frameNumber=4").status_code == 404


def test_parameters_shape_the_picture(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, SLICE)

    def png(query: str) -> Any:
        answer = pacs.get(f"{WADO}&contentType=image/png&{query}")
        assert answer.status_code == 200, answer.text
        return pixels_of(answer.data)

    assert png("")[0, :3].tolist() == [0, 4, 8]
    assert png("windowCenter=10&windowWidth=1")[1].tolist() == [0, 0, 255, 255, 255, 255, 255, 255]
    assert png("rows=4").shape == png("columns=4").shape == (4, 4)
    assert png("rows=16&columns=12").shape == (12, 12)
    assert png("rows=200&annotation=patient,technique").max() == 255
    assert png("nonsense=1&charset=utf-8").shape == (8, 8)


def test_a_file_comes_in_the_transfer_syntax_that_is_asked_for(site: Site) -> None:
    pacs = site.facility_client()
    store(pacs, SLICE)
    file = f"{WADO}&contentType=application/dicom"

    coded = dcmread(io.BytesIO(pacs.get(f"{file}&transferSyntax=1.2.840.10008.1.2.5").data))

    assert coded.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.5"
    assert coded.pixel_array.tolist() == RAMP.tolist()
    assert pacs.get(f"{file}&transferSyntax=1.2.840.10008.1.2").status_code == 406


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("anonymize=yes", "unsupported"), ("anonymize=no", "unsupported"),
        ("region=0,0,1,1", "unsupported"), ("presentationUID=1.2", "invalid-presentationUID"),
        ("rows=0", "invalid-rows"), ("columns=9999", "invalid-columns"),
        ("frameNumber=0", "invalid-frameNumber"), ("frameNumber=x", "invalid-frameNumber"),
        ("imageQuality=101", "invalid-imageQuality"), ("annotation=x", "invalid-annotation"),
        ("windowCenter=1", "invalid-windowWidth"), ("windowWidth=1", "invalid-windowCenter"),
        ("windowCenter=nan&windowWidth=1", "invalid-windowCenter"),
        ("windowCenter=1&windowWidth=0", "invalid-windowWidth"),
        ("rows=1&rows=2", "repeated-parameter"), ("objectUID=1.2", "repeated-parameter"),
        ("transferSyntax=1.2.840.10008.1.2.1", "not-for-this-type"),
        ("contentType=application/dicom&rows=4", "not-for-this-type"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_400(site: Site, query: str, code: str) -> None:
    pacs = site.facility_client()
    store(pacs, SLICE)

    answer = pacs.get(f"{WADO}&{query}")

    assert answer.status_code == 400
    assert problem_of(answer)["errors"][0]["code"] == code


@pytest.mark.parametrize(
    "query", ["", UIDS, f"requestType=RS&{UIDS}", "requestType=WADO&studyUID=2.999.9.1"]
)
def test_what_is_needed_and_missing_is_400(site: Site, query: str) -> None:
    assert site.facility_client().get(f"/dicom-web/wado?{query}").status_code == 400


@pytest.mark.parametrize("media", ["text/html", "image/gif", "nonsense"])
def test_a_type_that_is_not_offered_is_406(site: Site, media: str) -> None:
    pacs = site.facility_client()
    store(pacs, SLICE)
    assert pacs.get(f"{WADO}&contentType={media}").status_code == 406


def test_what_has_no_pixels_is_a_file_only(site: Site) -> None:
    report = dcmread(io.BytesIO(SLICE))
    report.SOPClassUID = report.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.88.11"
    del report.PixelData
    buffer = io.BytesIO()
    report.save_as(buffer)
    pacs = site.facility_client()
    store(pacs, buffer.getvalue())

    assert pacs.get(WADO).data == buffer.getvalue()
    assert pacs.get(f"{WADO}&contentType=image/jpeg").status_code == 406


@pytest.mark.parametrize(
    ("file", "media"),
    [
        (an_sr(), "text/html"),
        (an_sr(), "text/plain"),
        (a_document(A_PDF, "application/pdf"), "application/pdf"),
    ],
    ids=["html", "plain", "pdf"],
)
def test_a_document_is_a_file_unless_it_is_asked_for_as_a_browser_shows_it(
    site: Site, file: bytes, media: str
) -> None:
    pacs = site.facility_client()
    store(pacs, file)

    assert pacs.get(WADO).data == file
    shown = pacs.get(f"{WADO}&contentType={media}")
    assert (shown.status_code, shown.mimetype) == (200, media)
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert pacs.get(f"{WADO}&contentType={media}&rows=5").status_code == 400


def test_an_unknown_instance_is_404(site: Site) -> None:
    assert site.facility_client().get(WADO).status_code == 404
