"""Reports, documents and waveforms as what a browser shows (PS3.18 section 8.7.4)."""

from typing import Any

import numpy as np
import pytest

from medshare.imaging import documents
from medshare.imaging.rendering.families import OFFERS
from tests.conftest import EMBEDDED
from tests.dicom import a_ct, multipart, parts_of
from tests.documents import (
    A_CDA,
    A_PDF,
    CDA,
    ECG,
    HEMODYNAMIC,
    PDF,
    SOUND,
    a_document,
    a_group,
    a_waveform,
    an_sr,
    channel,
    content,
    in_series,
    measurement,
    without_pixels,
)
from tests.site import Caller, Site, problem_of

# What is made of an instance is the same from either pair of stores.
pytestmark = pytest.mark.parametrize("pair", [EMBEDDED], indirect=True)

STUDY = "/dicom-web/studies/2.999.9.1"
INSTANCE = f"{STUDY}/series/2.999.9.1.1/instances/2.999.9.1.1.1"
RENDERED = f"{INSTANCE}/rendered"
SCRIPT = "<script>alert(1)</script>"
BEAT = np.zeros((500, 1), dtype=np.int16)


def stored(site: Site, *files: bytes) -> Caller:
    caller = site.facility_client()
    answer = caller.post("/dicom-web/studies", **multipart(*files))
    assert answer.status_code in (200, 202), answer.text
    return caller


def shown(site: Site, file: bytes, accept: str = "*/*", **headers: str) -> Any:
    return stored(site, file).get(RENDERED, headers={"Accept": accept, **headers})


@pytest.mark.parametrize(
    ("file", "content_type", "begins"),
    [
        (an_sr(measurement("D", "8", "mm")), "text/html; charset=utf-8", b"<!DOCTYPE html>"),
        (a_document(A_PDF, "application/pdf"), "application/pdf", b"%PDF-"),
        (a_document(A_CDA.encode(), "text/xml", CDA), "text/html; charset=utf-8", b"<!DOCTYPE"),
        (a_waveform(a_group(BEAT, channel("I"))), "image/svg+xml", b"<svg "),
        (a_waveform(a_group(BEAT), sop_class=HEMODYNAMIC), "image/svg+xml", b"<svg "),
    ],
    ids=["report", "pdf", "cda", "ecg", "pressure"],
)
def test_each_family_has_its_default_and_can_do_nothing(
    site: Site, file: bytes, content_type: str, begins: bytes
) -> None:
    answer = shown(site, file)

    assert answer.status_code == 200, answer.text
    assert answer.content_type == content_type
    assert answer.data.startswith(begins)
    policy = answer.headers["Content-Security-Policy"]
    assert {"default-src 'none'", "sandbox", "frame-ancestors 'self'"} <= set(policy.split("; "))
    assert "script" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith('inline; filename="document.')
    assert answer.headers["Cache-Control"] == "no-store"
    assert "X-Frame-Options" not in answer.headers
    entry = site.last_entry()
    assert (entry.operation, entry.outcome) == ("dicomweb.retrieve-instance-rendered", "success")
    assert entry.counts == {"rendered": 1}


def test_a_report_comes_as_plain_text_too_in_the_language_asked_for(site: Site) -> None:
    file = an_sr(measurement("最大径", "8", "mm"))

    answer = shown(site, file, "text/plain", **{"Accept-Language": "zh"})

    assert answer.content_type == "text/plain; charset=utf-8"
    assert "已完成" in answer.text
    assert answer.text.endswith("\n最大径: 8 mm\n")
    assert "Accept-Language" in answer.headers["Vary"]


def test_the_two_languages_are_not_taken_for_each_other(site: Site) -> None:
    caller = stored(site, an_sr())
    english, chinese = (
        caller.get(RENDERED, headers={"Accept-Language": each}) for each in ("en", "zh-CN")
    )

    assert "complete" in english.text
    assert "已完成" in chinese.text
    assert english.headers["ETag"] != chinese.headers["ETag"]


def test_a_report_in_an_old_character_set_is_read(site: Site) -> None:
    file = an_sr(content("TEXT", "所见", TextValue="右肺结节"), SpecificCharacterSet="GB18030")

    assert "右肺结节" in shown(site, file).text


def test_a_long_text_is_shown_whole(site: Site) -> None:
    text = "结节" * 20_000

    assert text in shown(site, an_sr(content("TEXT", "T", TextValue=text)), "text/plain").text


def test_scripts_in_a_report_are_words(site: Site) -> None:
    file = an_sr(content("TEXT", SCRIPT, TextValue=SCRIPT), PatientName=SCRIPT)

    assert "<script" not in shown(site, file).text


def test_a_pdf_leaves_without_the_byte_that_made_it_even(site: Site) -> None:
    odd = A_PDF + b"%" * (1 - len(A_PDF) % 2)

    assert shown(site, a_document(odd, "application/pdf")).data == odd


@pytest.mark.parametrize(
    ("document", "media", "sop_class"),
    [
        (b"<html><script>1</script>%PDF-1.4", "application/pdf", PDF),
        (A_PDF, "text/html", PDF),
        (b"", "application/pdf", PDF),
        (b"<html></html>", "text/xml", CDA),
        (A_CDA.encode(), "text/html", CDA),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "text/xml", CDA),
    ],
    ids=["polyglot", "type-of-pdf", "empty", "no-cda", "type-of-cda", "entity"],
)
def test_a_document_that_is_not_what_it_says_is_422(
    site: Site, document: bytes, media: str, sop_class: str
) -> None:
    caller = stored(site, a_document(document, media, sop_class))

    answer = caller.get(RENDERED, headers={"Accept-Language": "zh-CN"})

    assert answer.status_code == 422
    assert problem_of(answer)["type"].endswith("unrenderable-document")
    assert "无法显示" in problem_of(answer)["title"]
    assert caller.get(INSTANCE).status_code == 200


@pytest.mark.parametrize("cap", ["PDF_BYTES_MAX", "CDA_BYTES_MAX"])
def test_a_document_beyond_the_cap_is_422(
    site: Site, monkeypatch: pytest.MonkeyPatch, cap: str
) -> None:
    monkeypatch.setattr(documents, cap, 1000)
    long = a_document(A_PDF + b"%" * 2000, "application/pdf")
    if cap == "CDA_BYTES_MAX":
        long = a_document(A_CDA.encode() + b" " * 2000, "text/xml", CDA)

    assert shown(site, long).status_code == 422


def test_of_a_long_recording_the_beginning_is_read(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "SAMPLES_BYTES_MAX", 2001)
    group = a_group(np.zeros((5000, 1), dtype=np.int16), channel("I"))

    assert "the first 2 s of 10 s" in shown(site, a_waveform(group)).text


def test_samples_that_are_not_there_are_422(site: Site) -> None:
    group = a_group(BEAT, channel("I"), NumberOfWaveformChannels=60_000)

    assert shown(site, a_waveform(group)).status_code == 422


def test_a_waveform_says_whose_it_is_where_that_is_asked_for(site: Site) -> None:
    caller = stored(site, a_waveform(a_group(BEAT, channel("I"))))

    assert "王" not in caller.get(RENDERED).text
    assert "王" in caller.get(f"{RENDERED}?annotation=patient").text


@pytest.mark.parametrize(
    ("file", "accept"),
    [
        (an_sr(), "image/jpeg"),
        (an_sr(), "application/pdf"),
        (a_document(A_PDF, "application/pdf"), "text/html"),
        (a_waveform(a_group(BEAT, channel("I"))), "image/png"),
        (a_ct(1), "text/html"),
        (without_pixels(SOUND), "*/*"),
        (a_document(b"solid", "model/stl", f"{PDF[:-1]}3"), "*/*"),
    ],
    ids=["jpeg", "pdf", "html", "png", "html-of-ct", "sound", "model"],
)
def test_what_nothing_fits_is_406(site: Site, file: bytes, accept: str) -> None:
    answer = shown(site, file, accept)

    assert answer.status_code == 406
    assert site.last_entry().outcome == "malformed"


def test_a_study_is_shown_part_by_part_each_as_what_fits_it(site: Site) -> None:
    caller = stored(site, a_ct(2), *_one_of_each())

    def media(accept: str) -> list[str]:
        answer = caller.get(f"{STUDY}/rendered", headers={"Accept": accept})
        assert answer.status_code == 200, answer.text
        return [each for each, _ in parts_of(answer.data, answer.content_type)]

    assert sorted(media("*/*")) == [
        "application/pdf", "image/jpeg", "image/svg+xml", "text/html; charset=utf-8",
    ]  # fmt: skip
    assert media("text/plain") == ["text/plain; charset=utf-8"]
    assert media('multipart/related; type="application/pdf"') == ["application/pdf"]
    assert media("image/png, image/svg+xml;q=0.5") == ["image/png", "image/svg+xml"]
    assert site.last_entry().counts == {"rendered": 4 + 1 + 1 + 2}  # one run of reads
    refused = caller.get(f"{STUDY}/rendered", headers={"Accept": "video/mp4"})
    assert refused.status_code == 406


def _one_of_each() -> list[bytes]:
    return [
        an_sr(**in_series(2)),
        a_document(A_PDF, "application/pdf", **in_series(3)),
        a_waveform(a_group(BEAT, channel("I")), sop_class=ECG, **in_series(4)),
    ]


def test_a_study_of_which_nothing_can_be_shown_is_no_empty_message(site: Site) -> None:
    broken = [
        a_document(b"x", "application/pdf", SOPInstanceUID=f"2.999.9.1.3.{each}") for each in (1, 2)
    ]

    assert stored(site, *broken).get(f"{STUDY}/rendered").status_code == 404


def test_the_thumbnail_of_a_study_is_one_of_its_images(site: Site) -> None:
    caller = stored(site, a_ct(1), *_one_of_each())

    assert caller.get(f"{STUDY}/thumbnail").content_type == "image/jpeg"


def test_a_frame_of_what_has_none_is_404(site: Site) -> None:
    assert stored(site, an_sr()).get(f"{INSTANCE}/frames/1/rendered").status_code == 404


def test_what_is_held_is_not_sent_again(site: Site) -> None:
    caller = stored(site, an_sr())
    first = caller.get(RENDERED)

    again = caller.get(RENDERED, headers={"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.data) == (304, b"")


def test_a_document_is_made_once(site: Site) -> None:
    caller = stored(site, a_waveform(a_group(BEAT, channel("I"))))
    first = caller.get(RENDERED).data
    site.application.pixel_workers.close()

    assert caller.get(RENDERED).data == first
    assert len(list((site.settings.data_dir / "pixel-cache").glob("*/*"))) == 1


def test_another_hospital_sees_nothing(site: Site) -> None:
    stored(site, an_sr())

    answer = site.facility_client("SZ-B").acting().get(RENDERED)

    assert answer.status_code == 404


def test_the_capabilities_name_every_type(site: Site) -> None:
    answer = site.anonymous().call("OPTIONS", "/dicom-web/")

    for media in (each for offers in OFFERS.values() for each in offers):
        assert f'value="{media}"' in answer.text
