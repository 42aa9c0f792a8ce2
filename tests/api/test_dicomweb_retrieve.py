"""WADO-RS as hospital systems use it."""

from tests.dicom import AS_STORED, PIXELS, SLICE, STUDIES, a_ct, parts_of, store
from tests.samples import SAMPLES
from tests.site import Site, problem_of


class TestRetrieve:
    def test_a_study_comes_back_as_it_went(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(2), a_ct(1))

        answer = pacs.get(f"{STUDIES}/2.999.9.1", headers={"Accept": AS_STORED})

        parts = parts_of(answer.data, answer.content_type)
        assert [content for _type, content in parts] == [a_ct(1), a_ct(2)]
        assert parts[0][0] == "application/dicom; transfer-syntax=1.2.840.10008.1.2.1"

    def test_one_instance_may_come_bare(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1))

        answer = pacs.get(SLICE, headers={"Accept": "application/dicom"})

        assert answer.data == a_ct(1)
        assert answer.headers["Content-Disposition"].startswith("attachment")

    def test_a_study_never_comes_bare(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1), a_ct(2))
        answer = pacs.get(f"{STUDIES}/2.999.9.1", headers={"Accept": "application/dicom"})
        assert answer.status_code == 406

    def test_an_impossible_transfer_syntax_is_406(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1))
        wanted = 'multipart/related; type="application/dicom"; transfer-syntax=1.2.840.10008.1.2'
        assert pacs.get(SLICE, headers={"Accept": wanted}).status_code == 406

    def test_metadata_point_at_bulk_data_that_can_be_had(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(3))

        found = pacs.get(f"{STUDIES}/2.999.9.1/metadata").get_json(force=True)

        assert "00020010" not in found[0]
        address = found[0]["7FE00010"]["BulkDataURI"]
        assert address.startswith("https://medshare.test/dicom-web/studies/2.999.9.1/")
        pixels = pacs.get(address.removeprefix("https://medshare.test"))
        assert parts_of(pixels.data, pixels.content_type)[0][1] == b"\3\0" * 64

    def test_frames_are_slices_of_the_pixel_data(self, site: Site) -> None:
        pacs = site.facility_client()
        pixels = b"".join(bytes([frame]) * 128 for frame in (1, 2, 3))
        store(pacs, a_ct(1, NumberOfFrames=3, PixelData=pixels))

        answer = pacs.get(f"{SLICE}/frames/3,1", headers={"Accept": PIXELS})

        contents = [content for _type, content in parts_of(answer.data, answer.content_type)]
        assert contents == [b"\3" * 128, b"\1" * 128]

    def test_a_coded_frame_comes_under_its_own_type_or_as_octets_of_a_named_syntax(
        self, site: Site
    ) -> None:
        pacs = site.facility_client()
        rle = "1.2.840.10008.1.2.5"
        store(pacs, (SAMPLES / "test_files/MR_small_RLE.dcm").read_bytes())
        found = pacs.get("/dicom-web/instances").get_json(force=True)[0]
        address = found["00081190"]["Value"][0].removeprefix("https://medshare.test")
        octets = "application/octet-stream"
        for accept, media in {
            "*/*": "image/dicom-rle",
            'multipart/related; type="*/*"': "image/dicom-rle",
            "image/dicom-rle": "image/dicom-rle",
            f"{octets}; transfer-syntax=*": octets,
            f"multipart/related; type={octets}; transfer-syntax=*": octets,
        }.items():
            answer = pacs.get(f"{address}/frames/1", headers={"Accept": accept})
            assert answer.status_code == 200, accept
            part_type = answer.content_type
            if part_type.startswith("multipart"):
                part_type = parts_of(answer.data, part_type)[0][0]
            assert part_type == f"{media}; transfer-syntax={rle}", accept

    def test_a_refusal_tells_the_remedy_in_chinese_too(self, site: Site) -> None:
        answer = site.facility_client().get(
            STUDIES, headers={"Accept": "text/html", "Accept-Language": "zh-CN"}
        )
        assert problem_of(answer)["detail"].startswith("该资源以 application/dicom+json 及")

    def test_frames_that_are_not_there(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1))
        for frames, status in {"0": 400, "a": 400, "1,1": 400, "2": 404}.items():
            answer = pacs.get(f"{SLICE}/frames/{frames}", headers={"Accept": PIXELS})
            assert answer.status_code == status, frames

    def test_what_is_not_there_is_404(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1))
        for path in (f"{STUDIES}/1.2.3", f"{SLICE}9", f"{SLICE}/bulkdata/00100010"):
            assert pacs.get(path).status_code == 404, path

    def test_reads_of_one_study_are_an_opening_and_a_closing_entry(self, site: Site) -> None:
        pacs = site.facility_client()
        store(pacs, a_ct(1), a_ct(2))
        for _ in range(3):
            pacs.get(SLICE)
        pacs.get(f"{STUDIES}/2.999.9.1/metadata")

        reads = [each for each in site.entries() if each.action == "read"]

        assert [each.phase for each in reads] == ["opening", "closing"]
        assert reads[1].counts == {"instances": 3, "metadata": 2}
