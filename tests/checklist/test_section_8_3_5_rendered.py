"""PS3.18 sections 8.3.5, 8.7.4 and 10.4.1.1.4: rendered resources and thumbnails."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.checklist.archive import (
    CHEST,
    MPEG_4,
    PARTS_OF_OCTETS,
    RAMP,
    Archive,
    a_slice,
    a_video,
    instance,
    parts,
    series,
    study,
)
from tests.checklist.rules import rule
from tests.documents import (
    A_PDF,
    a_document,
    a_group,
    a_state,
    a_waveform,
    an_item,
    an_sr,
    channel,
    in_series,
)
from tests.overlays import a_plane, with_planes

LEVELS = [study(CHEST), series(CHEST), instance(CHEST), f"{instance(CHEST)}/frames/1"]


def drawn(archive: Archive, query: str) -> Any:
    answer = archive.get(f"{instance(CHEST)}/rendered?accept=image/png&{query}")
    assert answer.status_code == 200, answer.text
    return np.asarray(Image.open(io.BytesIO(answer.data)))


@rule("10.4.1.1.4", "Study, series, instance and frame have a thumbnail: one picture.")
@pytest.mark.parametrize("path", LEVELS)
def test_thumbnails(archive: Archive, path: str) -> None:
    answer = archive.get(f"{path}/thumbnail")
    assert answer.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(answer.data)).format == "JPEG"
    assert archive.get(f"{path}/thumbnail", "image/png").content_type == "image/png"
    ((media, picture),) = parts(archive.get(f"{path}/thumbnail", "multipart/related"))
    assert (media, picture) == ("image/jpeg", answer.data)


@rule("8.3.5", "A picture is a JPEG unless PNG or GIF is asked for.")
@pytest.mark.parametrize(
    ("accept", "media"),
    [("", "image/jpeg"), ("image/png", "image/png"), ("image/gif", "image/gif")],
)
def test_formats(archive: Archive, accept: str, media: str) -> None:
    assert archive.get(f"{instance(CHEST)}/rendered", accept).content_type == media


@rule("8.3.5.1.4", "window is centre, width and function (PS3.3 C.11.2.1.2).")
def test_windows(archive: Archive) -> None:
    assert drawn(archive, "window=32,64,linear-exact")[0, :4].tolist() == [0, 4, 8, 12]
    assert drawn(archive, "window=10,2,linear-exact")[1].tolist() == [0, 0, 128, *[255] * 5]
    assert drawn(archive, "window=32,64,sigmoid")[4, 0] == 128


@rule("8.3.5.1.5", "iccprofile leaves out, embeds or converts to a colour profile.")
@pytest.mark.parametrize(("wanted", "has_profile"), [("no", False), ("yes", True), ("srgb", True)])
def test_colour_profiles(archive: Archive, wanted: str, has_profile: bool) -> None:
    answer = archive.get(f"{instance(CHEST)}/rendered?accept=image/png&iccprofile={wanted}")
    assert ("icc_profile" in Image.open(io.BytesIO(answer.data)).info) is has_profile


@rule("8.3.5.1.3", "viewport scales in proportion, cuts a region and mirrors.")
def test_viewports(archive: Archive) -> None:
    assert drawn(archive, "viewport=16,4").shape == (4, 4)
    whole = drawn(archive, "viewport=8,8")
    assert (drawn(archive, "viewport=8,8,,,-8,8") == whole[:, ::-1]).all()
    assert drawn(archive, "viewport=4,4,0,0,4,4").shape == (4, 4)


@rule("10.4.1.1.3", "Pixels that make no whole frame are rendered as nothing: 404.")
@pytest.mark.parametrize("media", ["image/jpeg", "image/png", "image/gif"])
def test_less_than_a_frame(archive: Archive, media: str) -> None:
    number = archive.own_study()
    assert archive.store(a_slice(number, Rows=4096)).status_code == 202
    assert archive.get(f"{study(number)}/rendered", media).status_code == 404


@rule("8.3.5.1", "Lists come with commas or by repetition.")
@pytest.mark.parametrize("query", ["viewport=4,4", "viewport=4&viewport=4", "viewport=4%2C4"])
def test_lists(archive: Archive, query: str) -> None:
    assert drawn(archive, query).shape == (4, 4)


@rule("8.3.5.1", "A value that a parameter cannot have is 400; an unknown parameter is ignored.")
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("quality=0", 400),
        ("quality=101", 400),
        ("window=1,2", 400),
        ("window=1,2,cubic", 400),
        ("viewport=x,1", 400),
        ("iccprofile=cmyk", 400),
        ("annotation=weather", 400),
        ("quality=1", 200),
        ("iccprofile=srgb", 200),
        ("annotation=patient,technique", 200),
        ("colour=red", 200),
    ],
)
def test_parameters(archive: Archive, query: str, status: int) -> None:
    assert archive.get(f"{instance(CHEST)}/rendered?{query}").status_code == status


DOCUMENTS = [
    (an_sr, "", "text/html"),
    (an_sr, "text/plain", "text/plain"),
    (lambda **at: a_document(A_PDF, "application/pdf", **at), "", "application/pdf"),
    (
        lambda **at: a_waveform(a_group(np.zeros((9, 1), np.int16), channel("I")), **at),
        "",
        "image/svg+xml",
    ),
]


@rule(
    "8.7.4", "Reports, documents and waveforms have a default of their own; what fits none is 406."
)
@pytest.mark.parametrize(("make", "accept", "media"), DOCUMENTS)
def test_what_is_no_image(archive: Archive, make: Any, accept: str, media: str) -> None:
    number = archive.own_study()
    uids = {"StudyInstanceUID": f"2.999.9.{number}", "SeriesInstanceUID": f"2.999.9.{number}.1"}
    stored = archive.store(make(SOPInstanceUID=f"2.999.9.{number}.1.1", **uids))
    assert stored.status_code == 200, stored.text

    assert archive.get(f"{instance(number)}/rendered", accept).mimetype == media
    assert archive.get(f"{instance(number)}/rendered", "image/jpeg").status_code == 406


@rule("8.7.4", "A video is shown as it is, and in parts, so that a browser's player can seek.")
def test_a_video_is_played(archive: Archive) -> None:
    number = archive.own_study()
    stored = archive.store(a_video(number, b"first fragment", b"second"))
    assert stored.status_code == 200, stored.text
    shown = f"{instance(number)}/rendered"

    whole = archive.get(shown, "*/*")
    assert (whole.content_type, whole.data) == ("video/mp4", b"first fragmentsecond")
    assert "media-src 'self'" in whole.headers["Content-Security-Policy"]
    part = archive.get(shown, "video/mp4", Range="bytes=12-15")
    assert (part.status_code, part.data) == (206, b"ntse")
    assert part.headers["Content-Range"] == "bytes 12-15/20"
    assert archive.get(shown, "video/mp4", Range="bytes=20-").status_code == 416
    assert parts(archive.get(f"{study(number)}/rendered", "multipart/related")) == [
        ("video/mp4", b"first fragmentsecond")
    ]
    assert archive.get(shown, "image/jpeg").status_code == 406
    uids = f"studyUID=2.999.9.{number}&seriesUID=2.999.9.{number}.1&objectUID=2.999.9.{number}.1.1"
    by_uri = archive.get(f"/wado?requestType=WADO&contentType=video/mp4&{uids}")
    assert (by_uri.content_type, by_uri.data) == ("video/mp4", whole.data)
    bulk = f"{instance(number)}/bulkdata/7FE00010"
    for accept in ("video/mp4", "application/octet-stream"):
        assert archive.get(bulk, accept).data == whole.data
        part = archive.get(bulk, accept, Range="bytes=-6")
        assert (part.status_code, part.data) == (206, b"second")
    assert parts(archive.get(bulk, PARTS_OF_OCTETS)) == [
        (f"application/octet-stream; transfer-syntax={MPEG_4}", whole.data)
    ]


@rule("10.4.1.1.3", "A presentation state is rendered as the image that it is of, by its rules.")
def test_a_presentation_state_is_its_image(archive: Archive) -> None:
    number = archive.own_study()
    image = a_slice(number, PixelData=RAMP.tobytes(), WindowCenter=32, WindowWidth=64)
    reference = an_item(
        ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.2",
        ReferencedSOPInstanceUID=f"2.999.9.{number}.1.1",
    )
    of_image = an_item(SeriesInstanceUID=f"2.999.9.{number}.1", ReferencedImageSequence=reference)
    state = a_state(
        StudyInstanceUID=f"2.999.9.{number}",
        ReferencedSeriesSequence=of_image,
        PresentationLUTShape="INVERSE",
        SoftcopyVOILUTSequence=an_item(WindowCenter=32, WindowWidth=64),
        **in_series(7, number),
    )
    assert archive.store(image, state).status_code == 200

    place = f"{study(number)}/series/2.999.9.{number}.7/instances/2.999.9.{number}.7.1"
    answer = archive.get(f"{place}/rendered", "image/png")
    assert answer.content_type == "image/png"
    assert np.asarray(Image.open(io.BytesIO(answer.data)))[0, 0] == 255


@rule(
    "10.4.1.1.3",
    "Overlays that are graphics lie over the image, regions of interest do not (PS3.3 C.9.2).",
)
@pytest.mark.parametrize(("kind", "seen"), [("G", 255), ("R", 0)])
def test_overlays_that_are_graphics_are_seen(archive: Archive, kind: str, seen: int) -> None:
    number = archive.own_study()
    plane = a_plane(np.eye(8, dtype=np.uint8), x0040=("CS", kind))
    image = a_slice(number, PixelData=RAMP.tobytes(), WindowCenter=32, WindowWidth=64)
    assert archive.store(with_planes(image, plane)).status_code == 200

    answer = archive.get(f"{instance(number)}/rendered", "image/png")
    assert np.asarray(Image.open(io.BytesIO(answer.data)))[0, 0] == seen
